"""The list of refused logins: search, filters, orders; and how many there were over time, by reason or by NAS.

A row is one login at one NAS refused for one reason in one minute. ``*`` stands for a flood of invented logins.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from oss.access.search_words import by_name_or_login, mac_digits
from oss.base import db
from oss.base.listing import Listing, Order, Page, chosen
from oss.crm import within
from oss.staff.scopes import ALL, Scope

SIZE = 50
TOP = 4  # series of their own in a chart; the rest is drawn as one
COLUMNS = """r.minute, r.nas_id, n.name as nas, r.login, r.reason, r.detail, r.facts::text as facts, r.count,
  r.first_at, r.last_at, r.contract_id, c.id as customer_id, c.name as customer, o.zone"""
TABLES = """auth_reject r left join nas n on n.id = r.nas_id left join contract k on k.id = r.contract_id
left join customer c on c.id = k.customer_id left join company o on o.id = k.company_id"""
KEY = """(extract(epoch from r.minute)::bigint || '/' || r.nas_id || '/' || r.reason || '/' || r.login) collate "C\""""

ORDERS = {
    "last": Order("r.last_at", "timestamptz"),
    "first": Order("r.first_at", "timestamptz"),
    "login": Order("r.login", "text"),
    "customer": Order("c.search_key", "text", optional=True),
    "nas": Order('n.name collate "C"', "text", optional=True),
    "reason": Order('r.reason collate "C"', "text"),
    "count": Order("r.count", "bigint"),
}


@dataclass(frozen=True, slots=True)
class Window:
    """How far back a list reaches, and the width of a bar of its graph."""

    length: timedelta
    step: timedelta

    def begins(self, now: datetime, zone: str) -> datetime:
        """The first bar's beginning: a whole number of bars from midnight in a zone."""
        midnight = now.astimezone(ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight + (now - self.length - midnight) // self.step * self.step


DAY = "24h"
KEPT = timedelta(days=90)  # see oss.access.upkeep
WINDOWS = {
    "1h": Window(timedelta(hours=1), timedelta(minutes=1)),
    DAY: Window(timedelta(hours=24), timedelta(minutes=10)),
    "7d": Window(timedelta(days=7), timedelta(hours=1)),
    "90d": Window(timedelta(days=90), timedelta(days=1)),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the list is narrowed to and sorted by (``-last``: falling). ``since`` is its window's beginning."""

    since: datetime
    text: str = ""
    nas_id: int | None = None
    reason: str = ""
    contract_id: int | None = None
    sort: str = "-last"
    scope: Scope = ALL

    @property
    def order(self) -> Order:
        return chosen(ORDERS, self.sort, "-last")


def listing(wanted: Wanted) -> Listing:
    """The list's SQL for a wish."""
    found = Listing(COLUMNS, TABLES, KEY, "text", row="r.ctid").where("r.last_at >= {}", wanted.since)
    found.where(*within.condition(wanted.scope, "k.customer_id"))
    if wanted.nas_id:
        found.where("r.nas_id = {}", wanted.nas_id)
    if wanted.reason:
        found.where("r.reason = {}", wanted.reason)
    if wanted.contract_id:
        found.where("r.contract_id = {}", wanted.contract_id)
    if wanted.text:
        _search(found, wanted.text)
    return found


def _search(found: Listing, text: str) -> None:
    """A MAC is looked for among the live sessions and where a session stood in the way: a refusal itself keeps none."""
    bare = mac_digits(text)
    if bare is None:
        by_name_or_login(found, text, "r.contract_id", "r.login")
        return
    plain = "upper(translate({column}, ':-.', '')) like {{}}"
    theirs = f"select login from session_open where {plain.format(column='calling_station_id')}"
    facts = plain.format(column="r.facts->>'calling_station_id'")
    found.where(f"(r.login in ({theirs}) or {facts})", f"%{bare}%", f"%{bare}%")


@dataclass(frozen=True, slots=True)
class Totals:
    """What a search comes to: rows of the list, refusals in them, how many logins they are of."""

    rows: int
    refusals: int
    logins: int


async def totals(wanted: Wanted) -> Totals:
    """The numbers of the list's head."""
    columns = "count(*), coalesce(sum(r.count), 0)::bigint, count(distinct r.login)"
    return Totals(*(await listing(wanted).grouped(columns, "()"))[0])


async def before(wanted: Wanted, window: Window) -> int | None:
    """Refusals of the same search in as much time before; None where refusals are not kept for so long."""
    if window.length * 2 > KEPT:
        return None
    earlier = listing(replace(wanted, since=wanted.since - window.length)).where("r.last_at < {}", wanted.since)
    return int((await earlier.grouped("coalesce(sum(r.count), 0)::bigint as count", "()"))[0]["count"])


async def read(wanted: Wanted, total: int, after: str | None = None, before: str | None = None) -> Page:
    """One page; ``total`` is what `totals` counted."""
    return await listing(wanted).page(wanted.order, SIZE, after, before, total)


async def chunks(wanted: Wanted) -> AsyncIterator[list[Any]]:
    """All of the list, some hundred rows at a time."""
    async for rows in listing(wanted).chunks(wanted.order):
        yield rows


@dataclass(frozen=True, slots=True)
class Series:
    """Refusals of one reason or one NAS: ``key`` is its code or id, ``name`` the NAS's name, a value for each bar."""

    key: str
    name: str
    values: list[int]

    @property
    def total(self) -> int:
        return sum(self.values)


@dataclass(frozen=True, slots=True)
class Graph:
    """Refusals over time: the beginnings of the bars, and what they are made of, the most frequent first."""

    at: list[datetime]
    series: list[Series]

    @property
    def others(self) -> list[int]:
        """A value for each bar: all that is not among the first ones."""
        rest = [one.values for one in self.series[TOP:]]
        return [sum(values) for values in zip(*rest, strict=True)] if rest else []


BY = {"reason": "r.reason, ''", "nas": "r.nas_id::text, coalesce(n.name, '')"}


async def graph(wanted: Wanted, window: Window, now: datetime, by: str = "reason") -> Graph:
    """The refusals of a search by reason or by ``nas``, from the wish's ``since`` to ``now``."""
    at = [wanted.since + window.step * n for n in range((now - wanted.since) // window.step + 1)]
    columns = f"date_bin({{}}::interval, r.minute, {{}}) as at, {BY[by]}, sum(r.count)::bigint"
    rows = await listing(wanted).grouped(columns, "1, 2, 3", window.step, wanted.since)
    return Graph(at, _series(rows, {one: index for index, one in enumerate(at)}))


def _series(rows: Sequence[Any], places: Mapping[datetime, int]) -> list[Series]:
    found: dict[str, Series] = {}
    for at, key, name, count in rows:
        one = found.setdefault(key, Series(key, name, [0] * len(places)))
        if at in places:  # a clock ahead of ours is no bar
            one.values[places[at]] += count
    return sorted(found.values(), key=lambda one: (-one.total, one.key))


OF_CONTRACT = f"select {COLUMNS} from {TABLES} where r.contract_id = $1 order by r.minute desc, r.last_at desc limit $2"


async def of_contract(contract_id: int, most: int = 6) -> Sequence[Any]:
    """The last refused logins of a contract."""
    return await db.fetch(OF_CONTRACT, contract_id, most)
