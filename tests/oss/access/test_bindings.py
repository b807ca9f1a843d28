"""A login and its line: learned once, required from then on, in any spelling; a MAC or a circuit as its own proof."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from oss.access import accounts, binding_acts, index, lines
from oss.access.aaa import Node
from oss.base import db, secrets
from radius import attributes as a
from radius.auth import chap_response, pap_encrypt
from radius.packet import Packet
from radius.server import Peer
from tests.conftest import TESTER, Seed
from tests.oss.access.asking import AUTHENTICATOR, SECRET, asks, mac, port, says
from tests.oss.access.test_logins import ROUTER, answer, inside, written
from tests.oss.access.test_names import adsl
from tests.waiting import eventually

HOME, OTHER = mac("AA:BB:CC:00:00:01"), mac("AA:BB:CC:00:00:02")
LINE = "aa:bb:cc:00:00:01"


async def bind(node: Node, undone: db.Connection, policy: str | None = "learn", keys: str = "mac", **line: str) -> None:
    sql = "update access_account set binding = $1, binding_keys = $2, bound = $3::jsonb where login = 'cli1'"
    await undone.execute(sql, policy, keys, json.dumps(line))
    await node.index.reconcile(undone)


async def enters(node: Node, peer: Peer, *pairs: tuple[int, a.Value], login: str = "cli1", **more: Any) -> bool:
    return (await answer(node.authenticate(asks(login, *pairs, **more), peer))).code == a.ACCESS_ACCEPT


async def bound(undone: db.Connection) -> dict[str, str]:
    found: dict[str, str] = json.loads(await undone.fetchval("select bound from access_account where login = 'cli1'"))
    return found


# ------------------------------------------------------------ learned and required


async def test_the_first_line_is_learned_and_another_is_refused_with_its_facts(
    node: Node, peer: Peer, undone: db.Connection
) -> None:
    await bind(node, undone)
    assert await enters(node, peer, HOME, port("ether1"))
    assert not await enters(node, peer, OTHER, port("ether1"))
    assert await enters(node, peer, mac("aabb.cc00.0001"))
    await node.scribe.round(undone)
    assert await bound(undone) == {"mac": LINE} and node.logins.bindings.learned == {}
    assert await undone.fetchval("select bound_at is not null from access_account where login = 'cli1'")
    assert not await enters(node, peer, OTHER)
    refused = [one for one in await written(node, 4) if one.reason]
    facts = json.loads(refused[0].facts)
    assert [one.reason for one in refused] == ["wrong_line"] * 2
    assert (facts["what"], facts["expected"], facts["seen"]) == ("mac", LINE, "aa:bb:cc:00:00:02")
    assert facts["line"] == {"mac": "aa:bb:cc:00:00:02", "nas": str(peer.key), "port": "ether1"}


async def test_of_two_lines_that_race_one_is_learned(node: Node, peer: Peer, undone: db.Connection) -> None:
    await bind(node, undone)
    assert [await enters(node, peer, HOME), await enters(node, peer, OTHER)] == [True, False]
    await undone.execute("update access_account set bound = '{\"mac\": \"aa:bb:cc:00:00:03\"}' where login = 'cli1'")
    await node.scribe.round(undone)  # another node was faster: what stands in the row counts
    assert await bound(undone) == {"mac": "aa:bb:cc:00:00:03"}
    assert not await enters(node, peer, HOME) and await enters(node, peer, mac("aa-bb-cc-00-00-03"))


async def test_a_line_learned_while_the_database_is_away_is_required_and_written_later(
    node: Node, peer: Peer, undone: db.Connection
) -> None:
    await bind(node, undone)
    assert await enters(node, peer, HOME)
    await node.index.reconcile(undone)  # a row read before it was written does not unlearn it
    assert not await enters(node, peer, OTHER)
    await undone.execute("update access_account set when_full = 'deny' where login = 'cli1'")
    await node.index.reconcile(undone)
    assert not await enters(node, peer, OTHER)
    await node.scribe.round(undone)
    assert await bound(undone) == {"mac": LINE}


async def test_a_refused_login_teaches_nothing(node: Node, peer: Peer, undone: db.Connection) -> None:
    await bind(node, undone)
    assert not await enters(node, peer, OTHER, password=b"wrong")
    await undone.execute("update access_account set enabled = false where login = 'cli1'")
    await node.index.reconcile(undone)
    assert not await enters(node, peer, OTHER)
    assert node.logins.bindings.learned == {}


async def test_accepted_and_forgotten_lines_hold_at_once(
    node: Node, peer: Peer, undone: db.Connection, provider: Seed
) -> None:
    await bind(node, undone, mac=LINE)
    account = await undone.fetchval("select id from access_account where login = 'cli1'")
    before = await binding_acts.accept_line(undone, TESTER, account, {"mac": "aa:bb:cc:00:00:02", "port": "ether1"})
    await node.index.reread(undone, provider.contracts[:1])
    assert before == {"mac": LINE} and await bound(undone) == {"mac": "aa:bb:cc:00:00:02"}
    assert await enters(node, peer, OTHER) and not await enters(node, peer, HOME)
    await binding_acts.set_line(undone, TESTER, account, {})
    await node.index.reread(undone, provider.contracts[:1])
    assert await enters(node, peer, HOME) and not await enters(node, peer, OTHER)


@pytest.mark.parametrize("policy", ["off", None])
async def test_without_a_policy_any_line_is_right(
    node: Node, peer: Peer, undone: db.Connection, policy: str | None
) -> None:
    await bind(node, undone, policy, mac=LINE)
    assert await enters(node, peer, OTHER) and node.logins.bindings.learned == {}


async def test_the_plans_policy_holds_where_the_account_says_nothing(
    node: Node, peer: Peer, undone: db.Connection
) -> None:
    await undone.execute("update plan set binding = 'learn', binding_keys = 'port'")
    await node.index.reconcile(undone)
    assert await enters(node, peer, HOME, port("ether1")) and await enters(node, peer, OTHER, port("Ether1 "))
    assert not await enters(node, peer, HOME, port("ether2"))


async def test_what_is_fixed_is_asked_for_whatever_is_learned(node: Node, peer: Peer, undone: db.Connection) -> None:
    await bind(node, undone, "fixed", "mac", vlan="100", nas=str(peer.key))
    assert await enters(node, peer, OTHER, port("ether1-vlan100"))
    assert not await enters(node, peer, OTHER, port("ether1")) and not await enters(node, peer, OTHER)
    await bind(node, undone, "fixed", "mac", nas="999")
    assert not await enters(node, peer, OTHER)
    (said,) = [one for one in await written(node, 4) if json.loads(one.facts).get("what") == "nas"]
    assert json.loads(said.facts)["seen"] == "BNG-1"


@pytest.mark.parametrize(
    ("left", "right", "vlan"),
    [
        ("slot=2;subslot=0;port=1;vlanid=100;", "SLOT=02; subslot=0; port=01; VLANID=0100", "100"),
        ("slot=0;subslot=1;port=0;vlanid=100;vlanid2=7", "slot=0;subslot=1;port=0;vlanid=100;vlanid2=07", "100.7"),
        ("ether1-vlan100", " Ether1-VLAN100", "100"),
        ("vlan0100", "VLAN0100", "100"),
        ("0/0/2/50.1957", "0/0/02/50.1957", "1957"),
        ("ge-1/0/0.1073741:100-7", "GE-1/0/0.1073741:100-7", "100.7"),
        ("ether1", "ETHER1", ""),
    ],
)
def test_a_ports_spelling_never_matters_and_names_its_vlan(left: str, right: str, vlan: str) -> None:
    assert lines.port(left) == lines.port(right.encode()) and lines.vlan(lines.port(left)) == vlan
    assert lines.port(lines.port(left)) == lines.port(left)


def test_different_ports_stay_different() -> None:
    told = ["ether1", "ether10", "0/1", "0/10", "0/0.1", "0/0.10", "slot=1", "slot=10", "ether1-vlan1", "ether1-vlan10"]
    assert len({lines.port(one) for one in told}) == len(told)


def test_huaweis_nas_port_names_the_vlan_where_no_text_does() -> None:
    huawei, other = (Peer(1, "x", SECRET, vendor, "auto", False) for vendor in ("huawei", "mikrotik"))
    packet = asks("cli1", (a.NAS_PORT, (2 << 24) | (1 << 12) | 100))
    assert (lines.seen("vlan", packet, huawei), lines.seen("vlan", packet, other)) == ("100", "")


async def test_accounts_without_a_line_share_their_rule(node: Node) -> None:
    rows = [entry.row for entry in node.index.entries.values()]
    assert len({id(row[16]) for row in rows}) == len({id(row[17]) for row in rows}) == 1
    assert len({id(entry.rule) for entry in node.index.entries.values()}) == 1
    grown = sys.getsizeof((None,) * (index.WIDTH + 1)) - sys.getsizeof((None,) * (index.WIDTH - 1)) + 8
    assert grown * 100_000 < 10 * 2**20
    assert (grown + sys.getsizeof(json.dumps({"mac": LINE}))) * 100_000 < 11 * 2**20


# ------------------------------------------------------------ a MAC as its own proof


async def line_login(
    node: Node, undone: db.Connection, seed: Seed, sealer: secrets.Sealer, kind: str, text: str
) -> str:
    await accounts.add(undone, sealer, TESTER, seed.contracts[0], text, None, kind)
    await node.index.reconcile(undone)
    return accounts.spelled(text, kind)


def by_chap(word: bytes) -> tuple[int, a.Value]:
    return a.CHAP_PASSWORD, chap_response(b"\x07", word, AUTHENTICATOR)


CALL_CHECK = (a.SERVICE_TYPE, 10)


def pap(word: bytes) -> tuple[int, a.Value]:
    return a.USER_PASSWORD, pap_encrypt(word, SECRET, AUTHENTICATOR)


def bare(login: str, *pairs: tuple[int, a.Value]) -> Packet:
    """A request without any method; what is no method keeps `asks` from adding one."""
    return asks(login, (a.VENDOR_SPECIFIC, a.vsa(9, 1, "x=y")[2:]), *pairs)


@pytest.mark.parametrize(
    "packet",
    [
        asks("AA:BB:CC:00:00:09", mac("1:aa:bb:cc:0:0:9"), password=b""),  # MikroTik DHCP
        asks("AA:BB:CC:00:00:09", mac("AA:BB:CC:00:00:09"), password=b"AA:BB:CC:00:00:09"),  # its hotspot
        asks("AA:BB:CC:00:00:09", mac("AA:BB:CC:00:00:09"), by_chap(b"")),
        asks("AA:BB:CC:00:00:09", mac("AA:BB:CC:00:00:09"), by_chap(b"AA:BB:CC:00:00:09")),
        asks("aabb.cc00.0009", mac("aabb.cc00.0009"), CALL_CHECK, password=b"aabb.cc00.0009"),  # Cisco
        asks("aabbcc000009", mac("AA-BB-CC-00-00-09"), CALL_CHECK, password=b"aabbcc000009"),  # its switches
        asks("aabbcc-000009".replace("-", ""), mac("aabb-cc00-0009"), password=b"word-for-all"),  # Huawei
        asks("aabbcc000009", mac("aabb-cc00-0009"), by_chap(b"word-for-all")),
        bare("aabbcc000009", mac("aabb-cc00-0009"), CALL_CHECK),
        asks("aabb.cc00.0009@ipoe", mac("aabb.cc00.0009"), password=b""),
    ],
)
async def test_a_mac_proves_itself_as_each_maker_asks(
    node: Node, peer: Peer, undone: db.Connection, provider: Seed, sealer: secrets.Sealer, packet: Packet
) -> None:
    node.names.realms, node.names.word = frozenset({"ipoe"}), b"word-for-all"
    await line_login(node, undone, provider, sealer, "mac", "AA-BB-CC-00-00-09")
    assert (await answer(node.authenticate(packet, peer))).code == a.ACCESS_ACCEPT


@pytest.mark.parametrize(
    ("packet", "reason"),
    [
        (asks("aa:bb:cc:00:00:09", OTHER, password=b"aa:bb:cc:00:00:09"), "wrong_line"),  # typed by a stranger
        (asks("aa:bb:cc:00:00:09", password=b"aa:bb:cc:00:00:09"), "wrong_line"),
        (asks("aa:bb:cc:00:00:09", mac("aa:bb:cc:00:00:09"), password=b"guess"), "wrong_password"),
        (asks("aa:bb:cc:00:00:09", mac("aa:bb:cc:00:00:09"), by_chap(b"guess")), "wrong_password"),
        (asks("aa:bb:cc:00:00:09", mac("aa:bb:cc:00:00:09"), (a.VENDOR_SPECIFIC, a.vsa(9, 1, "x=y")[2:])), "no_method"),
    ],
)
async def test_whoever_is_not_that_mac_is_refused(
    node: Node, peer: Peer, undone: db.Connection, provider: Seed, sealer: secrets.Sealer, packet: Packet, reason: str
) -> None:
    await line_login(node, undone, provider, sealer, "mac", "aabbcc000009")
    assert (await answer(node.authenticate(packet, peer))).code == a.ACCESS_REJECT
    assert [one.reason for one in await written(node, 1)] == [reason]


async def test_a_bound_mac_is_let_in_from_its_place_alone(
    node: Node, peer: Peer, undone: db.Connection, provider: Seed, sealer: secrets.Sealer
) -> None:
    login = await line_login(node, undone, provider, sealer, "mac", "aabbcc000009")
    await undone.execute(
        "update access_account set binding = 'fixed', bound = $2::jsonb where login = $1",
        *(login, json.dumps({"port": "ether1"})),
    )
    await node.index.reconcile(undone)
    here = mac("aa:bb:cc:00:00:09")
    assert await enters(node, peer, here, port("ether1"), login=login, password=b"")
    assert not await enters(node, peer, here, port("ether2"), login=login, password=b"")


async def test_a_login_with_a_password_never_enters_by_a_mac(node: Node, peer: Peer) -> None:
    assert not await enters(node, peer, HOME, password=b"") and not await enters(node, peer, HOME, password=b"cli1")


# ------------------------------------------------------------ a circuit as its own proof


async def test_a_circuit_is_the_login_of_whatever_is_plugged_in_there(
    node: Node, peer: Peer, undone: db.Connection, provider: Seed, sealer: secrets.Sealer
) -> None:
    login = await line_login(node, undone, provider, sealer, "circuit", "OLT-1 eth 0/1/3:7")
    here, there = adsl(1, b"OLT-1 eth 0/1/3:7"), adsl(1, b"OLT-1 eth 0/1/3:8")
    for address in ("AA:BB:CC:00:00:01", "AA:BB:CC:00:00:02"):
        reply = await answer(node.authenticate(asks(address, mac(address), here, pap(b"")), peer))
        assert reply.code == a.ACCESS_ACCEPT
    mark = inside(reply).get(a.CLASS) or b""
    assert mark == b"milha1:full:500000/250000\t" + login.encode()
    for packet in (asks(login, password=b""), asks(login, there, pap(b"")), asks(login, here, pap(b"guess"))):
        assert (await answer(node.authenticate(packet, peer))).code == a.ACCESS_REJECT
    node.account(says(a.ACCT_START, 0, "8000", "AA:BB:CC:00:00:02", (a.CLASS, mark)), peer, ROUTER, 1.7e9, lambda: None)
    (live,) = node.sessions.by_login[login]
    assert (live.applied, live.desired) == ("full:500000/250000", "full:500000/250000")
    assert live.keys().user_name == "AA:BB:CC:00:00:02"


async def test_a_session_under_a_realm_is_its_accounts_and_is_told_as_its_router_calls_it(
    node: Node, peer: Peer, undone: db.Connection
) -> None:
    node.names.realms = frozenset({"provider.com.br"})
    reply = await answer(node.authenticate(asks("CLI1@Provider.com.br", password=b"pw1"), peer))
    assert reply.code == a.ACCESS_ACCEPT and [one.login for one in await written(node, 1)] == ["cli1"]
    node.account(says(a.ACCT_START, 0, "8000", "CLI1@Provider.com.br"), peer, ROUTER, 1.7e9, lambda: None)
    (live,) = node.sessions.by_login["cli1"]
    assert live.keys().user_name == "CLI1@Provider.com.br"
    node.names.realms = frozenset()  # whatever is set meanwhile: it is the same session
    node.account(says(a.ACCT_STOP, 60, "8000", "cli1@provider.com.br"), peer, ROUTER, 1.7e9, lambda: None)
    assert "cli1" not in node.sessions.by_login


async def test_the_scribe_writes_it_within_a_round(node: Node, peer: Peer, undone: db.Connection) -> None:
    await bind(node, undone)
    assert await enters(node, peer, HOME)

    async def writing() -> bool:
        await node.scribe.round(undone)
        return await bound(undone) == {"mac": LINE}

    assert await eventually(writing)
