"""The rule (invariant 2): contract + holds -> Decision. One pure function for login, CoA, portal and console.

A contract is open when no hold applies. A hold masked by a promise to pay does not apply until the mask ends; the
Decision then carries ``until``, the next instant at which it may change by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Access(StrEnum):
    """What a contract gets, best first."""

    FULL = "full"
    REDUCED = "reduced"
    WALLED = "walled"
    REJECT = "reject"


EFFECTS = {"reduce": Access.REDUCED, "wall": Access.WALLED, "cut": Access.REJECT}
SEVERITY = {Access.FULL: 0, Access.REDUCED: 1, Access.WALLED: 2, Access.REJECT: 3}
# Of two holds with the same effect the one a payment cannot lift is named: paying would not help.
PRECEDENCE = {"fraud": 0, "manual": 1, "pause": 2, "overdue": 3}


@dataclass(frozen=True, slots=True)
class HoldFact:
    """One hold that is not lifted."""

    reason: str
    effect: str
    since: datetime
    note: str = ""
    masked_until: datetime | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Speeds:
    """A plan's rates, kbit/s, from the customer's view."""

    down_kbps: int
    up_kbps: int
    reduced_down_kbps: int
    reduced_up_kbps: int
    pool: str | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """All that decides about one login."""

    account_enabled: bool
    contract_active: bool
    speeds: Speeds
    holds: tuple[HoldFact, ...] = ()
    walled_list: str = "milha-bloqueados"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why, as a code with its facts; oss.access.reasons puts it into words."""

    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decision:
    """What the contract gets now, at which rates, why, and until when that holds by itself."""

    access: Access
    down_kbps: int
    up_kbps: int
    address_list: str | None
    pool: str | None
    reason: Reason
    until: datetime | None


def decide(facts: Facts, now: datetime) -> Decision:
    """The one decision; depends on nothing but its arguments."""
    until = min((h.masked_until for h in facts.holds if _masked(h, now) and h.masked_until), default=None)
    if not facts.contract_active:
        return _decision(facts, Access.REJECT, Reason("contract_ended"), None)
    if not facts.account_enabled:
        return _decision(facts, Access.REJECT, Reason("account_disabled"), None)
    applying = [hold for hold in facts.holds if not _masked(hold, now)]
    if not applying:
        promised = Reason("promised", {"until": until}) if until else Reason("in_order")
        return _decision(facts, Access.FULL, promised, until)
    worst = max(applying, key=lambda h: (SEVERITY[EFFECTS[h.effect]], -PRECEDENCE.get(h.reason, 9)))
    return _decision(facts, EFFECTS[worst.effect], _reason(worst), until)


def _masked(hold: HoldFact, now: datetime) -> bool:
    return hold.masked_until is not None and now < hold.masked_until


def _reason(hold: HoldFact) -> Reason:
    return Reason(hold.reason, {"since": hold.since, "note": hold.note, **hold.facts})


def _decision(facts: Facts, access: Access, reason: Reason, until: datetime | None) -> Decision:
    speeds = facts.speeds
    slowed = access in (Access.REDUCED, Access.WALLED)
    return Decision(
        access=access,
        # A plan slower than its reduced rate is never sped up by a debt.
        down_kbps=min(speeds.down_kbps, speeds.reduced_down_kbps) if slowed else speeds.down_kbps,
        up_kbps=min(speeds.up_kbps, speeds.reduced_up_kbps) if slowed else speeds.up_kbps,
        address_list=facts.walled_list if access is Access.WALLED else None,
        pool=speeds.pool,
        reason=reason,
        until=until,
    )
