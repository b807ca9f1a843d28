"""Who may talk to us: the NAS by address, and a memory of those who knocked without being known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final, Literal, Protocol

from radius.integrity import Secret

MessageAuthenticatorPolicy = Literal["auto", "required", "off"]
Network = IPv4Network | IPv6Network
Host = bytes | str
"""An address as a wire spells it: 4 or 16 octets, or text."""

COUNTERS: Final = (
    "requests",  # datagrams from a known NAS
    "duplicates",
    "malformed",
    "unexpected_code",
    "bad_authenticator",
    "bad_message_authenticator",
    "missing_message_authenticator",
    "unknown_nas",
    "dropped",  # the handler chose silence
    "failed",  # the handler raised
    "unanswerable",  # the answer would not fit in a packet
    "answers",
)


def new_counters() -> dict[str, int]:
    """All counters at zero."""
    return dict.fromkeys(COUNTERS, 0)


@dataclass(slots=True)
class Peer:
    """A NAS, or a network of them with one secret.

    `signs`: it has sent an Access-Request with a right Message-Authenticator. `spare`: a second secret while the
    operator changes it, tried when the first proves nothing; the one it was heard with last is the first.
    """

    key: int
    name: str
    secret: Secret
    vendor: str = "standard"
    ma_policy: MessageAuthenticatorPolicy = "auto"
    signs: bool = False
    counters: dict[str, int] = field(default_factory=new_counters, repr=False)
    spare: Secret | None = None

    def turn(self) -> None:
        """The spare secret becomes the first, and the other way round."""
        if self.spare is not None:
            self.secret, self.spare = self.spare, self.secret


class Peers(Protocol):
    """Anything that knows the NAS of an address."""

    def find(self, host: Host) -> Peer | None:
        """The NAS that owns this source address; None = unknown."""


class PeerTable:
    """Longest match over networks: one dict look-up per prefix length in use, one for an address seen before.

    Immutable: a change of NAS makes a new table (of the same Peer objects where nothing changed, so that
    their counters and `signs` live on).
    """

    _CACHED: Final = 65_536

    def __init__(self, entries: Iterable[tuple[Network, Peer]]) -> None:
        self._by_prefix: dict[tuple[int, int], dict[int, Peer]] = {}
        for network, peer in entries:
            prefix = (network.version, network.prefixlen)
            self._by_prefix.setdefault(prefix, {})[_top(int(network.network_address), *prefix)] = peer
        self._longest_first = sorted(self._by_prefix, key=lambda prefix: -prefix[1])
        self._seen: dict[Host, Peer | None] = {}

    def find(self, host: Host) -> Peer | None:
        """The peer with the longest prefix that holds this address."""
        try:
            return self._seen[host]
        except KeyError:
            pass
        if len(self._seen) >= self._CACHED:  # spoofed sources must not fill the memory
            self._seen.clear()
        peer = self._seen[host] = self._match(host)
        return peer

    def _match(self, host: Host) -> Peer | None:
        address = host_address(host)
        for prefix in self._longest_first:
            if prefix[0] == address.version:
                peer = self._by_prefix[prefix].get(_top(int(address), *prefix))
                if peer is not None:
                    return peer
        return None


def host_address(host: Host) -> IPv4Address | IPv6Address:
    """The address without a scope; an IPv4 address that came through an IPv6 socket is an IPv4 address."""
    address = ip_address(host.partition("%")[0] if isinstance(host, str) else host)
    if isinstance(address, IPv4Address):
        return address
    return address.ipv4_mapped or address


def _top(address: int, version: int, prefixlen: int) -> int:
    """The first `prefixlen` bits."""
    return address >> ((32 if version == 4 else 128) - prefixlen)


@dataclass(slots=True)
class Knock:
    """Datagrams from an address that is no NAS of ours; times are Unix seconds."""

    count: int
    first_at: float
    last_at: float


class Knocks:
    """The unknown addresses heard last, at most `capacity` of them."""

    def __init__(self, capacity: int = 1024) -> None:
        self._capacity = capacity
        self._by_ip: dict[str, Knock] = {}

    def note(self, ip: str, at: float) -> None:
        """One more datagram from `ip`."""
        knock = self._by_ip.pop(ip, None)
        if knock is None:
            knock = Knock(0, at, at)
            if len(self._by_ip) >= self._capacity:
                del self._by_ip[next(iter(self._by_ip))]
        knock.count += 1
        knock.last_at = at
        self._by_ip[ip] = knock

    def forget(self, ip: str) -> None:
        """The address became a NAS, or somebody dismissed it."""
        self._by_ip.pop(ip, None)

    def snapshot(self) -> dict[str, Knock]:
        """A copy by address, last heard first."""
        return {ip: Knock(k.count, k.first_at, k.last_at) for ip, k in reversed(list(self._by_ip.items()))}
