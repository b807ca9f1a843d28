"""Several NAS behind one address: the NAS-Identifier tells whose secret is meant before a signature is looked at."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_network

import pytest

from radius import attributes as a
from radius.attributes import attr
from radius.integrity import Secret, request
from radius.packet import Packet
from radius.peers import told_apart
from radius.server import AccessReply, Listener, Peer, PeerTable

from .wires import NAS, Recorder, hears

FIRST, SECOND, OTHERS = Secret(b"first"), Secret(b"second"), Secret(b"others")


def named(key: int, secret: Secret, identifier: str = "") -> Peer:
    return Peer(key, f"bras-{key}", secret, identifier=identifier.encode())


def behind_one(*peers: Peer, network: str = "127.0.0.1") -> PeerTable:
    return PeerTable([(ip_network(network), one) for one in peers])


class House:
    """Both listeners over a table, and whom they served."""

    def __init__(self, table: PeerTable) -> None:
        self.served: list[int] = []
        self.auth, self.acct = Listener("auth", table, self.access), Listener("acct", table, self.account)
        for one in (self.auth, self.acct):
            one.attach(Recorder())

    def access(self, packet: Packet, peer: Peer) -> AccessReply:
        self.served.append(peer.key)
        return AccessReply(a.ACCESS_ACCEPT)

    def account(self, packet: Packet, peer: Peer, source: object, at: float, ack: Callable[[], None]) -> None:
        self.served.append(peer.key)
        ack()


def asks(code: int, secret: Secret, identifier: str | None, ident: int = 1) -> bytes:
    said = b"" if identifier is None else attr(a.NAS_IDENTIFIER, identifier)
    return request(code, ident, attr(a.USER_NAME, "nemo") + said, secret)


@pytest.fixture
def house() -> House:
    return House(behind_one(named(1, FIRST, "north"), named(2, SECOND, "south"), named(3, OTHERS)))


@pytest.mark.parametrize("code", [a.ACCESS_REQUEST, a.ACCOUNTING_REQUEST])
def test_each_is_served_under_its_own_secret(house: House, code: int) -> None:
    """RFC 2865 section 5.32: a string that identifies the NAS."""
    listener = house.auth if code == a.ACCESS_REQUEST else house.acct
    for ident, (secret, identifier) in enumerate([(FIRST, "north"), (SECOND, "south"), (OTHERS, None), (OTHERS, "x")]):
        hears(listener, asks(code, secret, identifier, ident), NAS)
    assert house.served == [1, 2, 3, 3]
    assert listener.counters["answers"] == 4


def test_the_identifier_of_one_under_the_secret_of_another_is_a_wrong_secret(house: House) -> None:
    hears(house.auth, asks(a.ACCESS_REQUEST, FIRST, "south"), NAS)
    assert (house.served, house.auth.counters["bad_message_authenticator"]) == ([], 1)
    ((kind, nas, identifier),) = house.auth.knocks.snapshot()["127.0.0.1"].callers
    assert (kind, nas, identifier) == ("wrong_secret", 2, "south")


def test_who_says_none_of_the_identifiers_is_a_stranger_where_nobody_stands_for_the_rest() -> None:
    house = House(behind_one(named(1, FIRST, "north"), named(2, SECOND, "south")))
    hears(house.auth, asks(a.ACCESS_REQUEST, FIRST, "east"), NAS)
    hears(house.auth, asks(a.ACCESS_REQUEST, FIRST, None), NAS)
    assert (house.served, house.auth.counters["unknown_nas"]) == ([], 2)
    assert set(house.auth.knocks.snapshot()["127.0.0.1"].callers) == {("unknown", 0, "east"), ("unknown", 0, "")}


def test_a_garbled_datagram_from_a_shared_address_is_malformed(house: House) -> None:
    hears(house.auth, b"\1\1\0\24" + bytes(9), NAS)
    assert house.auth.counters["malformed"] == 1


def test_each_counts_and_learns_for_itself(house: House) -> None:
    hears(house.auth, asks(a.ACCESS_REQUEST, FIRST, "north"), NAS)
    first, second = (house.auth.peers.find("127.0.0.1").shared[name] for name in (b"north", b"south"))  # type: ignore[union-attr,index]
    assert (first.signs, second.signs) == (True, False)
    assert (first.counters["requests"], second.counters["requests"]) == (1, 0)


def test_a_repetition_gets_its_answer_from_the_same_nas(house: House) -> None:
    for _ in range(2):
        hears(house.auth, asks(a.ACCESS_REQUEST, SECOND, "south"), NAS)
    assert house.auth.counters["answers"] == 2 - house.auth.counters["duplicates"]


def test_the_network_around_stands_for_who_is_not_told_apart() -> None:
    table = PeerTable(
        [
            (ip_network("10.0.0.1"), named(1, FIRST, "north")),
            (ip_network("10.0.0.0/24"), named(2, SECOND)),
            (ip_network("10.0.0.0/8"), named(3, OTHERS, "south")),
        ]
    )
    shared = table.find("10.0.0.1").shared  # type: ignore[union-attr]
    assert shared is not None
    assert [getattr(told_apart(shared, said), "key", None) for said in (b"north", b"south", None)] == [1, 2, 2]
    plain, far = table.find("10.0.0.7"), table.find("10.9.9.9")
    assert plain is not None and (plain.key, plain.shared) == (2, None)
    assert far is not None and far.shared is not None and told_apart(far.shared, None) is None


def test_who_shares_an_address_no_longer_is_not_asked_for_an_identifier_any_more() -> None:
    one, other = named(1, FIRST), named(2, SECOND, "south")
    behind_one(one, other)
    assert one.shared is not None
    found = behind_one(one).find("127.0.0.1")
    assert found is one and one.shared is None
