"""A list as one person sees it now: its rows, tabs, chips and columns, ready for the macros of tables."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from weakref import WeakKeyDictionary
from zoneinfo import ZoneInfo

from aiohttp import web

from oss.base.listing import COUNTED, FEW, Page
from oss.base.problems import Forbidden, NotFound
from oss.staff import exports, saved_views, table_choices
from oss.staff.scopes import Scope
from web.auth import USER, held, permissions
from web.keys import CONFIG
from web.render import query_url
from web.tables import TABLES, Column, Filter, State, Table

SIZE = 50
COUNTED_VIEWS = 8  # saved views whose rows are counted for their tab
FRESH_S, MOST_TALLIES = 10.0, 2_000
Choices = Mapping[str, Sequence[tuple[object, str]]]


@dataclass(slots=True)
class Shown:
    """What the macros are given. ``texts``: the words of filters whose choices are rows (name -> (value, text))."""

    table: Table
    state: State
    choice: table_choices.Choice
    views: Sequence[Any]
    user_id: int
    may_export: bool
    texts: Choices = field(default_factory=dict)
    found: Page | None = None
    tallies: dict[int, int] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return self.table.path

    @property
    def params(self) -> dict[str, str]:
        return self.state.params()

    @property
    def sort(self) -> str:
        return self.state.sort or self.table.sort

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns that are seen: those of the address, else the person's, else the list's own."""
        return self.state.columns or self.table.known(self.choice.columns) or self.table.first_columns

    @property
    def columns(self) -> list[Column]:
        return self.table.of(self.keys)

    @property
    def own_look(self) -> bool:
        """Whether columns were chosen: then each of them is seen at any width."""
        return self.keys != self.table.first_columns

    @property
    def others(self) -> list[Column]:
        """The columns that are not seen."""
        return [column for column in self.table.columns if column.key not in self.keys]

    @property
    def density(self) -> str:
        return self.choice.density or "compact"

    @property
    def view(self) -> Any | None:
        """The saved view the address was opened from."""
        return next((one for one in self.views if str(one["id"]) == self.state.tab), None)

    @property
    def moved(self) -> bool:
        """Whether the address is another by now than the view it was opened from."""
        return self.view is not None and self.table.read_query(self.view["query"]).query() != self.state.query()

    @property
    def narrowed(self) -> bool:
        return bool(self.state.values)

    @property
    def small(self) -> bool:
        """Whether its file is sent at once."""
        return self.found is not None and (self.found.total or 0) < exports.SMALL

    def address(self, **changes: Any) -> str:
        """This list with some of the address changed; a page begins anew."""
        return query_url(self.path, self.params, **changes)

    def view_address(self, view: Any) -> str:
        return query_url(self.path, self.table.read_query(view["query"]).params(), tab=view["id"])

    @property
    def query(self) -> str:
        """The address's query with the columns that are seen: what a file or a view keeps."""
        return replace(self.state, columns=self.keys if self.own_look else ()).query()

    @property
    def menu(self) -> list[Filter]:
        """The filters that are not set and stand in no tab."""
        given = dict(self.state.values)
        return [one for one in self.table.filters if one.name not in given and not one.tabs]

    @property
    def chips(self) -> list[tuple[Filter, str]]:
        given = dict(self.state.values)
        return [(one, given[one.name]) for one in self.table.filters if one.name in given and not one.tabs]

    def dropped(self, name: str) -> str:
        """The address without one filter."""
        return self.address(**{name: None})

    def with_(self, name: str, value: object) -> str:
        """The address with a filter set."""
        return self.address(**{name: value})

    def day_of(self, value: str) -> date:
        return date.fromisoformat(value)

    def text_of(self, one: Filter, value: str) -> str:
        """A filter's value in words that are rows' own; the macros translate those of ``choices``."""
        return next((text for known, text in self.texts.get(one.name, ()) if str(known) == value), value)


def zone_of(request: web.Request) -> ZoneInfo:
    """The provider's zone."""
    return ZoneInfo(request.app[CONFIG].zone)


def allowed(request: web.Request, name: str) -> Table:
    """A list by its name, if this person may see it."""
    table = TABLES.get(name)
    if table is None:
        raise NotFound(thing="list")
    if table.permission not in permissions(request):
        raise Forbidden()
    return table


async def shown(request: web.Request, table: Table, texts: Choices | None = None) -> Shown:
    """A request's list, without its rows. An address that says nothing opens the person's own first view."""
    user_id = request[USER].id
    views = await saved_views.seen(user_id, table.name)
    first = next((one for one in views if one["opens"] and one["user_id"] == user_id), None)
    if first is not None and not request.query_string:
        raise web.HTTPSeeOther(query_url(table.path, table.read_query(first["query"]).params(), tab=first["id"]))
    choice = await table_choices.of(user_id, table.name)
    may_export = table.exports in permissions(request)
    return Shown(table, table.read(request.query), choice, views, user_id, may_export, texts or {})


async def read(request: web.Request, table: Table, texts: Choices | None = None, total: int | None = None) -> Shown:
    """A request's list with one page of rows and the counts of its saved views, all within the scope of who asks."""
    seen, zone, whose = await shown(request, table, texts), zone_of(request), table.scope(held(request))
    listing, order = table.listing(seen.state, zone, whose)
    after, before = request.query.get("after"), request.query.get("before")
    if total is None:
        page = await listing.read(order, SIZE, after, before)
    else:
        page = await listing.page(order, SIZE, after, before, total, few=total <= FEW)
    if table.complete is not None:
        page = replace(page, rows=list(await table.complete(page.rows, zone)))
    seen.found = page
    for view in seen.views[:COUNTED_VIEWS]:
        tallies = _tallies.setdefault(request.app, {})
        seen.tallies[view["id"]] = await _counted(tallies, seen, view["query"], zone, whose)
    return seen


def of_tab(request: web.Request, table: Table, tally: Mapping[str, int], every: str = "every") -> int | None:
    """The rows of a list that is narrowed by its tab alone, as the tabs count them; None where it must be counted."""
    given, tabs = dict(table.read(request.query).values), [one.name for one in table.filters if one.tabs]
    if not given.keys() <= set(tabs) or len(tabs) != 1:
        return None
    return tally.get(given.get(tabs[0], every))


Tallies = dict[tuple[Scope, str, str], tuple[float, int]]
_tallies: WeakKeyDictionary[web.Application, Tallies] = WeakKeyDictionary()


async def _counted(tallies: Tallies, seen: Shown, query: str, zone: ZoneInfo, whose: Scope) -> int:
    """The rows of a saved view: counted no further than COUNTED, and anew when the count is some seconds old."""
    key, now = (whose, seen.table.name, query), time.monotonic()
    kept = tallies.get(key)
    if kept is not None and now < kept[0]:
        return kept[1]
    if len(tallies) >= MOST_TALLIES:
        tallies.clear()
    listing, _ = seen.table.listing(seen.table.read_query(query), zone, whose)
    count = await listing.count(COUNTED)
    tallies[key] = (time.monotonic() + FRESH_S, count)
    return count
