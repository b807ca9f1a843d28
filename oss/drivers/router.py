"""What a router can do. Drivers answer in these shapes; speeds are bit/s, seen from the customer: down is to him."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from oss.drivers.links import Link


@dataclass(frozen=True, slots=True)
class RouterSession:
    """A subscriber as the router has him. ``id``: how it is named in a kick; ``session_id``: its Acct-Session-Id."""

    id: str
    login: str
    address: str | None = None
    mac: str | None = None
    service: str = ""
    interface: str = ""
    session_id: str | None = None
    uptime_s: int | None = None


@dataclass(frozen=True, slots=True)
class Rate:
    """What goes through now; None where the router does not say."""

    down_bps: int
    up_bps: int
    down_pps: int | None = None
    up_pps: int | None = None


@dataclass(frozen=True, slots=True)
class Limit:
    """What is really applied. None: without a limit. ``by``: the queue or policy that does it."""

    down_bps: int | None
    up_bps: int | None
    by: str = ""


@dataclass(frozen=True, slots=True)
class Queue:
    """A shaper. ``target``: what it holds (an address, an interface)."""

    name: str
    target: str
    limit: Limit
    rate: Rate | None = None
    disabled: bool = False
    dynamic: bool = False


@dataclass(frozen=True, slots=True)
class Interface:
    """A port or a virtual interface. ``dynamic``: the router made it for a session; its name may be a login."""

    name: str
    kind: str = ""
    comment: str = ""
    up: bool = False
    disabled: bool = False
    mac: str | None = None
    dynamic: bool = False


@dataclass(frozen=True, slots=True)
class ListedAddress:
    list: str
    address: str
    timeout_s: int | None = None
    dynamic: bool = False
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Ping:
    """Milliseconds; None where nothing came back."""

    target: str
    sent: int
    received: int
    min_ms: float | None = None
    avg_ms: float | None = None
    max_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Hop:
    """One router on the way; address None: it did not answer. ``reached``: it is the target itself."""

    number: int
    address: str | None
    ms: float | None = None
    reached: bool = False


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A row of the ARP table."""

    address: str
    mac: str | None
    interface: str
    dynamic: bool = True


@dataclass(frozen=True, slots=True)
class Lease:
    """A row of the DHCP server."""

    address: str
    mac: str | None
    host_name: str = ""
    status: str = ""
    expires_s: int | None = None
    server: str = ""


@dataclass(frozen=True, slots=True)
class NatRule:
    """A rule as it is in force. Prefixes and ranges stay as the router spells them."""

    number: int
    chain: str
    action: str
    source: str = ""
    destination: str = ""
    protocol: str = ""
    to_addresses: str = ""
    to_ports: str = ""
    out_interface: str = ""
    disabled: bool = False
    comment: str = ""


@dataclass(frozen=True, slots=True)
class RadiusServer:
    """Whom the router asks. ``secret`` only where it can be read back."""

    address: str
    auth_port: int
    acct_port: int
    services: tuple[str, ...] = ()
    disabled: bool = False
    secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Settings:
    """What decides whether Milha can do its work with this router. None: it cannot be read."""

    coa_accepted: bool | None
    coa_port: int | None
    ntp_on: bool | None
    ntp_servers: tuple[str, ...]
    radius: tuple[RadiusServer, ...]
    radius_used: bool | None
    accounting: bool | None
    interim_s: int | None
    version: str = ""


class Router(Protocol):
    """One maker's way. A method that a maker cannot do raises NotOffered."""

    async def sessions(self, link: Link) -> Sequence[RouterSession]: ...

    async def session(self, link: Link, login: str) -> RouterSession | None: ...

    async def kick(self, link: Link, session: RouterSession) -> None: ...

    async def rate(self, link: Link, session: RouterSession) -> Rate: ...

    async def limit(self, link: Link, session: RouterSession) -> Limit | None: ...

    async def interfaces(self, link: Link) -> Sequence[Interface]: ...

    async def interface_rate(self, link: Link, name: str) -> Rate:
        """``down`` goes out by it, ``up`` comes in, as it is for the port that customers hang on."""

    async def queues(self, link: Link) -> Sequence[Queue]: ...

    async def address_lists(self, link: Link) -> Sequence[ListedAddress]: ...

    async def ping(self, link: Link, target: str, count: int = 4) -> Ping: ...

    async def traceroute(self, link: Link, target: str, first: int = 1, last: int = 30) -> Sequence[Hop]:
        """The hops ``first`` to ``last``, no further than the target: one at a time shows it as it goes on."""

    async def neighbours(self, link: Link) -> Sequence[Neighbour]: ...

    async def leases(self, link: Link) -> Sequence[Lease]: ...

    async def nat_rules(self, link: Link) -> Sequence[NatRule]: ...

    async def settings(self, link: Link) -> Settings: ...

    async def configuration(self, link: Link) -> str:
        """All of it as the router exports it, secrets in it: sealed before it is kept."""
