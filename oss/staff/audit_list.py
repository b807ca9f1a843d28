"""The audit for a screen: the newest first, narrowed by who, what, where from, in which request, and on which days.

Each way of narrowing has an index that ends in the order of the list, so that a page costs the same at five million
rows. Several actors or acts are read one by one, each from its own place in the index, and merged.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import asyncpg

from oss.base import db
from oss.base.listing import Cursor, Page, chunked, paged
from oss.base.problems import InvalidInput, NotFound

SIZE = 50
COLUMNS = "id, at, actor, action, object, object_id, detail::text as detail, ip, request_id, seq"
NAME = "(select u.name from staff_user u where u.login = a.actor) as actor_name"
ORDER = "order by at desc, id desc"
KNOWN = """select login, name from staff_user where position($1 in lower(name)) > 0 or position($1 in login) > 0
order by login limit 20"""
ONE = f"select {COLUMNS}, encode(hash, 'hex') as hash, {NAME} from audit a where id = $1"
OF_THING = f"""select a.*, {NAME} from unnest($1::text[], $2::text[]) as t (kind, key) cross join lateral (
  select {COLUMNS} from audit where object = t.kind and object_id = t.key order by id desc limit $3) a
{ORDER} limit $3"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a list is narrowed; None narrows nothing, an empty tuple leaves nothing. Days are instants: from, before."""

    actors: tuple[str, ...] | None = None
    actions: tuple[str, ...] | None = None
    object_id: str | None = None
    ip: str | None = None
    request: str | None = None
    since: datetime | None = None
    before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One row: ``detail`` decoded, ``actor_name`` None for whoever is no member of staff."""

    id: int
    at: datetime
    actor: str
    action: str
    object: str
    object_id: str
    detail: dict[str, Any]
    ip: str | None
    request_id: str | None
    seq: int | None
    actor_name: str | None
    hash: str | None = None

    @property
    def before(self) -> dict[str, Any]:
        """The fields that changed, as they were."""
        return _side(self.detail, "before")

    @property
    def after(self) -> dict[str, Any]:
        """The same, as they are since."""
        return _side(self.detail, "after")


def _side(detail: dict[str, Any], name: str) -> dict[str, Any]:
    found = detail.get(name)
    return found if isinstance(found, dict) else {}


def _row(row: Any) -> Row:
    values = dict(row)
    return Row(**{**values, "detail": json.loads(values["detail"])})


class _Query:
    """The statement for a wish: values are bound, all text is ours."""

    def __init__(self, wish: Wanted) -> None:
        self.values: list[object] = []
        self.heads: list[str] = []
        self.conditions: list[str] = []
        for column, several in (("actor", wish.actors), ("action", wish.actions)):
            if several is not None:
                self.heads.append(f"unnest({self.bound(list(several))}::text[]) as {column}s (one)")
                self.conditions.append(f"{column} = {column}s.one")
        one = {"object_id": wish.object_id, "ip": wish.ip, "request_id": wish.request}
        self.conditions += [f"{name} = {self.bound(value)}" for name, value in one.items() if value is not None]
        if wish.object_id is not None:
            self.conditions.append("object_id <> ''")  # what the index holds
        self.narrow = bool(self.conditions)
        days = {">=": wish.since, "<": wish.before}
        self.conditions += [f"at {sign} {self.bound(value)}" for sign, value in days.items() if value is not None]

    def bound(self, value: object) -> str:
        self.values.append(value)
        return f"${len(self.values)}"

    def text(self, most: int, start: Cursor | None, back: bool) -> str:
        turn, sign = ("asc", ">") if back else ("desc", "<")
        conditions = list(self.conditions)
        if start is not None:
            value, key = self.bound(start.value), self.bound(start.key)
            conditions.append(f"(at, id) {sign} ({value}::text::timestamptz, {key}::text::bigint)")
        # The order of the index to be used: the planner would look for a rare act along the days, from today backwards.
        nulls = f" nulls {'first' if back else 'last'}" if self.narrow else ""
        order = f"order by at {turn}{nulls}, id {turn} limit {most:d}"
        where = f" where {' and '.join(conditions)}" if conditions else ""
        rows = f"select {COLUMNS} from audit{where} {order}"
        if self.heads:
            rows = f"select r.* from {' cross join '.join(self.heads)} cross join lateral ({rows}) r {order}"
        return f"select a.*, {NAME} from ({rows}) a order by at {turn}, id {turn}"


async def _read(wish: Wanted, most: int, start: Cursor | None, back: bool) -> list[Row]:
    query = _Query(wish)
    text = query.text(most, start, back)
    try:
        return [_row(row) for row in await db.fetch(text, *query.values)]
    except asyncpg.DataError:
        raise InvalidInput({"after": "is not a place in this list"}) from None


def _at(row: Row, number: int) -> Cursor:
    return Cursor(row.at.isoformat(), str(row.id), number)


async def page(wish: Wanted, after: str | None = None, before: str | None = None) -> Page:
    """``SIZE`` rows behind ``after`` or before ``before``."""
    return await paged(partial(_read, wish), _at, SIZE, after, before)


def chunks(wish: Wanted) -> AsyncIterator[list[Row]]:
    """All rows, some hundred at a time."""
    return chunked(partial(_read, wish), _at)


async def one(row_id: int) -> Row:
    """One row, with its hash where it is chained."""
    row = await db.fetchrow(ONE, row_id)
    if row is None:
        raise NotFound(thing="audit row")
    return _row(row)


async def of_things(things: Sequence[tuple[str, str]], most: int = 10) -> list[Row]:
    """What was done to some things (kind and id), the newest first."""
    kinds, keys = [kind for kind, _ in things], [key for _, key in things]
    return [_row(row) for row in await db.fetch(OF_THING, kinds, keys, most)]


async def actors(text: str) -> list[Any]:
    """Members of staff whose login or name holds a text: login and name."""
    return list(await db.fetch(KNOWN, text.casefold()))


async def staff() -> list[Any]:
    """Who may be chosen as the one who acted: login and name."""
    return list(await db.fetch("select login, name from staff_user order by name, login limit 200"))
