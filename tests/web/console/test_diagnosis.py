"""The diagnosis on the screen: the verdict with its buttons, facts in columns, graphs, and nothing of other cities."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest_asyncio

from oss.base import clock, db, secrets
from oss.monitoring import line_samples
from oss.monitoring.causes import Last
from oss.staff import users
from tests.conftest import TESTER, Seed, fall_overdue
from tests.oss.monitoring import darkened
from tests.oss.network.drawn import Drawn
from tests.web.console.conftest import Console, go_online


@pytest_asyncio.fixture(loop_scope="session")
async def drawn(seed: Seed, sealer: secrets.Sealer) -> Drawn:
    found = await darkened.drawn_for(seed, sealer)
    await darkened.lit(found, [-19.0, -20.0, -21.0])
    return found


async def address(login: str = "cli1") -> str:
    sql = """select a.id, k.customer_id from access_account a join contract k on k.id = a.contract_id
      where a.login = $1"""
    row = await db.fetchrow(sql, login)
    return f"/console/subscribers/{row['customer_id']}/line/{row['id']}"


async def test_a_dark_street_is_one_sentence_with_what_not_to_do(console: Console, drawn: Drawn) -> None:
    await darkened.darken(drawn, 5, Last.POWER)
    await darkened.lit(drawn, [-20.0], away=5)
    answer = await console.get(await address())
    assert answer.status == 200
    assert "Falta energia na rua: 5 de 5 ONUs" in answer.text
    assert "Há um incidente aberto; não envie ninguém." in answer.text
    assert "/console/incidents/1" in answer.raw and "5 de 5 fora" in answer.text


async def test_a_debt_brings_promise_and_payment_to_hand(console: Console, seed: Seed, drawn: Drawn) -> None:
    await fall_overdue(seed.contracts[0], 50)
    answer = await console.get(await address())
    assert "Cortado por dívida" in answer.text and "Promessa" in answer.text
    assert "/promise?contract=" in answer.raw and "/pay?contract=" in answer.raw
    assert "50 dias de atraso" in answer.text


async def test_facts_stand_in_columns_and_graphs_ask_for_their_own_numbers(
    console: Console, seed: Seed, drawn: Drawn
) -> None:
    await go_online(seed, 0)
    where = await address()
    answer = await console.get(where)
    for words in ("Está tudo certo", "Fibra 500", "BNG-1", "100.64.0.1", "HWTC00000000", "olt 0/1/0", "−19,0 dBm"):
        assert words in answer.text, words
    light = await console.client.get(f"{where}/light?&start={int(clock.now().timestamp()) - 3600}")
    told = await light.json()
    assert [line["key"].split(":")[1] for line in told["lines"]] == ["own", "middle", "low", "high"]


async def test_the_light_is_drawn_beside_the_middle_half_of_the_pon(console: Console, drawn: Drawn) -> None:
    now = clock.now()
    for ago in range(3):
        await darkened.lit(drawn, [-19.0, -25.0, -21.0, -23.0, -22.0], at=now - timedelta(minutes=10 * ago))
    where, end = await address(), int(now.timestamp())
    told = await (await console.client.get(f"{where}/light?&start={end - 3600}&end={end}&points=20")).json()
    last = {line["key"].split(":")[1]: line["stats"]["last"] for line in told["lines"]}
    assert last == {"own": -19.0, "low": -23.5, "middle": -22.5, "high": -21.75}


async def test_a_login_of_another_customer_is_not_found(console: Console, seed: Seed, drawn: Drawn) -> None:
    other = (await address("cli2")).rpartition("/")[2]
    mine = (await address("cli1")).rpartition("/")[0]
    for part in ("", "/verdict", "/live"):
        assert (await console.get(f"{mine}/{other}{part}")).status == 404
    assert (await console.get("/console/subscribers/1/line/999999")).status == 404


async def scoped(web_app: Any, aiohttp_client: Any) -> Console:
    """Somebody of Varginha alone."""
    async with db.transaction() as connection:
        await connection.execute("update customer set city = 'Lavras'")
        await connection.execute(
            "insert into role (key, name) values ('local', 'Local') on conflict do nothing",
        )
        for permission in ("customers.read", "sessions.read"):
            sql = "insert into role_grant (role, permission, scope) values ('local', $1, 'city')"
            await connection.execute(sql, permission)
        await users.add(connection, TESTER, "rui", "Rui", "rui-password-1", "local")
        await connection.execute("update staff_user set cities = '{Varginha}' where login = 'rui'")
    client = await aiohttp_client(web_app)
    await client.post("/login", data={"login": "rui", "password": "rui-password-1"}, allow_redirects=False)
    return Console(client)


async def test_who_sees_other_cities_finds_nothing(web_app: Any, aiohttp_client: Any, seed: Seed, drawn: Drawn) -> None:
    await go_online(seed, 0)
    local, where = await scoped(web_app, aiohttp_client), await address()
    account = where.rpartition("/")[2]
    for path in (where, where + "/light", where + "/live", f"/console/bandwidth/lines/{account}"):
        assert (await local.get(path)).status == 404, path
    page = await local.get("/console/bandwidth")
    assert page.status == 200 and "cli1" not in page.text
    await db.execute("update customer set city = 'Varginha'")
    assert (await local.get(where)).status == 200
    assert "cli1" in (await local.get("/console/bandwidth")).text


async def test_the_other_login_of_a_mac_is_named_to_whom_may_see_it(
    console: Console, web_app: Any, aiohttp_client: Any, seed: Seed, drawn: Drawn
) -> None:
    for index in (0, 1):
        await go_online(seed, index, mac="AA:BB:CC:00:00:99")
    local, where = await scoped(web_app, aiohttp_client), await address()
    await db.execute("update customer set city = 'Varginha' where id = $1", seed.customers[0])
    whole, theirs = await console.get(where), await local.get(where)
    assert f"também está online como {seed.logins[1]}" in whole.text
    assert "também está online como outro login" in theirs.text
    assert f"q={seed.logins[1]}" in whole.raw and seed.logins[1] not in theirs.raw
    await db.execute("update customer set city = 'Varginha'")
    assert seed.logins[1] in (await local.get(where)).text


async def test_the_customers_page_says_it_too(console: Console, seed: Seed, drawn: Drawn) -> None:
    where = await address()
    page = await console.get(where.rpartition("/line/")[0])
    assert f'hx-get="{where}/verdict"' in page.raw
    short = await console.get(where + "/verdict")
    assert "A ONU tem luz, mas nenhum login" in short.text


# ------------------------------------------------------------ bandwidth


async def test_bandwidth_tells_pops_routers_and_who_carries_most(console: Console, seed: Seed, drawn: Drawn) -> None:
    await go_online(seed, 0, bps=400_000_000)
    await go_online(seed, 1, bps=4_000_000)
    await db.execute("update nas set device_id = $1", drawn.devices["core"])
    await darkened.carried(seed.nas, 404e6, 40e6)
    page = await console.get("/console/bandwidth")
    assert page.status == 200
    for words in ("Centro", "BNG-1", "404 Mbps", "cli1", "400 Mbps", "500 Mbps", "80 %"):
        assert words in page.text, words
    assert page.text.index("cli1") < page.text.index("cli2")


async def test_a_customers_traffic_opens_over_any_list(console: Console, seed: Seed, drawn: Drawn) -> None:
    await go_online(seed, 0, bps=42_000_000)
    account = (await address()).rpartition("/")[2]
    sheet = await console.get(f"/console/bandwidth/lines/{account}", **{"X-Milha-Block": "sheet"})
    assert "<html" not in sheet.raw and "Cliente Número 1" in sheet.text and "42,0 Mbps" in sheet.text
    for path in ("/console/bandwidth", "/console/sessions", "/console/subscribers"):
        assert f'href="/console/bandwidth/lines/{account}"' in (await console.get(path)).raw, path


async def test_what_a_line_carried_is_kept_by_five_minutes(console: Console, seed: Seed, drawn: Drawn) -> None:
    await go_online(seed, 0, bps=42_000_000)
    await go_online(seed, 1, bps=1_000_000)
    async with db.transaction() as connection:
        await line_samples.sample(connection)
    account, end = (await address()).rpartition("/")[2], int(clock.now().timestamp()) + 5
    where = f"/console/bandwidth/lines/{account}/traffic?&start={end - 3600}&end={end}&points=60"
    told = await (await console.client.get(where)).json()
    last = {line["key"].split(":")[1]: line["stats"]["last"] for line in told["lines"]}
    assert last == {"down_bps": 42_000_000, "up_bps": 4_200_000}
    kinds = await console.get("/console/graphs?kind=line")
    assert kinds.status == 404, "it is of customers, and stands in no list of the network's graphs"
