"""A subscriber at once: the customer, the contract and its first login, in one transaction."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from oss.access import accounts
from oss.base import audit, db
from oss.base.problems import InvalidInput
from oss.base.secrets import Sealer
from oss.contracts import lifecycle, records
from oss.crm import customers
from oss.staff.scopes import ALL, Scope

# Without 0/o and 1/l/i: it is read aloud on the telephone and typed into a router at home.
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True, slots=True)
class Order:
    """What a customer takes: plan, due day and the login; ``company_id`` None: the only one there is."""

    plan_id: int
    due_day: int
    login: str
    password: str = field(repr=False)
    company_id: int | None = None


def password() -> str:
    """A password that nobody guesses and a person can read aloud: ``k4te-9mwp-x3rh``, 59 bits."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(3))


async def login_taken(connection: db.Connection, login: str, account_id: int | None) -> str | None:
    """What is wrong with a login that another account has."""
    sql = "select 1 from access_account where login = $1 and id is distinct from $2"
    return "already taken" if await connection.fetchval(sql, accounts.spelled(login), account_id) else None


async def connect(connection: db.Connection, sealer: Sealer, actor: audit.Actor, customer_id: int, order: Order) -> int:
    """A contract of a customer, from today on, with its login; returns the contract's id."""
    company_id, today = await records.company(connection, order.company_id)
    contract_id = await lifecycle.start(
        connection,
        actor,
        company_id=company_id,
        customer_id=customer_id,
        plan_id=order.plan_id,
        due_day=order.due_day,
        started_on=today,
    )
    await accounts.add(connection, sealer, actor, contract_id, order.login, order.password)
    return contract_id


async def add(
    connection: db.Connection,
    sealer: Sealer,
    actor: audit.Actor,
    new: customers.NewCustomer,
    order: Order | None,
    scope: Scope = ALL,
    scope_of_orders: Scope = ALL,
) -> tuple[int, int | None]:
    """A customer, with what is ordered if anything is; returns both ids. For whom each may be made, the scopes say."""
    customer_id = await customers.add(connection, actor, new, scope)
    if order is None:
        return customer_id, None
    if wrong := customers.wrong_city(new.city, scope_of_orders):
        raise InvalidInput(wrong)
    return customer_id, await connect(connection, sealer, actor, customer_id, order)
