"""The list of holds that stand: why, with what effect, since when, on which line; and what a bulk act would touch."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from oss.access.holds import EFFECTS, OWNERS
from oss.access.search_words import contracts_by_words
from oss.base import db
from oss.base.listing import COUNTED, Listing, Order, Page, chosen
from oss.base.problems import InvalidInput
from oss.crm import within
from oss.staff.scopes import ALL, Scope

SIZE = 50
AGES = {"day": 1, "week": 7, "month": 30}  # older than so many days
COLUMNS = """h.id, h.contract_id, h.reason, h.owner, h.effect, h.note, h.masked_until, h.placed_by, h.placed_at,
  c.id as customer_id, c.name as customer, p.name as plan,
  (select array_agg(a.login order by a.id) from access_account a where a.contract_id = h.contract_id) as logins,
  (select count(*) from session_open s where s.contract_id = h.contract_id) as sessions"""
# LEFT, though each hold has all three: a join that neither order nor condition needs is made for a page only.
TABLES = """hold h left join contract k on k.id = h.contract_id left join customer c on c.id = k.customer_id
left join plan p on p.id = k.plan_id"""
ORDERS = {
    "placed": Order("h.placed_at", "timestamptz"),
    "customer": Order("c.search_key", "text", optional=True),
    "plan": Order('p.name collate "C"', "text", optional=True),
    "reason": Order('h.reason collate "C"', "text"),
    "effect": Order('h.effect collate "C"', "text"),
    "by": Order('h.placed_by collate "C"', "text"),
}
COUNTS = """select count(*) as every, count(*) filter (where reason = 'overdue') as overdue,
  count(*) filter (where reason = 'manual') as manual, count(*) filter (where reason = 'fraud') as fraud,
  count(*) filter (where reason = 'pause') as pause, count(*) filter (where masked_until > now()) as promised
from hold h where lifted_at is null and {inside}"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the list is narrowed to; ``reason`` may be ``promised`` for those a promise hides at present."""

    text: str = ""
    reason: str = ""
    effect: str = ""
    age: str = ""
    sort: str = "-placed"
    scope: Scope = ALL

    @property
    def order(self) -> Order:
        return chosen(ORDERS, self.sort, "-placed")


def listing(wanted: Wanted) -> Listing:
    """The list's SQL for a wish."""
    found = Listing(COLUMNS, TABLES, "h.id").where("h.lifted_at is null")
    found.where(*within.condition(wanted.scope, "k.customer_id"))
    if wanted.reason == "promised":
        found.where("h.masked_until > now()")
    elif wanted.reason in OWNERS:
        found.where("h.reason = {}", wanted.reason)
    if wanted.effect in EFFECTS:
        found.where("h.effect = {}", wanted.effect)
    if wanted.age in AGES:
        found.where("h.placed_at < now() - make_interval(days => {}::int)", AGES[wanted.age])
    if wanted.text:
        contracts, values = contracts_by_words(wanted.text)
        note = "%" + re.sub(r"([\\%_])", r"\\\1", wanted.text) + "%"
        found.where(f"(h.contract_id in ({contracts}) or h.note ilike {{}})", *values, note)
    return found


async def read(wanted: Wanted, after: str | None = None, before: str | None = None) -> Page:
    """One page, with the count of the whole."""
    found = listing(wanted)
    return await found.page(wanted.order, SIZE, after, before, await found.count(COUNTED))


async def counts(scope: Scope = ALL) -> Mapping[str, int]:
    """How many holds stand, by reason."""
    inside, values = within.numbered(scope, within.OF_CONTRACT.format("h.contract_id"), 1)
    return dict(await db.fetchrow(COUNTS.format(inside=inside), *values))


async def contracts_of(hold_ids: Sequence[int]) -> list[int]:
    """The contracts of some holds."""
    sql = "select distinct contract_id from hold where id = any($1::bigint[]) order by 1"
    return [row["contract_id"] for row in await db.fetch(sql, list(hold_ids))]


PREVIEW = """select count(*) as contracts, count(distinct k.customer_id) as customers,
  count(*) filter (where exists (select 1 from hold h where h.contract_id = k.id and h.reason = $2
    and h.lifted_at is null)) as have_it,
  count(*) filter (where exists (select 1 from hold h where h.contract_id = k.id and h.reason <> $2
    and h.lifted_at is null and (h.masked_until is null or h.masked_until <= now()))) as held_otherwise
from contract k where k.id = any($1::bigint[])"""
BY_NAS = """select n.id, n.name, n.coa_enabled, count(*) as sessions from session_open s join nas n on n.id = s.nas_id
where s.contract_id = any($1::bigint[]) group by n.id order by n.name"""
NAMES = """select c.name from contract k join customer c on c.id = k.customer_id where k.id = any($1::bigint[])
order by c.search_key limit 4"""


@dataclass(frozen=True, slots=True)
class Preview:
    """What placing or lifting a reason's hold would touch. ``unchanged``: have it already, or have none to lift."""

    act: str
    reason: str
    contracts: int
    customers: int
    unchanged: int
    held_otherwise: int
    by_nas: Sequence[Any]
    names: list[str]

    @property
    def changing(self) -> int:
        return self.contracts - self.unchanged

    @property
    def sessions(self) -> int:
        return sum(row["sessions"] for row in self.by_nas)


async def preview(contract_ids: Sequence[int], act: str, reason: str) -> Preview:
    """Look before leaping: ``act`` is place or lift."""
    if act not in ("place", "lift"):
        raise InvalidInput({"act": "one of place, lift"})
    if reason not in OWNERS:
        raise InvalidInput({"reason": "must be one of " + ", ".join(OWNERS)})
    row = await db.fetchrow(PREVIEW, list(contract_ids), reason)
    unchanged = row["have_it"] if act == "place" else row["contracts"] - row["have_it"]
    names = [one["name"] for one in await db.fetch(NAMES, list(contract_ids))]
    by_nas = await db.fetch(BY_NAS, list(contract_ids))
    return Preview(act, reason, row["contracts"], row["customers"], unchanged, row["held_otherwise"], by_nas, names)
