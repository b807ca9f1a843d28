"""Administrators log in to routers: a whole node on real sockets, asked by Debian's radclient and by our client."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import shutil
import threading
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pyotp
import pytest
import pytest_asyncio

from oss.access import aaa, password_threads, staff_logins
from oss.access.aaa import Node, NodeOptions, Snapshot
from oss.base import db, secrets, settings
from oss.staff import one_time, router_password, users
from radius import attributes as a
from radius import mschap
from radius.auth import pap_encrypt
from radius.client import Client, NoReply
from radius.packet import Packet
from tests.conftest import TESTER, Seed
from tests.oss.access.asking import SECRET
from tests.oss.access.test_node import free_ports
from tests.waiting import eventually

RADCLIENT = pytest.mark.skipif(not shutil.which("radclient"), reason="freeradius-utils is not installed")
LOGIN = "Service-Type=Login-User,Calling-Station-Id=192.0.2.77"
PASSWORD = "staff-password"
STATE = re.compile(r"State = (0x[0-9a-f]+)")


@dataclass
class House:
    """A running node, its ports, the members of staff by login, and their secrets."""

    node: Node
    auth: int
    acct: int
    nas: int
    ids: dict[str, int]
    totp: str
    key: str
    sealer: secrets.Sealer
    folder: Path

    def code(self) -> str:
        """Beatriz' code of this moment."""
        return pyotp.TOTP(self.totp).at(int(time.time()))

    def next_code(self) -> str:
        """The oldest code that is good and was not used."""
        return one_time.codes(self.totp, time.time(), self.node.logins.staff.index.used[self.ids["bea"]])[0][1]

    async def radclient(self, attributes: str, kind: str = "auth") -> str:
        port = self.auth if kind == "auth" else self.acct
        command = ["radclient", "-x", "-r", "2", "-t", "8", f"127.0.0.1:{port}", kind, "testing123"]
        pipe = asyncio.subprocess.PIPE
        run = asyncio.create_subprocess_exec
        process = await run(*command, stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.STDOUT)
        out, _ = await process.communicate(attributes.encode() + b"\n")
        return out.decode()

    async def log_in(self, login: str, password: str, more: str = LOGIN) -> str:
        return await self.radclient(f'User-Name={login},User-Password="{password}",{more}')

    async def audit(self, action: str) -> list[dict[str, object]]:
        """The audit's rows of one action: who, and the facts."""
        sql = "select actor, object_id, ip, detail from audit where action = $1 order by id"
        return [{**db_json(row["detail"]), **dict(row)} for row in await db.fetch(sql, action)]

    async def refused(self, reason: str) -> dict[str, object]:
        """The first refusal for this reason, once it is written."""

        async def found() -> list[dict[str, object]]:
            return [one for one in await self.audit("router.refused") if one["reason"] == reason]

        return (await eventually(found))[0]


def db_json(text: str) -> dict[str, object]:
    return dict(json.loads(text))


@contextlib.asynccontextmanager
async def running(node: Node) -> AsyncIterator[None]:
    stop, started, published = asyncio.Event(), asyncio.Event(), list[Snapshot]()
    task = asyncio.create_task(node.run(stop, started.set, published.append))
    await asyncio.wait_for(started.wait(), 10)
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(task, 20)


@pytest_asyncio.fixture(loop_scope="session")
async def house(
    seed: Seed, database: str, sealer: secrets.Sealer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[House]:
    """Ana (admin), bea (noc, with codes and a password for routers), rui (reader); a NAS with the switch on."""
    monkeypatch.setattr(aaa, "RECONCILE_S", 3600.0)
    ids = {}
    async with db.transaction() as connection:
        for login, role in (("ana", "admin"), ("bea", "noc"), ("rui", "reader")):
            ids[login] = await users.add(connection, TESTER, login, login.title(), PASSWORD, role)
        totp = await one_time.begin(connection, sealer, ids["bea"])
        # Confirmed with the step before the present one's, so that the present code is still good.
        await connection.execute(
            "update staff_radius set totp_since = now(), totp_counter = 1 where id = $1", ids["bea"]
        )
        key = await router_password.renew(connection, sealer, TESTER, ids["bea"])
        await connection.execute("update nas set staff_logins = true")
    ports = free_ports()
    node = Node(NodeOptions(database, "test", "127.0.0.1", *ports, tmp_path), sealer)
    async with running(node):
        await eventually(lambda: node.index.ready)
        yield House(node, *ports, seed.nas, ids, totp, key, sealer, tmp_path)


# ------------------------------------------------------------ who is let in, and with what


@RADCLIENT
async def test_an_administrator_gets_the_routers_group_of_the_role(house: House) -> None:
    said = await house.log_in("ana", PASSWORD)
    assert "Received Access-Accept" in said and 'Mikrotik-Group = "full"' in said
    assert "Mikrotik-Rate-Limit" not in said
    (row,) = await eventually(lambda: house.audit("router.accepted"))
    assert (row["actor"], row["object_id"], row["ip"]) == ("ana", str(house.ids["ana"]), "192.0.2.77")
    assert (row["nas"], row["level"], row["code"]) == ("BNG-1", "full", False)
    assert PASSWORD not in str(await db.fetch("select * from audit"))


@RADCLIENT
async def test_a_code_behind_the_password_lets_in_once(house: House) -> None:
    code = house.code()
    assert 'Mikrotik-Group = "write"' in await house.log_in("bea", PASSWORD + code)
    assert "Received Access-Reject" in await house.log_in("bea", PASSWORD + code)
    row = await house.refused("code_used")
    assert row["actor"] == "bea"
    used = "select totp_counter from staff_radius where id = $1"
    await eventually(lambda: db.fetchval(used + " and totp_counter > 1", house.ids["bea"]))


@RADCLIENT
async def test_rfc2865_4_4_the_password_alone_is_answered_by_a_challenge_and_the_code_by_an_accept(
    house: House,
) -> None:
    said = await house.log_in("bea", PASSWORD)
    assert "Received Access-Challenge" in said and 'Reply-Message = "Codigo de 6 digitos: "' in said
    state = STATE.search(said)
    assert state is not None
    code = house.code()
    again = await house.log_in("bea", code, f"{LOGIN},State={state[1]}")
    assert "Received Access-Accept" in again and 'Mikrotik-Group = "write"' in again
    assert "Received Access-Reject" in await house.log_in("bea", house.next_code(), f"{LOGIN},State={state[1]}")
    await house.refused("code_late")  # a challenge is good once


@RADCLIENT
async def test_a_challenge_is_no_use_to_another_and_a_wrong_code_ends_it(house: House) -> None:
    await db.execute("update staff_user set language = 'en' where login = 'bea'")
    await eventually(lambda: house.node.logins.staff.index.by_login["bea"].language == "en")
    for login in ("ana", "bea"):
        said = await house.log_in("bea", PASSWORD)
        state = STATE.search(said)
        assert state is not None and "6-digit code" in said
        typed = house.code() if login == "ana" else "000000"
        assert "Received Access-Reject" in await house.log_in(login, typed, f"{LOGIN},State={state[1]}")
        assert "Received Access-Reject" in await house.log_in("bea", house.code(), f"{LOGIN},State={state[1]}")

    async def wrong() -> bool:
        rows = await house.audit("router.refused")
        return {row["actor"] for row in rows if row["reason"] == "code_wrong"} == {"ana", "bea"}

    await eventually(wrong)


@RADCLIENT
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("update staff_user set active = false where login = 'ana'", "staff_disabled"),
        ("update staff_user set role = 'finance' where login = 'ana'", "staff_no_routers"),
        (
            "insert into staff_radius (id, routers) select id, 'none' from staff_user where login = 'ana'",
            "staff_no_routers",
        ),
        ("update staff_user set password_hash = 'x' where login = 'ana'", "wrong_password"),
    ],
)
async def test_a_change_of_the_account_is_felt_at_once(house: House, change: str, reason: str) -> None:
    assert "Received Access-Accept" in await house.log_in("ana", PASSWORD)
    before = house.node.logins.staff.index.by_login["ana"]
    await db.execute(change)
    await eventually(lambda: house.node.logins.staff.index.by_login["ana"] != before)
    said = await house.log_in("ana", PASSWORD)
    assert "Received Access-Reject" in said
    assert 'Reply-Message = "Acesso indisponivel. Fale com o seu provedor."' in said
    assert (await house.refused(reason))["actor"] == "ana"


@RADCLIENT
async def test_a_level_of_ones_own_goes_before_the_roles(house: House) -> None:
    await db.execute("insert into staff_radius (id, routers) values ($1, 'read')", house.ids["rui"])
    await eventually(lambda: house.node.logins.staff.index.by_login["rui"].level == "read")
    assert 'Mikrotik-Group = "read"' in await house.log_in("rui", PASSWORD)


@RADCLIENT
async def test_where_codes_are_demanded_who_has_none_is_refused(house: House) -> None:
    async with db.transaction() as connection:
        await settings.write(connection, TESTER, "staff.routers_need_code", True)
    await eventually(lambda: house.node.logins.staff.index.needs_code)
    assert "Received Access-Reject" in await house.log_in("ana", PASSWORD)
    await house.refused("code_not_enrolled")
    assert "Received Access-Accept" in await house.log_in("bea", PASSWORD + house.code())


@RADCLIENT
async def test_six_digits_too_many_are_a_wrong_password_for_who_has_no_codes(house: House) -> None:
    assert "Received Access-Reject" in await house.log_in("ana", PASSWORD + "123456")
    await house.refused("wrong_password")


async def test_who_is_switched_off_while_a_hash_is_computed_is_not_let_in(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    computing, go_on, real = threading.Event(), threading.Event(), users.matches

    def matches(password_hash: str, password: bytes) -> bool:
        computing.set()
        return go_on.wait(10) and real(password_hash, password)

    monkeypatch.setattr(password_threads.users, "matches", matches)
    async with Client("127.0.0.1") as router:
        asking = asyncio.create_task(ask(router, house, "ana", PASSWORD, STAFF))
        await eventually(computing.is_set)
        await db.execute("update staff_user set active = false where login = 'ana'")
        await eventually(lambda: not house.node.logins.staff.index.by_login["ana"].active)
        go_on.set()
        answer = await asking
    assert answer is not None and answer.code == a.ACCESS_REJECT
    await house.refused("staff_disabled")


# ------------------------------------------------------------ CHAP and MS-CHAP


@RADCLIENT
async def test_chap_without_a_password_for_routers_is_refused_and_the_audit_says_why(house: House) -> None:
    said = await house.radclient(f'User-Name=ana,CHAP-Password="{PASSWORD}",{LOGIN}')
    assert "Received Access-Reject" in said
    assert (await house.refused("staff_no_router_password"))["actor"] == "ana"


@RADCLIENT
async def test_chap_is_answered_by_the_password_for_routers_with_the_code_behind_it(house: House) -> None:
    code = house.code()
    for password, received in (
        (house.key, "Access-Reject"),  # no code
        (PASSWORD + code, "Access-Reject"),  # the console's
        (house.key + code, "Access-Accept"),
        (house.key + code, "Access-Reject"),  # used
    ):
        said = await house.radclient(f'User-Name=bea,CHAP-Password="{password}",{LOGIN}')
        assert f"Received {received}" in said, password
    await house.refused("code_missing")


@RADCLIENT
async def test_rfc2759_mschap_version_2_as_routeros_asks_gets_its_authenticator_response(house: House) -> None:
    challenge, peer_challenge = bytes(range(16)), bytes(range(16, 32))
    body = a.attr(a.USER_NAME, "bea") + a.attr(a.SERVICE_TYPE, a.SERVICE_LOGIN)
    said = (house.key + house.code()).encode()
    hashed = mschap.challenge_hash(peer_challenge, challenge, b"bea")
    response = b"\0\0" + peer_challenge + bytes(8) + mschap.nt_response(mschap.NtKeys(said), hashed)
    body += a.vsa(311, 11, challenge) + a.vsa(311, 25, response)
    async with Client("127.0.0.1") as router:
        answer = await router.exchange(("127.0.0.1", house.auth), a.ACCESS_REQUEST, body, SECRET)
    assert answer.code == a.ACCESS_ACCEPT
    assert answer.vsa(14988, 3) == b"write" and (answer.vsa(311, 26) or b"")[1:3] == b"S="


# ------------------------------------------------------------ whose request it is


@RADCLIENT
async def test_a_subscribers_password_opens_no_router(house: House) -> None:
    assert "Received Access-Accept" in await house.log_in("cli1", "pw1", "Service-Type=Framed-User,Framed-Protocol=PPP")
    assert "Received Access-Accept" in await house.log_in("cli1", "pw1", "NAS-Port-Id=ether1")
    for kind in ("Login-User", "Administrative-User", "NAS-Prompt-User"):
        said = await house.log_in("cli1", "pw1", f"Service-Type={kind}")
        assert "Received Access-Reject" in said, kind
    row = await house.refused("unknown_login")
    assert (row["actor"], row["object_id"]) == ("nobody", "")
    assert "cli1" not in str(row)  # what is typed as a name may be a password
    hotspot = "Service-Type=Login-User,Framed-IP-Address=10.5.5.2,Called-Station-Id=hotspot1"
    assert 'Mikrotik-Rate-Limit = "250M/500M"' in await house.log_in("cli1", "pw1", hotspot)


@RADCLIENT
async def test_where_the_switch_is_off_staff_are_no_logins(house: House) -> None:
    await db.execute("update nas set staff_logins = false")
    await eventually(lambda: not house.node.logins.staff.index.routers)
    assert "Received Access-Reject" in await house.log_in("ana", PASSWORD)
    assert "Received Access-Accept" in await house.log_in("cli1", "pw1")
    assert await house.audit("router.refused") == []


# ------------------------------------------------------------ the database is away


async def test_staff_log_in_while_the_database_is_away_and_the_audit_follows(house: House, server: str) -> None:
    node = house.node
    await eventually(lambda: "bea" in str(_copied(house)))  # though nobody has logged in
    name, code = await db.fetchval("select current_database()"), house.code()
    maintenance = await db.connect(server)
    await maintenance.execute(f"alter database {name} allow_connections false")
    await db.fetch(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'milha-%' "
        "and datname = current_database()"
    )
    async with Client("127.0.0.1") as router:
        answer = await ask(router, house, "bea", PASSWORD + code, STAFF)
    assert answer is not None and answer.code == a.ACCESS_ACCEPT
    await eventually(lambda: _copied(house)["pending"])
    other = staff_logins.StaffLogins(node.index)  # a node that starts meanwhile
    other.notes.restore(house.folder)
    assert other.index.used[house.ids["bea"]] == node.logins.staff.index.used[house.ids["bea"]] > 1
    assert [note.login for note in other.notes.pending] == ["bea"] and other.index.routers == {house.nas}
    await maintenance.execute(f"alter database {name} allow_connections true")
    await maintenance.close()
    (row,) = await eventually(lambda: house.audit("router.accepted"))
    assert row["actor"] == "bea"
    await eventually(lambda: _copied(house)["pending"] == [])


def _copied(house: House) -> dict[str, object]:
    path = house.folder / "staff.sealed"
    return db_json(house.sealer.open(path.read_text(), "staff.sealed").decode()) if path.exists() else {"pending": None}


# ------------------------------------------------------------ brute force, and the subscribers beside it


async def ask(
    router: Client, house: House, login: str, password: str, *pairs: tuple[int, a.Value], tries: int = 3
) -> Packet | None:
    authenticator = secrets.secrets.token_bytes(16)
    body = a.attr(a.USER_NAME, login) + a.attr(a.USER_PASSWORD, pap_encrypt(password.encode(), SECRET, authenticator))
    body += b"".join(a.attr(*pair) for pair in pairs)
    address = ("127.0.0.1", house.auth)
    with contextlib.suppress(NoReply):
        return await router.exchange(address, a.ACCESS_REQUEST, body, SECRET, tries=tries, authenticator=authenticator)
    return None


STAFF = (a.SERVICE_TYPE, a.SERVICE_LOGIN)


async def test_subscribers_are_answered_while_fifty_hashes_are_computed(house: House) -> None:
    async with Client("127.0.0.1") as router:
        crowd = [asyncio.create_task(ask(router, house, f"nobody{n}", "wrong-password", STAFF)) for n in range(50)]
        threads = house.node.logins.staff.threads
        await eventually(lambda: threads._waiting > 40)
        for number in range(1, 6):
            answer = await ask(router, house, f"cli{number}", f"pw{number}")
            assert answer is not None and answer.code == a.ACCESS_ACCEPT
        assert threads._waiting > 25  # they did not wait for the hashes: those are still being computed
        for task in crowd:
            task.cancel()
        await asyncio.gather(*crowd, return_exceptions=True)


async def test_an_account_that_is_guessed_at_is_slowed_and_its_own_line_is_not(house: House) -> None:
    staff = house.node.logins.staff
    mine = (a.CALLING_STATION_ID, "192.0.2.1")
    async with Client("127.0.0.1") as router:
        first = await ask(router, house, "ana", PASSWORD, STAFF, mine)
        assert first is not None and first.code == a.ACCESS_ACCEPT
        for _ in range(12):
            staff.brake.wrong(house.nas, "ana")
        held = await ask(router, house, "ana", PASSWORD, STAFF, (a.CALLING_STATION_ID, "203.0.113.5"))
        assert held is not None and held.code == a.ACCESS_REJECT and staff.brake.held == 1
        again = await ask(router, house, "ana", PASSWORD, STAFF, mine)
        assert again is not None and again.code == a.ACCESS_ACCEPT
    await house.refused("slowed")


async def test_the_number_of_hashes_tells_nothing_of_the_account(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    computed: list[str] = []

    def matches(password_hash: str, password: bytes) -> bool:
        computed.append(password_hash)
        return False

    monkeypatch.setattr(password_threads.users, "matches", matches)
    async with Client("127.0.0.1") as router:
        for typed, hashes in (("wrong", 1), ("wrong123456", 2)):
            for login in ("ana", "bea", "nobody-of-ours"):
                computed.clear()
                answer = await ask(router, house, login, typed, STAFF)
                assert answer is not None and answer.code == a.ACCESS_REJECT
                assert len(computed) == hashes, login


async def test_more_than_may_wait_are_not_taken_and_may_ask_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(password_threads, "MOST_OF_ACCOUNT", 0)
    async with Client("127.0.0.1") as router:
        asking = asyncio.create_task(ask(router, house, "ana", PASSWORD, STAFF, tries=15))
        await eventually(lambda: house.node.counters["dropped"])
        monkeypatch.setattr(password_threads, "MOST_OF_ACCOUNT", 3)
        answer = await asking or await ask(
            router, house, "ana", PASSWORD, STAFF
        )  # a busy machine may be slow to notice
    assert answer is not None and answer.code == a.ACCESS_ACCEPT


# ------------------------------------------------------------ sessions on routers


@RADCLIENT
async def test_an_administrators_session_is_a_row_of_its_own_and_never_a_subscribers(house: House) -> None:
    record = "User-Name=ana,Acct-Session-Id=0000002A,Service-Type=NAS-Prompt-User,Calling-Station-Id=192.0.2.77"
    for status in ("Start", "Stop,Acct-Session-Time=60,Acct-Terminate-Cause=User-Request"):
        said = await house.radclient(f"{record},Acct-Status-Type={status}", "acct")
        assert "Received Accounting-Response" in said
    marked = 'User-Name=bea,Acct-Session-Id=0000002B,Class="milhastaff1:2:write",Acct-Status-Type=Start'
    assert "Received Accounting-Response" in await house.radclient(marked, "acct")
    subscriber = "User-Name=cli1,Acct-Session-Id=81,Service-Type=Framed-User,Framed-Protocol=PPP,Acct-Status-Type=Start"
    assert "Received Accounting-Response" in await house.radclient(subscriber, "acct")
    await eventually(lambda: db.fetchval("select count(*) = 1 from session_open"))
    await eventually(lambda: db.fetchval("select count(*) = 2 from staff_session"))
    rows = await db.fetch("select login, ended_at is null as open, terminate_cause from staff_session order by login")
    assert [tuple(row) for row in rows] == [("ana", False, "User-Request"), ("bea", True, None)]
    assert set(house.node.sessions.by_login) == {"cli1"}
    assert await db.fetchval("select login from session_open") == "cli1"
    assert "Received Accounting-Response" in await house.radclient("Acct-Status-Type=Accounting-On", "acct")
    reboot = "select count(*) = 1 from staff_session where terminate_cause = 'NAS-Reboot' and login = 'bea'"
    await eventually(lambda: db.fetchval(reboot))
