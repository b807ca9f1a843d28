"""Logins of a realm are answered by its home server, whatever the method; ours stay ours; nothing goes in a circle."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from oss.access import home_servers, proxy_copies, realms
from oss.access.aaa import Node
from oss.access.names import CLASS_MARK
from oss.access.realms import HomeValues, RealmValues
from oss.base import db, secrets
from radius import attributes as a
from radius import mschap
from radius.auth import Credential, chap_response, check, pap_encrypt
from radius.client import Client, NoReply
from radius.integrity import Secret
from radius.mschap import reveal_key
from radius.packet import Packet, build
from radius.server import AccessReply, Listener, Peer
from tests.conftest import TESTER, Seed
from tests.radius.certificates import Authority
from tests.radius.radsec_ends import serving
from tests.radius.wires import listening
from tests.waiting import eventually

from .asking import SECRET
from .reaching import equip, running

HOME_SECRET = "of the home server"
VECTOR = bytes(range(16))


class Home:
    """The server of example.net: knows joao (password pw), tells of what it heard."""

    def __init__(self) -> None:
        self.heard: list[Packet] = []
        self.records: list[Packet] = []
        self.silent = False
        self.more = b""
        self.names = ("joao@example.net", "joao", "example\\joao")

    def access(self, packet: Packet, peer: Peer) -> AccessReply | None:
        self.heard.append(packet)
        if self.silent:
            return None
        if a.EAP_MESSAGE in packet:
            return AccessReply(a.ACCESS_CHALLENGE, a.attr(a.EAP_MESSAGE, b"\1\2\0\5\4") + a.attr(a.STATE, b"home"))
        verdict = check(packet, peer.secret, Credential(b"pw"))
        if packet.text(a.USER_NAME) not in self.names or not verdict:
            return AccessReply(a.ACCESS_REJECT, a.attr(a.REPLY_MESSAGE, "not at home"))
        return AccessReply(a.ACCESS_ACCEPT, self.more + verdict.attributes)

    def account(self, packet: Packet, peer: Peer, host: Any, at: float, ack: Callable[[], None]) -> bool:
        if self.silent:
            return False
        self.records.append(packet)
        ack()
        return True


@asynccontextmanager
async def at_home(home: Home) -> AsyncIterator[tuple[int, int]]:
    """The home server on two free ports."""
    peer = Peer(1, "milha", Secret(HOME_SECRET.encode()), ma_policy="required")
    async with listening("auth", home.access, peer) as auth, listening("acct", home.account, peer) as acct:
        yield auth.address[1], acct.address[1]


async def realm(sealer: secrets.Sealer, values: RealmValues, *homes: HomeValues) -> int:
    async with db.transaction() as connection:
        realm_id = await realms.save(connection, TESTER, values)
        for home in homes:
            await realms.save_home(connection, sealer, TESTER, realm_id, home)
    return realm_id


def by_udp(ports: tuple[int, int], **more: Any) -> HomeValues:
    return HomeValues("127.0.0.1", "udp", *ports, secret=HOME_SECRET, **more)


@asynccontextmanager
async def proxying(
    database: str, sealer: secrets.Sealer, tmp_path: Path, values: RealmValues, *homes: HomeValues
) -> AsyncIterator[SimpleNamespace]:
    """A node with one realm, and a NAS of ours."""
    await realm(sealer, values, *homes)
    async with running(database, sealer, tmp_path) as node, Client("127.0.0.1") as nas:
        await eventually(lambda: node.reach.realms.realms)

        async def dial(login: str, *pairs: tuple[int, a.Value], password: bytes | None = b"pw") -> Packet:
            body = a.attr(a.USER_NAME, login) + b"".join(a.attr(*pair) for pair in pairs)
            if password is not None:
                body += a.attr(a.USER_PASSWORD, pap_encrypt(password, SECRET, VECTOR))
            address = ("127.0.0.1", node.options.auth_port)
            return await nas.exchange(address, a.ACCESS_REQUEST, body, SECRET, 6, 1, authenticator=VECTOR)

        async def says(status: int, login: str) -> Packet:
            body = a.attr(a.USER_NAME, login) + a.attr(a.ACCT_STATUS_TYPE, status) + a.attr(a.ACCT_SESSION_ID, login)
            return await nas.exchange(("127.0.0.1", node.options.acct_port), a.ACCOUNTING_REQUEST, body, SECRET)

        yield SimpleNamespace(node=node, dial=dial, says=says, nas=nas)


async def test_a_login_of_a_realm_is_answered_at_home_and_ours_here(
    seed: Seed, database: str, sealer: secrets.Sealer, tmp_path: Path
) -> None:
    home = Home()
    async with at_home(home) as ports:
        values = RealmValues("@Example.NET")
        async with proxying(database, sealer, tmp_path, values, by_udp(ports)) as here:
            assert (await here.dial("joao@example.net")).code == a.ACCESS_ACCEPT
            refused = await here.dial("JOAO@EXAMPLE.NET", password=b"wrong")
            assert (refused.code, refused.text(a.REPLY_MESSAGE)) == (a.ACCESS_REJECT, "not at home")
            assert (await here.dial("cli1", password=b"pw1")).code == a.ACCESS_ACCEPT
            assert (await here.dial("maria@other.example", password=b"pw")).code == a.ACCESS_REJECT
            assert [one.text(a.USER_NAME) for one in home.heard] == ["joao@example.net", "JOAO@EXAMPLE.NET"]
            signed = Secret(HOME_SECRET.encode()).verify_message_authenticator
            assert all(signed(one) for one in home.heard)
            log = "select login || ' ' || reason from auth_log where login like '%@example.net' order by at"
            rows = await eventually(lambda: _two(log))
            assert rows == ["joao@example.net ", "joao@example.net home_refused"]
            (standing,) = here.node.snapshot().home_servers
            assert standing[1] == "alive" and standing[3] == 2


async def _two(sql: str) -> list[str]:
    rows = [row[0] for row in await db.fetch(sql)]
    return rows if len(rows) >= 2 else []


async def test_chap_ms_chap_2_and_eap_pass_unharmed(
    seed: Seed, database: str, sealer: secrets.Sealer, tmp_path: Path
) -> None:
    home = Home()
    async with (
        at_home(home) as ports,
        proxying(database, sealer, tmp_path, RealmValues("example.net"), by_udp(ports)) as here,
    ):
        chap = (a.CHAP_PASSWORD, chap_response(b"\1", b"pw", VECTOR))  # the challenge is the authenticator
        assert (await here.dial("joao@example.net", chap, password=None)).code == a.ACCESS_ACCEPT
        keys, challenge, ours = mschap.NtKeys(b"pw"), bytes(16), bytes(range(16))
        hashed = mschap.challenge_hash(ours, challenge, b"joao@example.net")
        response = b"\1\0" + ours + bytes(8) + mschap.nt_response(keys, hashed)
        pairs = [(26, (311).to_bytes(4, "big") + bytes((kind, len(value) + 2)) + value)
                 for kind, value in ((11, challenge), (25, response))]  # fmt: skip
        accepted = await here.dial("joao@example.net", *pairs, password=None)
        sent, received = (reveal_key(accepted.vsa(311, kind) or b"", SECRET, VECTOR) for kind in (16, 17))
        assert accepted.code == a.ACCESS_ACCEPT and (accepted.vsa(311, 26) or b"").startswith(b"\1S=")
        assert (sent, received) == mschap.start_keys(keys.hash_hash, response[26:])
        eap = (a.EAP_MESSAGE, b"\2\1\0\x15\1joao@example.net")
        challenged = await here.dial("joao@example.net", eap, password=None)
        assert challenged.code == a.ACCESS_CHALLENGE and challenged.get(a.EAP_MESSAGE) == b"\1\2\0\5\4"
        await here.dial("joao@example.net", eap, (a.STATE, challenged.get(a.STATE) or b""), password=None)
        assert home.heard[-1].get(a.STATE) == b"home"


async def test_proxy_states_are_kept_in_order_and_ours_added_and_taken_off_rfc_2865_5_33(
    seed: Seed, database: str, sealer: secrets.Sealer, tmp_path: Path
) -> None:
    home = Home()
    async with (
        at_home(home) as ports,
        proxying(database, sealer, tmp_path, RealmValues("example.net"), by_udp(ports)) as here,
    ):
        theirs = [(a.PROXY_STATE, b"one"), (a.PROXY_STATE, b"two")]
        answer = await here.dial("joao@example.net", *theirs)
        assert answer.get_all(a.PROXY_STATE) == [b"one", b"two"]
        at_them = home.heard[0].get_all(a.PROXY_STATE)
        assert at_them[:2] == [b"one", b"two"] and at_them[2].startswith(here.node.reach.proxy.mark)


async def test_what_comes_back_to_us_is_refused_and_counted(
    seed: Seed, database: str, sealer: secrets.Sealer, tmp_path: Path
) -> None:
    """The realm's home server is this node itself."""
    async with running(database, sealer, tmp_path) as node, Client("127.0.0.1") as nas:
        ports = (node.options.auth_port, node.options.acct_port)
        await realm(sealer, RealmValues("example.net"), HomeValues("127.0.0.1", "udp", *ports, secret="testing123"))
        await eventually(lambda: node.reach.realms.realms)
        body = a.attr(a.USER_NAME, "joao@example.net") + a.attr(a.USER_PASSWORD, bytes(16))
        answer = await nas.exchange(("127.0.0.1", ports[0]), a.ACCESS_REQUEST, body, SECRET, 5, 1)
        assert answer.code == a.ACCESS_REJECT
        counted = node.snapshot().counters
        assert (counted["proxy_loops"], counted["proxied"]) == (1, 1)
        says = body + a.attr(a.ACCT_STATUS_TYPE, a.ACCT_START) + a.attr(a.ACCT_SESSION_ID, "1")
        await nas.exchange(("127.0.0.1", ports[1]), a.ACCOUNTING_REQUEST, says, SECRET)
        await eventually(lambda: node.snapshot().counters["proxy_loops"] == 2)
        assert node.snapshot().counters["copies_sent"] <= 1


async def test_the_second_home_server_is_asked_when_the_first_is_silent_and_then_first(
    seed: Seed, database: str, sealer: secrets.Sealer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(home_servers, "TRY_S", 0.1)
    monkeypatch.setattr(home_servers, "PROBE_EVERY_S", 0.2)
    first, second = Home(), Home()
    first.silent = True
    async with at_home(first) as one, at_home(second) as two:
        homes = by_udp(two, position=2), by_udp(one, position=1)
        async with proxying(database, sealer, tmp_path, RealmValues("example.net"), *homes) as here:
            for _ in range(3):
                assert (await here.dial("joao@example.net")).code == a.ACCESS_ACCEPT
            assert len(second.heard) == 3 and len(first.heard) <= 4
            # a Status-Server is answered: the first one is back, and asked again
            await eventually(lambda: here.node.snapshot().home_servers[0][1] == "alive")
            first.silent = False
            heard = len(first.heard)
            assert (await here.dial("joao@example.net")).code == a.ACCESS_ACCEPT
            assert len(first.heard) == heard + 1


@pytest.mark.parametrize("when_silent", ["silence", "reject"])
async def test_when_no_home_server_answers_the_realm_says_what_the_nas_hears(
    seed: Seed,
    database: str,
    sealer: secrets.Sealer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    when_silent: str,
) -> None:
    monkeypatch.setattr(home_servers, "TRY_S", 0.1)
    home = Home()
    home.silent = True
    async with at_home(home) as ports:
        values = RealmValues("example.net", when_silent=when_silent)
        async with proxying(database, sealer, tmp_path, values, by_udp(ports)) as here:
            if when_silent == "reject":
                assert (await here.dial("joao@example.net")).code == a.ACCESS_REJECT
            else:
                body = a.attr(a.USER_NAME, "joao@example.net") + a.attr(a.USER_PASSWORD, bytes(16))
                with pytest.raises(NoReply):
                    address = ("127.0.0.1", here.node.options.auth_port)
                    await here.nas.exchange(address, a.ACCESS_REQUEST, body, SECRET, 1, 1)
            await eventually(lambda: here.node.snapshot().counters["proxy_silent"] == 1)
            assert here.node.snapshot().reasons == {"home_silent": 1}


async def test_an_answer_that_is_not_signed_is_not_believed(
    seed: Seed, database: str, sealer: secrets.Sealer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CVE-2024-3596: whoever stands between could have made it. An operator may say that a server cannot sign."""
    home, secret = Home(), Secret(HOME_SECRET.encode())

    def unsigned(packet: Packet, answer: AccessReply) -> bytes:
        body = answer.attributes + b"".join(a.attr(a.PROXY_STATE, one) for one in packet.get_all(a.PROXY_STATE))
        head = build(answer.code, packet.id, packet.authenticator, body)
        return head[:4] + secret.digest(head) + body

    real = Listener._send

    def send(self: Listener, octets: bytes, peer: Peer, key: Any) -> None:
        if peer.name == "milha" and octets[0] == a.ACCESS_ACCEPT:
            octets = unsigned(home.heard[-1], AccessReply(a.ACCESS_ACCEPT))
        real(self, octets, peer, key)

    monkeypatch.setattr(Listener, "_send", send)
    async with at_home(home) as ports:
        values = RealmValues("example.net", when_silent="reject")
        async with proxying(database, sealer, tmp_path, values, by_udp(ports)) as here:
            assert (await here.dial("joao@example.net")).code == a.ACCESS_REJECT
            assert here.node.snapshot().counters["proxy_unsigned"] == 1
            assert here.node.snapshot().home_servers[0][6] == "unsigned"
            await db.execute("update home_server set signs = false")
            await eventually(lambda: not next(iter(here.node.reach.realms.homes)).signs)
            assert (await here.dial("joao@example.net")).code == a.ACCESS_ACCEPT


async def test_what_comes_back_is_no_service_name_or_mark_of_ours(
    seed: Seed, database: str, sealer: secrets.Sealer, tmp_path: Path
) -> None:
    home = Home()
    home.more = a.vsa(14988, 8, "1G/1G") + a.attr(a.USER_NAME, "cli1") + a.attr(a.CLASS, CLASS_MARK + b"full:1/1")
    home.more += a.attr(a.CLASS, b"theirs") + a.attr(a.FRAMED_POOL, "visitors")
    async with at_home(home) as ports:
        values = RealmValues("example.net", strip=True, allow=("framed-pool",))
        async with proxying(database, sealer, tmp_path, values, by_udp(ports)) as here:
            answer = await here.dial("joao@example.net")
            assert answer.code == a.ACCESS_ACCEPT and home.heard[0].text(a.USER_NAME) == "joao"
            assert answer.get_all(a.CLASS) == [b"theirs"] and a.USER_NAME not in answer
            assert answer.vsa(14988, 8) is None and answer.text(a.FRAMED_POOL) == "visitors"


async def test_accounting_is_ours_first_and_then_copied_with_its_delay_until_it_is_taken(
    seed: Seed, database: str, sealer: secrets.Sealer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(home_servers, "TRY_S", 0.05)
    monkeypatch.setattr(proxy_copies, "BACKOFF_S", (0.1,))
    home = Home()
    home.silent = True
    async with (
        at_home(home) as ports,
        proxying(database, sealer, tmp_path, RealmValues("example.net"), by_udp(ports)) as here,
    ):
        answer = await here.says(a.ACCT_START, "joao@example.net")
        assert answer.code == a.ACCOUNTING_RESPONSE  # whatever the home server does
        await here.says(a.ACCT_START, "cli1")
        await eventually(lambda: here.node.snapshot().counters["copies_waiting"] == 1)
        (copy,) = await eventually(lambda: here.node.reach.proxy.copies._queues and _waiting(here.node))
        copy.heard -= 60
        home.silent = False
        await eventually(lambda: home.records)
        assert home.records[0].text(a.USER_NAME) == "joao@example.net"
        assert 60 <= (home.records[0].integer(a.ACCT_DELAY_TIME) or 0) < 100
        assert home.records[0].get(a.PROXY_STATE) is not None
        await eventually(lambda: here.node.snapshot().counters["copies_sent"] == 1)
        assert here.node.snapshot().counters["copies_waiting"] == 0
        await eventually(lambda: db.fetchval("select count(*) = 2 from session_open"))


def _waiting(node: Node) -> list[Any]:
    return [copy for queue in node.reach.proxy.copies._queues.values() for copy in queue]


@pytest.mark.parametrize(
    ("kind", "login", "there"),
    [
        ("prefix", "EXAMPLE\\joao", True),
        ("prefix", "joao@example", False),
        ("default", "maria@anywhere", True),
        ("default", "cli1", False),
        ("default", "nobody", False),
        ("null", "nobody", True),
        ("null", "cli1", False),
        ("null", "maria@anywhere", False),
    ],
)
async def test_prefixes_and_the_realms_null_and_default(
    seed: Seed, database: str, sealer: secrets.Sealer, tmp_path: Path, kind: str, login: str, there: bool
) -> None:
    """A catch-all takes no login that we know ourselves."""
    home = Home()
    async with at_home(home) as ports:
        values = RealmValues("example" if kind == "prefix" else "", kind)
        async with proxying(database, sealer, tmp_path, values, by_udp(ports)) as here:
            await here.dial(login)
            assert [one.text(a.USER_NAME) for one in home.heard] == ([login] if there else [])


async def test_a_realm_without_home_servers_is_our_own(
    seed: Seed, database: str, sealer: secrets.Sealer, tmp_path: Path
) -> None:
    home = Home()
    await realm(sealer, RealmValues("local.example"))
    async with (
        at_home(home) as ports,
        proxying(database, sealer, tmp_path, RealmValues("", "default"), by_udp(ports)) as here,
    ):
        await here.dial("joao@local.example")
        assert home.heard == []
        await here.dial("joao@other.example")
        assert len(home.heard) == 1


async def test_a_home_server_over_tls_needs_no_secret_and_its_connection_may_break(
    seed: Seed, database: str, sealer: secrets.Sealer, tmp_path: Path
) -> None:
    authority = Authority(tmp_path / "ca")
    equip(authority, tmp_path)
    async with serving(authority.context("home", server=True, dns=("home.example.net",))) as home:
        home.table.by_name["aaa"] = home.table.by_name["bng-1"]
        values = HomeValues("127.0.0.1", "radsec", home.port, home.port, certificate_name="home.example.net")
        async with proxying(database, sealer, tmp_path, RealmValues("example.net", strip=True), values) as here:
            await eventually(lambda: here.node.snapshot().home_servers[0][1] == "alive")
            assert (await here.dial("joao@example.net")).code == a.ACCESS_ACCEPT
            asked = asyncio.create_task(here.dial("later@example.net"))
            await eventually(lambda: home.later)
            for link in list(home.radsec._links):
                link.abort()
            await eventually(lambda: len(home.later) == 2)
            home.later[1].set_result(AccessReply(a.ACCESS_ACCEPT))
            assert (await asked).code == a.ACCESS_ACCEPT
            await here.says(a.ACCT_START, "joao@example.net")
            await eventually(lambda: home.records)


async def test_realms_survive_a_start_without_the_database(
    seed: Seed, database: str, sealer: secrets.Sealer, tmp_path: Path
) -> None:
    home = Home()
    async with at_home(home) as ports:
        async with proxying(database, sealer, tmp_path, RealmValues("example.net"), by_udp(ports)) as here:
            await eventually(lambda: (tmp_path / "reach.sealed").exists())
        assert HOME_SECRET.encode() not in (tmp_path / "reach.sealed").read_bytes()
        alone = Node(here.node.options, sealer)
        alone.reach.restore()
        found = alone.reach.realms.realm_of("joao@example.net", lambda login: False)
        assert found is not None and found.homes[0].secret.value == HOME_SECRET.encode()
        assert alone.logins.proxy is alone.reach.proxy
