"""The audit is found by who, what, where from, in which request and on which days, page by page both ways."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from oss.base import audit, db, listing
from oss.base.problems import InvalidInput, NotFound
from oss.staff import audit_list, users
from oss.staff.audit_list import Wanted
from tests.conftest import TESTER

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
async def rows(database: str) -> None:
    """Twelve: two people, three acts, two addresses, one an hour."""
    async with db.transaction() as connection:
        await users.add(connection, TESTER, "ana", "Ana Souza", "ana-password-1", "admin")
        for n in range(12):
            actor = audit.Actor(("ana", "rui")[n % 2], f"10.0.0.{n % 3}", f"request{n:05d}")
            action = ("plan.saved", "user.signed_in", "hold.placed")[n % 3]
            await audit.note_at(connection, NOON + timedelta(hours=n), actor, action, "plan", n % 4, f'{{"n": {n}}}')


async def found(**wish: Any) -> list[int]:
    page = await audit_list.page(Wanted(since=NOON, before=wish.pop("before", NOON + timedelta(days=1)), **wish))
    return [row.detail["n"] for row in page.rows]


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        ({}, [11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]),
        ({"actors": ("ana",)}, [10, 8, 6, 4, 2, 0]),
        ({"actors": ("ana", "rui")}, [11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]),
        ({"actions": ("plan.saved", "hold.placed")}, [11, 9, 8, 6, 5, 3, 2, 0]),
        ({"actors": ("rui",), "actions": ("plan.saved",)}, [9, 3]),
        ({"actors": ()}, []),
        ({"object_id": "3"}, [11, 7, 3]),
        ({"ip": "10.0.0.1"}, [10, 7, 4, 1]),
        ({"request": "request00007"}, [7]),
        ({"before": NOON + timedelta(hours=3)}, [2, 1, 0]),
        ({"actors": ("ana",), "ip": "10.0.0.1", "before": NOON + timedelta(hours=9)}, [4]),
    ],
)
async def test_each_way_of_narrowing_leaves_what_fits(rows: None, wish: dict[str, Any], expected: list[int]) -> None:
    assert await found(**wish) == expected


async def test_pages_follow_each_other_both_ways_without_gap_or_repeat(
    rows: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_list, "SIZE", 5)
    wish = Wanted(actors=("ana", "rui"))
    first = await audit_list.page(wish)
    second = await audit_list.page(wish, after=first.after)
    third = await audit_list.page(wish, after=second.after)
    assert [row.detail["n"] for one in (first, second, third) for row in one.rows] == list(range(11, -1, -1))
    assert (first.before, third.after, third.first, third.last) == (None, None, 11, 12)
    back = await audit_list.page(wish, before=third.before)
    assert [row.id for row in back.rows] == [row.id for row in second.rows]


async def test_rows_of_the_same_instant_are_not_lost_between_pages(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_list, "SIZE", 2)
    async with db.transaction() as connection:
        for n in range(5):
            await audit.note_at(connection, NOON, TESTER, "thing.changed", "thing", n, "{}")
    seen, after = [], None
    while True:
        page = await audit_list.page(Wanted(), after)
        seen += [row.object_id for row in page.rows]
        after = page.after
        if after is None:
            break
    assert seen == ["4", "3", "2", "1", "0"]


async def test_a_place_that_is_none_is_refused(rows: None) -> None:
    place = listing.cursor
    for value, key in (("no time at all", "1"), ("2026-01-01", "x")):
        text = listing.Cursor(value, key, 1).text()
        assert place(text) is not None
        with pytest.raises(InvalidInput):
            await audit_list.page(Wanted(), after=text)


async def test_a_row_knows_the_name_of_who_acted_and_both_sides_of_a_change(rows: None) -> None:
    async with db.transaction() as connection:
        diff = audit.changed({"price_cents": 1}, {"price_cents": 2})
        await audit.note(connection, audit.Actor("ana"), "plan.saved", "plan", 7, **diff)
        await audit.note(connection, TESTER, "retention.purged", "retention", "auth_log", before="2026-01-01")
    purged, saved = (await audit_list.page(Wanted())).rows[:2]
    assert (saved.actor_name, saved.before, saved.after) == ("Ana Souza", {"price_cents": 1}, {"price_cents": 2})
    assert (purged.actor_name, purged.before, purged.after) == (None, {}, {})
    assert (await audit_list.one(saved.id)).hash is None
    with pytest.raises(NotFound):
        await audit_list.one(10**9)


async def test_what_was_done_to_some_things_comes_in_one_order(rows: None) -> None:
    found = await audit_list.of_things([("plan", "3"), ("plan", "2"), ("other", "1")], most=4)
    assert [row.detail["n"] for row in found] == [11, 10, 7, 6]


async def test_people_are_found_by_a_piece_of_login_or_name(rows: None) -> None:
    assert [row["login"] for row in await audit_list.actors("SOUZ")] == ["ana"]
    assert [row["login"] for row in await audit_list.actors("an")] == ["ana"]
    assert await audit_list.actors("%") == []


async def test_a_file_is_read_in_pieces_that_are_whole_together(rows: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "CHUNK", 4)
    pieces = [
        [row.detail["n"] for row in rows]
        async for rows in audit_list.chunks(Wanted(since=NOON, before=NOON + timedelta(hours=10)))
    ]
    assert pieces == [[9, 8, 7, 6], [5, 4, 3, 2], [1, 0]]
