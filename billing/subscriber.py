"""One subscriber: who, what is contracted, what is owed, what the network does; all one screen asks, in a few reads."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from oss.access import affected, login_list, reject_list
from oss.access.affected import Hop
from oss.access.decide import Access, Decision, Facts, HoldFact, Speeds, decide
from oss.base import clock, db
from oss.base.problems import NotFound

CUSTOMER = """select id, name, document, email, phone, street, number, complement, district, postcode, city, state,
  created_at, version,
  (select min(started_on) from contract k where k.customer_id = customer.id) as since from customer where id = $1"""
CONTRACTS = """select k.id, k.version, k.status, k.due_day, k.started_on, k.ended_on, k.plan_id, p.name as plan,
  p.price_cents, p.down_kbps, p.up_kbps, p.reduced_down_kbps, p.reduced_up_kbps, p.pool, p.binding, p.binding_keys,
  o.id as company_id, o.name as company, o.zone
from contract k join plan p on p.id = k.plan_id join company o on o.id = k.company_id
where k.customer_id = $1 order by k.status, k.id"""
ACCOUNTS = (
    "select a.id, a.version, a.contract_id, a.login, a.password_kind, a.enabled, a.max_sessions, a.when_full, "
    "a.kind, a.binding, coalesce(a.binding, p.binding) as policy, coalesce(a.binding_keys, p.binding_keys) as keys, "
    "a.bound::text as bound, a.bound_at from access_account a join contract k on k.id = a.contract_id "
    "join plan p on p.id = k.plan_id where a.contract_id = any($1::bigint[]) order by a.id"
)
HOLDS = """select id, contract_id, reason, owner, effect, note, masked_until, placed_by, placed_at from hold
where contract_id = any($1::bigint[]) and lifted_at is null order by placed_at"""
SESSIONS = """select s.uid, s.contract_id, s.login, s.started_at, s.last_seen_at, host(s.framed_ip) as ip,
  s.framed_ipv6_prefix, s.delegated_ipv6_prefix, s.calling_station_id as mac, s.nas_port_id as port,
  s.input_octets, s.output_octets, s.input_bps, s.output_bps, s.desired, s.applied, s.drift_since, s.drift_cause,
  s.attempts, s.next_try_at, n.id as nas_id, n.name as nas
from session_open s join nas n on n.id = s.nas_id where s.contract_id = any($1::bigint[]) order by s.started_at desc"""
HISTORY = """select h.login, h.started_at, h.ended_at, h.session_s, h.input_octets, h.output_octets, h.terminate_cause,
  host(h.framed_ip) as ip, n.name as nas from session_history h left join nas n on n.id = h.nas_id
where h.contract_id = $1 order by h.started_at desc limit $2"""
INVOICES = """select i.id, i.contract_id, i.series, i.number, i.period_from, i.period_to, i.issued_on, i.due_on,
  i.amount_cents, i.paid_cents, i.status, i.paid_at, i.explanation, i.amount_cents - i.paid_cents as open_cents,
  (select y.method from payment y where y.invoice_id = i.id order by y.id desc limit 1) as method
from invoice i where i.contract_id = $1
order by i.status <> 'open', case when i.status = 'open' then i.due_on end, i.due_on desc, i.id desc limit $2"""
LOGINS_KEPT = timedelta(days=90)
STEPS = "select day, action from dunning_step where company_id = $1 and active and action <> 'notice' order by day"


@dataclass(slots=True)
class Contract:
    """One contract with its logins, holds and live sessions, and what is decided about it now."""

    row: Any
    accounts: list[Any] = field(default_factory=list)
    holds: list[Any] = field(default_factory=list)
    sessions: list[Any] = field(default_factory=list)

    @property
    def id(self) -> int:
        return int(self.row["id"])

    def decision(self, now: datetime) -> Decision:
        """The house's one rule, on this contract's facts (invariant 2)."""
        row = self.row
        holds = tuple(
            HoldFact(h["reason"], h["effect"], h["placed_at"], h["note"], h["masked_until"]) for h in self.holds
        )
        speeds = Speeds(row["down_kbps"], row["up_kbps"], row["reduced_down_kbps"], row["reduced_up_kbps"], row["pool"])
        enabled = not self.accounts or any(account["enabled"] for account in self.accounts)
        return decide(Facts(enabled, row["status"] == "active", speeds, holds), now)


@dataclass(frozen=True, slots=True)
class View:
    """All of the screen. ``standing`` says which face it shows; ``next_step`` what dunning does next, and when.

    ``rejects`` are refusals folded by minute (`reject_list`), ``logins`` single ones, accepted too (`login_list`).
    ``hops``: the way of its first login from the ONU up to the core, empty where nobody said where it ends.
    """

    customer: Any
    contracts: list[Contract]
    contract: Contract | None
    decision: Decision | None
    standing: str
    invoices: list[Any]
    rejects: Sequence[Any]
    history: Sequence[Any]
    next_step: tuple[date, str] | None
    today: date
    logins: Sequence[Any] = ()
    hops: Sequence[Hop] = ()

    @property
    def session(self) -> Any | None:
        return self.contract.sessions[0] if self.contract and self.contract.sessions else None

    @property
    def overdue(self) -> list[Any]:
        """Open invoices past their day, the oldest first."""
        return [one for one in self.invoices if one["status"] == "open" and one["due_on"] < self.today]

    @property
    def owed_cents(self) -> int:
        return sum(one["open_cents"] for one in self.overdue)

    @property
    def next_due(self) -> Any | None:
        """The next open invoice that is not past its day."""
        return next((one for one in self.invoices if one["status"] == "open" and one["due_on"] >= self.today), None)

    @property
    def hold(self) -> Any | None:
        """The standing hold the decision names."""
        if self.contract is None or self.decision is None:
            return None
        code = self.decision.reason.code
        return next((one for one in self.contract.holds if one["reason"] == code), None)

    @property
    def promise(self) -> datetime | None:
        """Until when a promise to pay holds, if one does."""
        return self.decision.until if self.decision else None


async def read(customer_id: int, contract_id: int | None, invoices: int = 6, history: int = 6) -> View:
    """The screen of a subscriber, on one contract (else the one that most needs looking at)."""
    customer = await db.fetchrow(CUSTOMER, customer_id)
    if customer is None:
        raise NotFound(thing="customer")
    now, contracts = clock.now(), await _contracts(customer_id)
    chosen = _chosen(contracts, contract_id, now)
    if chosen is None:
        return View(customer, [], None, None, "bare", [], [], [], None, now.date())
    decision, today = chosen.decision(now), clock.today(chosen.row["zone"])
    rejects, logins, past, (bills, step), hops = await asyncio.gather(
        reject_list.of_contract(chosen.id),
        login_list.last([one["login"] for one in chosen.accounts], now - LOGINS_KEPT),
        db.fetch(HISTORY, chosen.id, history),
        _bills(chosen, invoices, today),
        _hops(chosen),
    )
    standing = _standing(chosen, decision, rejects, past, now)
    return View(customer, contracts, chosen, decision, standing, bills, rejects, past, step, today, logins, hops)


async def _bills(contract: Contract, most: int, today: date) -> tuple[list[Any], tuple[date, str] | None]:
    """The invoices, and what dunning does next because of them."""
    bills = list(await db.fetch(INVOICES, contract.id, most))
    return bills, await _next_step(contract, bills, today)


async def _hops(contract: Contract) -> Sequence[Hop]:
    return await affected.path(db.pool(), contract.accounts[0]["id"]) if contract.accounts else []


async def _contracts(customer_id: int) -> list[Contract]:
    found = {row["id"]: Contract(row) for row in await db.fetch(CONTRACTS, customer_id)}
    parts = {"accounts": ACCOUNTS, "holds": HOLDS, "sessions": SESSIONS}
    read = await asyncio.gather(*(db.fetch(sql, list(found)) for sql in parts.values()))
    for name, rows in zip(parts, read, strict=True):
        for row in rows:
            getattr(found[row["contract_id"]], name).append(row)
    return list(found.values())


def _chosen(contracts: list[Contract], contract_id: int | None, now: datetime) -> Contract | None:
    """The contract asked for, else a held active one, else an active one, else the first."""
    asked = next((one for one in contracts if one.id == contract_id), None)
    if asked is not None or not contracts:
        return asked
    return min(contracts, key=lambda one: (one.row["status"] != "active", one.decision(now).access is Access.FULL))


def _standing(
    contract: Contract, decision: Decision, rejects: Sequence[Any], past: Sequence[Any], now: datetime
) -> str:
    """ended, disabled, held, stuck, well, refused, offline or never: one word for what the screen opens with."""
    if contract.row["status"] != "active":
        return "ended"
    if decision.reason.code == "account_disabled":
        return "disabled"
    session = contract.sessions[0] if contract.sessions else None
    late = session is not None and session["drift_since"] and now - session["drift_since"] > timedelta(seconds=5)
    if decision.access is not Access.FULL:
        return "held"
    if session is not None:
        return "stuck" if late else "well"
    if rejects and now - rejects[0]["last_at"] < timedelta(minutes=30):
        return "refused"
    return "offline" if past else "never"


async def _next_step(contract: Contract, bills: Sequence[Any], today: date) -> tuple[date, str] | None:
    due = [one["due_on"] for one in bills if one["status"] == "open" and one["due_on"] < today]
    if not due:
        return None
    days = (today - min(due)).days
    for step in await db.fetch(STEPS, contract.row["company_id"]):
        if step["day"] > days:
            return min(due) + timedelta(days=step["day"]), step["action"]
    return None


async def invoice(customer_id: int, invoice_id: int) -> Any:
    """One open or paid invoice of a customer."""
    sql = """select id, contract_id, number, due_on, period_from, amount_cents, paid_cents, status,
      amount_cents - paid_cents as open_cents from invoice where id = $1 and customer_id = $2"""
    row = await db.fetchrow(sql, invoice_id, customer_id)
    if row is None:
        raise NotFound(thing="invoice")
    return row


async def contract(customer_id: int, contract_id: int) -> Contract:
    """One contract of a customer."""
    for one in await _contracts(customer_id):
        if one.id == contract_id:
            return one
    raise NotFound(thing="contract")


async def name(customer_id: int) -> str:
    """A customer's name."""
    found = await db.fetchval("select name from customer where id = $1", customer_id)
    if found is None:
        raise NotFound(thing="customer")
    return str(found)


# --- the timeline -------------------------------------------------------------------------------------------

HELD = """select contract_id, reason, effect, note, placed_at, placed_by, lifted_at, lifted_by from hold
where contract_id = any($1::bigint[]) order by greatest(placed_at, coalesce(lifted_at, placed_at)) desc limit 16"""
OBEYED = """select e.wanted, e.was, e.cause, e.outcome, e.asked_at, e.ended_at, n.name as nas,
  extract(epoch from e.ended_at - e.asked_at)::float8 as seconds
from enforcement e left join nas n on n.id = e.nas_id
where e.contract_id = any($1::bigint[]) order by e.ended_at desc limit 16"""
PAID = """select y.amount_cents, y.method, y.received_at, y.created_at, i.number from payment y
join invoice i on i.id = y.invoice_id where y.customer_id = $1 order by y.id desc limit 12"""
TOLD = """select d.done_at, s.day, i.number from dunning_done d join invoice i on i.id = d.invoice_id
join dunning_step s on s.id = d.step_id where i.customer_id = $1 order by d.done_at desc limit 8"""
NOTED = """select at, actor, action, detail::text as detail from audit where object = 'contract'
and object_id = any($1::text[]) and action = any($2::text[]) order by id desc limit 12"""
NOTED_ACTIONS = [
    "contract.started",
    "contract.plan_changed",
    "contract.due_day_changed",
    "contract.ended",
    "account.added",
    "account.password_set",
    "account.enabled",
    "account.sessions_set",
    "account.binding_set",
    "account.line_set",
    "account.line_forgotten",
    "session.disconnected",
    "hold.promised",
]


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of the timeline. ``kind``: placed, lifted, paid, told, obeyed, or an action of the audit."""

    kind: str
    at: datetime
    facts: dict[str, Any]


async def timeline(customer_id: int, contract_ids: Sequence[int], most: int = 14) -> list[Moment]:
    """What happened to a customer, newest first. A hold's line carries how fast the network obeyed it."""
    ids = list(contract_ids)
    read, paid, told, held, noted = await asyncio.gather(
        db.fetch(OBEYED, ids),
        db.fetch(PAID, customer_id),
        db.fetch(TOLD, customer_id),
        db.fetch(HELD, ids),
        db.fetch(NOTED, [str(one) for one in ids], NOTED_ACTIONS),
    )
    obeyed = list(read)
    found = [Moment("paid", row["received_at"], dict(row)) for row in paid]
    found += [Moment("told", row["done_at"], dict(row)) for row in told]
    for row in held:
        facts = dict(row)
        found.append(Moment("placed", row["placed_at"], facts | {"obeyed": _take(obeyed, row["placed_at"], False)}))
        if row["lifted_at"]:
            found.append(Moment("lifted", row["lifted_at"], facts | {"obeyed": _take(obeyed, row["lifted_at"], True)}))
    found += [Moment("obeyed", row["ended_at"], dict(row)) for row in obeyed]
    for row in noted:
        found.append(Moment(row["action"], row["at"], {**json.loads(row["detail"]), "actor": row["actor"]}))
    found.sort(key=lambda one: one.at, reverse=True)
    return found[:most]


def _take(obeyed: list[Any], at: datetime, opening: bool) -> Any | None:
    """The change the network made for a hold placed or lifted at an instant; it is told once."""
    for row in reversed(obeyed):
        apart = (row["asked_at"] - at).total_seconds()
        if -2 < apart < 120 and row["wanted"].startswith("full") == opening:
            obeyed.remove(row)
            return row
    return None
