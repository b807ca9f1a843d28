"""Live sessions: views, orders and searches; ending some of them only after a look at what that touches."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest

from oss.access import hold_acts, session_list
from oss.access.session_list import Wanted
from oss.base import db
from tests.conftest import Seed
from web.console import sessions

from .conftest import Console, audited, go_online

LOGINS = re.compile(r"\bcli\d\b")


@pytest.fixture
async def heard(dsn: str) -> AsyncIterator[list[str]]:
    """What is said to the AAA nodes."""
    said: list[str] = []
    ear = await db.connect(dsn)
    await ear.add_listener("milha_access", lambda *one: said.append(one[-1]))
    yield said
    await ear.close()


async def logins(wanted: Wanted) -> list[str]:
    return [row["login"] for row in (await session_list.read(wanted)).rows]


async def test_each_order_goes_both_ways(seed: Seed) -> None:
    for index, bps in ((0, 5), (1, 900), (2, 70)):
        await go_online(seed, index, bps=bps, age_s=100 * (index + 1))
    assert await logins(Wanted(sort="login")) == ["cli1", "cli2", "cli3"]
    assert await logins(Wanted(sort="-login")) == ["cli3", "cli2", "cli1"]
    assert await logins(Wanted(sort="-down")) == ["cli2", "cli3", "cli1"]
    assert await logins(Wanted(sort="since")) == ["cli3", "cli2", "cli1"]
    for sort in ("customer", "nas", "up", "volume", "nonsense"):
        assert len(await logins(Wanted(sort=sort))) == 3


async def test_views_and_searches_narrow_the_list(console: Console, seed: Seed) -> None:
    await go_online(seed, 0)
    await go_online(seed, 1, desired="reduced:1024/512", ip="10.9.9.9")
    await go_online(seed, 2, applied="reduced:1024/512", drift=60, cause="silent", age_s=60)
    for query, found in (
        ("", "123"),
        ("view=held", "23"),
        ("view=stuck", "3"),
        ("view=fresh", "3"),
        ("view=v6", "123"),
        ("q=cli2", "2"),
        ("q=número 3", "3"),
        ("q=10.9.9.9", "2"),
        ("q=10.9", "2"),
        ("q=AA:BB:CC:00:00:02", "3"),
        ("q=zzz", ""),
        (f"nas={seed.nas}", "123"),
        ("nas=999", ""),
    ):
        page = await console.get(f"/console/sessions?{query}")
        table = page.raw[page.raw.index('id="rows"') : page.raw.index('<div class="foot">')]
        assert sorted(set(LOGINS.findall(table))) == [f"cli{n}" for n in found], query
    assert (await session_list.counts()) == {"every": 3, "held": 2, "stuck": 1, "v6": 3, "fresh": 1}


async def test_the_address_keeps_search_filter_and_order(console: Console, seed: Seed) -> None:
    await go_online(seed, 0)
    page = await console.get("/console/sessions?q=cli&view=v6&sort=-down")
    assert "/console/sessions?q=cli&amp;view=v6&amp;sort=down" in page.raw
    assert "/console/sessions?q=cli&amp;sort=-down" in page.raw
    assert 'aria-sort="descending"' in page.raw


async def test_a_preview_names_who_where_and_how_many(console: Console, seed: Seed, heard: list[str]) -> None:
    uids = [await go_online(seed, index) for index in range(4)]
    gone = "6f1ed002-ab55-9585-9014-ebf0951522d9"
    chosen = [("chosen", str(uid)) for uid in uids] + [("chosen", gone), ("chosen", "nonsense")]
    page = await console.post("/console/sessions/disconnect", chosen)
    assert "Desconectar 4 sessões?" in page.text
    assert "cli1, cli2, cli3 e mais 1 caem agora" in page.text
    assert "4 sessões no BNG-1" in page.text
    assert "1 das escolhidas já caiu." in page.text
    assert heard == []
    assert len(await audited("session.disconnected")) == 0


async def test_ending_the_chosen_rings_the_nodes(console: Console, seed: Seed, heard: list[str]) -> None:
    uids = sorted([str(await go_online(seed, index)) for index in range(2)])
    answer = await console.post("/console/sessions/disconnect/now", [("chosen", uid) for uid in uids])
    assert (answer.status, answer.place) == (303, "/console/sessions")
    await db.fetchval("select 1")
    assert sorted(",".join(heard).removeprefix("disconnect:").split(",")) == uids
    assert len(await audited("session.disconnected")) == 2
    assert "2 sessões vão cair" in (await console.get(answer.place)).text


async def test_nothing_chosen_is_told(console: Console, seed: Seed) -> None:
    answer = await console.post("/console/sessions/disconnect", {})
    assert answer.status == 422
    assert "Escolha" in answer.text


async def test_a_whole_search_of_many_needs_its_number(
    console: Console, seed: Seed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "MANY", 2)
    for index in range(3):
        await go_online(seed, index)
    await go_online(seed, 3, ip="10.1.1.1")
    page = await console.post("/console/sessions/disconnect", {"whole": "1", "query": "q=cli"})
    assert "Digite 4 para seguir" in page.text
    for typed in ("", "3"):
        form = {"whole": "1", "query": "q=cli", "number": typed}
        assert (await console.post("/console/sessions/disconnect/now", form)).status == 409
    form = {"whole": "1", "query": "q=cli", "number": "4"}
    assert (await console.post("/console/sessions/disconnect/now", form)).status == 303
    assert len(await audited("session.disconnected")) == 4
    assert hold_acts.MANY == 100


async def test_applying_again_asks_for_the_contracts(console: Console, seed: Seed, heard: list[str]) -> None:
    uid = await go_online(seed, 1)
    await console.post("/console/sessions/reapply", {"chosen": str(uid)})
    await db.fetchval("select 1")
    assert heard == [f"again:{seed.contracts[1]}"]
    assert len(await audited("session.reapplied")) == 1


async def test_the_file_follows_the_search(console: Console, seed: Seed) -> None:
    await go_online(seed, 0)
    await go_online(seed, 1)
    answer = await console.get("/console/sessions.csv?q=cli2")
    lines = answer.raw.removeprefix("\ufeff").strip().split("\r\n")
    assert len(lines) == 2
    assert lines[1].startswith("cli2;Cliente Número 2;Fibra 500;100.64.0.2;;AA:BB:CC:00:00:01;BNG-1;")
    assert len(await audited("sessions.exported")) == 1
