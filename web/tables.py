"""One description of each list, from which the rest follows: its address, heads, filters, columns, tabs and files.

A room below the web owns the list's SQL and names its orders and filters; here stands what a person sees of it. Nothing
out of an address reaches SQL as a name: what is not in the description is not read.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from typing import Any
from urllib.parse import parse_qsl, urlencode

from oss.base.listing import Listing, Order
from oss.staff.permissions import Permission
from oss.staff.roles import Held
from oss.staff.scopes import Scope, both
from web import render
from web.forms import plain

MOST_TEXT = 200  # characters of one value in an address
STAMP = "%Y-%m-%d %H:%M:%S"

Params = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Speech:
    """Whose language and clock a file speaks; ``clear``: personal data stand in it whole."""

    language: str
    zone: tzinfo
    clear: bool = False

    def say(self, message: str) -> str:
        return render.translate(self.language, message)

    def at(self, instant: datetime | None) -> str:
        """An instant in the provider's zone, as a spreadsheet sorts it."""
        return instant.astimezone(self.zone).strftime(STAMP) if instant else ""


Value = Callable[[Any, Speech], object]


def named(name: str) -> Value:
    """A column of the row as it is."""
    return lambda row, speech: row[name]


def instant(name: str) -> Value:
    """A column of the row that holds an instant."""
    return lambda row, speech: speech.at(row[name])


@dataclass(frozen=True, slots=True)
class Column:
    """``sort``: the order of the list that its head asks for. ``value``: what a file holds of it (None: it is in none).

    ``td``: classes of its cells. ``css``: classes of head and cells while nobody has chosen columns (those that
    hide it where the screen is narrow).
    """

    key: str
    label: str
    value: Value | None = None
    sort: str = ""
    align: str = ""
    td: str = ""
    css: str = ""
    shown: bool = True


@dataclass(frozen=True, slots=True)
class Filter:
    """One way to narrow a list. ``kind``: choice (of ``choices``: value -> msgid), id, text or day.

    ``asks``: how a chip begins (``from``, ``until``). ``tabs``: it stands in the tabs, not in the menu.
    """

    name: str
    label: str
    kind: str = "choice"
    choices: Mapping[str, str] = field(default_factory=dict)
    tabs: bool = False

    def read(self, text: str) -> str:
        """The value as it stands in an address; empty for what is none."""
        text = plain(text)[:MOST_TEXT].strip()
        if self.kind == "choice":
            return text if text in self.choices else ""
        if self.kind == "id":
            return str(int(text)) if re.fullmatch(r"[0-9]{1,17}", text) and int(text) else ""
        return _day(text) if self.kind == "day" else text


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return ""


@dataclass(frozen=True, slots=True)
class State:
    """What an address says of a list, and nothing it does not know. ``tab``: the saved view it was opened from."""

    values: tuple[tuple[str, str], ...] = ()
    sort: str = ""
    columns: tuple[str, ...] = ()
    tab: str = ""

    def params(self) -> dict[str, str]:
        """As they stand in an address."""
        more = {"sort": self.sort, "cols": ".".join(self.columns), "tab": self.tab}
        return {**dict(self.values), **{name: value for name, value in more.items() if value}}

    def query(self) -> str:
        """What a saved view keeps: the address without its tab."""
        return urlencode({name: value for name, value in self.params().items() if name != "tab"})


Source = Callable[[Params, tzinfo, Scope], tuple[Listing, Order]]
Complete = Callable[[Sequence[Any], tzinfo], Awaitable[Sequence[Any]]]


@dataclass(frozen=True, slots=True)
class Table:
    """One list. ``source`` makes its SQL and order from the address's values and the scope of who asks.

    ``permission`` opens it, ``exports`` lets take it out; ``sort`` is its order while nobody asked for another
    (``-`` for falling). ``complete`` adds to the rows of a page what its columns need.
    """

    name: str
    path: str
    label: str
    file: str
    permission: Permission
    exports: Permission
    columns: tuple[Column, ...]
    sort: str
    source: Source
    filters: tuple[Filter, ...] = ()
    searches: bool = True
    complete: Complete | None = None
    whose: Permission | None = None  # rows are the house's, and what is a customer's in them is narrowed by this
    personal: str = ""  # what the audit calls a file of it
    flows: bool = False  # the rows behind the page come as one scrolls

    def file_scope(self, held: Held) -> Scope:
        """Whose rows somebody may take out: those they may both see and take."""
        return both(held.scope(self.exports), self.scope(held))

    def scope(self, held: Held) -> Scope:
        """The customers whose rows somebody sees, or what is theirs in rows that are nobody's (``whose``)."""
        return held.scope(self.whose or self.permission)

    @property
    def sorts(self) -> frozenset[str]:
        return frozenset(column.sort for column in self.columns if column.sort)

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(column.key for column in self.columns)

    @property
    def first_columns(self) -> tuple[str, ...]:
        """What is seen of it before anybody has chosen."""
        return tuple(column.key for column in self.columns if column.shown)

    def read(self, given: Params) -> State:
        """An address as a state."""
        values = []
        if self.searches and (text := plain(given.get("q", ""))[:MOST_TEXT].strip()):
            values.append(("q", text))
        for one in self.filters:
            if value := one.read(given.get(one.name, "")):
                values.append((one.name, value))
        tab = given.get("tab", "")
        return State(
            tuple(values),
            self._sort(given.get("sort", "")),
            self.known(given.get("cols", "").split(".")),
            tab if tab == "all" or re.fullmatch(r"[1-9][0-9]{0,17}", tab) else "",
        )

    def _sort(self, text: str) -> str:
        return text if text.removeprefix("-") in self.sorts and text != self.sort else ""

    def known(self, keys: Sequence[str]) -> tuple[str, ...]:
        """Those of the keys that are columns, each once, in the order they came."""
        return tuple(dict.fromkeys(key for key in keys if key in self.keys))

    def read_query(self, query: str) -> State:
        """A query text as a state."""
        return self.read(dict(parse_qsl(query)))

    def params(self, state: State) -> dict[str, str]:
        """What the room below is given: every known value, and the order by name."""
        return {**dict(state.values), "sort": state.sort or self.sort}

    def listing(self, state: State, zone: tzinfo, scope: Scope) -> tuple[Listing, Order]:
        """The SQL of a state, for the rows a scope holds."""
        return self.source(self.params(state), zone, scope)

    def of(self, keys: Sequence[str]) -> list[Column]:
        """Columns by their keys."""
        by_key = {column.key: column for column in self.columns}
        return [by_key[key] for key in keys]

    def of_file(self, keys: Sequence[str]) -> list[Column]:
        """The columns of a file: those that are seen, each with what it holds; else all that hold something."""
        found = [column for column in self.of(self.known(keys)) if column.value is not None]
        return found or [column for column in self.columns if column.value is not None]


TABLES: dict[str, Table] = {}


def register(table: Table) -> Table:
    """Make a list known by its name: to saved views, choices and files."""
    TABLES[table.name] = table
    return table
