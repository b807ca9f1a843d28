"""What crosses rooms is gathered, not imported: rooms register how they find things, the web asks them all at once.

A room's ``search.py`` registers its searches by being there (`oss.app.register_features` imports every module)::

    @searches("customer.name", "customers.read", wants=lambda typed: bool(typed.words))
    async def by_name(connection, typed, most, narrowing): ...

and whoever knows more of a thing than the room that found it registers how it is told (`tells`): the customer is found
by crm, and billing knows whether he is online.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from oss.base import db
from oss.base.typed import Typed

log = logging.getLogger(__name__)
PATIENCE_S = 1.0  # a search that takes longer is left out and said to be
AT_ONCE = 4  # connections that all searches of this process hold together: pages need the others
MOST = 6  # hits of one kind

Narrowing = Any  # a scope (`oss.staff.scopes`, a room above), handed on untouched; None narrows nothing


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing found. ``thing`` and ``id`` say whose page opens; ``match`` is the value that fits what was typed.

    ``beside``: what else is shown, as a room spells it; ``personal``: the match is, and is shown masked.
    ``owner``: whose page shows it, where it has none of its own (an invoice stands on its customer's).
    """

    thing: str
    id: int
    title: str
    match: str = ""
    beside: str = ""
    personal: bool = False
    owner: int = 0


Find = Callable[[db.Connection, Typed, int, Narrowing], Awaitable[Sequence[Hit]]]
Tell = Callable[[db.Connection, Sequence[int]], Awaitable[Mapping[int, Mapping[str, Any]]]]


@dataclass(frozen=True, slots=True)
class Search:
    """One way to find one kind of thing; ``wants`` says without the database whether a text could be meant."""

    kind: str
    permission: str
    wants: Callable[[Typed], bool]
    find: Find
    rank: int


@dataclass(frozen=True, slots=True)
class Group:
    """What one search found; ``more``: there is more than is shown; ``late``: it was not waited for."""

    kind: str
    hits: list[Hit] = field(default_factory=list)
    more: bool = False
    late: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """The answer of all searches, grouped by why they matched; ``told``: thing -> id -> what is known of it."""

    groups: list[Group]
    told: Mapping[str, Mapping[int, Mapping[str, Any]]]
    seconds: float

    @property
    def count(self) -> int:
        return sum(len(group.hits) for group in self.groups)

    @property
    def more(self) -> bool:
        return any(group.more for group in self.groups)


SEARCHES: dict[str, Search] = {}
TELLERS: dict[str, Tell] = {}
_turns = asyncio.Semaphore(AT_ONCE)


def searches(kind: str, permission: str, *, wants: Callable[[Typed], bool], rank: int = 50) -> Callable[[Find], Find]:
    """Register a search; groups are shown by ``rank``, the surest kinds (a whole number, an address) first."""

    def register(find: Find) -> Find:
        if kind in SEARCHES and SEARCHES[kind].find is not find:
            raise ValueError(f"search {kind!r} is registered twice")
        SEARCHES[kind] = Search(kind, permission, wants, find, rank)
        return find

    return register


def tells(thing: str) -> Callable[[Tell], Tell]:
    """Register what is told of a kind of thing beside its name; the highest room that knows it does."""

    def register(tell: Tell) -> Tell:
        TELLERS[thing] = tell
        return tell

    return register


async def search(
    text: str, permissions: frozenset[str], narrowing: Mapping[str, Narrowing] | None = None, most: int = MOST
) -> Found:
    """Ask every search that this person may use and that the text could be meant for, all at once.

    ``narrowing``: permission -> what of it this person may see. Each search has its own connection and its own
    patience, so that a slow one spoils nothing but itself.
    """
    began, typed = time.perf_counter(), Typed.of(text)
    wanted = [one for one in SEARCHES.values() if typed.text and one.permission in permissions and one.wants(typed)]
    wanted.sort(key=lambda one: (one.rank, one.kind))
    groups = await asyncio.gather(*(_ask(one, typed, most, (narrowing or {}).get(one.permission)) for one in wanted))
    shown = [group for group in _once(groups) if group.hits or group.late]
    told = await _tell(shown)
    return Found(shown, told, time.perf_counter() - began)


def _once(groups: Sequence[Group]) -> list[Group]:
    """Each thing under the surest reason alone: whose login is made of his name is found by either."""
    seen: set[tuple[str, int]] = set()
    left = []
    for group in groups:
        fresh = [hit for hit in group.hits if (hit.thing, hit.id) not in seen]
        seen |= {(hit.thing, hit.id) for hit in fresh}
        left.append(replace(group, hits=fresh))
    return left


async def _ask(one: Search, typed: Typed, most: int, narrowing: Narrowing) -> Group:
    try:
        async with asyncio.timeout(PATIENCE_S), _turns, db.pool().acquire() as connection:
            hits = list(await one.find(connection, typed, most + 1, narrowing))
    except TimeoutError:
        log.warning("a search was not waited for", extra={"facts": {"kind": one.kind}})
        return Group(one.kind, late=True)
    return Group(one.kind, hits[:most], more=len(hits) > most)


async def _tell(groups: Sequence[Group]) -> Mapping[str, Mapping[int, Mapping[str, Any]]]:
    """What else is known of the things found; it is left out where it is not known in time."""
    ids: dict[str, set[int]] = defaultdict(set)
    for group in groups:
        for hit in group.hits:
            ids[hit.thing].add(hit.id)
    known = [thing for thing in ids if thing in TELLERS]
    told = await asyncio.gather(*(_tell_one(thing, sorted(ids[thing])) for thing in known))
    return dict(zip(known, told, strict=True))


async def _tell_one(thing: str, ids: Sequence[int]) -> Mapping[int, Mapping[str, Any]]:
    try:
        async with asyncio.timeout(PATIENCE_S), _turns, db.pool().acquire() as connection:
            return await TELLERS[thing](connection, ids)
    except TimeoutError:
        return {}
