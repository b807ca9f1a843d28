"""A rule tried on the past: which incidents it would have raised, by the very judges and the patience of the watch.

Stored samples are read as finely as they are still kept: polls while there are any, five minutes before that. Nothing
is written. What is read is bounded in time and in values; a trial that was cut says so.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from oss.base import clock, db, retention
from oss.base.problems import InvalidInput
from oss.monitoring import rule_forms, stored, tree_rows
from oss.monitoring.causes import Down, Thing, causes
from oss.monitoring.conditions import judge
from oss.monitoring.kinds import KINDS
from oss.monitoring.matching import Held, match
from oss.monitoring.rolling import SLOT_S
from oss.monitoring.rule_forms import RuleValues
from oss.monitoring.rules import Rule
from oss.monitoring.stored import Asked, Grid, instant
from oss.monitoring.symptoms import CALM, Symptom, Turn, due, feed

DAYS: Final = 30
MOST_SECONDS: Final = 10.0
MOST_VALUES: Final = 5_000_000
MOST_TURNS: Final = 4_000
THINGS_AT_ONCE: Final = 64
RAW_WINDOW_S, SLOT_WINDOW_S = 7_200.0, 2 * 86_400.0
TURN_OF_THE_LOOP: Final = 1_000  # values judged in about a millisecond
TIMED: Final = ("absence", "offline", "flap")

SAMPLED = "select distinct object_id from sample_object where kind = $1 order by 1"
SPEEDS = "select id, speed_bps from device_interface where id = any($1::bigint[]) and speed_bps is not null"
LINES = """select a.id, a.contract_id from access_account a join contract k on k.id = a.contract_id
where a.enabled and k.status = 'active' order by a.id"""
# When sessions of these contracts were open; one that is still open has no end.
SESSIONS = """select account_id, extract(epoch from started_at)::float8 as began,
  extract(epoch from ended_at)::float8 as ended from session_history
  where contract_id = any($1::bigint[]) and ended_at > $2
union all select account_id, extract(epoch from started_at)::float8, null from session_open
  where contract_id = any($1::bigint[]) order by 2"""


@dataclass(frozen=True, slots=True)
class Would:
    """One incident that would have been. Times are Unix seconds; ``ended`` None: it would still be open."""

    at: Thing
    name: str
    why: str
    began: float
    ended: float | None
    members: int = 1

    def lasted(self, now: float) -> float:
        """Seconds."""
        return (now if self.ended is None else self.ended) - self.began


@dataclass(slots=True)
class Trial:
    """What came of it. ``tried`` of ``every`` thing were looked at; ``cut``: why not all (time, values, turns)."""

    since: float
    until: float
    every: int = 0
    tried: int = 0
    values: int = 0
    seconds: float = 0.0
    cut: str = ""
    fine_since: float = math.nan  # polls from there on, five minutes before
    incidents: list[Would] = field(default_factory=list)

    def by_day(self) -> list[int]:
        """How many would have begun on each of the days, the oldest first."""
        days = [0] * math.ceil((self.until - self.since) / 86_400)
        for one in self.incidents:
            place = int((one.began - self.since) // 86_400)
            days[max(0, min(len(days) - 1, place))] += 1
        return days


@dataclass(frozen=True, slots=True)
class _Told:
    """A thing's turn, at an instant (Unix seconds); ``began``: since when the condition held."""

    at: float
    thing: Thing
    turn: Turn
    began: float


class _Walk:
    """One thing going through its past."""

    def __init__(self, rule: Rule, thing: Thing, told: list[_Told]) -> None:
        self._rule, self._thing, self._told = rule, thing, told
        self._judge, self._symptom, self._last = judge(rule.condition), CALM, math.nan

    def value(self, at: float, value: float, allowed: float = math.nan) -> None:
        """A sample came."""
        self.wait(at)
        self._feed(self._judge.value(at, value, allowed), at)
        self._last = at

    def open(self, began: float, ended: float) -> None:
        """A session was open from then till then: all the while it was told."""
        self.value(began, 1.0)
        self._judge.value(ended, 1.0)
        self._last = ended

    def wait(self, until: float) -> None:
        """Time passes without a sample: what is silent for too long, and phases that are over."""
        condition = self._rule.condition
        if condition.kind in TIMED and until - self._last > condition.window_s:
            self._feed(self._judge.silent(self._last + condition.window_s), self._last + condition.window_s)
        if self._symptom is CALM:
            return
        for _ in range(3):
            when = due(self._symptom, self._rule.patience)
            if when is None or when > until:
                return
            self._feed(self._symptom.holds, when)

    def _feed(self, holds: bool | None, at: float) -> None:
        before: Symptom = self._symptom
        if holds is None or (not holds and before is CALM):
            return
        self._symptom, turn = feed(before, holds, at, self._rule.patience)
        if turn is not None:
            self._told.append(_Told(at, self._thing, turn, self._symptom.began))


async def run(
    connection: db.Connection, values: RuleValues, days: int = DAYS, most_seconds: float = MOST_SECONDS
) -> Trial:
    """Try a rule as it stands in a form. Raises InvalidInput where it makes no sense."""
    rule = await rule_forms.rule_of(connection, values)
    if rule.subject == rule_forms.LINE and rule.metric:
        raise InvalidInput({"looks_at": "nothing is kept of what lines carried: this cannot be tried on the past"})
    now, began = clock.now(), time.monotonic()
    trial = Trial((now - timedelta(days=days)).timestamp(), now.timestamp())
    told: list[_Told] = []
    walked = _lines(connection, rule, trial, told) if rule.subject == rule_forms.LINE else (
        _samples(connection, rule, trial, told)
    )  # fmt: skip
    async for _ in walked:
        trial.cut = _spent(trial, told, time.monotonic() - began, most_seconds)
        if trial.cut:
            break
    await walked.aclose()
    told.sort(key=lambda one: one.at)
    trial.incidents = await (_losses if rule.is_loss else _others)(connection, told)
    trial.incidents.sort(key=lambda one: -one.began)
    trial.seconds = time.monotonic() - began
    return trial


def _spent(trial: Trial, told: Sequence[_Told], seconds: float, most_seconds: float) -> str:
    if trial.tried >= trial.every:
        return ""
    if seconds > most_seconds:
        return "time"
    return "values" if trial.values > MOST_VALUES else "turns" if len(told) > MOST_TURNS else ""


# ------------------------------------------------------------ what is read


async def _samples(
    connection: db.Connection, rule: Rule, trial: Trial, told: list[_Told]
) -> AsyncGenerator[None, None]:
    """Walk the sampled things through their past, some at a time; yields after each part."""
    kind = KINDS[rule.subject]
    found = [row["object_id"] for row in await connection.fetch(SAMPLED, kind.number)]
    wanted = [one for one in found if rule.looks_at(one)]
    trial.every = len(wanted)
    raw_days = await retention.days_of(connection, retention.subject("sample_raw"))
    fine = trial.since if raw_days is None else (clock.now() - timedelta(days=raw_days)).timestamp()
    trial.fine_since = max(trial.since, fine)
    for first in range(0, len(wanted), THINGS_AT_ONCE):
        some = wanted[first : first + THINGS_AT_ONCE]
        walks = {one: _Walk(rule, Thing(rule.thing, one), told) for one in some}
        allowed = await _allowed(connection, rule, some)
        asked = Asked(kind, some, [kind.metric(rule.metric)], peaks=False)
        whose = await stored.owners(connection, asked)
        async for row in _values(connection, asked, whose, trial):
            for number, (object_id, at, value) in enumerate(row):
                walks[object_id].value(at, value, allowed.get(object_id, math.nan))
                if number % TURN_OF_THE_LOOP == 0:
                    await asyncio.sleep(0)
            trial.values += len(row)
        for walk in walks.values():
            walk.wait(trial.until)
        trial.tried += len(some)
        yield


async def _values(
    connection: db.Connection, asked: Asked, whose: Sequence[int], trial: Trial
) -> AsyncIterator[list[tuple[int, float, float]]]:
    """(object, instant, value) in their order: five minutes as long as polls are gone, then polls."""
    place = asked.places()[0][0]
    at = trial.since
    while at < trial.fine_since:
        end = min(at + SLOT_WINDOW_S, trial.fine_since)
        yield await _slots(connection, asked, at, end)
        at = end
    while at < trial.until:
        end = min(at + RAW_WINDOW_S, trial.until)
        rows = await stored.polls(connection, asked, whose, at, end)
        yield [(row["object_id"], row["at"], math.nan if (v := row[f"v{place}"]) is None else v) for row in rows]
        at = end


async def _slots(connection: db.Connection, asked: Asked, start: float, end: float) -> list[tuple[int, float, float]]:
    grid = Grid.over(start, end, SLOT_S)
    await stored.five_minutes(connection, asked, grid)
    found = []
    for (object_id, _), means in grid.mean.items():
        found += [(object_id, grid.start + n * float(SLOT_S), one) for n, one in enumerate(means) if one == one]
        await asyncio.sleep(0)
    return [one for one in found if start <= one[1] < end]


async def _allowed(connection: db.Connection, rule: Rule, some: Sequence[int]) -> Mapping[int, float]:
    if rule.condition.kind != "allowed":
        return {}
    return {row["id"]: float(row["speed_bps"]) for row in await connection.fetch(SPEEDS, list(some))}


async def _lines(connection: db.Connection, rule: Rule, trial: Trial, told: list[_Told]) -> AsyncGenerator[None, None]:
    """The same of customers' lines, whose past is that of their sessions."""
    lines = [row for row in await connection.fetch(LINES) if rule.looks_at(row["id"])]
    trial.every, trial.fine_since = len(lines), trial.since
    for first in range(0, len(lines), THINGS_AT_ONCE):
        some = lines[first : first + THINGS_AT_ONCE]
        walks = {row["id"]: _Walk(rule, Thing(rule.thing, row["id"]), told) for row in some}
        contracts = list({row["contract_id"] for row in some})
        rows = await connection.fetch(SESSIONS, contracts, instant(trial.since))
        for row in rows:
            if row["account_id"] in walks:
                walks[row["account_id"]].open(max(row["began"], trial.since), row["ended"] or trial.until)
        for walk in walks.values():
            walk.wait(trial.until)
        trial.values += len(rows)
        trial.tried += len(some)
        yield


# ------------------------------------------------------------ what would have come of it


async def _others(connection: db.Connection, told: Sequence[_Told]) -> list[Would]:
    """Each thing by itself: raised or flapping until it is cleared or settled."""
    open_: dict[Thing, tuple[float, str]] = {}
    found: list[tuple[Thing, str, float, float | None]] = []
    for one in told:
        if one.turn in (Turn.RAISED, Turn.FLAPPING):
            if one.thing in open_:
                began, why = open_.pop(one.thing)
                found.append((one.thing, why, began, one.at))
            open_[one.thing] = (one.began, "flapping" if one.turn is Turn.FLAPPING else "rule")
        elif one.thing in open_:
            began, why = open_.pop(one.thing)
            found.append((one.thing, why, began, one.at))
    found += [(thing, why, began, None) for thing, (began, why) in open_.items()]
    names = await tree_rows.called(connection, {thing for thing, *_ in found})
    return [Would(thing, names.get(thing, ""), why, began, ended) for thing, why, began, ended in found]


@dataclass(slots=True)
class _Open:
    held: Held
    began: float
    most: int


async def _losses(connection: db.Connection, told: Sequence[_Told]) -> list[Would]:
    """What is away, explained by its causes as the watch does it; what comes and goes stands alone."""
    tree = await tree_rows.grown(connection, await tree_rows.read(connection), {one.thing for one in told})
    down: dict[Thing, Down] = {}
    open_: dict[int, _Open] = {}
    found: list[tuple[_Open, float | None]] = []
    number, place = 0, 0
    while place < len(told):
        now = told[place].at
        while place < len(told) and told[place].at <= now + 1:
            one = told[place]
            if one.turn is Turn.RAISED:
                down[one.thing] = Down(one.began)
            else:
                down.pop(one.thing, None)
            place += 1
        change = match({key: one.held for key, one in open_.items()}, causes(tree, down))
        for cause in change.opened:
            number += 1
            open_[number] = _Open(Held(cause.at, cause.why, cause.members), cause.began, len(cause.members))
        for key, held in change.changed.items():
            open_[key].held, open_[key].most = held, max(open_[key].most, len(held.members))
        for key in change.merged:
            open_.pop(key)
        found += [(open_.pop(key), now) for key in change.closed]
        await asyncio.sleep(0)
    found += [(one, None) for one in open_.values()]
    names = await tree_rows.called(connection, {one.held.at for one, _ in found})
    losses = [
        Would(one.held.at, names.get(one.held.at, ""), one.held.why, one.began, ended, one.most) for one, ended in found
    ]
    return losses + [one for one in await _others(connection, told) if one.why == "flapping"]


def instants(trial: Trial) -> tuple[datetime, datetime]:
    """From when until when was tried."""
    return instant(trial.since), instant(trial.until)
