"""Lists for screens: conditions that come and go, any order, pages both ways, a count, and the whole in chunks.

A page begins behind a row, never at a number, so that page 2,000 costs what page 1 costs. Columns, tables and
conditions are our own text; what comes from a person is always a value.

A page is read in two steps within one statement: first which rows (from the tables that conditions and order need:
PostgreSQL leaves out the other LEFT JOINs), then their columns. So a join that only a column needs is made for a page
and never for the whole list.
"""

from __future__ import annotations

import base64
import binascii
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Protocol

import asyncpg

from oss.base import db
from oss.base.problems import InvalidInput

CHUNK = 250  # rows that are fetched and decoded in one piece: some milliseconds of a core
FEW = 1_000  # rows that are found first and then sorted: for so few the server might walk a long index in vain
COUNTED = 10_000  # a longer list is "more than" so many: counting on would cost more than reading


@dataclass(frozen=True, slots=True)
class Source:
    """Tables and the name that a list's key has in them."""

    tables: str
    key: str


@dataclass(frozen=True, slots=True)
class Order:
    """Sort by an SQL expression; ``kind`` is the SQL type of its values.

    Where it is null (``optional``: it may be) rows stand last, whichever way the others are sorted, or, where null is
    less than any value (``lowest``), first when these rise. An order by a column of a LEFT JOIN is optional: only then
    may the server begin with that table and its index. ``where_known``: where rows with a value are found sooner.

    ``then`` settles equal values before the key does, where an index goes on so; ``of_key`` is its value for the row
    with the key ``{}``.
    """

    sql: str
    kind: str
    falling: bool = False
    optional: bool = False
    then: str = ""
    of_key: str = ""
    lowest: bool = False
    where_known: Source | None = None

    @property
    def stretches(self) -> tuple[bool, ...]:
        """Whether a stretch's rows have a value, in the list's order."""
        if not self.optional:
            return (True,)
        return (False, True) if self.lowest and not self.falling else (True, False)

    def turned(self, falling: bool) -> Order:
        """The same, rising or falling."""
        return replace(self, falling=falling)


def chosen(orders: Mapping[str, Order], sort: str, default: str) -> Order:
    """The order that an address names (``-name``: falling); the default for a name that is none."""
    name = sort if sort.removeprefix("-") in orders else default
    return orders[name.removeprefix("-")].turned(name.startswith("-"))


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page begins: the sort value and key of the row it lies behind (or before), and that row's number."""

    value: str | None
    key: str
    number: int

    def text(self) -> str:
        """As it stands in an address."""
        raw = json.dumps([self.value, self.key, self.number], separators=(",", ":"))
        return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")


def cursor(text: str | None) -> Cursor | None:
    """A cursor out of an address; None for none, InvalidInput for one we did not make."""
    if not text:
        return None
    try:
        value, key, number = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if isinstance(value, str | None) and isinstance(key, str) and isinstance(number, int) and 0 <= number < 10**12:
            return Cursor(None if value is None else value.replace("\x00", ""), key.replace("\x00", ""), number)
    except (ValueError, binascii.Error, TypeError):
        pass
    raise InvalidInput({"after": "is not a place in this list"})


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of a list: ``first`` is the number of the first one, ``seconds`` what the reading took.

    A ``total`` above COUNTED means "more than COUNTED".
    """

    rows: list[Any]
    first: int
    before: str | None
    after: str | None
    seconds: float
    total: int | None = None

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1 if self.rows else 0


class Read(Protocol):
    """Reads at most so many rows that lie behind a place (``back``: before it, the nearest one first)."""

    async def __call__(self, most: int, start: Cursor | None, back: bool) -> list[Any]: ...


At = Callable[[Any, int], Cursor]
"""The place of a row that is given with its number."""


async def paged(
    read: Read, at: At, size: int, after: str | None = None, before: str | None = None, total: int | None = None
) -> Page:
    """``size`` rows behind ``after`` or before ``before``, and the places where its neighbours begin."""
    began, start, back = time.perf_counter(), cursor(after) or cursor(before), bool(before and not after)
    rows = await read(size + 1, start, back)
    more, rows = len(rows) > size, rows[:size]
    if back:
        rows.reverse()
    first = _first(start, back, len(rows))
    earlier, later = (more, True) if back else (start is not None, more)
    return Page(
        rows,
        first,
        at(rows[0], first).text() if rows and earlier and first > 1 else None,
        at(rows[-1], first + len(rows) - 1).text() if rows and later else None,
        time.perf_counter() - began,
        total,
    )


def _first(start: Cursor | None, back: bool, count: int) -> int:
    if start is None:
        return 1
    return max(1, start.number - count) if back else start.number + 1


async def chunked(read: Read, at: At) -> AsyncIterator[list[Any]]:
    """All rows, ``CHUNK`` at a time: for exports, which must hold neither the loop nor the memory."""
    start = None
    while rows := await read(CHUNK, start, False):
        yield rows
        if len(rows) < CHUNK:
            return
        start = at(rows[-1], 0)


@dataclass(slots=True)
class Listing:
    """``key`` is a unique expression (``c.id``) that settles equal sort values; ``key_kind`` its SQL type.

    ``row``: what finds a row of the page again by index, where the key does not (``r.ctid``).
    """

    columns: str
    tables: str
    key: str
    key_kind: str = "bigint"
    conditions: list[str] = field(default_factory=list)
    values: list[object] = field(default_factory=list)
    row: str = ""

    def where(self, condition: str, *values: object) -> Listing:
        """Add a condition; ``{}`` stands for each value in turn. Returns itself."""
        marks = [f"${len(self.values) + place}" for place in range(1, len(values) + 1)]
        self.conditions.append(condition.format(*marks))
        self.values.extend(values)
        return self

    def _filter(self, *more: str, tables: str = "") -> str:
        every = [*self.conditions, *more]
        return (tables or self.tables) + (f" where {' and '.join(every)}" if every else "")

    def only(self, keys: Sequence[str]) -> Listing:
        """Only rows with one of these keys (as text: what a form holds of the rows that were ticked)."""
        return self.where(f"({self.key})::text = any({{}}::text[])", list(keys))

    async def count(self, most: int | None = None) -> int:
        """How many rows the conditions leave; no further than one more than ``most``."""
        if most is None:
            return int(await db.fetchval(f"select count(*) from {self._filter()}", *self.values))
        rows = f"select 1 from {self._filter()} limit {most + 1:d}"
        return int(await db.fetchval(f"select count(*) from ({rows}) counted", *self.values))

    async def keys(self, most: int | None = None) -> list[Any]:
        """The keys of all rows, at most ``most``."""
        sql = f"select {self.key} as key from {self._filter()} order by 1" + (f" limit {most:d}" if most else "")
        return [row["key"] for row in await db.fetch(sql, *self.values)]

    async def grouped(self, columns: str, groups: str, *values: object) -> list[Any]:
        """The rows summed up: ``columns`` (``{}`` for each value in turn) by ``groups``."""
        marks = [f"${len(self.values) + place}" for place in range(1, len(values) + 1)]
        sql = f"select {columns.format(*marks)} from {self._filter()} group by {groups}"
        return list(await db.fetch(sql, *self.values, *values))

    async def read(self, order: Order, size: int, after: str | None = None, before: str | None = None) -> Page:
        """One page with its total (see COUNTED), which says how the rows are best found."""
        began, total = time.perf_counter(), await self.count(COUNTED)
        page = await self.page(order, size, after, before, total, few=total <= FEW)
        return replace(page, seconds=time.perf_counter() - began)

    async def page(
        self,
        order: Order,
        size: int,
        after: str | None = None,
        before: str | None = None,
        total: int | None = None,
        few: bool = False,
    ) -> Page:
        """``size`` rows behind ``after`` or before ``before``; rows carry ``sort_value`` and ``sort_key`` as text."""
        read = partial(self._read, order, few=few)
        return await paged(read, _at, size, after, before, total)

    async def _read(self, order: Order, most: int, start: Cursor | None, back: bool, few: bool = False) -> list[Any]:
        """Rows from ``start`` on; those without a sort value are a stretch of their own behind the others."""
        found: list[Any] = []
        stretches = list(reversed(order.stretches) if back else order.stretches)
        while start is not None and stretches and stretches[0] != (start.value is not None):
            del stretches[0]  # it lies before the one that the page begins in
        for known in stretches:
            found += await self._stretch(order, most - len(found), start, back, known, few)
            if len(found) >= most:
                break
            start = None
        return found

    async def _stretch(
        self, order: Order, most: int, start: Cursor | None, back: bool, known: bool, few: bool
    ) -> list[Any]:
        turn, values = "desc" if order.falling != back else "asc", list(self.values)
        there = (order.where_known if known else None) or Source(self.tables, self.key)
        behind = [f"({order.sql}) is {'not ' if known else ''}null"] if order.optional else []
        if start is not None:
            behind += self._behind(order, start, "<" if turn == "desc" else ">", values, there.key)
        value, row, then = order.sql if known else f"null::{order.kind}", self.row or there.key, order.then or "null"
        by = [order.sql, order.then, there.key] if known else [order.then, there.key]
        names = f"page_value {turn}, page_then {turn}, page_key {turn}"
        page = f"select {row} as page_row, {value} as page_value, {then} as page_then, {there.key} as page_key"
        page += f" from {self._filter(*behind, tables=there.tables)}"
        if few:  # OFFSET 0 keeps the order out of the choice of how the rows are found
            page = f"select * from ({page} offset 0) f order by {names} limit {most:d}"
        else:
            page += f" order by {', '.join(f'{one} {turn}' for one in by if one)} limit {most:d}"
        sql = (
            f"select {self.columns}, q.page_value::text as sort_value, q.page_key::text as sort_key "
            f"from ({page}) q, {self.tables} where {self.row or self.key} = q.page_row order by {names}"
        )
        try:
            return list(await db.fetch(sql, *values))
        except asyncpg.DataError:
            raise InvalidInput({"after": "is not a place in this list"}) from None

    def _behind(self, order: Order, start: Cursor, sign: str, values: list[object], name: str) -> list[str]:
        """The condition of rows behind (or before) one; the plain comparison is what an index understands."""
        key = f"${len(values) + 1}::text::{self.key_kind}"
        values.append(start.key)
        places = [(order.then, order.of_key.format(key))] if order.then else []
        if start.value is not None:
            values.append(start.value)
            places.insert(0, (order.sql, f"${len(values)}::text::{order.kind}"))
        heads = [", ".join(one) for one in zip(*places, strict=True)]
        ends = [", ".join(one) for one in zip(*places, (name, key), strict=True)]
        from_there = [f"({heads[0]}) {sign}= ({heads[1]})"] if heads else []
        return [*from_there, f"({ends[0]}) {sign} ({ends[1]})"]

    def chunks(self, order: Order) -> AsyncIterator[list[Any]]:
        """All rows, `chunked`."""
        return chunked(partial(self._read, order), _at)


def _at(row: Any, number: int) -> Cursor:
    return Cursor(row["sort_value"], row["sort_key"], number)
