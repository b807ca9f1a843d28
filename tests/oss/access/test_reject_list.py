"""The list of refused logins: searches, filters, orders, windows; and how many there were over time."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from oss.access import login_list, reject_list
from oss.access.reject_list import DAY, WINDOWS, Wanted
from oss.base import clock, db
from tests.conftest import Seed

REFUSED = """insert into auth_reject (minute, nas_id, login, reason, detail, facts, contract_id, count,
  first_at, last_at)
values (date_trunc('minute', $1::timestamptz), $2, $3, $4, '', $5, $6, $7, $1, $1::timestamptz + interval '1 second')"""
LOGGED = (
    "insert into auth_log (at, nas_id, login, reason, calling_station_id, nas_port_id) values ($1, $2, $3, $4, $5, '')"
)
SESSION = """insert into session_open (uid, nas_id, acct_session_id, login, started_at, last_seen_at,
  calling_station_id) values (gen_random_uuid(), $1, 'x', $2, now(), now(), $3)"""
NOON = datetime(2026, 11, 26, 15, 7, 40, tzinfo=UTC)  # 12:07:40 in São Paulo
OLD = datetime(2000, 1, 1, tzinfo=UTC)


async def refuse(seed: Seed, login: str, reason: str, at: datetime, count: int = 1, **more: Any) -> None:
    contract = seed.contracts[seed.logins.index(login)] if login in seed.logins else None
    facts = json.dumps(more.get("facts", {}))
    await db.execute(REFUSED, at, more.get("nas", seed.nas), login, reason, facts, contract, count)


async def found(**wish: Any) -> list[str]:
    wanted = Wanted(**{"since": OLD, "sort": "login", **wish})
    return [row["login"] for row in (await reject_list.read(wanted, 0)).rows]


@pytest.fixture
async def day(seed: Seed) -> Seed:
    """Three of the provider's logins, a stranger and a flood, one a minute."""
    taken = {"nas": "BNG-1", "since": "2026-11-26T10:00:00Z", "calling_station_id": "02:0a:0b:0c:0d:0e"}
    await refuse(seed, "cli1", "wrong_password", NOON, 7)
    await refuse(seed, "cli2", "session_open", NOON - timedelta(minutes=1), 2, facts=taken)
    await refuse(seed, "cli3", "overdue", NOON - timedelta(minutes=2), 1, nas=77)
    await refuse(seed, "a_stranger", "unknown_login", NOON - timedelta(minutes=3), 3)
    await refuse(seed, "*", "unknown_login", NOON - timedelta(minutes=4), 90)
    return seed


async def test_each_search_and_filter_finds_its_own(day: Seed) -> None:
    await db.execute(SESSION, day.nas, "cli1", "AA-BB-CC-00-00-01")
    everybody = ["*", "a_stranger", "cli1", "cli2", "cli3"]
    for wish, logins in (
        ({}, everybody),
        ({"text": "CLI2"}, ["cli2"]),
        ({"text": "numero 3"}, ["cli3"]),
        ({"text": "a_s"}, ["a_stranger"]),  # the underscore is one
        ({"text": "a%s"}, []),
        ({"text": "*"}, ["*"]),
        ({"text": "aa:bb:cc:00:00:01"}, ["cli1"]),  # who uses it now
        ({"text": "020A0B0C0D0E"}, ["cli2"]),  # whose session stood in the way
        ({"text": "02:0a"}, ["cli2"]),
        ({"nas_id": 77}, ["cli3"]),
        ({"reason": "unknown_login"}, ["*", "a_stranger"]),
        ({"contract_id": day.contracts[0]}, ["cli1"]),
        ({"reason": "overdue", "text": "cli1"}, []),
        ({"since": NOON - timedelta(seconds=90)}, ["cli1", "cli2"]),
    ):
        assert await found(**wish) == logins, wish


@pytest.mark.parametrize("key", sorted(reject_list.ORDERS))
async def test_each_order_goes_both_ways(day: Seed, key: str) -> None:
    rising, falling = await found(sort=key), await found(sort=f"-{key}")
    assert len(rising) == 5
    if key == "nas":  # one's router is gone: without a name it stands last, both ways
        assert (rising.pop(), falling.pop()) == ("cli3", "cli3")
    if key == "customer":  # so do the two whom nobody knows
        assert {*rising[3:]} == {*falling[3:]} == {"*", "a_stranger"}
        rising, falling = rising[:3], falling[:3]
    assert rising == falling[::-1]


async def test_the_newest_come_first_unless_asked_otherwise(day: Seed) -> None:
    newest = ["cli1", "cli2", "cli3", "a_stranger", "*"]
    assert await found(sort="-last") == await found(sort="nonsense") == newest
    assert await found(sort="-count") == ["*", "cli1", "a_stranger", "cli2", "cli3"]


@pytest.mark.parametrize("sort", ["-last", "count", "customer", "-login"])
async def test_pages_hold_each_row_once(seed: Seed, monkeypatch: pytest.MonkeyPatch, sort: str) -> None:
    monkeypatch.setattr(reject_list, "SIZE", 4)
    for minute in range(5):
        for login, reason in (("cli1", "wrong_password"), ("cli1", "slowed"), ("*", "unknown_login")):
            await refuse(seed, login, reason, NOON - timedelta(minutes=minute))
    wanted, after, seen = Wanted(OLD, sort=sort), None, []
    while True:
        page = await reject_list.read(wanted, 15, after)
        seen += [(row["minute"], row["login"], row["reason"]) for row in page.rows]
        after = page.after
        if after is None:
            break
    assert len(seen) == len(set(seen)) == page.total == page.last == 15
    assert [len(rows) async for rows in reject_list.chunks(wanted)] == [15]


async def test_totals_count_rows_refusals_and_logins(day: Seed) -> None:
    await refuse(day, "cli1", "wrong_password", NOON - timedelta(minutes=9), 5)
    assert await reject_list.totals(Wanted(OLD)) == reject_list.Totals(6, 108, 5)
    assert await reject_list.totals(Wanted(OLD, text="nobody at all")) == reject_list.Totals(0, 0, 0)


async def test_the_time_before_is_counted_as_far_as_it_is_kept(day: Seed) -> None:
    hour = WINDOWS["1h"]
    await refuse(day, "cli1", "wrong_password", NOON - timedelta(minutes=70), 40)
    wanted = Wanted(NOON - timedelta(minutes=2))
    assert await reject_list.before(wanted, hour) == 93  # not the 40, nor the 10 since
    assert await reject_list.before(Wanted(NOON, text="cli1"), hour) == 0
    assert await reject_list.before(wanted, WINDOWS["90d"]) is None


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("1h", datetime(2026, 11, 26, 14, 7, tzinfo=UTC)),
        (DAY, datetime(2026, 11, 25, 15, 0, tzinfo=UTC)),
        ("7d", datetime(2026, 11, 19, 15, 0, tzinfo=UTC)),
        ("90d", datetime(2026, 8, 28, 3, 0, tzinfo=UTC)),  # midnight in São Paulo
    ],
)
def test_a_window_begins_with_a_whole_bar_of_the_zone(name: str, begins: datetime) -> None:
    window = WINDOWS[name]
    assert window.begins(NOON, "America/Sao_Paulo") == begins
    assert window.length <= NOON - begins < window.length + window.step


async def test_the_graph_heaps_reasons_into_bars(day: Seed) -> None:
    window = WINDOWS[DAY]
    since = window.begins(NOON, "America/Sao_Paulo")
    await refuse(day, "cli1", "wrong_password", since + timedelta(seconds=5), 50)
    graph = await reject_list.graph(Wanted(since), window, NOON)
    assert (len(graph.at), graph.at[0], graph.at[-1]) == (145, since, NOON.replace(minute=0, second=0))
    assert [(one.key, one.total) for one in graph.series] == [
        ("unknown_login", 93),
        ("wrong_password", 57),
        ("session_open", 2),
        ("overdue", 1),
    ]
    wrong = graph.series[1].values
    assert (wrong[0], wrong[-1], sum(wrong)) == (50, 7, 57)
    assert graph.others == []
    narrow = await reject_list.graph(Wanted(since, text="cli"), window, NOON)
    assert sorted(one.key for one in narrow.series) == ["overdue", "session_open", "wrong_password"]


async def test_the_graph_by_router_names_them_and_folds_the_small_ones(day: Seed) -> None:
    for number in range(5):
        await refuse(day, "x", "unknown_login", NOON, 1 + number, nas=100 + number)
    since = WINDOWS["1h"].begins(NOON, "UTC")
    graph = await reject_list.graph(Wanted(since), WINDOWS["1h"], NOON, "nas")
    assert [(one.key, one.name, one.total) for one in graph.series][:2] == [
        (str(day.nas), "BNG-1", 102),
        ("104", "", 5),
    ]
    assert len(graph.series) == 7
    assert sum(graph.others) == 2 + 1 + 1  # all but the first four


async def test_a_clock_ahead_of_ours_makes_no_bar(seed: Seed) -> None:
    await refuse(seed, "cli1", "wrong_password", NOON + timedelta(hours=3), 9)
    graph = await reject_list.graph(Wanted(NOON - timedelta(hours=1)), WINDOWS["1h"], NOON)
    assert [one.total for one in graph.series] == [0]


async def test_a_contract_has_its_last_refusals_with_their_facts(day: Seed) -> None:
    await refuse(day, "cli1", "slowed", NOON + timedelta(minutes=5), facts={"tries": "12"})
    rows = await reject_list.of_contract(day.contracts[0], 5)
    assert [(row["reason"], json.loads(row["facts"])) for row in rows] == [
        ("slowed", {"tries": "12"}),
        ("wrong_password", {}),
    ]
    assert rows[0]["zone"] == "America/Sao_Paulo"
    assert len(await reject_list.of_contract(day.contracts[0], 1)) == 1


async def test_the_last_logins_are_those_of_the_logins_asked_for(seed: Seed) -> None:
    now = clock.now()
    for minute in range(14):
        for login, reason in (("cli1", ""), ("cli2", "wrong_password"), ("cli3", "")):
            await db.execute(LOGGED, now - timedelta(minutes=minute), seed.nas, login, reason, f"{minute:02d}")
    rows = await login_list.last(["cli1", "cli2", "cli1"], now - timedelta(days=1), 10)
    assert [row["mac"] for row in rows if row["login"] == "cli1"] == [f"{n:02d}" for n in range(10)]
    assert {(row["login"], row["reason"], row["nas"]) for row in rows} == {
        ("cli1", "", "BNG-1"),
        ("cli2", "wrong_password", "BNG-1"),
    }
    assert [row["at"] for row in rows] == sorted((row["at"] for row in rows), reverse=True)
    assert len(await login_list.last(["cli3"], now - timedelta(minutes=3), 10)) == 4
    assert await login_list.last([], now - timedelta(days=1)) == []
