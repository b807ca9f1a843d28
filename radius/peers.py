"""Who may talk to us: the NAS by address, and by NAS-Identifier where several stand behind one address."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final, Literal, Protocol

from radius.admission import STATUS_PER_S, Bucket
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
    "limited",  # more than its NAS may send each second
    "put_off",  # accounting, while logins waited
    "garbled",  # a PAP password that nobody types: hidden with another secret
    "bad_status",  # a Status-Server that is not rightly signed
    "answers",
)


def new_counters() -> dict[str, int]:
    """All counters at zero."""
    return dict.fromkeys(COUNTERS, 0)


@dataclass(slots=True)
class Peer:
    """A NAS, or a network of them with one secret.

    `identifier`: the NAS-Identifier it is told apart by from others behind its address; empty: it answers for whoever
    is not told apart. `shared`: set by the table, see there. `signs`: it has sent an Access-Request with a right
    Message-Authenticator; `unsigned`: Access-Requests taken from it without one. `limit`: what it may send. `spare`: a
    second secret while the operator changes it, tried when the first proves nothing; the one it was heard with last is
    the first.
    """

    key: int
    name: str
    secret: Secret
    vendor: str = "standard"
    ma_policy: MessageAuthenticatorPolicy = "auto"
    signs: bool = False
    counters: dict[str, int] = field(default_factory=new_counters, repr=False)
    identifier: bytes = b""
    shared: dict[bytes, Peer] | None = field(default=None, repr=False)
    unsigned: int = 0
    limit: Bucket = field(default_factory=Bucket, repr=False)
    status_limit: Bucket = field(default_factory=lambda: Bucket(STATUS_PER_S), repr=False)
    spare: Secret | None = None

    def turn(self) -> None:
        """The spare secret becomes the first, and the other way round."""
        if self.spare is not None:
            self.secret, self.spare = self.spare, self.secret


class Peers(Protocol):
    """Anything that knows the NAS of an address."""

    def find(self, host: Host) -> Peer | None:
        """The NAS that owns this source address; None = unknown. One that is `shared` is any of several there."""


class PeerTable:
    """Longest match over networks: one dict look-up per prefix length in use, one for an address seen before.

    Immutable: a change of NAS makes a new table (of the same Peer objects where nothing changed, so that
    their counters and `signs` live on).

    Where a peer of a network has an identifier, each peer there is `shared`: the request's NAS-Identifier says which
    of them is meant, b"" stands for any other. A network without a peer for any other leaves those to the network
    around it.
    """

    _CACHED: Final = 65_536

    def __init__(self, entries: Iterable[tuple[Network, Peer]]) -> None:
        self._by_prefix: dict[tuple[int, int], dict[int, Peer]] = {}
        self._longest_first: list[tuple[int, int]] = []
        self._seen: dict[Host, Peer | None] = {}
        together: dict[Network, dict[bytes, Peer]] = {}
        for network, peer in entries:
            together.setdefault(network, {})[peer.identifier] = peer
        for network in sorted(together, key=lambda network: network.prefixlen):
            self._add(network, together[network])

    def _add(self, network: Network, peers: dict[bytes, Peer]) -> None:
        """The peers of a network, after those of all shorter prefixes."""
        shared = peers if any(peers) else None
        if shared is not None and b"" not in peers:
            around = self._match(network.network_address)
            shared = {**(around.shared or {b"": around}), **peers} if around is not None else peers
        for peer in peers.values():
            peer.shared = shared
        prefix = (network.version, network.prefixlen)
        if prefix not in self._by_prefix:
            self._by_prefix[prefix] = {}
            self._longest_first.insert(0, prefix)
        any_of_them = peers.get(b"") or next(iter(peers.values()))
        self._by_prefix[prefix][_top(int(network.network_address), *prefix)] = any_of_them

    def find(self, host: Host) -> Peer | None:
        """The peer with the longest prefix that holds this address."""
        try:
            return self._seen[host]
        except KeyError:
            pass
        if len(self._seen) >= self._CACHED:  # spoofed sources must not fill the memory
            self._seen.clear()
        peer = self._seen[host] = self._match(host_address(host))
        return peer

    def _match(self, address: IPv4Address | IPv6Address) -> Peer | None:
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


def told_apart(shared: dict[bytes, Peer], identifier: bytes | None) -> Peer | None:
    """Which of the peers behind one address says this NAS-Identifier; None = none of them."""
    return shared.get(identifier or b"") or shared.get(b"")


def _top(address: int, version: int, prefixlen: int) -> int:
    """The first `prefixlen` bits."""
    return address >> ((32 if version == 4 else 128) - prefixlen)
