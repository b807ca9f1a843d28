"""Which NAS an address belongs to, and who knocked."""

from __future__ import annotations

import random
from ipaddress import IPv4Address, IPv4Network, ip_network

from radius.knocks import Knocks
from radius.peers import COUNTERS, Peer, PeerTable

from .wires import SECRET


def named(name: str) -> Peer:
    return Peer(1, name, SECRET)


def test_the_longest_prefix_that_holds_the_address_wins() -> None:
    everything, site, router = named("everything"), named("site"), named("router")
    table = PeerTable(
        [(ip_network("0.0.0.0/0"), everything), (ip_network("10.1.2.3"), router), (ip_network("10.1.0.0/16"), site)]
    )
    for ip, peer in (("10.1.2.3", router), ("10.1.2.4", site), ("10.2.0.1", everything)):
        assert table.find(ip) is table.find(ip) is peer


def test_an_address_in_no_network_is_unknown_again_and_again() -> None:
    table = PeerTable([(ip_network("10.0.0.0/8"), named("ten"))])
    assert table.find("11.0.0.1") is table.find("11.0.0.1") is table.find("::1") is None


def test_ipv6_is_matched_with_or_without_a_scope() -> None:
    local, site = named("local"), named("site")
    table = PeerTable([(ip_network("fe80::/10"), local), (ip_network("2001:db8::/32"), site)])
    assert table.find("fe80::1%eth0") is local
    assert table.find("2001:db8:1::7") is site
    assert table.find("2001:db9::1") is None


def test_an_ipv4_address_through_an_ipv6_socket_is_the_ipv4_address() -> None:
    ten = named("ten")
    assert PeerTable([(ip_network("10.0.0.0/8"), ten)]).find("::ffff:10.9.8.7") is ten


def test_the_table_agrees_with_a_search_of_all_networks() -> None:
    chance = random.Random(20)
    entries = []
    for number in range(200):
        network = IPv4Network((chance.getrandbits(32), chance.choice((0, 4, 8, 9, 16, 24, 32))), strict=False)
        entries.append((network, Peer(number, str(network), SECRET)))
    table = PeerTable(entries)
    by_network = dict(entries)
    for _ in range(2000):
        address = IPv4Address(chance.getrandbits(32))
        holding = [network for network in by_network if address in network]
        expected = by_network[max(holding, key=lambda network: network.prefixlen)] if holding else None
        assert table.find(str(address)) is expected


def test_a_flood_of_sources_does_not_fill_the_memory() -> None:
    table = PeerTable([(ip_network("10.0.0.0/8"), named("ten"))])
    for number in range(70_000):
        table.find(str(IPv4Address(number)))
    assert len(table._seen) <= PeerTable._CACHED
    assert table.find("10.0.0.1") is not None


def test_a_peer_counts_everything_from_nothing() -> None:
    peer = named("one")
    assert peer.counters == dict.fromkeys(COUNTERS, 0)
    assert "testing123" not in repr(peer)


def test_knocks_are_counted_with_their_first_and_last_time() -> None:
    knocks = Knocks()
    for at in (10.0, 11.0, 15.5):
        knocks.note("203.0.113.9", at)
    knocks.note("203.0.113.10", 12.0)
    snapshot = knocks.snapshot()
    assert list(snapshot) == ["203.0.113.10", "203.0.113.9"]
    knock = snapshot["203.0.113.9"]
    assert (knock.count, knock.first_at, knock.last_at) == (3, 10.0, 15.5)
    knocks.forget("203.0.113.9")
    assert list(knocks.snapshot()) == ["203.0.113.10"]


def test_of_many_who_knock_the_last_heard_are_remembered() -> None:
    knocks = Knocks(capacity=3)
    for at, ip in enumerate(["a", "b", "c", "a", "d"]):
        knocks.note(ip, float(at))
    assert list(knocks.snapshot()) == ["d", "a", "c"]
