"""What just happened, for the live feed: payments, holds, what the network obeyed, refused logins, acts of staff.

Each source is read from where the last reading ended, so a reading costs what is new; what comes in hundreds is
told as one line.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from oss.base import clock, db

MOST = 24
TOGETHER = 4  # more changes of one kind and second than this become one line

PAYMENTS = """select y.id, y.created_at as at, y.amount_cents, y.method, c.id as customer_id, c.name as customer
from payment y join customer c on c.id = y.customer_id where y.id > $1 order by y.id desc limit $2"""
ENFORCED = """select e.id, e.ended_at as at, e.login, e.cause, e.was, e.wanted, e.outcome, e.attempts,
  extract(epoch from e.ended_at - e.asked_at)::float8 as seconds, n.name as nas, k.customer_id
from enforcement e left join nas n on n.id = e.nas_id left join contract k on k.id = e.contract_id
where e.id > $1 order by e.id desc limit $2"""
NOTES = """select a.id, a.at, a.actor, a.action, a.object, a.object_id, a.detail::text as detail from audit a
where a.id > $1 and a.action = any($3::text[]) order by a.id desc limit $2"""
# Who is held on purpose knocks every minute: that is no news. Of the others a quarter of an hour's first try is told.
REJECTS = """select r.first_at as at, r.login, r.reason, r.count, n.name as nas, k.customer_id
from auth_reject r left join nas n on n.id = r.nas_id left join contract k on k.id = r.contract_id
where r.first_at > $1 and r.minute > $1 - interval '2 minutes'
  and r.reason not in ('overdue', 'manual', 'fraud', 'pause') and not exists (select 1 from auth_reject e
    where e.login = r.login and e.reason = r.reason and e.minute < r.minute
    and e.minute >= r.minute - interval '15 minutes')
order by r.first_at desc limit $2"""
NEWEST = """select coalesce((select max(id) from payment), 0) as payment,
  coalesce((select max(id) from enforcement), 0) as enforcement, coalesce((select max(id) from audit), 0) as audit"""
TOLD = [
    "hold.placed",
    "hold.lifted",
    "hold.promised",
    "hold.placing_undone",
    "hold.lifting_undone",
    "contract.plan_changed",
    "contract.ended",
    "account.enabled",
    "session.disconnected",
    "nas.saved",
    "nas.signing_forgotten",
    "plan.saved",
    "dunning.asked",
    "dunning.approved",
    "dunning.refused",
    "job.retried",
    "job.dropped",
    "setting.changed",
    "account.sessions_set",
    "account.line_set",
    "account.line_forgotten",
    "accounts.imported",
    "accounts.exported",
    "freeradius.imported",
    "retention.purged",
    "retention.dropped",
]


@dataclass(frozen=True, slots=True)
class Happening:
    """One line. ``kind``: payment, enforced or rejected (or either with ``_many``), or an action of the audit."""

    kind: str
    at: datetime
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Place:
    """Up to where each source has been read."""

    payment: int = 0
    enforcement: int = 0
    audit: int = 0
    rejects: datetime = field(default_factory=lambda: clock.now() - timedelta(minutes=15))


async def lately() -> tuple[list[Happening], Place]:
    """The newest lines, and the place to read on from."""
    row = await db.fetchrow(NEWEST)
    return await since(Place(max(0, row["payment"] - 40), max(0, row["enforcement"] - 200), max(0, row["audit"] - 400)))


async def since(place: Place) -> tuple[list[Happening], Place]:
    """What happened behind a place, newest first, at most `MOST` lines; and the place behind it."""
    payments = await db.fetch(PAYMENTS, place.payment, MOST)
    enforced = await db.fetch(ENFORCED, place.enforcement, 200)
    notes = await db.fetch(NOTES, place.audit, MOST, TOLD)
    rejects = await db.fetch(REJECTS, place.rejects, 200)
    found = [Happening("payment", row["at"], dict(row)) for row in payments]
    found += _enforced(enforced)
    found += [Happening(row["action"], row["at"], _note(row)) for row in notes]
    found += _rejected(rejects)
    found.sort(key=lambda one: one.at, reverse=True)
    behind = Place(
        payments[0]["id"] if payments else place.payment,
        enforced[0]["id"] if enforced else place.enforcement,
        notes[0]["id"] if notes else place.audit,
        rejects[0]["at"] if rejects else place.rejects,
    )
    return found[:MOST], behind


def _note(row: Any) -> dict[str, Any]:
    detail = json.loads(row["detail"])
    contracts = len(detail.pop("contracts", [])) if row["object"] == "contracts" else 1
    return {**detail, "actor": row["actor"], "object_id": row["object_id"], "contracts": contracts}


def _rejected(rows: Sequence[Any]) -> list[Happening]:
    """One line a login; many of one reason and router become one."""
    groups: dict[tuple[str, str | None], list[Any]] = {}
    for row in rows:
        groups.setdefault((row["reason"], row["nas"]), []).append(row)
    found = []
    for (reason, nas), members in groups.items():
        if len(members) <= TOGETHER:
            found += [Happening("rejected", row["at"], dict(row)) for row in members]
        else:
            facts = {"reason": reason, "nas": nas, "logins": len(members)}
            found.append(Happening("rejected_many", members[0]["at"], facts))
    return found


def _enforced(rows: Sequence[Any]) -> list[Happening]:
    """One line a change; many of one second, direction, cause and router become one line with their slowest."""
    groups: dict[tuple[Any, ...], list[Any]] = {}
    for row in rows:
        key = (
            row["at"].replace(microsecond=0),
            row["wanted"].startswith("full"),
            row["outcome"],
            row["cause"],
            row["nas"],
        )
        groups.setdefault(key, []).append(row)
    found = []
    for (_, opening, outcome, cause, nas), members in groups.items():
        if len(members) <= TOGETHER:
            found += [Happening("enforced", row["at"], dict(row)) for row in members]
        else:
            facts = {"count": len(members), "opening": opening, "outcome": outcome, "cause": cause, "nas": nas}
            slowest = max(row["seconds"] for row in members)
            found.append(Happening("enforced_many", members[0]["at"], facts | {"seconds": slowest}))
    return found
