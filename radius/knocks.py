"""Who asked in vain: addresses that are no NAS of ours, and NAS whose secret is not the one we have.

Everything here came from strangers: it is cut, cleaned and bounded, and nothing of it proves anything.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from radius.attributes import NAS_IDENTIFIER, VENDOR_SPECIFIC
from radius.packet import Malformed, Packet

Kind = Literal["unknown", "wrong_secret"]

MAKERS: Final = {
    9: "cisco",
    529: "ascend",
    2011: "huawei",
    2636: "juniper",
    3902: "zte",
    4874: "juniper",
    6527: "nokia",
    8744: "colubris",
    14122: "wispr",
    14988: "mikrotik",
    17713: "cambium",
    25506: "h3c",
    41112: "ubiquiti",
    55999: "accel-ppp",
}
"""Private enterprise numbers of those whose attributes a NAS sends of itself; Microsoft's (311) every NAS sends."""

MOST_CALLERS: Final = 8
"""Different NAS-Identifiers remembered for one address."""

LONGEST: Final = 64
"""Characters of a NAS-Identifier that are kept."""


class Caller(NamedTuple):
    """How a request introduced itself. `nas`: whose secret it does not match, 0 for an unknown one."""

    kind: Kind = "unknown"
    identifier: str = ""
    vendor: str = ""
    port: str = ""  # auth or acct: what it asked for
    nas: int = 0


NOBODY: Final = Caller()


@dataclass(slots=True)
class Asked:
    """What one caller behind an address asked; times are Unix seconds."""

    count: int
    first_at: float
    last_at: float
    vendor: str = ""
    ports: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Knock:
    """Datagrams from an address that were not answered; times are Unix seconds.

    `callers`: by kind, NAS (0: unknown) and NAS-Identifier."""

    count: int
    first_at: float
    last_at: float
    callers: dict[tuple[Kind, int, str], Asked] = field(default_factory=dict)

    def hear(self, caller: Caller, at: float) -> None:
        """One more datagram; the caller heard longest ago gives way where there are too many."""
        self.count += 1
        self.last_at = at
        key = (caller.kind, caller.nas, caller.identifier)
        asked = self.callers.pop(key, None)
        if asked is None:
            asked = Asked(0, at, at)
            if len(self.callers) >= MOST_CALLERS:
                del self.callers[next(iter(self.callers))]
        asked.count += 1
        asked.last_at = at
        asked.vendor = caller.vendor or asked.vendor
        if caller.port:
            asked.ports.add(caller.port)
        self.callers[key] = asked

    def copy(self) -> Knock:
        """For another thread, or to be written."""
        callers = {
            key: Asked(a.count, a.first_at, a.last_at, a.vendor, set(a.ports)) for key, a in self.callers.items()
        }
        return Knock(self.count, self.first_at, self.last_at, callers)


class Knocks:
    """The addresses heard last, at most `capacity` of them."""

    def __init__(self, capacity: int = 1024) -> None:
        self._capacity = capacity
        self._by_ip: dict[str, Knock] = {}

    def note(self, ip: str, at: float, caller: Caller = NOBODY) -> None:
        """One more datagram from `ip`."""
        knock = self._by_ip.pop(ip, None)
        if knock is None:
            knock = Knock(0, at, at)
            if len(self._by_ip) >= self._capacity:
                del self._by_ip[next(iter(self._by_ip))]
        knock.hear(caller, at)
        self._by_ip[ip] = knock

    def forget(self, ip: str | None = None) -> None:
        """Somebody dismissed the address; without one: the table of NAS changed, and all may be known now."""
        if ip is None:
            self._by_ip.clear()
        else:
            self._by_ip.pop(ip, None)

    def snapshot(self) -> dict[str, Knock]:
        """A copy by address, last heard first."""
        return {ip: knock.copy() for ip, knock in reversed(list(self._by_ip.items()))}


def caller(packet: Packet, kind: Kind = "unknown", port: str = "", nas: int = 0) -> Caller:
    """How this request introduces itself."""
    return Caller(kind, said(packet.get(NAS_IDENTIFIER)), maker(packet), port, nas)


def stranger(datagram: bytes, port: str) -> Caller:
    """How a datagram of nobody we know introduces itself; what is no packet does not."""
    try:
        return caller(Packet.parse(datagram), port=port)
    except Malformed:
        return Caller(port=port)


def said(octets: bytes | None) -> str:
    """A NAS-Identifier as a person reads it: printable, and not too long."""
    text = (octets or b"").decode("utf-8", "replace")
    return "".join(one for one in text if one.isprintable())[:LONGEST].strip()


def maker(packet: Packet) -> str:
    """Who made the NAS, by the first vendor attributes that tell; '' where none does (RFC 2865 section 5.26)."""
    if VENDOR_SPECIFIC not in packet:
        return ""
    numbers = (int.from_bytes(value[:4], "big") for value in packet.get_all(VENDOR_SPECIFIC) if len(value) >= 4)
    return next((MAKERS[number] for number in numbers if number in MAKERS), "")
