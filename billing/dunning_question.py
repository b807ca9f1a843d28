"""The brake's question, so that a person can answer it: how many, how much is owed, who, on which routers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from billing.dunning import DIFFERENCE, SEVERITY
from oss.access.hold_list import BY_NAS
from oss.base import db
from oss.base.problems import NotFound

OWED = """select count(distinct customer_id) as customers, coalesce(sum(amount_cents - paid_cents), 0)::bigint as cents
from invoice where contract_id = any($1::bigint[]) and status = 'open' and due_on < current_date"""
NAMES = """select c.name from contract k join customer c on c.id = k.customer_id where k.id = any($1::bigint[])
order by c.search_key limit 5"""


@dataclass(frozen=True, slots=True)
class Question:
    """``fresh``: contracts that would be held newly; ``worse``: those that would be held harder."""

    run: Any
    fresh: int
    worse: int
    effects: dict[str, int]
    customers: int
    owed_cents: int
    by_nas: Sequence[Any]
    names: list[str]

    @property
    def contracts(self) -> int:
        return self.fresh + self.worse

    @property
    def sessions(self) -> int:
        return sum(row["sessions"] for row in self.by_nas)


async def read(run_id: int) -> Question:
    """The question as it stands at this moment, not as it was asked."""
    run = await db.fetchrow("select id, state, started_at, touched_share from dunning_run where id = $1", run_id)
    if run is None or run["state"] != "asked":
        raise NotFound(thing="open question")
    rows = await db.fetch(DIFFERENCE, None)
    worse = [r for r in rows if r["wanted"] and SEVERITY[r["wanted"]] > SEVERITY.get(r["held"] or "", 0)]
    effects: dict[str, int] = {}
    for row in worse:
        effects[row["wanted"]] = effects.get(row["wanted"], 0) + 1
    ids, fresh = [row["id"] for row in worse], sum(row["held"] is None for row in worse)
    owed = await db.fetchrow(OWED, ids)
    names = [row["name"] for row in await db.fetch(NAMES, ids)]
    by_nas = await db.fetch(BY_NAS, ids)
    return Question(run, fresh, len(worse) - fresh, effects, owed["customers"], owed["cents"], by_nas, names)
