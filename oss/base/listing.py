"""Lists for screens: conditions that come and go, any order, pages both ways, a count, and the whole in chunks.

A page begins behind a row, never at a number, so that page 2,000 costs what page 1 costs. Columns, tables and
conditions are our own text; what comes from a person is always a value.
"""

from __future__ import annotations

import base64
import binascii
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from oss.base import db
from oss.base.problems import InvalidInput

CHUNK = 250  # rows that are fetched and decoded in one piece: some milliseconds of a core


@dataclass(frozen=True, slots=True)
class Order:
    """Sort by an SQL expression that is never null; ``kind`` is the SQL type of its values."""

    sql: str
    kind: str
    falling: bool = False


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page begins: the sort value and key of the row it lies behind (or before), and that row's number."""

    value: str
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
        if isinstance(value, str) and isinstance(key, str) and isinstance(number, int):
            return Cursor(value.replace("\x00", ""), key.replace("\x00", ""), number)
    except (ValueError, binascii.Error, TypeError):
        pass
    raise InvalidInput({"after": "is not a place in this list"})


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of a list: ``first`` is the number of the first one, ``seconds`` what the reading took."""

    rows: list[Any]
    first: int
    before: str | None
    after: str | None
    seconds: float
    total: int | None = None

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1 if self.rows else 0


@dataclass(slots=True)
class Listing:
    """``key`` is a unique expression (``c.id``) that settles equal sort values; ``key_kind`` its SQL type."""

    columns: str
    tables: str
    key: str
    key_kind: str = "bigint"
    conditions: list[str] = field(default_factory=list)
    values: list[object] = field(default_factory=list)

    def where(self, condition: str, *values: object) -> Listing:
        """Add a condition; ``{}`` stands for each value in turn. Returns itself."""
        marks = [f"${len(self.values) + place}" for place in range(1, len(values) + 1)]
        self.conditions.append(condition.format(*marks))
        self.values.extend(values)
        return self

    def _filter(self, *more: str) -> str:
        every = [*self.conditions, *more]
        return f"{self.tables} where {' and '.join(every)}" if every else self.tables

    async def count(self) -> int:
        """How many rows the conditions leave."""
        return int(await db.fetchval(f"select count(*) from {self._filter()}", *self.values))

    async def keys(self, most: int | None = None) -> list[Any]:
        """The keys of all rows, at most ``most``."""
        sql = f"select {self.key} as key from {self._filter()} order by 1" + (f" limit {most:d}" if most else "")
        return [row["key"] for row in await db.fetch(sql, *self.values)]

    async def grouped(self, columns: str, groups: str, *values: object) -> list[Any]:
        """The rows summed up: ``columns`` (``{}`` for each value in turn) by ``groups``."""
        marks = [f"${len(self.values) + place}" for place in range(1, len(values) + 1)]
        sql = f"select {columns.format(*marks)} from {self._filter()} group by {groups}"
        return list(await db.fetch(sql, *self.values, *values))

    async def page(
        self,
        order: Order,
        size: int,
        after: str | None = None,
        before: str | None = None,
        total: int | None = None,
    ) -> Page:
        """``size`` rows behind ``after`` or before ``before``; rows carry ``sort_value`` and ``sort_key`` as text."""
        began, start, back = time.perf_counter(), cursor(after) or cursor(before), bool(before and not after)
        rows = await self._read(order, size + 1, start, back)
        more, rows = len(rows) > size, rows[:size]
        if back:
            rows.reverse()
        first = _first(start, back, len(rows))
        earlier, later = (more, True) if back else (start is not None, more)
        return Page(
            rows,
            first,
            _at(rows[0], first).text() if rows and earlier and first > 1 else None,
            _at(rows[-1], first + len(rows) - 1).text() if rows and later else None,
            time.perf_counter() - began,
            total,
        )

    async def _read(self, order: Order, most: int, start: Cursor | None, back: bool) -> list[Any]:
        falling = order.falling != back
        turn, sign = ("desc", "<") if falling else ("asc", ">")
        values, behind = list(self.values), []
        if start is not None:
            n = len(values)
            values += [start.value, start.key]
            mark = f"(${n + 1}::text::{order.kind}, ${n + 2}::text::{self.key_kind})"
            behind = [f"({order.sql}, {self.key}) {sign} {mark}"]
        sql = (
            f"select {self.columns}, ({order.sql})::text as sort_value, ({self.key})::text as sort_key "
            f"from {self._filter(*behind)} order by {order.sql} {turn}, {self.key} {turn} limit {most:d}"
        )
        try:
            return list(await db.fetch(sql, *values))
        except asyncpg.DataError:
            raise InvalidInput({"after": "is not a place in this list"}) from None

    async def chunks(self, order: Order) -> AsyncIterator[list[Any]]:
        """All rows, ``CHUNK`` at a time: for exports, which must hold neither the loop nor the memory."""
        start = None
        while rows := await self._read(order, CHUNK, start, back=False):
            yield rows
            if len(rows) < CHUNK:
                return
            start = _at(rows[-1], 0)


def _at(row: Any, number: int) -> Cursor:
    return Cursor(row["sort_value"], row["sort_key"], number)


def _first(start: Cursor | None, back: bool, count: int) -> int:
    if start is None:
        return 1
    return max(1, start.number - count) if back else start.number + 1
