"""Many subscribers at once: customer, contract and login of each, in a handful of statements.

For imports. The caller checks the values, owns the transaction and leaves one audit row for the whole.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from oss.access import passwords
from oss.access.accounts import unguessable
from oss.access.passwords import Kept
from oss.base import clock, db
from oss.base.secrets import Sealer
from oss.contracts import lifecycle
from oss.contracts.lifecycle import NewContract
from oss.crm import customers
from oss.crm.customers import NewCustomer

AT_ONCE = 2000
COLUMNS = (
    *("id", "contract_id", "login", "password_sealed", "password_kind", "enabled", "max_sessions", "when_full"),
    *("reply", "kind", "binding", "binding_keys", "bound", "bound_at"),
)
KNOWN = "select login, id, contract_id from access_account where login = any($1::text[])"
NEW_IDS = "select nextval(pg_get_serial_sequence('access_account', 'id')) from generate_series(1, $1)"
SEALED = "select id, password_kind, password_sealed from access_account where id = any($1::bigint[])"
NEW_PASSWORDS = """update access_account a set password_sealed = n.sealed, password_kind = $3
from unnest($1::bigint[], $2::text[]) as n (id, sealed) where a.id = n.id"""
NEW_PLANS = """update contract c set plan_id = n.plan from unnest($1::bigint[], $2::bigint[]) as n (id, plan)
where c.id = n.id and c.status = 'active' and c.plan_id <> n.plan"""


@dataclass(frozen=True, slots=True)
class NewAccount:
    """A login and all that belongs to it; ``reply`` as [name, value] pairs, known to the dictionary.

    ``kept``: a hash that stands for the password, if that is all there is. ``kind`` mac or circuit has no password;
    ``bound`` is its line as it is kept.
    """

    login: str
    password: str = field(repr=False)
    enabled: bool = True
    max_sessions: int = 1
    when_full: str = "newest"
    reply: Sequence[Sequence[str]] = ()
    kept: Kept | None = None
    kind: str = "password"
    binding: str | None = None
    binding_keys: str | None = None
    bound: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NewSubscriber:
    """An account with the customer and the contract it is for."""

    account: NewAccount
    customer: NewCustomer
    plan_id: int
    due_day: int
    started_on: date


async def known(connection: db.Connection, logins: Sequence[str]) -> dict[str, tuple[int, int]]:
    """(account id, contract id) of those of these logins that exist."""
    return {row[0]: (row[1], row[2]) for row in await connection.fetch(KNOWN, logins)}


async def take_in(
    connection: db.Connection, sealer: Sealer, company_id: int, people: Sequence[NewSubscriber]
) -> AsyncIterator[int]:
    """Add subscribers none of whose logins exists; yields after each part how many are in."""
    for start in range(0, len(people), AT_ONCE):
        part = people[start : start + AT_ONCE]
        ids = await customers.add_all(connection, [one.customer for one in part])
        contracts = await lifecycle.start_all(
            connection,
            [
                NewContract(company_id, customer, one.plan_id, one.due_day, one.started_on)
                for customer, one in zip(ids, part, strict=True)
            ],
        )
        await add_accounts(connection, sealer, list(zip(contracts, (one.account for one in part), strict=True)))
        yield start + len(part)


async def add_accounts(connection: db.Connection, sealer: Sealer, accounts: Sequence[tuple[int, NewAccount]]) -> None:
    """Add logins to contracts: (contract id, account) each."""
    ids = [int(row[0]) for row in await connection.fetch(NEW_IDS, len(accounts))]
    rows, now, policy = [], clock.now(), await passwords.policy(connection)
    for key, (contract, one) in zip(ids, accounts, strict=True):
        asked = one.password if one.kind == "password" else unguessable()
        kept = one.kept or passwords.keep(asked.encode(), policy)
        sealed = passwords.seal(sealer, key, kept)
        reply = json.dumps([list(pair) for pair in one.reply])
        line = (one.kind, one.binding, one.binding_keys, json.dumps(dict(one.bound)), now if one.bound else None)
        said = (one.enabled, one.max_sessions, one.when_full, reply)
        rows.append((key, contract, one.login, sealed, kept.kind, *said, *line))
    await asyncio.sleep(0)
    await connection.copy_records_to_table("access_account", records=rows, columns=COLUMNS)


async def set_passwords(connection: db.Connection, sealer: Sealer, wanted: dict[int, str]) -> int:
    """Change the passwords of these accounts (by id) where they differ, or are kept in another way than they would be
    now; returns how many did.
    """
    changed, kind = 0, await passwords.policy(connection)
    ids = list(wanted)
    for start in range(0, len(ids), AT_ONCE):
        rows = await connection.fetch(SEALED, ids[start : start + AT_ONCE])
        old = [(key, passwords.unseal(sealer, key, was, sealed)) for key, was, sealed in rows]
        new = [key for key, kept in old if not passwords.same(kept, wanted[key], kind)]
        fresh = [passwords.seal(sealer, key, passwords.keep(wanted[key].encode(), kind)) for key in new]
        if new:
            await connection.execute(NEW_PASSWORDS, new, fresh, kind)
        changed += len(new)
    return changed


async def set_plans(connection: db.Connection, wanted: dict[int, int]) -> int:
    """Move running contracts (by id) to these plans; returns how many were on another."""
    if not wanted:
        return 0
    tag = await connection.execute(NEW_PLANS, list(wanted), list(wanted.values()))
    return int(tag.split()[-1])
