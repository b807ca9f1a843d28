"""Traps and informs out: v2c by our own octets, v3 by pysnmp. What is told is in `snmp/mibs/MILHA-MIB.txt`.

The OIDs hang below netSnmpPlaypen, which NET-SNMP-MIB sets aside for private use: we have no enterprise number, and do
not invent one. Whoever has one passes another root.
"""

from __future__ import annotations

import asyncio
import itertools
import secrets
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from typing import Any, Final

from pysnmp.hlapi.v3arch.asyncio import ContextData, UdpTransportTarget, UsmUserData, send_notification
from pysnmp.proto.api import v2c

from snmp.ber import GAUGE32, INTEGER, OCTETS, OID, TIME_TICKS, Malformed, Varbind
from snmp.trap_message import SNMP_TRAP_OID, SYS_UPTIME, acknowledged, encode_v2
from snmp.trap_v3 import AUTH, PRIV, User, bare_engine

ROOT: Final = "1.3.6.1.4.1.8072.9999.9999.64542"
"""milhaMIB."""

TIMEOUT_S: Final = 2.0
TRIES: Final = 3

LONGEST: Final = 255
"""Octets of a text (DisplayString)."""


class NotAcknowledged(Exception):
    """An inform that nobody answered, or that was refused; the message says which."""


class Severity(IntEnum):
    """milhaAlertSeverity."""

    INFO = 1
    WARNING = 2
    CRITICAL = 3


@dataclass(frozen=True, slots=True)
class Alert:
    """What is told of an incident; texts are cut at 255 octets."""

    number: int
    over: bool
    severity: Severity
    title: str
    at: datetime
    device: str = ""
    customers: int = 0
    address: str = ""
    why: str = ""
    began: datetime | None = None
    """None: it is ``at`` that says so."""

    def bindings(self, root: str = ROOT) -> tuple[str, tuple[Varbind, ...]]:
        """The trap's OID and its variable bindings."""
        values: tuple[tuple[int, int | bytes], ...] = (
            (GAUGE32, self.number),
            (INTEGER, int(self.severity)),
            (OCTETS, _text(self.title)),
            (OCTETS, _text(self.device)),
            (GAUGE32, self.customers),
            (OCTETS, date_and_time(self.at)),
            (OCTETS, _text(self.address)),
            (OCTETS, _text(self.why)),
            (OCTETS, date_and_time(self.began or self.at)),
        )
        told = tuple(Varbind(f"{root}.1.{n}.0", tag, value) for n, (tag, value) in enumerate(values, 1))
        return f"{root}.0.{2 if self.over else 1}", told


def trial(root: str = ROOT) -> tuple[str, tuple[Varbind, ...]]:
    """milhaTest."""
    return f"{root}.0.3", ()


def _text(text: str) -> bytes:
    return text.encode()[:LONGEST].decode(errors="ignore").encode()


def date_and_time(at: datetime) -> bytes:
    """DateAndTime of RFC 2579, in UTC."""
    utc = at.astimezone(UTC)
    fields = bytes((utc.month, utc.day, utc.hour, utc.minute, utc.second, utc.microsecond // 100_000))
    return utc.year.to_bytes(2, "big") + fields + b"+\0\0"


@dataclass(frozen=True, slots=True)
class Target:
    """Who is told. `host`: an address, not a name. `community`: v2c; `user`: v3, and no community is used then."""

    host: str
    port: int = 162
    community: bytes = b""
    user: User | None = None
    inform: bool = False


class TrapSender:
    """Sends to targets. One for the process; `engine_id` and `boots` are ours, as for `trap_v3.Usm`."""

    def __init__(self, engine_id: bytes, boots: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._engine_id, self._boots, self._clock = engine_id, boots, clock
        self._began = clock()
        self._engine: Any = None
        self._numbers = itertools.count(secrets.randbelow(1 << 30))

    def uptime(self) -> int:
        """Since we were made, hundredths of a second."""
        return int((self._clock() - self._began) * 100) & 0xFFFFFFFF

    async def send(self, target: Target, trap: str, bindings: Sequence[Varbind] = ()) -> None:
        """Tell it; an inform is repeated until it is acknowledged. Raises NotAcknowledged, or OSError where the way
        there is known to be closed."""
        if target.user is not None:
            await self._send_v3(target, target.user, trap, bindings)
            return
        number = next(self._numbers) & 0x7FFFFFFF
        octets = encode_v2(target.community, number, self.uptime(), trap, tuple(bindings), inform=target.inform)
        loop = asyncio.get_running_loop()
        family = socket.AF_INET6 if ":" in target.host else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as sock:
            sock.setblocking(False)
            await loop.sock_connect(sock, (target.host, target.port))
            await loop.sock_sendall(sock, octets)
            if target.inform:
                await _acknowledgement(sock, octets, target.community, number)

    async def _send_v3(self, target: Target, user: User, trap: str, bindings: Sequence[Varbind]) -> None:
        if self._engine is None:
            self._engine = await asyncio.to_thread(bare_engine, self._engine_id, self._boots)
        place = (target.host, target.port)
        way = await UdpTransportTarget.create(place, timeout=TIMEOUT_S, retries=TRIES - 1)
        who = UsmUserData(
            *(user.name, user.auth_key or None, user.priv_key or None),
            authProtocol=AUTH[user.auth],
            privProtocol=PRIV[user.priv],
        )
        first = (Varbind(SYS_UPTIME, TIME_TICKS, self.uptime()), Varbind(SNMP_TRAP_OID, OID, trap))
        told = [(v2c.ObjectIdentifier(one.oid), _TYPES[one.tag](one.value)) for one in (*first, *bindings)]
        kind = "inform" if target.inform else "trap"
        failed, status, *_ = await send_notification(
            self._engine, who, way, ContextData(), kind, *told, lookupMib=False
        )
        if failed or status:
            raise NotAcknowledged(f"{target.host} port {target.port}: {failed or status}")

    async def close(self) -> None:
        """Give the sockets of v3 back."""
        if self._engine is not None and self._engine.transport_dispatcher is not None:
            self._engine.close_dispatcher()
        self._engine = None


_TYPES: Final[dict[int, Any]] = {
    INTEGER: v2c.Integer32,
    OCTETS: v2c.OctetString,
    OID: v2c.ObjectIdentifier,
    GAUGE32: v2c.Gauge32,
    TIME_TICKS: v2c.TimeTicks,
}


async def _acknowledgement(sock: socket.socket, octets: bytes, community: bytes, number: int) -> None:
    """Wait for the Response; the inform is repeated as it was (RFC 3416 section 4.2.7)."""
    loop = asyncio.get_running_loop()
    for left in reversed(range(TRIES)):
        try:
            async with asyncio.timeout(TIMEOUT_S):
                while not _is_acknowledgement(await loop.sock_recv(sock, 8192), community, number):
                    pass
            return
        except TimeoutError:
            if left:
                await loop.sock_sendall(sock, octets)
    host, port = sock.getpeername()[:2]
    raise NotAcknowledged(f"{host} port {port}: no answer in {TRIES * TIMEOUT_S:g} s")


def _is_acknowledgement(octets: bytes, community: bytes, number: int) -> bool:
    try:
        return acknowledged(octets, community, number)
    except Malformed:
        return False
