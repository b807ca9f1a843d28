"""The rows an act on many is about: those ticked, or everything the search it carries finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from oss.access.hold_acts import MANY, NumberChanged
from oss.base.listing import Listing
from oss.base.problems import InvalidInput
from oss.staff.scopes import Scope
from web.forms import Form
from web.render import query_url
from web.tables import State, Table

MOST_TICKED = 1_000


@dataclass(frozen=True, slots=True)
class Chosen:
    """``keys``: the rows that were ticked; None: all of the search ``state``; either way those of the scope."""

    table: Table
    state: State
    keys: list[str] | None
    zone: ZoneInfo
    scope: Scope

    @property
    def whole(self) -> bool:
        return self.keys is None

    def listing(self) -> Listing:
        listing, _ = self.table.listing(self.state, self.zone, self.scope)
        return listing if self.keys is None else listing.only(self.keys)

    async def count(self) -> int:
        return await self.listing().count()

    async def ids(self) -> list[Any]:
        """The keys of the rows there are now."""
        return await self.listing().keys()

    def fields(self) -> dict[str, object]:
        """What a preview's form carries on, so that the act is about the same rows."""
        whole: dict[str, object] = {"list": self.table.name, "query": self.state.query()}
        return whole | ({"whole": "1"} if self.keys is None else {"chosen": self.keys})


def chosen(form: Form, table: Table, zone: ZoneInfo, scope: Scope) -> Chosen:
    """What a form means. Ticked rows count wherever the search has moved to since: the keys alone say which."""
    state = table.read_query(form.text("query", most=2000))
    if form.flag("whole"):
        return Chosen(table, state, None, zone, scope)
    keys = sorted(set(form.many("chosen")))[:MOST_TICKED]
    if not keys:
        raise InvalidInput({"chosen": "choose at least one"})
    return Chosen(table, State(sort=state.sort), keys, zone, scope)


def check_number(form: Form, keys: Sequence[object], many: int = MANY) -> None:
    """An act on more than a hundred goes on only with the number typed, and while it is still true."""
    if len(keys) > many and form.number("number", 0) != len(keys):
        raise NumberChanged(now=len(keys), typed=form.text("number") or 0)


def back_of(form: Form, table: Table) -> str:
    """The list an act came from, as it was narrowed."""
    state = table.read_query(form.text("query", most=2000))
    return query_url(table.path, {**state.params(), "tab": form.text("tab", most=20)})
