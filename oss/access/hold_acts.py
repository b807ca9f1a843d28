"""Holds by the hand of a person: placed and lifted on many contracts at once, with a way back for a few minutes.

An act is known by its reason, by who did it, and by the instant of its transaction, which all its rows share.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from oss.access import holds
from oss.access.holds import HoldLifted, HoldPlaced
from oss.base import audit, db
from oss.base.events import publish_many
from oss.base.problems import InvalidInput, Problem

UNDO_MINUTES = 10
MANY = 100  # contracts; beyond it the number must be typed
BY_HAND = ("manual", "fraud", "pause")  # an overdue hold follows from what is owed: it goes by payment or promise

PLACED = """update hold set lifted_at = now(), lifted_by = $1 where reason = $2 and placed_by = $1 and placed_at = $3
  and placed_at > now() - make_interval(mins => $4) and lifted_at is null returning contract_id"""
LIFTED = """update hold h set lifted_at = null, lifted_by = null where reason = $2 and lifted_by = $1 and lifted_at = $3
  and lifted_at > now() - make_interval(mins => $4) and not exists (select 1 from hold o
  where o.contract_id = h.contract_id and o.reason = h.reason and o.lifted_at is null) returning contract_id"""


class NumberChanged(Problem):
    """Meanwhile it is {now}, not {typed}. Look again before going on."""

    status = 409


class NothingToUndo(Problem):
    """That can no longer be undone: it is more than ten minutes ago, or somebody changed it since."""

    status = 409


@dataclass(frozen=True, slots=True)
class Done:
    """The contracts an act changed, and the instant that names it."""

    contracts: list[int]
    at: datetime


def _check(reason: str, count: int, typed: int | None) -> None:
    if reason not in BY_HAND:
        raise InvalidInput({"reason": "must be one of " + ", ".join(BY_HAND)})
    if not count:
        raise InvalidInput({"chosen": "choose at least one"})
    if count > MANY and typed != count:
        raise NumberChanged(now=count, typed=typed)


async def place(
    actor: audit.Actor, contract_ids: Sequence[int], reason: str, effect: str, note: str, typed: int | None = None
) -> Done:
    """Hold contracts; for more than a hundred the number was typed by the person and must still be true."""
    _check(reason, len(contract_ids), typed)
    async with db.transaction() as connection:
        changed = await holds.place(connection, actor, contract_ids, reason, effect, note)
        return Done(changed, await connection.fetchval("select now()"))


async def lift(actor: audit.Actor, contract_ids: Sequence[int], reason: str, typed: int | None = None) -> Done:
    """Free contracts of one reason's hold."""
    _check(reason, len(contract_ids), typed)
    async with db.transaction() as connection:
        changed = await holds.lift(connection, actor, contract_ids, reason)
        return Done(changed, await connection.fetchval("select now()"))


async def promise(actor: audit.Actor, contract_id: int, until: datetime) -> None:
    """The customer promised to pay: the overdue hold is hidden until then."""
    async with db.transaction() as connection:
        await holds.promise(connection, actor, contract_id, until)


async def undo(actor: audit.Actor, act: str, reason: str, at: datetime) -> list[int]:
    """Take back what this person placed (``act`` place) or put back what they lifted; returns the contracts."""
    statement = PLACED if act == "place" else LIFTED
    async with db.transaction() as connection:
        rows = await connection.fetch(statement, actor.name, reason, at, UNDO_MINUTES)
        contracts = [row["contract_id"] for row in rows]
        if not contracts:
            raise NothingToUndo()
        event, word = (HoldLifted, "placing") if act == "place" else (HoldPlaced, "lifting")
        query = "select id as contract_id, $2::text as reason from unnest($1::bigint[]) id"
        await publish_many(connection, event, query, contracts, reason)
        one = contracts[0] if len(contracts) == 1 else ""
        thing = "contract" if one else "contracts"
        await audit.note(connection, actor, f"hold.{word}_undone", thing, one, reason=reason, contracts=contracts)
    return contracts
