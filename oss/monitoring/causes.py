"""Parents first: from many things that are down to the few causes that explain them.

What is below something that is down is not a cause. Things that were lost together and share a parent have their cause
there, though the parent itself answers: a cut fibre, or a street without power. Pure: the tree and what is down come
in, causes go out; whoever keeps incidents matches them with those that are open (`incidents`).

The work grows with what is down, not with what there is.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

TOGETHER_S: Final = 90.0
"""Seconds within which things below one parent were lost together: polls of one table, and sessions that time out."""

LEAST_TOGETHER: Final = 3
"""So many at the least: two neighbours may both have switched off their modems."""

SHARE: Final = 0.8
"""So much of what is below must be lost: some had been off before, or run on a battery."""


BESIDE: Final = ("interface", "line")
"""Kinds that stand beside the plant: they have a place in it, and are not counted among its ends."""


class Thing(NamedTuple):
    """One thing of the inventory: ``kind`` as the inventory spells it (site, device, pon, box, onu…), and its id."""

    kind: str
    id: int


class Last(StrEnum):
    """What a thing said before it went silent (ITU-T G.984.3 dying gasp; loss of signal seen by the OLT)."""

    POWER = "power"
    LIGHT = "light"
    NOTHING = "nothing"


class Why(StrEnum):
    """What kind of cause."""

    DOWN = "down"  # the thing itself does not answer
    POWER = "power"  # what is below lost its power
    CUT = "cut"  # what is below lost its light
    TOGETHER = "together"  # what is below was lost together, nobody said how


@dataclass(frozen=True, slots=True)
class Down:
    """Since when (Unix seconds), and its last word."""

    since: float
    last: Last = Last.NOTHING


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause: where, why, what is down with it (itself among them if it is), and when it began (Unix seconds)."""

    at: Thing
    why: Why
    members: frozenset[Thing]
    began: float


class Tree:
    """Who is behind whom. A thing has one parent at most; whoever makes the tree refuses circles.

    Leaves are the ends of the plant (ONUs, devices nothing hangs on): what is lost together is counted in those.
    """

    def __init__(self, parents: Mapping[Thing, Thing], sites: Mapping[Thing, Thing] | None = None) -> None:
        """``sites``: where each device stands, which need not be what it is behind."""
        self.parents, self.sites = parents, dict(sites or {})
        self._standing = Counter(self.sites.values())
        self._inner = frozenset(parents.values())
        self._ends = Counter(above for thing in parents if self.is_leaf(thing) for above in self.above(thing))

    def with_more(self, parents: Mapping[Thing, Thing]) -> Tree:
        """With things that are no ends of the plant: interfaces, customers' lines."""
        tree = Tree.__new__(Tree)
        tree.parents, tree.sites, tree._standing = {**self.parents, **parents}, self.sites, self._standing
        tree._inner, tree._ends = self._inner, self._ends
        return tree

    def above(self, thing: Thing) -> list[Thing]:
        """What it is behind, the nearest first."""
        found: list[Thing] = []
        while (parent := self.parents.get(found[-1] if found else thing)) is not None and parent not in found:
            found.append(parent)
        return found

    def is_leaf(self, thing: Thing) -> bool:
        """Whether it is an end of the plant."""
        return thing not in self._inner and thing.kind not in BESIDE

    def standing(self, site: Thing) -> int:
        """How many devices stand at a site."""
        return self._standing[site]

    def leaves(self, thing: Thing) -> int:
        """How many ends are behind it."""
        return self._ends[thing]


def causes(tree: Tree, down: Mapping[Thing, Down]) -> list[Cause]:
    """The causes of all that is down, the oldest first; each thing is a member of exactly one."""
    members: dict[Thing, set[Thing]] = defaultdict(set)
    for thing in down:
        members[_highest_down(tree, down, thing)].add(thing)
    found = _sites(tree, members, down)
    alone = [root for root, below in members.items() if below == {root}]
    found += [_of_itself(root, members[root], down) for root in members if members[root] != {root}]
    found += _together(tree, down, alone)
    return sorted(found, key=lambda cause: (cause.began, cause.at))


def _highest_down(tree: Tree, down: Mapping[Thing, Down], thing: Thing) -> Thing:
    """The topmost that is down on its way up: what is between could not be seen, its parent being away."""
    return next((one for one in reversed(tree.above(thing)) if one in down), thing)


def _sites(tree: Tree, members: dict[Thing, set[Thing]], down: Mapping[Thing, Down]) -> list[Cause]:
    """The sites of which no device answers, with all that their devices explain; those are taken out of ``members``."""
    dark = Counter(tree.sites[thing] for thing in down if thing in tree.sites)
    found = []
    for site in sorted(site for site, count in dark.items() if 1 < count == tree.standing(site)):
        roots = [root for root in members if tree.sites.get(root) == site]
        if roots:
            below = frozenset(thing for root in roots for thing in members.pop(root))
            found.append(Cause(site, Why.DOWN, below, min(down[root].since for root in roots)))
    return found


def _of_itself(at: Thing, members: Iterable[Thing], down: Mapping[Thing, Down]) -> Cause:
    together = frozenset(members)
    return Cause(at, Why.DOWN, together, down[at].since)


def _together(tree: Tree, down: Mapping[Thing, Down], alone: Iterable[Thing]) -> list[Cause]:
    """Those that nothing above explains: by the parent they were lost with, or each by itself."""
    left, found = set(alone), list[Cause]()
    below = _by_parent(tree, down)
    for parent in sorted(below, key=lambda one: (len(tree.above(one)), one)):  # from above: one is to explain much
        batch = _lost_at_once([thing for thing in below[parent] if thing in left], down)
        if len(batch) >= LEAST_TOGETHER and _covers(tree, parent, batch, below[parent], down):
            found.append(_shared(tree, parent, batch, down))
            left -= batch
    return found + [_of_itself(thing, (thing,), down) for thing in left]


def _by_parent(tree: Tree, down: Mapping[Thing, Down]) -> dict[Thing, list[Thing]]:
    """The leaves that are down, by everything they are behind."""
    below: dict[Thing, list[Thing]] = defaultdict(list)
    for thing in down:
        if tree.is_leaf(thing):
            for parent in tree.above(thing):
                below[parent].append(thing)
    return below


def _lost_at_once(lost: list[Thing], down: Mapping[Thing, Down]) -> set[Thing]:
    """The most of them that were lost within `TOGETHER_S`."""
    lost = sorted(lost, key=lambda thing: down[thing].since)
    best: list[Thing] = []
    first = 0
    for last, thing in enumerate(lost):
        while down[thing].since - down[lost[first]].since > TOGETHER_S:
            first += 1
        if last + 1 - first > len(best):
            best = lost[first : last + 1]
    return set(best)


def _covers(tree: Tree, parent: Thing, batch: set[Thing], below: list[Thing], down: Mapping[Thing, Down]) -> bool:
    """Whether (nearly) all that still stood below was lost: what had been down before does not count."""
    began = min(down[thing].since for thing in batch)
    before = sum(1 for thing in below if down[thing].since < began)
    return len(batch) >= SHARE * (tree.leaves(parent) - before)


def _shared(tree: Tree, parent: Thing, batch: set[Thing], down: Mapping[Thing, Down]) -> Cause:
    """At the lowest thing that all of them are behind."""
    at = parent
    while len(ways := {_step(tree, at, thing) for thing in batch}) == 1:
        (way,) = ways
        if way is None or way in batch:
            break
        at = way
    return Cause(at, _why(batch, down), frozenset(batch), min(down[thing].since for thing in batch))


def _step(tree: Tree, at: Thing, thing: Thing) -> Thing | None:
    """The child of ``at`` on the way to a thing below it."""
    way = [thing, *tree.above(thing)]
    place = way.index(at)
    return way[place - 1] if place else None


def _why(batch: Iterable[Thing], down: Mapping[Thing, Down]) -> Why:
    """As most of those say that said anything."""
    said = Counter(down[thing].last for thing in batch)
    power, light = said[Last.POWER], said[Last.LIGHT]
    if power == light:
        return Why.TOGETHER
    return Why.POWER if power > light else Why.CUT
