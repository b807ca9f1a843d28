"""Watches: what is measured goes in, incidents come out.

`Watch` keeps how each rule stands at each thing; `settle` makes the incidents be what follows from that. It is a
function of the state and not of what happened last: whatever was missed, the next time puts it right.
"""

from __future__ import annotations

import logging
import math
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from oss.base import db
from oss.monitoring import incident_rows, rules, symptom_rows, tree_rows
from oss.monitoring.causes import Down, Last, Thing, Tree
from oss.monitoring.conditions import Judge, judge
from oss.monitoring.follow import Step
from oss.monitoring.incident_rows import Opened, Opening
from oss.monitoring.rules import Rule
from oss.monitoring.symptom_rows import Key, Standing
from oss.monitoring.symptoms import CALM, Phase, Turn, due, feed
from oss.network import maintenance

log = logging.getLogger(__name__)

SAID_S: Final = 180.0
"""Seconds for which a thing's last word explains why it went: a dying gasp comes before the poll that misses it."""

TIMED_S: Final = 5.0
"""So often those are looked at that may begin or end though nothing comes: there may be many."""


class Watch:
    """How everything stands. Lives in the loop of the one process that watches."""

    def __init__(self) -> None:
        self.rules: Sequence[Rule] = ()
        self.standings: dict[Key, Standing] = {}
        self.incidents: dict[int, Opened] = {}
        self.tree = Tree({})
        self.far_ends: Mapping[Thing, Thing] = {}
        self._known: dict[int, Rule] = {}
        self._by_subject: dict[str, list[Rule]] = {}
        self._judges: dict[Key, Judge] = {}
        self._timed: dict[Key, Judge] = {}  # those of them that wait
        self._said: dict[Thing, tuple[Last, float]] = {}
        self._well: dict[Thing, float] = {}  # when what was away was last seen to be back
        self._unsaved: set[Key] = set()
        self._ticked = -math.inf
        self._turned = True  # after a start the incidents are looked at once

    # ------------------------------------------------------------ what there is to watch

    async def load(self, connection: db.Connection) -> None:
        """All from rows: what was said before a restart is not said again."""
        self.standings = await symptom_rows.read(connection)
        self.incidents = await incident_rows.read(connection)
        await self.reload(connection)

    async def reload(self, connection: db.Connection) -> None:
        """Rules and inventory anew; what a rule that is gone had found is over."""
        self.rules = await rules.enabled(connection)
        self.tree, self.far_ends = await tree_rows.read(connection), await tree_rows.far_ends(connection)
        self._by_subject = defaultdict(list)
        for rule in self.rules:
            self._by_subject[rule.subject].append(rule)
        self._known = {rule.id: rule for rule in self.rules}
        for key in [key for key in self.standings if not _still(self._known.get(key.rule_id), key)]:
            self._forget(key)
        self._judges = {key: one for key, one in self._judges.items() if _still(self._known.get(key.rule_id), key)}
        self._timed = {key: one for key, one in self._timed.items() if key in self._judges}
        self._turned = True

    def _forget(self, key: Key) -> None:
        self.standings[key] = Standing(CALM)
        self._unsaved.add(key)

    def look_again(self) -> None:
        """Something beside samples may have changed: a maintenance window began, or is over."""
        self._turned = True

    # ------------------------------------------------------------ what is seen

    def wants(self, subject: str) -> bool:
        """Whether any rule looks at this kind of sample."""
        return subject in self._by_subject

    def observe(
        self,
        subject: str,
        at: float,
        objects: Sequence[int],
        metrics: Mapping[str, Sequence[float]],
        allowed: Mapping[int, float] | None = None,
    ) -> None:
        """Samples of one instant (Unix seconds): of each metric the values of the objects, in their order."""
        for rule in self._by_subject.get(subject, ()):
            for object_id, value in zip(objects, metrics.get(rule.metric, ()), strict=False):
                if rule.looks_at(object_id):
                    self._value(rule, object_id, at, value, (allowed or {}).get(object_id, math.nan))

    def event(self, subject: str, metric: str, object_id: int, at: float, value: float) -> None:
        """A trap told of a change that no poll may have seen: it counts where changes are counted, and nowhere else."""
        for rule in self._by_subject.get(subject, ()):
            if rule.condition.kind == "flap" and rule.metric == metric and rule.looks_at(object_id):
                self._value(rule, object_id, at, value, math.nan)

    def only(self, subject: str) -> Collection[int] | None:
        """The objects of a subject that rules look at; None: all."""
        found: set[int] = set()
        for rule in self._by_subject.get(subject, ()):
            if rule.only is None:
                return None
            found |= rule.only
        return found

    def last_word(self, thing: Thing, last: Last, at: float) -> None:
        """A trap told why it is about to go, or went."""
        self._said[thing] = (last, at)
        for key in [key for key in self.standings if key.thing == thing]:
            self._tell_last(key, last, at)

    def tick(self, now: float) -> None:
        """Time passes: what nothing is heard of, and what has waited long enough."""
        if abs(now - self._ticked) >= TIMED_S:
            self._ticked = now
            self._look_at_silent(now)
        for key, one in list(self.standings.items()):
            rule = self._known.get(key.rule_id)
            when = due(one.symptom, rule.patience) if rule is not None else None
            if rule is not None and when is not None and when <= now:
                self._feed(rule, key, one.symptom.holds, now, None)

    def _look_at_silent(self, now: float) -> None:
        for key, judged in list(self._timed.items()):
            holds = judged.silent(now)
            if holds is not None:
                self._feed(self._known[key.rule_id], key, holds, now, None)
            if not judged.waits:
                del self._timed[key]

    def _value(self, rule: Rule, object_id: int, at: float, value: float, allowed: float) -> None:
        key = Key(rule.id, Thing(rule.thing, object_id))
        judged = self._judges.get(key)
        if judged is None:
            judged = self._judges[key] = judge(rule.condition)
        holds = judged.value(at, value, allowed)
        if judged.waits:
            self._timed[key] = judged
        if holds is not None:
            self._feed(rule, key, holds, at, None if math.isnan(value) else value)

    def _feed(self, rule: Rule, key: Key, holds: bool, now: float, value: float | None) -> None:
        before = self.standings.get(key, Standing(CALM))
        if not holds and before.symptom is CALM:
            return
        symptom, turn = feed(before.symptom, holds, now, rule.patience)
        anew = before.last is Last.NOTHING or (holds and not before.symptom.holds)
        last = self._last(key.thing, now) if anew else before.last
        last = Last.NOTHING if symptom.phase is Phase.CALM else last  # while it clears, why it went is still the reason
        after = Standing(symptom, before.value if value is None else value, last)
        self.standings[key] = after
        if (symptom.phase, symptom.since, last) != (before.symptom.phase, before.symptom.since, before.last):
            self._unsaved.add(key)
        if turn is not None:
            self._turned = True
        if turn in (Turn.CLEARED, Turn.SETTLED):
            self._well[key.thing] = symptom.since

    def _last(self, thing: Thing, now: float) -> Last:
        last, at = self._said.get(thing, (Last.NOTHING, -math.inf))
        return last if now - at <= SAID_S else Last.NOTHING

    def _tell_last(self, key: Key, last: Last, at: float) -> None:
        one = self.standings[key]
        if one.symptom.holds and one.last is Last.NOTHING and at - one.symptom.began <= SAID_S:
            self.standings[key] = one._replace(last=last)
            self._unsaved.add(key)
            self._turned = True

    # ------------------------------------------------------------ what follows

    async def settle(self, now: float) -> bool:
        """Keep what changed, and make the incidents follow; True if any was opened, changed or closed."""
        if not self._unsaved and not self._turned:
            return False
        unsaved, turned = set(self._unsaved), self._turned
        async with db.transaction() as connection:
            await symptom_rows.write(connection, {key: self.standings[key] for key in unsaved})
            changed = turned and await self._follow(connection, now)
            incidents = await incident_rows.read(connection) if changed else self.incidents
        self.incidents = incidents
        self._unsaved -= unsaved
        self._turned = self._turned and not turned
        self._sweep()
        return changed

    def _sweep(self) -> None:
        """What is calm and has not changed lately needs no place."""
        for key in [key for key, one in self.standings.items() if _is_idle(one) and key not in self._unsaved]:
            del self.standings[key]

    def _heard(self, *, loss: bool) -> dict[Key, Standing]:
        """What stands raised, of rules that mean a loss or of the others; what flaps is neither."""
        kinds = {rule.id for rule in self.rules if rule.is_loss is loss}
        return {
            key: one
            for key, one in self.standings.items()
            if key.rule_id in kinds and one.symptom.phase in (Phase.RAISED, Phase.CLEARING)
        }

    async def _follow(self, connection: db.Connection, now: float) -> bool:
        lost = self._heard(loss=True)
        things = {key.thing for key in self.standings}
        tree = await tree_rows.grown(connection, self.tree, things)
        down: dict[Thing, Down] = {}
        for key, one in lost.items():
            if key.thing not in down or one.symptom.began < down[key.thing].since:
                down[key.thing] = Down(one.symptom.began, one.last)
        work = await maintenance.at_work(connection, symptom_rows.instant(now))
        at_work = {Thing("device", one) for one in work.devices} | {Thing("pon", one) for one in work.pons}
        step = Step(connection, tree, down, at_work, self._severities(lost), now, self._well, self._is_explained)
        changed = await step.losses(self.incidents)
        changed = await step.others(self.incidents, self._wanted(tree, down)) or changed
        return await step.work(self.incidents) or changed

    def _severities(self, lost: Mapping[Key, Standing]) -> dict[Thing, str]:
        found: dict[Thing, list[str]] = defaultdict(list)
        for key in lost:
            found[key.thing].append(self._known[key.rule_id].severity)
        return {thing: rules.gravest(some) for thing, some in found.items()}

    def _wanted(self, tree: Tree, down: Mapping[Thing, Down]) -> dict[tuple[int, Thing, str], Opening]:
        """The incidents of rules that stand alone, and of what flaps, unless something above them is away."""
        wanted, restless = {}, self._restless()
        for key, one in [*self._heard(loss=False).items(), *self._flapping().items()]:
            if self._is_explained(key.thing, tree, down):
                continue
            rule = self._known[key.rule_id]
            if restless.get((key.thing, rule.metric), key) != key:
                continue
            why = "flapping" if self._flaps(key, one) else "rule"
            named = (rule.id, rule.name, one.value)
            wanted[rule.id, key.thing, why] = Opening(
                key.thing, why, "", rule.severity, one.symptom.began, False, *named
            )
        return wanted

    def _is_explained(self, thing: Thing, tree: Tree, down: Mapping[Thing, Down]) -> bool:
        """Whether it is away, or what it is behind, or the device at the other end of its link."""
        places = (thing, self.far_ends.get(thing))
        return any(one in down for place in places if place for one in (place, *tree.above(place)))

    def _restless(self) -> dict[tuple[Thing, str], Key]:
        """What comes and goes, by thing and metric: that it does is one incident, whatever else rules say of it."""
        told = {**self._flapping(), **self._heard(loss=False)}
        keys = sorted(key for key, one in told.items() if self._flaps(key, one))
        return {(key.thing, self._known[key.rule_id].metric): key for key in reversed(keys)}

    def _flaps(self, key: Key, one: Standing) -> bool:
        return one.symptom.phase is Phase.FLAPPING or self._known[key.rule_id].condition.kind == "flap"

    def _flapping(self) -> dict[Key, Standing]:
        return {key: one for key, one in self.standings.items() if one.symptom.phase is Phase.FLAPPING}


def _still(rule: Rule | None, key: Key) -> bool:
    return rule is not None and rule.thing == key.thing.kind and rule.looks_at(key.thing.id)


def _is_idle(one: Standing) -> bool:
    return one.symptom.phase is Phase.CALM and not one.symptom.changes
