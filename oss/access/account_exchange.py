"""Access accounts out to lines of a file, and back in: new ones are made, others left alone or brought up to date."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from oss.access import intake
from oss.access.account_csv import PLAN, Line, Mistake
from oss.access.accounts import TABLE
from oss.access.imports.rates import Speed
from oss.access.lines import KEYS
from oss.base import audit, db
from oss.base.secrets import Sealer
from oss.contracts import lifecycle, plans
from oss.contracts.lifecycle import NewContract
from oss.crm import customers
from oss.crm.customers import NewCustomer, search_key

PAGE = 2000
WITH_PASSWORD = (None, "password")
ALL = """select a.id, a.login, a.password_kind, a.password_sealed, a.enabled, a.max_sessions, a.when_full,
  a.reply::text, a.kind,
  a.binding, a.binding_keys, a.bound::text, (select n.name from nas n where n.id::text = a.bound->>'nas') as nas,
  p.name as plan,
  u.name as customer, u.document, a.contract_id from access_account a join contract c on c.id = a.contract_id
  join plan p on p.id = c.plan_id join customer u on u.id = c.customer_id order by a.login collate "C" """
MOST_REPLIES = "select coalesce(max(jsonb_array_length(reply)), 0) from access_account"
CONTRACTS = """select c.id, c.status = 'active' as active, p.name as plan, u.search_key, u.document from contract c
join plan p on p.id = c.plan_id join customer u on u.id = c.customer_id where c.id = any($1::bigint[])"""
SET = """update access_account a set enabled = coalesce(n.enabled, a.enabled),
  max_sessions = coalesce(n.sessions, a.max_sessions), when_full = coalesce(n.full, a.when_full),
  reply = coalesce(n.reply::jsonb, a.reply), binding = n.binding, binding_keys = n.keys,
  bound = coalesce(n.bound::jsonb, a.bound),
  bound_at = case when coalesce(n.bound::jsonb, a.bound) = a.bound then a.bound_at else now() end
from (select u.id, u.enabled, u.sessions, u.full, u.reply, u.bound,
    nullif(coalesce(u.binding, b.binding, 'plan'), 'plan') as binding,
    nullif(coalesce(u.keys, b.binding_keys, 'plan'), 'plan') as keys
  from unnest($1::bigint[], $2::bool[], $3::int[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
    u (id, enabled, sessions, "full", reply, binding, keys, bound) join access_account b on b.id = u.id) n
where a.id = n.id and (coalesce(n.enabled, a.enabled), coalesce(n.sessions, a.max_sessions),
  coalesce(n.full, a.when_full), coalesce(n.reply::jsonb, a.reply), n.binding, n.keys,
  coalesce(n.bound::jsonb, a.bound))
  is distinct from (a.enabled, a.max_sessions::int, a.when_full::text, a.reply, a.binding::text, a.binding_keys::text,
    a.bound)"""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the operator chose. ``speed``: of plans that do not exist yet; None: they are a mistake."""

    company_id: int
    due_day: int
    started_on: date
    update: bool = False
    speed: Speed | None = None


@dataclass(slots=True)
class Outcome:
    """What was done, or why nothing was: with mistakes the caller undoes it all."""

    taken: Counter[str] = field(default_factory=Counter)
    mistakes: list[Mistake] = field(default_factory=list)


async def most_replies(connection: db.Connection) -> int:
    """How many reply attributes the richest account has."""
    return int(await connection.fetchval(MOST_REPLIES))


async def exported(connection: db.Connection, sealer: Sealer | None) -> AsyncIterator[list[Line]]:
    """All accounts by login, some at a time, in the caller's transaction; passwords only with a ``sealer``, and only
    those of which more than a hash is kept.
    """
    part: list[Line] = []
    async for row in connection.cursor(ALL, prefetch=PAGE):
        part.append(_exported(row, sealer))
        if len(part) == PAGE:
            yield part
            part = []
    if part:
        yield part


def _exported(row: Any, sealer: Sealer | None) -> Line:
    # A hash is of no use to another system, and a login that is its line has no password.
    asked = sealer if (row["kind"], row["password_kind"]) == ("password", "clear") else None
    password = asked.open(row["password_sealed"], f"{TABLE}/{row['id']}").decode() if asked else None
    reply = tuple((name, value) for name, value in json.loads(row["reply"]))
    said = (row["enabled"], row["max_sessions"], row["when_full"], row["plan"], row["customer"], row["document"])
    bound: dict[str, str] = json.loads(row["bound"])
    if row["nas"]:
        bound["nas"] = row["nas"]
    line = tuple((key, bound[key]) for key in KEYS if bound.get(key)) or None
    keys = row["binding_keys"] or PLAN
    return Line(
        row["login"], password, *said, row["contract_id"], reply, 0, row["kind"], row["binding"] or PLAN, keys, line
    )


async def take(
    connection: db.Connection, sealer: Sealer, actor: audit.Actor, lines: Sequence[Line], wishes: Wishes
) -> Outcome:
    """Bring the accounts of a file in. With mistakes in the outcome the transaction is to be undone."""
    outcome = Outcome()
    known = await intake.known(connection, [line.login for line in lines])
    lines = await _with_nas(connection, lines, outcome)
    new = [line for line in lines if line.login not in known]
    old = [line for line in lines if line.login in known]
    asked = new + (old if wishes.update else [])
    plan_ids = await _plans(connection, actor, asked, wishes, outcome)
    contracts = {r["id"]: r for r in await connection.fetch(CONTRACTS, list({x.contract for x in asked if x.contract}))}
    for line in new:
        outcome.mistakes += [Mistake(line.number, what) for what in _wrong(line, contracts)]
    outcome.mistakes += _disagreeing([line for line in new if line.contract and line.contract not in contracts])
    if wishes.update:
        outcome.mistakes += _moved(old, known) + await _of_another_kind(connection, old)
    if outcome.mistakes:
        return outcome
    await _add(connection, sealer, new, contracts, plan_ids, wishes, outcome)
    if wishes.update:
        await _update(connection, sealer, old, known, plan_ids, outcome)
    else:
        outcome.taken["logins that exist, left alone"] += len(old)
    await audit.note(connection, actor, "accounts.imported", "import", "", counts=dict(outcome.taken))
    return outcome


async def _plans(
    connection: db.Connection, actor: audit.Actor, lines: Sequence[Line], wishes: Wishes, outcome: Outcome
) -> dict[str, int]:
    """Ids of the plans that are named; those that do not exist are made, or are mistakes."""
    first = {line.plan: line.number for line in reversed(lines) if line.plan}
    rows = await connection.fetch("select name, id from plan where name = any($1::text[])", list(first))
    found = {row[0]: int(row[1]) for row in rows}
    for name, number in first.items():
        if name in found:
            continue
        if wishes.speed is None or len(name) > 80:
            what = f"there is no plan {name}: create it, or let it be made with --speed 300M/150M"
            outcome.mistakes.append(Mistake(number, what))
            continue
        down, up = wishes.speed.down_kbps, wishes.speed.up_kbps
        values = plans.PlanValues(name, down, up, 0, min(1024, down), min(512, up))
        found[name] = await plans.save(connection, actor, values)
        outcome.taken["plans made, without a price yet"] += 1
    return found


async def _with_nas(connection: db.Connection, lines: Sequence[Line], outcome: Outcome) -> list[Line]:
    """The lines with a NAS's id in the place of its name."""
    ids = {row[0]: str(row[1]) for row in await connection.fetch("select name, id from nas")}
    found = []
    for line in lines:
        bound = dict(line.bound or ())
        if "nas" in bound and bound["nas"] not in ids:
            outcome.mistakes.append(Mistake(line.number, f"there is no NAS {bound['nas']}"))
        elif "nas" in bound:
            line = replace(line, bound=tuple((bound | {"nas": ids[bound["nas"]]}).items()))
        found.append(line)
    return found


async def _of_another_kind(connection: db.Connection, old: Sequence[Line]) -> list[Mistake]:
    rows = await connection.fetch(
        "select login, kind from access_account where login = any($1::text[])", [line.login for line in old]
    )
    kinds = {row[0]: row[1] for row in rows}
    return [
        Mistake(line.number, f"login {line.login} is of kind {kinds[line.login]}: it cannot change it here")
        for line in old
        if line.kind and line.kind != kinds[line.login]
    ]


def _wrong(line: Line, contracts: dict[int, Any]) -> list[str]:
    """What keeps a new login from being made."""
    found = (
        [] if line.password or line.kind in ("mac", "circuit") else [f"login {line.login} is new: it needs a password"]
    )
    there = contracts.get(line.contract) if line.contract else None
    if there is None:
        found += [] if line.plan else [f"login {line.login} is new: name its plan"]
        found += [] if line.customer else [f"login {line.login} is new: name its customer"]
        return found
    other = (line.customer and search_key(line.customer) != there["search_key"]) or (
        line.document and line.document != there["document"]
    )
    if other:
        found.append(f"contract {line.contract} is another customer's: leave the cell empty for a new contract")
    elif not there["active"]:
        found.append(f"contract {line.contract} has ended: leave the cell empty for a new contract")
    elif line.plan and line.plan != there["plan"]:
        found.append(f"contract {line.contract} has the plan {there['plan']}, not {line.plan}")
    return found


def _disagreeing(lines: Sequence[Line]) -> list[Mistake]:
    """Lines that name the same new contract, but not the same plan and customer."""
    first: dict[int | None, Line] = {}
    found = []
    for line in lines:
        one = first.setdefault(line.contract, line)
        if (line.plan, line.customer, line.document) != (one.plan, one.customer, one.document):
            what = f"contract {line.contract} stands on line {one.number} with another plan or customer"
            found.append(Mistake(line.number, what))
    return found


def _moved(old: Sequence[Line], known: dict[str, tuple[int, int]]) -> list[Mistake]:
    return [
        Mistake(line.number, f"login {line.login} belongs to contract {known[line.login][1]}: it cannot change it here")
        for line in old
        if line.contract and line.contract != known[line.login][1]
    ]


async def _add(
    connection: db.Connection,
    sealer: Sealer,
    new: Sequence[Line],
    contracts: dict[int, Any],
    plan_ids: dict[str, int],
    wishes: Wishes,
    outcome: Outcome,
) -> None:
    """Customers, contracts and logins that do not exist. Lines with one contract number share it."""
    wanted: dict[object, Line] = {}
    for line in new:
        if line.contract not in contracts:
            wanted.setdefault(line.contract or (line.login,), line)
    people = await _customers(connection, list(wanted.values()), outcome)
    company, started_on = wishes.company_id, wishes.started_on
    made = await lifecycle.start_all(
        connection,
        [
            NewContract(company, person, plan_ids[line.plan or ""], wishes.due_day, started_on, line.contract)
            for person, line in zip(people, wanted.values(), strict=True)
        ],
    )
    ids = dict(zip(wanted, made, strict=True))
    of = [ids.get(line.contract or (line.login,), line.contract or 0) for line in new]
    pairs = [(contract, _account(line)) for contract, line in zip(of, new, strict=True)]
    for start in range(0, len(pairs), intake.AT_ONCE):
        await intake.add_accounts(connection, sealer, pairs[start : start + intake.AT_ONCE])
    outcome.taken["contracts made"] += len(made)
    outcome.taken["logins made"] += len(new)


async def _customers(connection: db.Connection, lines: Sequence[Line], outcome: Outcome) -> list[int]:
    """The customer of each line: whoever has its document, else a new one."""
    documents = list({line.document for line in lines if line.document})
    sql = "select document, min(id) as id from customer where document = any($1::text[]) group by document"
    there = {row[0]: int(row[1]) for row in await connection.fetch(sql, documents)}
    keys = [line.document or (line.login,) for line in lines]
    new = {key: line for key, line in reversed(list(zip(keys, lines, strict=True))) if key not in there}
    people = [NewCustomer(line.customer or line.login, line.document) for line in new.values()]
    made = dict(zip(new, await customers.add_all(connection, people), strict=True))
    outcome.taken["customers made"] += len(made)
    return [there[key] if isinstance(key, str) and key in there else made[key] for key in keys]


def _account(line: Line) -> intake.NewAccount:
    enabled = True if line.enabled is None else line.enabled
    full = line.when_full or "newest"
    account = intake.NewAccount(
        line.login, line.password or "", enabled, line.max_sessions or 1, full, line.reply or ()
    )
    binding, keys = (None if said == PLAN else said for said in (line.binding, line.bind_to))
    bound = dict(line.bound or ())
    return replace(account, kind=line.kind or "password", binding=binding, binding_keys=keys, bound=bound)


async def _update(
    connection: db.Connection,
    sealer: Sealer,
    old: Sequence[Line],
    known: dict[str, tuple[int, int]],
    plan_ids: dict[str, int],
    outcome: Outcome,
) -> None:
    """Logins that exist get what the file says of them; what it does not say stays."""
    passwords = {known[line.login][0]: line.password for line in old if line.password and line.kind in WITH_PASSWORD}
    outcome.taken["passwords changed"] += await intake.set_passwords(connection, sealer, passwords)
    moved = {known[line.login][1]: plan_ids[line.plan] for line in old if line.plan}
    outcome.taken["contracts moved to another plan"] += await intake.set_plans(connection, moved)
    replies = [None if line.reply is None else json.dumps([list(pair) for pair in line.reply]) for line in old]
    columns = ([line.enabled for line in old], [line.max_sessions for line in old], [line.when_full for line in old])
    bound = [None if line.bound is None else json.dumps(dict(line.bound)) for line in old]
    lines = [line.binding for line in old], [line.bind_to for line in old], bound
    tag = await connection.execute(SET, [known[line.login][0] for line in old], *columns, replies, *lines)
    outcome.taken["logins changed"] += int(tag.split()[-1])
