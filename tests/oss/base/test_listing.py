"""Lists: every row once, whatever the order, forwards and backwards, while rows come and go."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oss.base import db, listing
from oss.base.listing import Listing, Order, Source
from oss.base.problems import InvalidInput

ROWS = "(select n, n % 3 as kind, to_timestamp(n / 4) as at from generate_series(1, 23) n) t"
ORDERS = [Order("t.kind", "int"), Order("t.at", "timestamptz", falling=True), Order("(t.n * 7 % 23)", "int")]


def numbers(condition: str = "", *values: object) -> Listing:
    found = Listing("t.n", ROWS, "t.n")
    return found.where(condition, *values) if condition else found


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: order.sql)
@pytest.mark.parametrize("size", [1, 5, 23, 40])
async def test_pages_forth_and_back_hold_every_row_once(database: str, order: Order, size: int) -> None:
    forth, after = [], None
    while True:
        page = await numbers().page(order, size, after=after)
        forth.append([row["n"] for row in page.rows])
        assert page.first == 1 + size * (len(forth) - 1)
        if page.after is None:
            break
        after = page.after
    assert sorted(n for rows in forth for n in rows) == list(range(1, 24))
    back = [forth[-1]]
    before = page.before
    while before is not None:
        page = await numbers().page(order, size, before=before)
        back.insert(0, [row["n"] for row in page.rows])
        before = page.before
    assert back == forth


async def test_conditions_narrow_count_and_page_alike(database: str) -> None:
    found = numbers("t.n > {} and t.n <> {}", 10, 13).where("t.kind = {}", 1)
    assert await found.count() == 3
    assert await found.keys() == [16, 19, 22]
    assert await found.keys(2) == [16, 19]
    page = await found.page(Order("t.n", "int"), 2, total=await found.count())
    assert ([row["n"] for row in page.rows], page.total, page.last) == ([16, 19], 3, 2)


async def test_a_row_that_comes_meanwhile_moves_nothing(database: str) -> None:
    await db.execute("create table thing (id int primary key)")
    await db.execute("insert into thing select n * 10 from generate_series(1, 9) n")
    found = Listing("id", "thing", "id", "int")
    first = await found.page(Order("id", "int"), 3)
    await db.execute("insert into thing values (5), (45)")
    second = await found.page(Order("id", "int"), 3, after=first.after)
    assert [row["id"] for row in second.rows] == [40, 45, 50]


async def test_an_empty_list_has_no_neighbours(database: str) -> None:
    page = await numbers("t.n > {}", 99).page(ORDERS[0], 5)
    assert (page.rows, page.before, page.after, page.last) == ([], None, None, 0)


async def test_chunks_hold_everything_in_order(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "CHUNK", 10)
    chunks = [[row["n"] for row in rows] async for rows in numbers().chunks(Order("t.n", "int", falling=True))]
    assert [len(rows) for rows in chunks] == [10, 10, 3]
    assert [n for rows in chunks for n in rows] == list(range(23, 0, -1))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(text=st.text(max_size=60))
def test_a_forged_place_is_refused_and_never_raises_otherwise(text: str) -> None:
    try:
        made = listing.cursor(text)
    except InvalidInput:
        return
    assert made is None or listing.cursor(made.text()) == made


async def test_a_place_of_another_list_is_refused(database: str) -> None:
    foreign = listing.Cursor("not a number", "neither", 3).text()
    with pytest.raises(InvalidInput):
        await numbers().page(ORDERS[0], 5, after=foreign)


VALUES = st.lists(st.one_of(st.none(), st.integers(0, 3)), min_size=1, max_size=14)
FILL = "insert into tied (kind) select * from unnest($1::int[])"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kinds=VALUES, falling=st.booleans(), size=st.integers(1, 5), lowest=st.booleans(), sooner=st.booleans())
async def test_rows_without_a_value_stand_last_or_lowest_and_every_row_once_both_ways(
    database: str, kinds: list[int | None], falling: bool, size: int, lowest: bool, sooner: bool
) -> None:
    await db.execute("create table if not exists tied (id int generated always as identity primary key, kind int)")
    await db.execute("truncate tied")
    await db.execute(FILL, kinds)
    rows = [(row["id"], row["kind"]) for row in await db.fetch("select id, kind from tied")]
    known = sorted((row for row in rows if row[1] is not None), key=lambda row: (row[1], row[0]), reverse=falling)
    unknown = sorted((row for row in rows if row[1] is None), reverse=falling)
    wanted = unknown + known if lowest and not falling else known + unknown
    some = Source("(select id as there, kind from tied where kind is not null) t", "t.there") if sooner else None
    order = Order("t.kind", "int", falling, optional=True, lowest=lowest, where_known=some)
    table = Listing("t.id, t.kind", "tied t", "t.id", "int")
    pages, after = [], None
    while True:
        page = await table.page(order, size, after=after)
        pages.append([(row["id"], row["kind"]) for row in page.rows])
        if page.after is None:
            break
        after = page.after
    assert [row for rows in pages for row in rows] == wanted
    back, before = [pages[-1]], page.before
    while before is not None:
        page = await table.page(order, size, before=before)
        back.insert(0, [(row["id"], row["kind"]) for row in page.rows])
        before = page.before
    assert back == pages
    assert [row["id"] async for rows in table.chunks(order) for row in rows] == [row[0] for row in wanted]


async def test_a_count_stops_where_it_is_told(database: str) -> None:
    assert await numbers().count(10) == 11
    assert await numbers().count(100) == 23


async def test_only_some_keys(database: str) -> None:
    found = numbers().only(["3", "7", "x'; drop table t"])
    assert await found.keys() == [3, 7]


def test_an_unknown_order_is_the_default() -> None:
    known = {"a": Order("t.a", "int"), "b": Order("t.b", "int")}
    assert listing.chosen(known, "-b", "a") == Order("t.b", "int", True)
    assert listing.chosen(known, "b; drop table t", "-a") == Order("t.a", "int", True)
    assert listing.chosen(known, "", "a") == Order("t.a", "int")


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: order.sql)
async def test_few_rows_sorted_at_once_are_the_same_page(database: str, order: Order) -> None:
    first = await numbers("t.n > {}", 4).page(order, 3)
    assert [row["n"] for row in (await numbers("t.n > {}", 4).page(order, 3, few=True)).rows] == [
        row["n"] for row in first.rows
    ]
    behind = [await numbers("t.n > {}", 4).page(order, 3, first.after, few=few) for few in (False, True)]
    assert [row["n"] for row in behind[0].rows] == [row["n"] for row in behind[1].rows]


@pytest.mark.parametrize("few", [3, 1_000])
async def test_a_page_with_its_count(database: str, monkeypatch: pytest.MonkeyPatch, few: int) -> None:
    monkeypatch.setattr(listing, "FEW", few)
    page = await numbers("t.kind = {}", 1).read(Order("t.n", "int"), 3)
    assert ([row["n"] for row in page.rows], page.total) == ([1, 4, 7], 8)
    with pytest.raises(InvalidInput):
        await numbers().read(Order("t.n", "int"), 3, after="xyz")


@pytest.mark.parametrize("falling", [False, True])
@pytest.mark.parametrize("size", [1, 4, 9])
async def test_what_settles_equal_values_before_the_key_does(database: str, falling: bool, size: int) -> None:
    await db.execute("create table part (id int primary key, kind int, owner int)")
    await db.execute("insert into part select n, nullif(n % 3, 2), n * 7 % 4 from generate_series(1, 20) n")
    order = Order("t.kind", "int", falling, True, "t.owner", "(select o.owner from part o where o.id = {})")
    table = Listing("t.id", "part t", "t.id", "int")
    found = [(row["id"], row["kind"], row["owner"]) for row in await db.fetch("select * from part")]
    by = sorted((row for row in found if row[1] is not None), key=lambda row: (row[1], row[2], row[0]), reverse=falling)
    by += sorted((row for row in found if row[1] is None), key=lambda row: (row[2], row[0]), reverse=falling)
    pages, after = [], None
    while True:
        page = await table.page(order, size, after=after)
        few = await table.page(order, size, after=after, few=True)
        pages.append([row["id"] for row in page.rows])
        assert [row["id"] for row in few.rows] == pages[-1]
        if page.after is None:
            break
        after = page.after
    assert [one for rows in pages for one in rows] == [row[0] for row in by]
    back, before = [pages[-1]], page.before
    while before is not None:
        page = await table.page(order, size, before=before)
        back.insert(0, [row["id"] for row in page.rows])
        before = page.before
    assert back == pages
