"""One device between its polls: how it is asked, what is remembered of it, and which poll is due.

An OLT is asked more often whether its ONUs are there than for all the rest: a cut fibre must not wait for the minute.
"""

from __future__ import annotations

import time
from typing import Final, NamedTuple

from oss.drivers import budget
from oss.drivers.budget import Budget
from oss.monitoring.told import Ids
from oss.network.device_reach import snmp_secret as credentials
from oss.network.device_secrets import Credentials
from snmp import lldp
from snmp.client import Client
from snmp.counters import InterfaceRates
from snmp.credentials import Community, Target, User
from snmp.errors import SnmpError
from snmp.lldp import Neighbour
from snmp.reading import Reader
from snmp.results import Reading

STATES_S: Final = 10.0
"""Seconds between two looks at the states of an OLT's ONUs: two columns of a table, some ms of the OLT."""
POLL: Final = 3
"""How urgent a poll is in the budget: as a sweep (`oss.drivers.transport.turns.Priority`)."""
STATES: Final = ("serial", "pon", "number", "state", "last_down")
ENGINE_ID: Final = "1.3.6.1.6.3.10.2.1.1.0"  # snmpEngineID (RFC 3411): who signs its traps

__all__ = ["Polled", "Told", "credentials"]


class Told(NamedTuple):
    """One poll. Not ``whole``: of ONUs only whether they are there, of the rest nothing."""

    reading: Reading
    whole: bool


class Polled:
    """One device. ``whole_s``: seconds between two polls of all; ``has_onus``: it is an OLT."""

    def __init__(self, one: Credentials, secret: Community | User) -> None:
        self.known_by, self.secret = one, secret
        self.client = Client(Target(str(one.management), one.snmp_port), secret, admit=self._admit)
        self.reader, self.rates, self.ids = Reader(self.client), InterfaceRates(), Ids()
        self.discovered_at = float("-inf")
        self.whole_s, self.has_onus = 60.0, False
        self.engine_id: bytes | None = None
        self.onu_states: dict[int, str] = {}  # as the inventory was told
        self._whole_at = float("-inf")

    @property
    def interval_s(self) -> float:
        """Seconds between two polls, of whichever kind."""
        return min(self.whole_s, STATES_S) if self.has_onus else self.whole_s

    async def read(self) -> Told:
        """What is due: all, or the states of ONUs. Raises SnmpError."""
        now = time.monotonic()
        if self.has_onus and now - self._whole_at < self.whole_s - self.interval_s / 2:
            return Told(await self.reader.read(("onus",), STATES), whole=False)
        reading = await self.reader.read()
        self._whole_at = now
        await self._learn_engine()
        return Told(reading, whole=True)

    async def _learn_engine(self) -> None:
        """Whose name its signed traps bear (v3); asked once, and again when its restart made another of it."""
        if self.engine_id is None and isinstance(self.secret, User):
            self.engine_id = b""
            try:
                value = (await self.client.get_many([ENGINE_ID])).get(ENGINE_ID)
            except SnmpError:
                return
            self.engine_id = value if isinstance(value, bytes) else b""

    async def _admit(self) -> None:
        """A poll takes from the device's budget like everybody; it waits behind a person."""
        found: Budget | None = budget.of(self.known_by.device_id)
        if found is not None:
            await found.snmp.take(POLL)

    async def neighbours(self, reading: Reading) -> list[Neighbour] | None:
        """Who is heard at its interfaces; None where it does not tell."""
        try:
            return await lldp.neighbours(self.client, reading.interfaces)
        except SnmpError:
            return None

    def close(self) -> None:
        """Give the sockets back."""
        self.client.close()
