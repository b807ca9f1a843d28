"""Incidents follow from what is away and what stands raised: one pass over them, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from oss.base import db
from oss.monitoring import incident_rows, rules, tree_rows
from oss.monitoring.causes import Down, Thing, Tree, causes
from oss.monitoring.incident_rows import Opened, Opening
from oss.monitoring.matching import Held, match

Wanted = Mapping[tuple[int, Thing, str], Opening]
"""The incidents there should be of rules that stand alone: by rule, thing and why."""


class Step:
    """One pass over the incidents, in one transaction."""

    def __init__(
        self,
        connection: db.Connection,
        tree: Tree,
        down: Mapping[Thing, Down],
        at_work: set[Thing],
        severities: Mapping[Thing, str],
        now: float,
        well: Mapping[Thing, float],
        explained: Callable[[Thing, Tree, Mapping[Thing, Down]], bool],
    ) -> None:
        self.connection, self.tree, self.down, self.at_work = connection, tree, down, at_work
        self.severities, self.now, self.well, self.explained = severities, now, well, explained

    async def losses(self, incidents: Mapping[int, Opened]) -> bool:
        """Open, move, merge and close the incidents of what is away."""
        held = {key: one.held for key, one in incidents.items() if one.held is not None}
        change = match(held, causes(self.tree, self.down))
        places = [cause.at for cause in change.opened] + [one.at for one in change.changed.values()]
        names = await tree_rows.called(self.connection, places)
        for cause in change.opened:
            one = self._opening(cause.at, cause.why, names, cause.members, cause.began)
            await incident_rows.open_one(self.connection, one, self._since(cause.members))
        for key, now in change.changed.items():
            await self._move(key, held[key], now, names)
        for key, into in change.merged.items():
            await incident_rows.close(self.connection, key, self.now, into)
        for key in change.closed:
            await incident_rows.close(self.connection, key, self._ended(held[key].members))
        return bool(change.opened or change.changed or change.merged or change.closed)

    async def others(self, incidents: Mapping[int, Opened], wanted: Mapping[tuple[int, Thing, str], Opening]) -> bool:
        """Open and close the incidents of rules at one thing."""
        standing = {(one.rule_id, one.at, one.why): key for key, one in incidents.items() if one.held is None}
        missing = [key for key in wanted if key not in standing]
        over = [key for what, key in standing.items() if what not in wanted]
        names = await tree_rows.called(self.connection, [thing for _, thing, _ in missing])
        for what in missing:
            one, thing = wanted[what], what[1]
            at_work = self._is_at_work(thing)
            named = replace(one, name=names.get(thing, ""), in_maintenance=at_work)
            await incident_rows.open_one(self.connection, named, {thing: one.began})
        for key in over:
            explained = self.explained(incidents[key].at, self.tree, self.down)
            ended = self.now if explained else self._ended((incidents[key].at,))
            await incident_rows.close(self.connection, key, ended, why="explained" if explained else "ended")
        return bool(missing or over)

    async def work(self, incidents: Mapping[int, Opened]) -> bool:
        """Mark those at which somebody works from now on, or no more."""
        places = {key: one.at for key, one in incidents.items() if one.in_maintenance != self._is_at_work(one.at)}
        for key, at in places.items():
            await incident_rows.maintained(self.connection, key, self._is_at_work(at), self.now)
        return bool(places)

    async def _move(self, key: int, was: Held, now: Held, names: Mapping[Thing, str]) -> None:
        gone = {thing: self.well.get(thing, self.now) for thing in was.members - now.members}
        began = min(self.down[thing].since for thing in now.members)
        one = self._opening(now.at, now.why, names, now.members, began)
        if (was.at, was.why) != (now.at, now.why):
            await incident_rows.say(self.connection, key, "moved", {"at": one.name, "why": one.why})
        if more := now.members - was.members:
            await incident_rows.say(self.connection, key, "grew", {"members": len(more)})
        if gone:
            await incident_rows.say(self.connection, key, "shrank", {"members": len(gone)})
        await incident_rows.move(self.connection, key, one, self._since(now.members), gone)

    def _opening(
        self, at: Thing, why: str, names: Mapping[Thing, str], members: frozenset[Thing], began: float
    ) -> Opening:
        known = [self.severities[thing] for thing in members if thing in self.severities]
        severity = rules.gravest(known) if len(members) == 1 else "critical"
        return Opening(at, why, names.get(at, ""), severity, began, self._is_at_work(at))

    def _since(self, members: frozenset[Thing]) -> dict[Thing, float]:
        return {thing: self.down[thing].since for thing in members}

    def _is_at_work(self, thing: Thing) -> bool:
        return any(one in self.at_work for one in (thing, *self.tree.above(thing)))

    def _ended(self, members: Sequence[Thing] | frozenset[Thing]) -> float:
        """When the last of them was back."""
        return max((self.well.get(thing, self.now) for thing in members), default=self.now)
