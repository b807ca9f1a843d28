"""From causes to incidents: what is new, what has grown, which were one all along, and which are over. Pure.

An incident keeps its place while it shrinks: of a cut that is being spliced, the last ones dark are still the cut. It
moves only where more is lost than it knew, or where what was away itself is back and something behind it is not; and it
never falls apart.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from oss.monitoring.causes import Cause, Thing, Why


@dataclass(frozen=True, slots=True)
class Held:
    """An open incident as far as matching goes."""

    at: Thing
    why: Why
    members: frozenset[Thing]


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be done: by incident where there is one. ``merged``: number of the one it became part of."""

    opened: list[Cause] = field(default_factory=list)
    changed: dict[int, Held] = field(default_factory=dict)
    merged: dict[int, int] = field(default_factory=dict)
    closed: list[int] = field(default_factory=list)


def match(held: Mapping[int, Held], causes: Iterable[Cause]) -> Change:
    """What the causes of now make of the incidents (by number; a smaller number is the older one)."""
    change, claimed = Change(), defaultdict[int, list[Cause]](list)
    owner = {thing: number for number, one in held.items() for thing in one.members}
    for cause in causes:
        owners = sorted({owner[thing] for thing in cause.members if thing in owner})
        if not owners:
            change.opened.append(cause)
            continue
        claimed[owners[0]].append(cause)
        change.merged.update(dict.fromkeys(owners[1:], owners[0]))
    _follow(change.merged, claimed)
    for number, one in held.items():
        _judge(change, number, one, claimed.get(number, []))
    return change


def _follow(merged: dict[int, int], claimed: dict[int, list[Cause]]) -> None:
    """Who was merged into one that was merged itself belongs to the last; and with it its causes."""
    for number in sorted(merged):
        into = merged[number]
        while into in merged:
            into = merged[into]
        merged[number] = into
        claimed[into] += claimed.pop(number, [])


def _judge(change: Change, number: int, one: Held, causes: list[Cause]) -> None:
    if number in change.merged:
        return
    if not causes:
        change.closed.append(number)
        return
    now = _now(one, causes)
    if now != one:
        change.changed[number] = now


def _now(one: Held, causes: list[Cause]) -> Held:
    members = frozenset[Thing]().union(*(cause.members for cause in causes))
    largest = max(causes, key=lambda cause: (len(cause.members), cause.at))
    is_back = one.why is Why.DOWN and all(cause.at != one.at for cause in causes)
    if largest.members <= one.members and not is_back:
        why = largest.why if largest.at == one.at else one.why  # late last words tell more of the same place
        return Held(one.at, why, members)
    return Held(largest.at, largest.why, members)
