"""Whether a rule's condition holds, from one value after the other: the same code alive and on the last 30 days.

A judge keeps what its rule needs of the past of one thing (a value, the changes of an hour) and nothing more. Values
are in the unit of their metric (`kinds`); instants are Unix seconds and come in order.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

from oss.base.problems import Problem

ABOVE, BELOW = "above", "below"
MOST_CHANGES: Final = 1_000


class UnfitRule(Problem):
    """This rule cannot be judged: its {field} makes no sense."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What a rule looks for. ``kind`` is a key of `JUDGES`; of the others each kind reads its own.

    ``limit``: in the metric's unit (of a rate: per hour; of ``flap``: changes; of ``limit``: percent of what is
    allowed); ``window_s``: how far a rate, an absence or flapping looks back.
    """

    kind: str
    limit: float = 0.0
    side: str = ABOVE
    window_s: float = 0.0
    margin: float = 0.0  # how far it must come back before it is over: no limit is crossed twice by noise


class Judge(Protocol):
    """Judges one thing by one condition."""

    def value(self, at: float, value: float, allowed: float = math.nan) -> bool | None:
        """Whether it holds now that this was measured (NaN: nothing was told); None: too little is known."""

    def silent(self, now: float) -> bool | None:
        """Whether it holds though nothing came; None: that tells nothing."""

    @property
    def waits(self) -> bool:
        """Whether time alone may change what it says."""


class _Threshold:
    """Above or below a limit; over when it is back by the margin."""

    waits = False

    def __init__(self, condition: Condition) -> None:
        self._sign = 1.0 if condition.side == ABOVE else -1.0
        self._limit, self._margin, self._holds = condition.limit, abs(condition.margin), False

    def value(self, at: float, value: float, allowed: float = math.nan) -> bool | None:
        if math.isnan(value):
            return None
        edge = self._sign * self._limit - (self._margin if self._holds else 0.0)
        self._holds = self._sign * value > edge
        return self._holds

    def silent(self, now: float) -> bool | None:
        return None


class _Allowed(_Threshold):
    """A share of what is allowed: a link's capacity, the speed of a plan."""

    def value(self, at: float, value: float, allowed: float = math.nan) -> bool | None:
        if math.isnan(allowed) or allowed <= 0:
            return None
        return super().value(at, 100 * value / allowed)


class _Rate(_Threshold):
    """How fast a value changes, per hour, over the window: a disc that fills, a laser that fades."""

    def __init__(self, condition: Condition) -> None:
        super().__init__(condition)
        self._window_s, self._past = condition.window_s, deque[tuple[float, float]]()

    def value(self, at: float, value: float, allowed: float = math.nan) -> bool | None:
        if math.isnan(value) or (self._past and at <= self._past[-1][0]):
            return None
        self._past.append((at, value))
        while len(self._past) > 2 and at - self._past[1][0] >= self._window_s:
            self._past.popleft()
        then, before = self._past[0]
        if at - then < self._window_s:
            return None
        return super().value(at, (value - before) * 3600 / (at - then))


class _Absence:
    """Nothing was told for the window."""

    waits = True

    def __init__(self, condition: Condition) -> None:
        self._window_s, self._told_at = condition.window_s, math.nan

    def value(self, at: float, value: float, allowed: float = math.nan) -> bool | None:
        if math.isnan(value):
            return self.silent(at)
        self._told_at = at
        return False

    def silent(self, now: float) -> bool | None:
        if math.isnan(self._told_at):
            self._told_at = now  # it is given a window from the first time it was looked for
        return now - self._told_at >= self._window_s


class _Offline(_Absence):
    """A customer's line without a session: it is looked at again and again, and told as silent."""

    waits = False


class _Flap:
    """A state (of zero and not zero) that changed more often than the limit within the window."""

    def __init__(self, condition: Condition) -> None:
        self._limit, self._window_s = condition.limit, condition.window_s
        self._last: bool | None = None
        self._changes = deque[float](maxlen=MOST_CHANGES)

    @property
    def waits(self) -> bool:
        return bool(self._changes)

    def value(self, at: float, value: float, allowed: float = math.nan) -> bool | None:
        if math.isnan(value):
            return self.silent(at)
        if self._last is not None and bool(value) != self._last:
            self._changes.append(at)
        self._last = bool(value)
        return self.silent(at)

    def silent(self, now: float) -> bool | None:
        while self._changes and now - self._changes[0] > self._window_s:
            self._changes.popleft()
        return len(self._changes) > self._limit


JUDGES: Final[dict[str, Callable[[Condition], Judge]]] = {
    "threshold": _Threshold,
    "absence": _Absence,
    "rate": _Rate,
    "flap": _Flap,
    "allowed": _Allowed,
    "offline": _Offline,
}

LONGEST_S: Final = 90 * 86_400.0
_WINDOWED: Final = ("absence", "rate", "flap", "offline")


def judge(condition: Condition) -> Judge:
    """Who judges one thing by it. Raises `UnfitRule`."""
    make = JUDGES.get(condition.kind)
    if make is None:
        raise UnfitRule(field="kind")
    if condition.side not in (ABOVE, BELOW):
        raise UnfitRule(field="side")
    if condition.kind in _WINDOWED and not 0 < condition.window_s <= LONGEST_S:
        raise UnfitRule(field="window")
    if not all(math.isfinite(one) for one in (condition.limit, condition.margin, condition.window_s)):
        raise UnfitRule(field="limit")
    return make(condition)


def of(facts: dict[str, Any]) -> Condition:
    """A condition as a rule's row holds it. Raises `UnfitRule`."""
    try:
        numbers = {name: float(facts.get(name, 0)) for name in ("limit", "window_s", "margin")}
        condition = Condition(str(facts["kind"]), side=str(facts.get("side", ABOVE)), **numbers)
    except (KeyError, TypeError, ValueError) as error:
        raise UnfitRule(field="condition") from error
    judge(condition)
    return condition
