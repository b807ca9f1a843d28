"""Plans: rates in Mbps, money in reais, and live sessions that follow."""

from __future__ import annotations

import re

from oss.base import db
from tests.conftest import Seed

from .conftest import Console, audited

SAID = re.compile(r'id="(\w+)-wrong" role="alert" data-said')
FORM = {
    "name": "Fibra 300",
    "down_kbps": "300",
    "up_kbps": "150,5",
    "price_cents": "1.099,90",
    "reduced_down_kbps": "1",
    "reduced_up_kbps": "0,5",
    "pool": "",
    "active": "1",
}


async def test_a_plan_is_made_as_it_is_typed(console: Console) -> None:
    answer = await console.post("/console/plans", FORM)
    assert (answer.status, answer.place) == (303, "/console/plans")
    row = await db.fetchrow(
        "select down_kbps, up_kbps, reduced_down_kbps, reduced_up_kbps, price_cents, pool from plan"
    )
    assert tuple(row) == (300_000, 150_500, 1000, 500, 109_990, None)
    assert len(await audited("plan.saved")) == 1
    assert "R$ 1.099,90" in (await console.get(answer.place)).text


async def test_the_form_shows_what_it_would_save_again(console: Console) -> None:
    await console.post("/console/plans", FORM)
    plan = await db.fetchval("select id from plan")
    page = await console.get(f"/console/plans/{plan}")
    for value in ("300", "1.099,90", "0,5"):
        assert f'value="{value}"' in page.raw
    await db.execute("update staff_user set language = 'en'")
    page = await console.get(f"/console/plans/{plan}")
    assert 'value="1,099.90"' in page.raw
    english = FORM | {"price_cents": "1,099.90", "up_kbps": "150.5", "reduced_up_kbps": "0.5"}
    await console.post(f"/console/plans/{plan}", english)
    row = await db.fetchrow("select up_kbps, reduced_up_kbps, price_cents from plan")
    assert tuple(row) == (150_500, 500, 109_990)


async def test_a_change_is_kept_and_a_mistake_named(console: Console, seed: Seed) -> None:
    form = FORM | {"name": "Fibra 500", "active": ""}
    assert (await console.post(f"/console/plans/{seed.plan}", form)).status == 303
    assert await db.fetchval("select active from plan where id = $1", seed.plan) is False
    for change in (
        {"name": ""},
        {"down_kbps": "0"},
        {"down_kbps": "fast"},
        {"price_cents": "-1"},
        {"price_cents": "1,999"},
        {"name": "Fibra 500"},
    ):
        answer = await console.post("/console/plans", FORM | change)
        assert answer.status == 422, change
        assert SAID.findall(answer.raw) == list(change)


async def test_plans_are_narrowed_sorted_and_taken_as_a_file(console: Console, seed: Seed) -> None:
    for change in ({"pool": "cgnat"}, {"name": "Fibra 100", "down_kbps": "100", "price_cents": "79,90", "active": ""}):
        assert (await console.post("/console/plans", FORM | change)).status == 303
    page = await console.get("/console/plans")
    names = re.findall(r'<a href="/console/plans/\d+">([^<]+)</a>', page.raw[: page.raw.index("</tbody>")])
    assert names == ["Fibra 300", "Fibra 500", "Fibra 100"]
    assert "5 contratos ativos, R$ 549,50 por mês" in page.text and "fora de venda" in page.text
    sold = await console.get("/console/plans?state=ended")
    assert "Fibra 100" in sold.text and "Fibra 300" not in sold.text and "5 contratos ativos" in sold.text
    assert "Fibra 300" in (await console.get("/console/plans?pool=cgnat")).text
    assert "Há 3 planos ao todo." in (await console.get("/console/plans?q=zzz")).text
    answer = await console.get("/console/plans.csv?cols=name.down.price.contracts.month.sale&sort=price")
    assert [line.split(";") for line in answer.raw.splitlines()[1:]] == [
        ["Fibra 100", "100 Mbps", "79,9", "0", "0", "não"],
        ["Fibra 500", "500 Mbps", "109,9", "5", "549,5", "sim"],
        ["Fibra 300", "300 Mbps", "1099,9", "0", "0", "sim"],
    ]
    assert len(await audited("plans.exported")) == 1


async def test_nothing_sold_says_how_to_begin(console: Console) -> None:
    assert "Nada à venda ainda" in (await console.get("/console/plans")).text
    assert (await console.get("/console/plans/77")).status == 404
