"""A router from inside, on pages: what a lab router says, what goes wrong, what is done to it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from urllib.parse import unquote

import pytest
import pytest_asyncio

from oss.access import nas_devices
from oss.base import db
from oss.base.secrets import Sealer
from oss.network import configurations, device_links
from oss.network.link_keeper import Keeper
from oss.staff import users
from tests.conftest import TESTER, Seed
from tests.oss.network.routers import Running, router
from tests.waiting import eventually
from web.console import streams
from web.console.device_router import INTERFACES

OPEN = """insert into session_open (uid, nas_id, acct_session_id, login, contract_id, started_at, last_seen_at, applied)
values (gen_random_uuid(), $1, $2, $3, $4, now(), now(), 'full:20000/10000') returning uid"""


@pytest_asyncio.fixture(loop_scope="session")
async def keeper(database: str, sealer: Sealer) -> AsyncIterator[Keeper]:
    async with device_links.holding(sealer, "n1") as found:
        yield found


async def tied(seed: Seed, one: Running) -> None:
    async with db.transaction() as connection:
        await nas_devices.tie(connection, TESTER, seed.nas, one.device_id)


async def text(client, path: str, status: int = 200) -> str:  # type: ignore[no-untyped-def]
    answer = await client.get(path)
    body = await answer.text()
    assert answer.status == status, body
    return body


async def post(client, path: str, data: dict[str, str], page: str) -> str:  # type: ignore[no-untyped-def]
    """A form of a page, with its token."""
    shown = await text(client, page)
    token = shown.split('name="csrf_token" value="')[1].split('"')[0]
    answer = await client.post(path, data={"csrf_token": token, **data})
    body = await answer.text()
    assert answer.status == 200, body
    return body


async def test_sessions_stand_beside_ours_and_can_be_ended(client, seed: Seed, keeper: Keeper, sealer: Sealer) -> None:  # type: ignore[no-untyped-def]
    async with router(sealer) as one:
        await tied(seed, one)
        known = one.router.callers.come("cli1", "100.64.0.1", "10M/20M")
        one.router.callers.come("stranger", "100.64.0.2")
        async with db.transaction() as connection:
            uid = await connection.fetchval(OPEN, seed.nas, known.session_id, "cli1", seed.contracts[0])
            await connection.fetchval(OPEN, seed.nas, "x", "ghost", seed.contracts[1])
        home = f"/console/devices/{one.device_id}/router"
        assert 'hx-get="' in await text(client, home)
        shown = await text(client, home + "/sessions")
        assert "stranger" in shown and "ghost" in shown and "Cliente Número 1" in shown
        assert shown.index("stranger") < shown.index("ghost") < shown.index("cli1")
        assert "stranger" not in await text(client, home + "/sessions?q=cli1")

        await post(client, f"/console/sessions/{uid}/limit", {"back": home}, home + "/sessions?q=cli1")
        assert "20 Mbps / 10 Mbps" in (await text(client, home + "/sessions")).replace("\xa0", " ")

        found = re.search(r'kick\?login=stranger&(?:amp;)?session=([^"&]+)', shown)
        assert found is not None
        ask = f"{home}/kick?login=stranger&session={found[1]}"
        await post(client, home + "/kick", {"login": "stranger", "session": unquote(found[1])}, ask)
        assert one.router.callers.named("stranger") is None
        note = await db.fetchrow("select * from audit where action = 'device.session_kicked'")
        assert "stranger" in str(note)


async def test_a_kick_form_sent_twice_kicks_once_outside_any_transaction(  # type: ignore[no-untyped-def]
    client, seed: Seed, keeper: Keeper, sealer: Sealer
) -> None:
    async with router(sealer) as one:
        one.router.callers.come("cli1", "100.64.0.1")
        home = f"/console/devices/{one.device_id}/router"
        page = await text(client, home + "/sessions")
        found = re.search(r'kick\?login=cli1&(?:amp;)?session=([^"&]+)', page)
        assert found is not None
        ask = f"{home}/kick?login=cli1&session={found[1]}"
        token = (await text(client, ask)).split('name="csrf_token" value="')[1].split('"')[0]
        form = {"csrf_token": token, "form_key": "1.once", "login": "cli1", "session": unquote(found[1])}
        one.router.whims.latency_s = 1.0
        sent = asyncio.create_task(client.post(home + "/kick", data=form))
        await eventually(lambda: db.fetchval("select count(*) from form_answer"))
        assert one.router.callers.named("cli1") is not None  # claimed and committed, and the router has yet to answer
        one.router.whims.latency_s = 0.0
        assert (await sent).status == 200
        assert one.router.callers.named("cli1") is None
        one.router.callers.come("cli1", "100.64.0.1")
        assert (await client.post(home + "/kick", data=form)).status == 200
        assert one.router.callers.named("cli1") is not None


async def test_tables_and_tools(client, seed: Seed, keeper: Keeper, sealer: Sealer) -> None:  # type: ignore[no-untyped-def]
    async with router(sealer) as one:
        one.router.callers.come("cli1", "100.64.0.1", "10M/20M")
        home = f"/console/devices/{one.device_id}/router"
        for table, said in (
            ("queues", "&lt;pppoe-cli1&gt;"),
            ("interfaces", "ether"),
            ("arp", "10.10.1.2"),
            ("dhcp", "notebook-noc"),
            ("nat", "srcnat"),
            ("lists", 'id="part"'),
        ):
            assert said in await text(client, f"{home}/table/{table}"), table
        await text(client, f"{home}/table/nothing", 404)
        first = await text(client, f"{home}/ping?target=100.64.0.1")
        assert "n=2" in first and "100.64.0.1" in first
        assert "hx-get" not in await text(client, f"{home}/ping?target=100.64.0.1&n=5")
        assert "100.64.0.1" in await text(client, f"{home}/traceroute?to=100.64.0.1&n=1")
        assert 'role="alert"' in await text(client, f"{home}/ping?target=nowhere")


async def noc(web_app, aiohttp_client, *grants: tuple[str, str]):  # type: ignore[no-untyped-def]
    """Somebody who sees the network, and customers of Varginha at most."""
    async with db.transaction() as connection:
        await connection.execute("insert into role (key, name) values ('noc2', 'NOC')")
        sql = "insert into role_grant (role, permission, scope) values ('noc2', $1, $2)"
        await connection.executemany(sql, [("network.read", "all"), *grants])
        await users.add(connection, TESTER, "rui", "Rui", "rui-password-1", "noc2")
        await connection.execute("update staff_user set cities = '{Varginha}' where login = 'rui'")
    session = await aiohttp_client(web_app)
    await session.post("/login", data={"login": "rui", "password": "rui-password-1"}, allow_redirects=False)
    return session


async def test_who_sees_not_all_sessions_sees_none_in_tables_and_traffic(  # type: ignore[no-untyped-def]
    client, web_app, aiohttp_client, seed: Seed, keeper: Keeper, sealer: Sealer
) -> None:
    rui = await noc(web_app, aiohttp_client, ("sessions.read", "city"))
    async with router(sealer) as one:
        one.router.callers.come("cli1", "100.64.0.1", "10M/20M")
        home = f"/console/devices/{one.device_id}/router"
        for table in ("queues", "arp", "dhcp", "lists"):
            await text(rui, f"{home}/table/{table}", 404)
            assert f"tab={table}" not in await text(rui, home) and f"tab={table}" in await text(client, home)
        ours, theirs = [await text(who, f"{home}/table/interfaces") for who in (client, rui)]
        assert "pppoe-cli1" in ours and "pppoe-cli1" not in theirs and "ether" in theirs
        await text(rui, f"{home}/table/nat")
        await text(rui, f"{home}/traffic/live?interface=%3Cpppoe-cli1%3E", 404)
        port = next(row["name"] for row in one.router.menus["/interface"].rows.values())
        for who, name in ((client, "%3Cpppoe-cli1%3E"), (rui, port)):
            answer = await who.get(f"{home}/traffic/live?interface={name}")
            assert answer.status == 200 and answer.content_type == "text/event-stream"
            answer.close()


async def test_a_silent_router_is_a_sentence_and_no_error(client, seed: Seed, keeper: Keeper, sealer: Sealer) -> None:  # type: ignore[no-untyped-def]
    async with router(sealer, "BNG-mudo") as one:
        await one.doors.close()
        home = f"/console/devices/{one.device_id}/router"
        await text(client, home)
        failed = await text(client, home + "/sessions")
        assert 'role="alert"' in failed and "BNG-mudo" in failed and "{name}" not in failed


async def test_traffic_is_read_once_for_all_who_watch_and_not_for_nobody(  # type: ignore[no-untyped-def]
    client, web_app, seed: Seed, keeper: Keeper, sealer: Sealer
) -> None:
    async with router(sealer) as one:
        name = next(row["name"] for row in one.router.menus["/interface"].rows.values())
        path = f"/console/devices/{one.device_id}/router/traffic"
        assert "sse-connect" in await text(client, f"{path}?interface={name}")
        streams = [await client.get(f"{path}/live?interface={name}") for _ in range(2)]
        for stream in streams:
            while b"Mbps" not in (octets := await stream.content.readline()):
                assert octets, "the stream has ended"
        (watched,) = web_app[INTERFACES].watched.values()
        assert watched.watchers == 2
        for stream in streams:
            stream.close()
        await eventually(lambda: not web_app[INTERFACES].watched, 20)
        assert watched.task is not None and watched.task.done()


async def test_who_signs_out_sees_no_more_traffic_and_streams_are_bounded(  # type: ignore[no-untyped-def]
    client, seed: Seed, keeper: Keeper, sealer: Sealer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with router(sealer) as one:
        name = next(row["name"] for row in one.router.menus["/interface"].rows.values())
        path = f"/console/devices/{one.device_id}/router/traffic/live?interface={name}"
        with monkeypatch.context() as bounds:
            bounds.setattr(streams, "MOST_STREAMS", 0)
            await text(client, path, 503)
        monkeypatch.setattr(streams, "SIGNED_IN_EVERY_S", 0.0)
        answer = await client.get(path)
        assert await answer.content.readline() == b"retry: 3000\n"
        await db.execute("delete from web_session")
        async with asyncio.timeout(20):
            await answer.content.read()


async def test_configurations_changes_the_way_back_and_compliance(  # type: ignore[no-untyped-def]
    client, seed: Seed, keeper: Keeper, sealer: Sealer
) -> None:
    async with router(sealer) as one:
        await tied(seed, one)
        one.router.menus["/radius"].rows["*1"]["secret"] = "segredo-um"
        page = f"/console/devices/{one.device_id}/configurations"
        await post(client, page, {}, page)
        one.router.menus["/radius"].rows["*1"]["secret"] = "segredo-dois"
        one.router.menus["/system/identity"].rows["*0"]["name"] = "outro"
        shown = await post(client, page, {}, page)
        newest = (await configurations.history(one.device_id))[0]
        assert newest["changes"] == {"changed": 2}
        assert 'data-check="secret" data-state="wrong"' in shown and "interim-update=30s" in shown
        changed = await text(client, f"{page}/{newest['id']}")
        assert "/system identity" in changed and "name=outro" in changed
        assert "segredo-" not in shown + changed and "‹" in changed
        answer = await client.get(f"{page}/{newest['id']}/file")
        assert answer.status == 405
