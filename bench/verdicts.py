"""From runs to figures a reader can trust: medians with their spread, ratios within each repetition, plain verdicts."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from bench.cases import Case, Goal, Server


@dataclass(frozen=True, slots=True)
class Run:
    """One case on one server in one repetition. Latencies are ms, infinite where too many requests were lost."""

    case: str
    server: str
    repetition: int
    rps: float
    p50_ms: float
    p99_ms: float
    max_ms: float
    server_us: float
    postgres_us: float
    lost: int
    wrong: int
    rejected: int
    retransmits: int
    unsigned: int
    started: int
    stopped: int
    rows: int | None
    rows_ended: int | None
    lag_s: float | None
    answered: int
    logged: int | None
    raw: dict[str, Any]

    @property
    def missing(self) -> int:
        """Acknowledged Starts and Stops that are no rows: must be 0."""
        if self.rows is None or self.rows_ended is None:
            return 0
        return max(0, self.started - self.rows) + max(0, self.stopped - self.rows_ended)

    @property
    def unlogged(self) -> int:
        """Answers without a line in the post-auth log, where there should be one."""
        return 0 if self.logged is None else max(0, self.answered - self.logged)


@dataclass(frozen=True, slots=True)
class Spread:
    """A median between the least and the most."""

    median: float
    least: float
    most: float

    def text(self, digits: int = 0) -> str:
        return f"{number(self.median, digits)} ({number(self.least, digits)}–{number(self.most, digits)})"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A goal, what was found, and whether it holds. ``ratio`` is ours to theirs."""

    goal: Goal
    ours: Spread
    theirs: Spread
    ratio: Spread
    holds: bool
    words: str


def number(value: float, digits: int = 0) -> str:
    """``12,345``; an infinite one is a word, since it means that requests were lost."""
    return "infinite" if math.isinf(value) else f"{value:,.{digits}f}"


def spread(values: Iterable[float]) -> Spread:
    """Raises ValueError for no values."""
    known = list(values)
    if not known:
        raise ValueError("no runs")
    return Spread(statistics.median(known), min(known), max(known))


def of(runs: Sequence[Run], case: str, server: str) -> list[Run]:
    """The runs of one case on one server, by repetition."""
    return sorted((r for r in runs if r.case == case and r.server == server), key=lambda r: r.repetition)


def ratios(ours: Sequence[Run], theirs: Sequence[Run], figure: str) -> list[float]:
    """Ours to theirs within each repetition: the machine's speed drifts, but less within one."""
    by_repetition = {run.repetition: getattr(run, figure) for run in theirs}
    return [
        _ratio(getattr(run, figure), by_repetition[run.repetition]) for run in ours if run.repetition in by_repetition
    ]


def _ratio(mine: float, other: float) -> float:
    if math.isinf(mine):
        return math.inf
    return mine / other if other else math.inf


def judge(goal: Goal, runs: Sequence[Run]) -> Verdict | None:
    """None where one of the two was not measured."""
    ours, theirs = of(runs, goal.case, goal.ours.name), of(runs, goal.case, goal.theirs.name)
    found = ratios(ours, theirs, goal.figure)
    if not found:
        return None
    ratio = spread(found)
    holds = ratio.median >= goal.wanted if goal.more_is_better else ratio.median <= goal.wanted
    figures = [spread(getattr(run, goal.figure) for run in side) for side in (ours, theirs)]
    return Verdict(goal, figures[0], figures[1], ratio, holds, words(goal, ratio.median, holds))


def words(goal: Goal, ratio: float, holds: bool) -> str:
    """``holds``, or by which part the figure would have to be better."""
    if holds:
        return "holds"
    if math.isinf(ratio):
        return "falls short: requests were lost"
    short = 1 - ratio / goal.wanted if goal.more_is_better else ratio / goal.wanted - 1
    return f"falls short by {short:.0%}" if goal.more_is_better else f"falls short: {short:.0%} too high"


@dataclass(frozen=True, slots=True)
class Soundness:
    """A count that must be zero on our side, whatever the speed."""

    what: str
    found: int
    of: int

    @property
    def words(self) -> str:
        if not self.of:
            return "not measured"
        return "holds" if not self.found else f"falls short: {self.found:,} of {self.of:,}"


def soundness(runs: Sequence[Run]) -> list[Soundness]:
    """Of our own runs: nothing lost, nothing wrong, every acknowledged record a row, every login in the log."""
    ours = [run for run in runs if run.server.startswith("milha")]
    answered = sum(run.answered for run in ours)
    sessions = sum(run.started + run.stopped for run in ours)
    logged = sum(run.answered for run in ours if run.logged is not None)
    return [
        Soundness("requests without an answer", sum(run.lost for run in ours), answered),
        Soundness("wrong or forged answers", sum(run.wrong for run in ours), answered),
        Soundness("right passwords rejected", sum(run.rejected for run in ours), answered),
        Soundness("answers to logins without Message-Authenticator", sum(run.unsigned for run in ours), answered),
        Soundness("acknowledged Starts and Stops that are no rows", sum(run.missing for run in ours), sessions),
        Soundness("answers missing in the post-auth log", sum(run.unlogged for run in ours), logged),
    ]


def servers_of(case: Case, runs: Sequence[Run]) -> list[Server]:
    """Those that were measured in a case."""
    return [server for server in case.servers if of(runs, case.name, server.name)]
