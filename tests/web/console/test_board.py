"""The board: figures with definitions and lists behind them; each person's own arrangement; who may see what."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest

from billing import figures as money
from billing import payments
from oss.base import clock, db, widgets
from oss.base.problems import InvalidInput
from oss.base.widgets import WIDGETS
from oss.contracts import figures, lifecycle
from oss.staff import board_layout
from oss.staff.board_layout import Placed
from oss.staff.permissions import known
from tests.conftest import TESTER, Seed, fall_overdue
from web.console import board_words
from web.render import TEMPLATES

from .conftest import Console, audited, go_online

EVERY = frozenset(known())
TODAY = clock.today("America/Sao_Paulo")


async def count() -> None:
    """What the periodic jobs do."""
    async with db.transaction() as connection:
        await figures.refresh(connection, clock.now())
        await money.refresh(connection, clock.now())


@pytest.fixture
async def earning(seed: Seed) -> Seed:
    """Five contracts, one online, one overdue, one paid today, one that ended for its price; counted."""
    await go_online(seed, 0)
    await fall_overdue(seed.contracts[1], 20)
    paid = await fall_overdue(seed.contracts[2], 7)
    async with db.transaction() as connection:
        await payments.register(connection, TESTER, invoice_id=paid, amount_cents=10_990, method="pix")
        await lifecycle.end(connection, TESTER, seed.contracts[3], TODAY, "price")
    await count()
    return seed


def order(raw: str) -> list[str]:
    """The parts of a page's board in order, with their sizes."""
    return [f"{key}:{size}" for key, size in re.findall(r'data-key="(\w+)" data-name="[^"]*" data-size="(\w)"', raw)]


async def test_each_figure_stands_with_its_comparison_its_definition_and_the_list_behind_it(
    console: Console, earning: Seed
) -> None:
    page = await console.get("/console/board")
    assert page.status == 200
    for words in ("R$ 439,60", "R$ 109,90", "4 contratos ativos", "1 cliente deve"):
        assert words in page.text, words
    assert page.text.count("Como isto é contado") == len(WIDGETS) - 1  # what is urgent is no number
    for link in re.findall(r'href="(/console/(?:board/|subscribers\?|sessions)[^"]*)"', page.raw):
        assert (await console.get(link.replace("&amp;", "&"))).status == 200, link


async def test_the_lists_behind_the_figures_hold_just_what_was_counted(console: Console, earning: Seed) -> None:
    month = TODAY.strftime("%Y-%m")
    ended = await console.get(f"/console/board/contracts?view=ended&month={month}&reason=price")
    assert "Cliente Número 4" in ended.text and "Cliente Número 1" not in ended.text and "Caro demais" in ended.text
    assert "Cliente Número 4" not in (await console.get("/console/board/contracts?view=active")).text
    assert "Nenhum contrato aqui" in (await console.get(f"/console/board/contracts?view=started&month={month}")).text
    assert "Nenhum contrato aqui" in (await console.get("/console/board/contracts?view=ended&reason=none")).text
    paid = await console.get(f"/console/board/payments?month={month}")
    assert "Cliente Número 3" in paid.text and "R$ 109,90" in paid.text
    assert "Nenhum pagamento recebido" in (await console.get("/console/board/payments?month=2020-01")).text
    assert (await console.get("/console/board/contracts?after=nonsense")).status == 422


async def test_a_board_is_arranged_without_scripts_and_kept_for_its_person_alone(
    console: Console, earning: Seed
) -> None:
    usual = order((await console.get("/console/board")).raw)
    assert usual[:3] == ["urgent:l", "revenue:m", "online:s"]
    for act, key in (("later", "urgent"), ("s", "revenue"), ("remove", "online"), ("earlier", "overdue")):
        assert (await console.post("/console/board", {"act": act, "key": key})).status == 303
    arranged = order((await console.get("/console/board")).raw)
    assert arranged[:4] == ["revenue:s", "urgent:l", "overdue:s", "received:m"] and "online:s" not in arranged
    tray = await console.get("/console/board?arrange=1")
    assert 'name="key" value="online"' in tray.raw
    assert await console.post("/console/board", {"act": "add", "key": "online"})
    assert order((await console.get("/console/board")).raw) == [*arranged, "online:s"]
    other = await db.fetchval(
        "insert into staff_user (login, name, password_hash, role) values ('bia', 'Bia', 'x', 'admin') returning id"
    )
    assert [f"{one.key}:{one.size}" for one in await board_layout.read(other, EVERY)] == usual
    assert (await console.post("/console/board", {"act": "reset"})).status == 303
    assert order((await console.get("/console/board")).raw) == usual
    assert len(await audited("user.board")) == 5 and len(await audited("user.board_reset")) == 1


async def test_what_was_taken_off_comes_back_to_its_place_by_undo(console: Console, earning: Seed) -> None:
    before = order((await console.get("/console/board")).raw)
    await console.post("/console/board", {"act": "remove", "key": "received"})
    page = await console.get("/console/board?arrange=1")
    undo = re.search(r'action="(/console/board/add[^"]+)"', page.raw)
    assert undo and "Recebido no mês saiu do painel" in page.text
    await console.post(undo[1].replace("&amp;", "&"))
    assert order((await console.get("/console/board")).raw) == before


async def test_an_order_is_kept_as_far_as_it_is_known(console: Console, earning: Seed) -> None:
    keys = [("key", "cohorts"), ("key", "nonsense"), ("key", "urgent"), ("key", "cohorts")]
    assert (await console.post("/console/board/order", keys)).status == 204
    assert order((await console.get("/console/board")).raw)[:3] == ["cohorts:l", "urgent:l", "revenue:m"]
    async with console.client.post("/console/board/order", data={"key": "urgent"}) as answer:
        assert answer.status == 403  # without the page's token
    assert (await console.post("/console/board", {"act": "explode", "key": "urgent"})).status == 422
    assert (await console.post("/console/board", {"act": "later", "key": "nonsense"})).status == 422


@pytest.mark.parametrize(("role", "opens"), [("admin", True), ("finance", True), ("noc", False), ("attendant", False)])
async def test_what_the_house_earns_is_not_for_everybody(
    console: Console, earning: Seed, role: str, opens: bool
) -> None:
    await db.execute("update staff_user set role = $1", role)
    assert ((await console.get("/console/board")).status == 200) == opens
    overview = await console.get("/console/")
    assert ('href="/console/board"' in overview.raw) == opens


async def test_a_part_that_may_not_be_seen_is_neither_shown_nor_offered(seed: Seed) -> None:
    user = await db.fetchval(
        "insert into staff_user (login, name, password_hash, role) values ('bia', 'Bia', 'x', 'admin') returning id"
    )
    await board_layout.order(TESTER, user, EVERY, ["received", "online"])
    some = frozenset({"board.read", "sessions.read"})
    assert await board_layout.read(user, some) == [Placed("online", "s")]
    assert board_layout.missing([], some) == [WIDGETS["online"]]
    assert {one.key for one in await board_layout.read(user, EVERY)} >= {"received", "online"}


async def test_a_widget_or_size_that_is_gone_leaves_the_rest_standing(seed: Seed) -> None:
    user = await db.fetchval(
        "insert into staff_user (login, name, password_hash, role) values ('bia', 'Bia', 'x', 'admin') returning id"
    )
    kept = json.dumps([["tickets", "m"], ["online", "l"], ["online", "s"], ["worth", "s"]])
    await db.execute("insert into board_layout (user_id, widgets) values ($1, $2::jsonb)", user, kept)
    assert await board_layout.read(user, EVERY) == [Placed("online", "s"), Placed("worth", "s")]


def test_every_widget_has_its_words_and_its_drawing() -> None:
    from oss.app import register_features

    register_features()
    assert set(WIDGETS) == set(board_words.TITLES) == set(board_words.DEFINITIONS)
    for one in WIDGETS.values():
        assert one.permission in known()
        assert (TEMPLATES / "console" / "board" / "widgets" / f"{one.key}.html").exists()


def test_a_key_is_registered_once_and_with_known_sizes() -> None:
    async def read(*_: object) -> None: ...

    with pytest.raises(ValueError, match="twice"):
        widgets.widget("revenue", "customers.read", sizes=("s",), rank=1)(read)
    with pytest.raises(ValueError, match="sizes"):
        widgets.widget("other", "customers.read", sizes=("xl",), rank=1)(read)
    with pytest.raises(InvalidInput):
        board_layout.acted([], "explode", "revenue")


async def test_a_contract_is_ended_on_its_page_and_not_without_a_reason(console: Console, seed: Seed) -> None:
    home = f"/console/subscribers/{seed.customers[0]}"
    act = f"{home}/end?contract={seed.contracts[0]}"
    assert "Encerrar contrato" in (await console.get(home)).text
    refused = await console.post(act, {"ended_on": str(TODAY)})
    assert refused.status == 422
    late = await console.post(act, {"ended_on": str(TODAY + timedelta(days=1)), "end_reason": "moved"})
    assert late.status == 422
    assert (await console.post(act, {"ended_on": str(TODAY), "end_reason": "moved"})).place.startswith(home)
    row = await db.fetchrow("select status, end_reason from contract where id = $1", seed.contracts[0])
    assert tuple(row) == ("ended", "moved")
    assert (await audited("contract.ended"))[0]["actor"] == "ana"
    await count()
    assert "Mudou-se" in (await console.get("/console/board")).text
