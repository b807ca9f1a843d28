"""Dunning: a loop that looks at what is owed and makes the overdue holds agree with it.

The ladder is rows (day, action) per company. A look is idempotent: it computes what should be held from invoices
and steps alone, and changes only the difference. Events and payments merely ask it to look again (invariant 1).
The mass-cut brake stops a look that would newly hold more than a set share of the contracts, and asks a person.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from billing.payments import PaymentReceived
from oss.access import holds
from oss.base import audit, db, settings
from oss.base.events import listens, publish_many
from oss.base.jobs import periodic
from oss.base.problems import Conflict, NotFound
from oss.notify import notices

DUNNING = audit.Actor("system:dunning")
SEVERITY = {"reduce": 1, "wall": 2, "cut": 3}
BRAKE_SHARE, BRAKE_MINIMUM = 0.05, 20


@dataclass(frozen=True, slots=True)
class NoticeDue:
    """An invoice reached a step that only tells the customer."""

    invoice_id: int
    step_id: int


@dataclass(frozen=True, slots=True)
class Look:
    """What one look changed; ``asked`` when the brake stopped the placing."""

    placed: int
    worsened: int
    lifted: int
    asked: bool = False


# Per contract the effect its oldest overdue invoice has earned, beside the overdue hold it has now. The facts name
# that invoice for whoever puts a refused login into words.
DIFFERENCE = """
with debt as (
  select c.id, c.company_id, min(i.due_on) as due_on, min(i.number) filter (where i.due_on = oldest.due_on) as number,
    (array_agg(i.series || '-' || i.number order by i.due_on, i.number, i.id))[1] as invoice,
    max((now() at time zone co.zone)::date - oldest.due_on) as days
  from contract c
  join company co on co.id = c.company_id
  join lateral (select min(due_on) as due_on from invoice where contract_id = c.id and status = 'open') oldest on true
  join invoice i on i.contract_id = c.id and i.status = 'open'
  where c.status = 'active' and ($1::bigint[] is null or c.id = any($1))
    and oldest.due_on < (now() at time zone co.zone)::date
  group by c.id
), wanted as (
  select d.id, s.action as effect, format('%s, %s', d.number, to_char(d.due_on, 'YYYY-MM-DD')) as note,
    jsonb_build_object('invoice', d.invoice, 'due_on', to_char(d.due_on, 'YYYY-MM-DD')) as facts
  from debt d join lateral (
    select action from dunning_step where company_id = d.company_id and active and day <= d.days
      and action in ('reduce', 'wall', 'cut')
    order by day desc, array_position(array['cut', 'wall', 'reduce'], action::text) limit 1) s on true
), held as (
  select contract_id as id, effect, note, facts from hold
  where reason = 'overdue' and lifted_at is null and ($1::bigint[] is null or contract_id = any($1))
)
select coalesce(w.id, h.id) as id, w.effect as wanted, h.effect as held, w.note, w.facts
from wanted w full join held h on h.id = w.id
where (w.effect, w.note, w.facts) is distinct from (h.effect, h.note, h.facts)"""

# A look at a contract waits for another that has not committed, and sees what it did: else a payment's look could
# find nothing to lift while the ladder, which saw the debt a moment before, places the hold.
LOCK = "select 1 from contract where id = any($1::bigint[]) order by id for no key update"


async def look(
    connection: db.Connection,
    contract_ids: Sequence[int] | None = None,
    *,
    actor: audit.Actor = DUNNING,
    brake: bool = True,
) -> Look:
    """Make the overdue holds of these contracts (None: all) agree with what is owed."""
    rows = await _differences(connection, contract_ids)
    lifting = [r["id"] for r in rows if r["wanted"] is None]
    if lifting:
        await holds.lift(connection, actor, lifting, "overdue", owner="billing")
    wanted = [r for r in rows if r["wanted"] is not None]
    worse = [r for r in wanted if _severity(r["wanted"]) > _severity(r["held"])]
    await _place(connection, actor, [r for r in wanted if _severity(r["wanted"]) <= _severity(r["held"])])
    if brake and contract_ids is None and await _brake(connection, worse):
        return Look(0, 0, len(lifting), asked=True)
    await _place(connection, actor, worse)
    fresh = sum(r["held"] is None for r in worse)
    return Look(fresh, len(worse) - fresh, len(lifting))


async def _differences(connection: db.Connection, contract_ids: Sequence[int] | None) -> Sequence[Any]:
    """What is wanted and what is held, of these contracts, which stay locked until the caller commits."""
    if contract_ids is None:
        contract_ids = [row["id"] for row in await connection.fetch(DIFFERENCE, None)]
    if not contract_ids:
        return []
    await connection.fetch(LOCK, list(contract_ids))
    rows: Sequence[Any] = await connection.fetch(DIFFERENCE, list(contract_ids))
    return rows


def _severity(effect: str | None) -> int:
    return SEVERITY[effect] if effect else 0


async def _place(connection: db.Connection, actor: audit.Actor, rows: Sequence[Any]) -> None:
    if rows:
        effects, notes = [r["wanted"] for r in rows], [r["note"] for r in rows]
        facts = [json.loads(r["facts"]) for r in rows]
        await holds.place_each(connection, actor, [r["id"] for r in rows], "overdue", effects, notes, facts)


async def _brake(connection: db.Connection, worse: Sequence[Any]) -> bool:
    """True when a person must decide first; leaves one question on the console."""
    if len(worse) < await settings.number(connection, "dunning.brake_minimum", BRAKE_MINIMUM):
        return False
    active = await connection.fetchval("select count(*) from contract where status = 'active'")
    share = len(worse) / max(active, 1)
    if share <= await settings.number(connection, "dunning.brake_share", BRAKE_SHARE):
        return False
    fresh = sum(r["held"] is None for r in worse)
    known = await connection.fetchrow(
        "select id, state from dunning_run where state = 'asked' "
        "or (state = 'refused' and decided_at > now() - interval '24 hours') order by id desc limit 1"
    )
    if known is None:
        await _ask(connection, fresh, len(worse) - fresh, share)
    elif known["state"] == "asked":
        await connection.execute(
            "update dunning_run set placed = $2, worsened = $3, touched_share = $4 where id = $1",
            known["id"],
            fresh,
            len(worse) - fresh,
            share,
        )
    return True


async def _ask(connection: db.Connection, fresh: int, worsened: int, share: float) -> None:
    """Leave the question on the console, and tell who may answer it."""
    run = await connection.fetchval(
        "insert into dunning_run (state, placed, worsened, touched_share) values ('asked', $1, $2, $3) returning id",
        fresh,
        worsened,
        share,
    )
    contracts = fresh + worsened
    await audit.note(connection, DUNNING, "dunning.asked", "dunning", "", contracts=contracts, share=share)
    await notices.add(connection, "health.write", "brake.asked", {"contracts": contracts}, f"/console/dunning/{run}")


async def answer(connection: db.Connection, actor: audit.Actor, run_id: int, approve: bool) -> Look:
    """A person's answer to the brake: approve carries the cut out now, refuse waits a day before asking again."""
    row = await connection.fetchrow("select state from dunning_run where id = $1 for update", run_id)
    if row is None:
        raise NotFound(thing="dunning run")
    if row["state"] != "asked":
        raise Conflict(thing="dunning run", value=row["state"])
    done = await look(connection, actor=actor, brake=False) if approve else Look(0, 0, 0)
    await connection.execute(
        "update dunning_run set state = $2, placed = $3, worsened = $4, lifted = $5, decided_by = $6, "
        "decided_at = now() where id = $1",
        run_id,
        "approved" if approve else "refused",
        done.placed,
        done.worsened,
        done.lifted,
        actor.name,
    )
    verb = "dunning.approved" if approve else "dunning.refused"
    diff = audit.changed(row, {"state": "approved" if approve else "refused"})
    await audit.note(connection, actor, verb, "dunning", run_id, placed=done.placed, worsened=done.worsened, **diff)
    return done


@listens(PaymentReceived, lane="access")
async def look_again(connection: db.Connection, event: PaymentReceived) -> None:
    """Somebody paid: does the contract still earn its hold?"""
    await look(connection, [event.contract_id])


NOTICES = """insert into dunning_done (invoice_id, step_id)
select i.id, s.id from invoice i join company co on co.id = i.company_id
join dunning_step s on s.company_id = i.company_id and s.active and s.action = 'notice'
where i.status = 'open' and (now() at time zone co.zone)::date - i.due_on between s.day and s.day + 7
on conflict do nothing returning invoice_id, step_id"""


@periodic(every_s=60)
async def walk_the_ladder(connection: db.Connection) -> None:
    """Once a minute: notices that are due, and holds for all contracts."""
    told = await connection.fetch(NOTICES)
    if told:
        query = "select * from unnest($1::bigint[], $2::bigint[]) q(invoice_id, step_id)"
        pairs = ([r["invoice_id"] for r in told], [r["step_id"] for r in told])
        await publish_many(connection, NoticeDue, query, *pairs)
    await look(connection)
