"""What `bench.console` asks for: every list with its tabs, filters and orders, pages behind them, the search, the API.

The lists say of themselves which tabs, filters and orders they have (`web.tables`): a new one is asked by being there.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from yarl import URL

from web.app import feature_routes
from web.tables import TABLES, Filter, Table

PAGE_MS, SEARCH_MS, BOARD_MS = 50.0, 100.0, 200.0


@dataclass(frozen=True, slots=True)
class Sample:
    """Some of what is in the database, to ask about."""

    customers: Sequence[int]
    names: Sequence[str]
    documents: Sequence[str]
    logins: Sequence[str]
    addresses: Sequence[str]
    macs: Sequence[str]
    cities: Sequence[str]
    contracts: Sequence[int]
    plans: Sequence[int]
    routers: Sequence[int]
    days: Sequence[str]


Make = Callable[[Sample, random.Random], str]


@dataclass(frozen=True, slots=True)
class Case:
    """One kind of page: its goal for p95 in milliseconds, and an address of it. ``api``: asked with a token.

    ``further``: the pages behind it are a case of their own.
    """

    name: str
    goal_ms: float
    make: Make
    api: bool = False
    further: bool = False


def fixed(address: str) -> Make:
    """The same address each time."""
    return lambda sample, chance: address


def about(address: str, of: str, name: str = "q") -> Make:
    """An address with ``{}`` for ``name`` and one of the sample's values."""
    return lambda sample, chance: address.format(
        URL.build(query={name: str(chance.choice(getattr(sample, of)))}).raw_query_string
    )


def customer(sample: Sample, chance: random.Random) -> str:
    return f"/console/subscribers/{chance.choice(sample.customers)}"


# Which of the sample's values a filter by a row or a day takes.
FILTERED = {"plan": "plans", "city": "cities", "nas": "routers", "contract": "contracts", "customer": "customers"}
FILTERED |= {"due_from": "days", "due_to": "days"}
# Filters of one value: words, and places of the network, which is not seeded here (bench.network, bench.onu_scroll).
TYPED = {"role": "noc", "maker": "MikroTik", "month": "2026-10", "site": "1", "olt": "1", "pon": "1"}
TYPED |= {"pool": "cgnat"}


def of_table(table: Table) -> Iterator[Case]:
    """A list as it opens, each of its tabs, each filter with some value, each order both ways, and searched."""
    yield Case(table.name, PAGE_MS, fixed(table.path), further=True)
    for one in table.filters:
        for value in one.choices if one.tabs else ():
            yield Case(f"{table.name}, {value}", PAGE_MS, fixed(f"{table.path}?{one.name}={value}"), further=True)
        if not one.tabs:
            yield Case(f"{table.name} of a {one.name}", PAGE_MS, narrowed(table, one))
    for sort in sorted(table.sorts):
        for turn, text in (("", "rising"), ("-", "falling")):
            if turn + sort != table.sort:
                yield Case(f"{table.name} by {sort}, {text}", PAGE_MS, fixed(f"{table.path}?sort={turn}{sort}"))
    yield Case(f"{table.name}, searched", SEARCH_MS, about(table.path + "?{}", "names"))


def narrowed(table: Table, one: Filter) -> Make:
    """A list with a filter set to any of its values."""
    if one.kind == "choice":
        return lambda sample, chance: f"{table.path}?{one.name}={chance.choice(list(one.choices))}"
    if one.name in TYPED:
        return fixed(f"{table.path}?{one.name}={TYPED[one.name]}")
    return about(table.path + "?{}", FILTERED[one.name], one.name)


PLACES = {
    "enforcement": "/console/enforcement",
    "enforcement, all of today": "/console/enforcement?all=1",
    "the network": "/console/network",
    "PON": "/console/pons",
    "wall": "/console/wall",
    "provisioning": "/console/provisioning",
    "bandwidth": "/console/bandwidth",
    "graphs": "/console/graphs",
    "alert rules": "/console/alert-rules",
    "addresses": "/console/addresses",
    "realms": "/console/realms",
    "names and MAC": "/console/names",
    "logins on routers": "/console/router-logins",
    "health": "/console/health",
    "roles": "/console/roles",
    "retention": "/console/retention",
    "notices": "/console/notices",
    "files": "/console/exports",
}
LISTS = {
    "audit": "/console/audit",
    "contracts that run": "/console/board/contracts?view=active",
    "contracts that began": "/console/board/contracts?view=started",
    "contracts that ended": "/console/board/contracts?view=ended",
    "payments": "/console/board/payments",
}
RESOURCES = ("customers", "contracts", "access-accounts", "sessions", "invoices", "holds", "payments", "nas", "plans")


def every() -> tuple[Case, ...]:
    """All kinds of pages."""
    feature_routes()  # the lists are known once their pages are
    tables = [case for table in TABLES.values() if table.path.startswith("/console/") for case in of_table(table)]
    return (
        Case("overview", PAGE_MS, fixed("/console/")),
        Case("customer", PAGE_MS, customer),
        *tables,
        *(Case(name, PAGE_MS, fixed(address), further=True) for name, address in LISTS.items()),
        *(Case(name, PAGE_MS, fixed(address)) for name, address in PLACES.items()),
        Case("who had an address", PAGE_MS, about("/console/addresses?{}", "addresses")),
        Case("board", BOARD_MS, fixed("/console/board")),
        Case("search: name", SEARCH_MS, about("/console/search?{}", "names")),
        Case("search: CPF", SEARCH_MS, about("/console/search?{}", "documents")),
        Case("search: login", SEARCH_MS, about("/console/search?{}", "logins")),
        Case("search: IP", SEARCH_MS, about("/console/search?{}", "addresses")),
        Case("search: MAC", SEARCH_MS, about("/console/search?{}", "macs")),
        *(Case(f"API {name}", PAGE_MS, fixed(f"/api/v1/{name}?limit=50"), api=True) for name in RESOURCES),
    )


CASES = every()
GOALS = {case.name: case.goal_ms for case in CASES} | {
    f"{case.name}, further": case.goal_ms for case in CASES if case.further
}
