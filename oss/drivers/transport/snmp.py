"""A device's agent for drivers: `snmp.client`, in the shapes and with the problems of this room."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar

from oss.drivers.problems import CommandRefused, DeviceProblem, DeviceUnreachable
from oss.drivers.reach import Reach
from oss.drivers.transport.transcript import Transcript
from snmp.client import Client
from snmp.credentials import Community, Target, User
from snmp.errors import AgentError, SnmpError
from snmp.wire import Assignment, Kind

T = TypeVar("T")


class Agent:
    """An `Snmp`. ``spend`` takes a token for each request that leaves."""

    def __init__(
        self,
        reach: Reach,
        secret: Community | User,
        transcript: Transcript,
        spend: Callable[[], Awaitable[None]],
    ) -> None:
        self.reach, self._transcript = reach, transcript
        self._client = Client(Target(reach.host, reach.snmp_port), secret, admit=spend)

    async def column(self, oid: str) -> Mapping[tuple[int, ...], object]:
        found = await self._told("column", oid, lambda: self._client.column(oid))
        return {tuple(int(part) for part in index.split(".")): value for index, value in found.items()}

    async def get(self, oids: Sequence[str]) -> Mapping[str, object]:
        return await self._told("get", " ".join(oids), lambda: self._client.get_many(oids))

    async def put(self, oid: str, value: int | str | bytes) -> None:
        kind = Kind.INTEGER if isinstance(value, int) else Kind.OCTETS
        octets = value.encode() if isinstance(value, str) else value
        await self._told("set", f"{oid} = {value!r}", lambda: self._set(oid, kind, octets))

    async def _set(self, oid: str, kind: Kind, value: int | bytes) -> dict[str, object]:
        await self._client.set(Assignment(oid, kind, value))
        return {}

    async def _told(self, verb: str, what: str, ask: Callable[[], Awaitable[dict[str, T]]]) -> dict[str, T]:
        with self._transcript.said("snmp", f"{verb} {what}") as entry:
            try:
                found = await ask()
            except SnmpError as problem:
                raise self._translated(problem, f"{verb} {what}") from problem
            entry.rows([{name: str(value)} for name, value in found.items()])
            return found

    def _translated(self, problem: SnmpError, what: str) -> DeviceProblem:
        if isinstance(problem, AgentError):
            return CommandRefused(name=self.reach.name, command=what, answer=str(problem))
        return DeviceUnreachable(name=self.reach.name, why=str(problem))

    def close(self) -> None:
        """Give the socket back."""
        self._client.close()
