"""Holds: filters, and acts on many only after a preview; each in one transaction, with its note and its way back."""

from __future__ import annotations

import re

import pytest

from oss.access import hold_acts, hold_list, holds
from oss.access.hold_list import Wanted
from oss.base import db
from tests.conftest import TESTER, Seed, fall_overdue
from web.console import holds as page_of_holds

from .conftest import Console, audited, go_online


async def hold(seed: Seed, index: int, reason: str = "manual", effect: str = "cut", note: str = "why") -> None:
    async with db.transaction() as connection:
        await holds.place(connection, TESTER, [seed.contracts[index]], reason, effect, note)


async def held() -> list[int]:
    return [
        row["contract_id"] for row in await db.fetch("select contract_id from hold where lifted_at is null order by 1")
    ]


async def test_filters_narrow_the_list(console: Console, seed: Seed) -> None:
    await fall_overdue(seed.contracts[0], 7)
    await hold(seed, 1, note="Equipamento em disputa")
    await hold(seed, 2, "fraud", "wall")
    await hold(seed, 3, "pause", "reduce")
    await db.execute("update hold set placed_at = now() - interval '9 days' where contract_id = $1", seed.contracts[2])
    for query, found in (
        ("", "1234"),
        ("reason=overdue", "1"),
        ("reason=fraud", "3"),
        ("effect=reduce", "14"),
        ("age=week", "3"),
        ("q=disputa", "2"),
        ("q=cli4", "4"),
        ("q=número 2", "2"),
        ("reason=promised", ""),
        ("sort=customer", "1234"),
    ):
        page = await console.get(f"/console/holds?{query}")
        table = page.raw[page.raw.index('id="rows"') : page.raw.index('<div class="foot">')]
        assert sorted(set(re.findall(r"cli\d", table))) == [f"cli{n}" for n in found], query
    assert dict(await hold_list.counts()) == {
        "every": 4, "overdue": 1, "manual": 1, "fraud": 1, "pause": 1, "promised": 0,
    }  # fmt: skip


async def test_a_preview_counts_contracts_sessions_and_what_stays(console: Console, seed: Seed) -> None:
    await go_online(seed, 0)
    await go_online(seed, 1)
    await hold(seed, 1)
    await fall_overdue(seed.contracts[2], 7)
    chosen = [("chosen", str(contract)) for contract in seed.contracts[:3]]
    page = await console.post("/console/holds/preview", [*chosen, ("act", "place")])
    for words in (
        "Bloquear 3 contratos?",
        "2 sessões no BNG-1",
        "1 já tem este bloqueio.",
        "1 está bloqueado também por outro motivo.",
    ):
        assert words in page.text
    page = await console.post("/console/holds/preview", [*chosen, ("act", "lift")])
    assert "Liberar 3 contratos?" in page.text
    assert "1 deles tem este bloqueio." in page.text
    assert await held() == [seed.contracts[1], seed.contracts[2]]


async def test_customers_of_the_subscribers_list_stand_for_their_contracts(console: Console, seed: Seed) -> None:
    form = [("list", "subscribers"), ("chosen", str(seed.customers[4])), ("act", "place")]
    page = await console.post("/console/holds/preview", form)
    assert "Bloquear 1 contrato?" in page.text
    form += [("reason", "fraud"), ("effect", "reduce"), ("note", "IP forjado"), ("query", "q=cli")]
    answer = await console.post("/console/holds/place", form)
    assert (answer.status, answer.place) == (303, "/console/subscribers?q=cli")
    row = await db.fetchrow("select contract_id, reason, effect, note from hold")
    assert tuple(row) == (seed.contracts[4], "fraud", "reduce", "IP forjado")


async def test_a_whole_search_is_held_and_taken_back_as_one(console: Console, seed: Seed) -> None:
    everybody = {"list": "subscribers", "whole": "1", "query": "q=cli"}
    answer = await console.post(
        "/console/holds/place", everybody | {"reason": "manual", "effect": "wall", "note": "obra"}
    )
    assert await held() == seed.contracts
    assert [row["object"] for row in await audited("hold.placed")] == ["contracts"]
    page = await console.get(answer.place)
    assert "5 contratos bloqueados Desfazer" in page.text
    undo = page.raw.split('action="/console/holds/undo')[1].split('"')[0].replace("&amp;", "&")
    answer = await console.post(f"/console/holds/undo{undo}")
    assert await held() == []
    assert "Desfeito para 5 contratos" in (await console.get(answer.place)).text


async def test_a_release_of_a_search_leaves_other_reasons_alone_and_can_be_undone(console: Console, seed: Seed) -> None:
    for index in range(3):
        await hold(seed, index, "fraud")
    await hold(seed, 1)
    form = {"list": "holds", "whole": "1", "query": "reason=fraud", "reason": "fraud"}
    answer = await console.post("/console/holds/lift", form)
    assert await held() == [seed.contracts[1]]
    page = await console.get(answer.place)
    assert answer.place == "/console/holds?reason=fraud"
    undo = page.raw.split('action="/console/holds/undo')[1].split('"')[0].replace("&amp;", "&")
    await console.post(f"/console/holds/undo{undo}")
    assert await held() == [seed.contracts[0], seed.contracts[1], seed.contracts[1], seed.contracts[2]]


async def test_many_need_their_number_and_a_number_that_is_no_longer_true_stops_it(
    console: Console, seed: Seed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hold_acts, "MANY", 3)
    monkeypatch.setattr(page_of_holds, "MANY", 3)
    everybody = {"list": "subscribers", "whole": "1", "query": "q=cli", "act": "place"}
    assert "Digite 5 para seguir" in (await console.post("/console/holds/preview", everybody)).text
    form = everybody | {"reason": "manual", "effect": "cut", "note": "obra"}
    for typed in ("", "4"):
        answer = await console.post("/console/holds/place", form | {"number": typed})
        assert answer.status == 409
        assert f"é 5, não {typed or 0}" in answer.text
    assert await held() == []
    assert (await console.post("/console/holds/place", form | {"number": "5"})).status == 303
    assert await held() == seed.contracts


async def test_a_missing_note_comes_back_with_the_preview(console: Console, seed: Seed) -> None:
    form = [
        ("chosen", str(seed.contracts[0])),
        ("act", "place"),
        ("reason", "manual"),
        ("effect", "wall"),
    ]
    answer = await console.post("/console/holds/place", [*form, ("note", "")])
    assert answer.status == 422
    assert "Bloquear 1 contrato?" in answer.text
    assert "Não pode ficar vazio" in answer.text
    assert '<option value="wall" selected' in answer.raw


async def test_nothing_chosen_and_overdue_holds_are_refused(console: Console, seed: Seed) -> None:
    assert (await console.post("/console/holds/preview", {"act": "place", "list": "holds"})).status == 422
    form = {"chosen": str(seed.contracts[0]), "reason": "overdue"}
    assert (await console.post("/console/holds/lift", form)).status == 422
    assert (await console.post("/console/holds/undo?act=place&reason=manual&at=nonsense")).status == 422
    assert (
        await console.post("/console/holds/undo?act=dance&reason=manual&at=2026-01-01T00:00:00%2B00:00")
    ).status == 422


async def test_nobody_undoes_what_another_did(console: Console, seed: Seed) -> None:
    await hold(seed, 0)
    at = await db.fetchval("select placed_at from hold")
    answer = await console.post(f"/console/holds/undo?act=place&reason=manual&at={at.isoformat().replace('+', '%2B')}")
    assert answer.status == 409
    assert await held() == [seed.contracts[0]]


async def test_what_somebody_changed_since_is_not_put_back(seed: Seed) -> None:
    await hold(seed, 0)
    done = await hold_acts.lift(TESTER, [seed.contracts[0]], "manual")
    await hold(seed, 0, note="again")
    with pytest.raises(hold_acts.NothingToUndo):
        await hold_acts.undo(TESTER, "lift", "manual", done.at)
    assert await db.fetchval("select note from hold where lifted_at is null") == "again"


async def test_the_file_holds_the_search(console: Console, seed: Seed) -> None:
    await hold(seed, 0)
    await hold(seed, 1, "fraud")
    answer = await console.get("/console/holds.csv?reason=fraud")
    lines = answer.raw.removeprefix("\ufeff").strip().split("\r\n")
    assert len(lines) == 2
    assert ";Suspeita de fraude;" in lines[1]
    assert (await hold_list.read(Wanted(reason="fraud"))).total == 1
