"""From "the condition holds" to "somebody should hear of it": hold-down, clearing and flap damping, without a clock.

A symptom is one rule at one thing. What is fed is whether the rule's condition holds at an instant; what comes out is
at most one turn of events. A state is a value: it is kept in a row, so that a process that starts anew knows what it
said already and raises nothing twice.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final


class Phase(StrEnum):
    """Where a symptom stands."""

    CALM = "calm"
    PENDING = "pending"  # the condition holds, not for long enough
    RAISED = "raised"
    CLEARING = "clearing"  # it holds no more, not for long enough
    FLAPPING = "flapping"  # it comes and goes


class Turn(StrEnum):
    """What somebody should hear of."""

    RAISED = "raised"
    CLEARED = "cleared"
    FLAPPING = "flapping"
    SETTLED = "settled"  # it has stopped to come and go, and is well


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds a condition must hold, or not hold, before it counts; and what is flapping.

    ``flaps`` changes within ``flap_window_s`` are flapping (0: never), until nothing has changed for ``settle_s``.
    """

    raise_s: float = 0.0
    clear_s: float = 0.0
    flaps: int = 6
    flap_window_s: float = 600.0
    settle_s: float = 600.0


@dataclass(frozen=True, slots=True)
class Symptom:
    """One rule at one thing. Times are Unix seconds; ``since``: when the phase began, ``began``: the condition."""

    phase: Phase = Phase.CALM
    since: float = 0.0
    began: float = 0.0
    holds: bool = False
    changes: tuple[float, ...] = ()

    @property
    def heard_of(self) -> bool:
        """Whether somebody was told and not yet told that it is over."""
        return self.phase in (Phase.RAISED, Phase.CLEARING, Phase.FLAPPING)


CALM: Final = Symptom()


def feed(symptom: Symptom, holds: bool, now: float, patience: Patience) -> tuple[Symptom, Turn | None]:
    """The symptom after it was seen that the condition holds, or does not; and what is to be told of it."""
    now = max(now, symptom.since)  # a clock that was set back makes nothing older
    symptom = _changed(symptom, holds, now, patience)
    if symptom.phase is Phase.FLAPPING:
        return _settled(symptom, now, patience)
    if _flaps(symptom, patience):
        return replace(symptom, phase=Phase.FLAPPING, since=now), Turn.FLAPPING
    return _waited(symptom, now, patience)


def due(symptom: Symptom, patience: Patience) -> float | None:
    """When its phase ends by itself if nothing changes (Unix seconds); None: never."""
    if symptom.phase is Phase.PENDING:
        return symptom.since + patience.raise_s
    if symptom.phase is Phase.CLEARING:
        return symptom.since + patience.clear_s
    if symptom.phase is Phase.FLAPPING:
        return _last_change(symptom) + patience.settle_s
    return None


def _changed(symptom: Symptom, holds: bool, now: float, patience: Patience) -> Symptom:
    if holds == symptom.holds:
        return symptom
    young = (*(at for at in symptom.changes if now - at <= patience.flap_window_s), now)
    began = now if holds and symptom.phase is Phase.CALM else symptom.began
    kept = young[-patience.flaps :] if patience.flaps else ()
    return replace(symptom, holds=holds, began=began, changes=kept)


def _flaps(symptom: Symptom, patience: Patience) -> bool:
    changes = symptom.changes
    return 0 < patience.flaps <= len(changes) and changes[-1] - changes[-patience.flaps] <= patience.flap_window_s


def _settled(symptom: Symptom, now: float, patience: Patience) -> tuple[Symptom, Turn | None]:
    """It flaps until nothing has changed for a while; then it is what it then is."""
    if now - _last_change(symptom) < patience.settle_s:
        return symptom, None
    last = _last_change(symptom)
    if symptom.holds:
        return replace(symptom, phase=Phase.RAISED, since=now, began=last, changes=()), Turn.RAISED
    return replace(symptom, phase=Phase.CALM, since=last, changes=()), Turn.SETTLED


def _last_change(symptom: Symptom) -> float:
    return symptom.changes[-1] if symptom.changes else symptom.since


def _waited(symptom: Symptom, now: float, patience: Patience) -> tuple[Symptom, Turn | None]:
    """Through the phases that are over by now."""
    phase, holds = symptom.phase, symptom.holds
    if phase is Phase.CALM and holds:
        return _waited(replace(symptom, phase=Phase.PENDING, since=now), now, patience)
    if phase is Phase.PENDING and not holds:
        return replace(symptom, phase=Phase.CALM, since=now), None
    if phase is Phase.PENDING and now - symptom.since >= patience.raise_s:
        return replace(symptom, phase=Phase.RAISED, since=now), Turn.RAISED
    if phase is Phase.RAISED and not holds:
        return _waited(replace(symptom, phase=Phase.CLEARING, since=now), now, patience)
    if phase is Phase.CLEARING and holds:
        return replace(symptom, phase=Phase.RAISED, since=now), None
    if phase is Phase.CLEARING and now - symptom.since >= patience.clear_s:
        return replace(symptom, phase=Phase.CALM), Turn.CLEARED  # since: when it was last seen to hold no more
    return symptom, None
