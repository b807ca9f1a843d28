"""Holds: placing, lifting, promising. Each has a reason and an owner; nobody lifts another's (invariant 2)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from oss.base import audit, clock, db
from oss.base.events import publish_many
from oss.base.problems import Conflict, Forbidden, InvalidInput, NotFound

OWNERS = {"overdue": "billing", "manual": "staff", "fraud": "staff", "pause": "customer"}
EFFECTS = ("reduce", "wall", "cut")


@dataclass(frozen=True, slots=True)
class HoldPlaced:
    """A contract got a hold."""

    contract_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class HoldLifted:
    """A contract lost a hold."""

    contract_id: int
    reason: str


# ``told`` is false where the hold stays as it was and only the facts behind its words are others.
PLACE = """with before as (
  select contract_id, effect, note from hold
  where contract_id = any($1::bigint[]) and reason = $2 and lifted_at is null
), done as (
  insert into hold (contract_id, reason, owner, effect, note, facts, placed_by)
  select c.id, $2, $3, wanted.effect, wanted.note, wanted.facts, $7
  from unnest($1::bigint[], $4::text[], $5::text[], $6::jsonb[]) wanted(contract_id, effect, note, facts)
  join contract c on c.id = wanted.contract_id
  on conflict (contract_id, reason) where lifted_at is null
  do update set effect = excluded.effect, note = excluded.note, facts = excluded.facts
  where (hold.effect, hold.note, hold.facts) is distinct from (excluded.effect, excluded.note, excluded.facts)
  returning contract_id, effect, note
)
select d.contract_id, (b.effect, b.note) is distinct from (d.effect, d.note) as told
from done d left join before b using (contract_id)"""

LIFT = """update hold set lifted_at = now(), lifted_by = $3
where contract_id = any($1::bigint[]) and reason = $2 and lifted_at is null returning contract_id"""


async def place(
    connection: db.Connection,
    actor: audit.Actor,
    contract_ids: Sequence[int],
    reason: str,
    effect: str = "cut",
    note: str = "",
) -> list[int]:
    """Hold contracts in one statement; returns those that changed. A second hold for one reason changes it."""
    wrong, contract_ids = {}, list(dict.fromkeys(contract_ids))  # one statement cannot hold a contract twice
    if reason not in OWNERS:
        wrong["reason"] = "must be one of " + ", ".join(OWNERS)
    if effect not in EFFECTS:
        wrong["effect"] = "must be one of " + ", ".join(EFFECTS)
    if len(note) > 240:
        wrong["note"] = "at most 240 characters"
    if wrong:
        raise InvalidInput(wrong)
    n = len(contract_ids)
    return await place_each(connection, actor, contract_ids, reason, [effect] * n, [note] * n)


async def place_each(
    connection: db.Connection,
    actor: audit.Actor,
    contract_ids: Sequence[int],
    reason: str,
    effects: Sequence[str],
    notes: Sequence[str],
    facts: Sequence[Mapping[str, str]] | None = None,
) -> list[int]:
    """Hold contracts, each with its own effect, note and facts, in one statement; returns those that changed.

    The facts are what the words of a refused login need: ``{"invoice": "1-123", "due_on": "2026-11-14"}``. They are
    written with the hold; where nothing else differs nobody is told, and the table's own bell tells the AAA nodes.
    """
    told = [json.dumps(dict(one)) for one in facts or [{}] * len(contract_ids)]
    values = (list(contract_ids), reason, OWNERS[reason], list(effects), list(notes), told, actor.name)
    changed = [row["contract_id"] for row in await connection.fetch(PLACE, *values) if row["told"]]
    detail = {"effects": sorted(set(effects))}
    await _tell(connection, actor, HoldPlaced, "hold.placed", changed, reason, **detail)
    return changed


async def lift(
    connection: db.Connection,
    actor: audit.Actor,
    contract_ids: Sequence[int],
    reason: str,
    owner: str = "staff",
) -> list[int]:
    """Lift the holds of one reason; returns the contracts that were freed of it.

    ``owner`` is who acts: staff may lift every hold, billing and the customer only their own.
    """
    if reason not in OWNERS:
        raise InvalidInput({"reason": "must be one of " + ", ".join(OWNERS)})
    if owner not in ("staff", OWNERS[reason]):
        raise Forbidden(owner=owner, reason=reason)
    rows = await connection.fetch(LIFT, list(contract_ids), reason, actor.name)
    changed = [row["contract_id"] for row in rows]
    await _tell(connection, actor, HoldLifted, "hold.lifted", changed, reason)
    return changed


async def _tell(
    connection: db.Connection,
    actor: audit.Actor,
    event: type[HoldPlaced] | type[HoldLifted],
    action: str,
    contracts: list[int],
    reason: str,
    **detail: object,
) -> None:
    if not contracts:
        return
    await publish_many(
        connection,
        event,
        "select id as contract_id, $2::text as reason from unnest($1::bigint[]) id",
        contracts,
        reason,
    )
    detail = {"reason": reason, **detail}
    if len(contracts) == 1:
        await audit.note(connection, actor, action, "contract", contracts[0], **detail)
    else:
        await audit.note(connection, actor, action, "contracts", "", contracts=contracts, **detail)


async def promise(connection: db.Connection, actor: audit.Actor, contract_id: int, until: datetime) -> None:
    """A promise to pay: the overdue hold is hidden until ``until``. One that was ever masked is refused."""
    if until <= clock.now():
        raise InvalidInput({"until": "must be in the future"})
    row = await connection.fetchrow(
        "select id, masked_until from hold where contract_id = $1 and reason = 'overdue' and lifted_at is null "
        "for update",
        contract_id,
    )
    if row is None:
        raise NotFound(thing="overdue hold")
    if row["masked_until"] is not None:
        raise Conflict(thing="promise", value=str(row["masked_until"]))
    await connection.execute("update hold set masked_until = $2 where id = $1", row["id"], until)
    diff = audit.changed(row, {"masked_until": until})
    await audit.note(connection, actor, "hold.promised", "contract", contract_id, until=until, **diff)
