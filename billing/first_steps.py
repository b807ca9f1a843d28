"""The first day of a provider: which steps are done, and a login to try the first router with.

A step is done when what it makes is there, whoever made it and wherever. The test login is a contract of its own; it
ends with the last step, so that no password of that day goes on working.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace

from oss.access import accounts
from oss.base import audit, clock, db, settings
from oss.base.problems import InvalidInput, NotFound
from oss.base.secrets import Sealer
from oss.contracts import lifecycle, plans
from oss.contracts.plans import PlanValues
from oss.crm import customers
from oss.crm.customers import NewCustomer

KEY = "first_steps"
READABLE = "abcdefghjkmnpqrstuvwxyz23456789"  # read aloud, typed on a telephone: no i l o 0 1
FACTS = """select exists (select 1 from plan) as plan, (select min(id) from nas where active) as nas,
  exists (select 1 from auth_minute where accepts > 0) as login"""


@dataclass(frozen=True, slots=True)
class Progress:
    """Which steps are done. ``nas``: the first router, None before there is one; ``over``: nobody asks any more."""

    plan: bool
    nas: int | None
    login: bool
    over: bool
    test_contract: int | None = None

    @property
    def complete(self) -> bool:
        return self.plan and self.nas is not None and self.login


@dataclass(frozen=True, slots=True)
class Trial:
    """A login to try with; its password can be read this once."""

    login: str
    password: str = field(repr=False)


async def read(connection: db.Connection) -> Progress:
    """How far it is."""
    kept = await settings.read(connection, KEY, {})
    if kept.get("over"):
        return Progress(True, None, True, True)
    row = await connection.fetchrow(FACTS)
    return Progress(row["plan"], row["nas"], row["login"], False, kept.get("contract"))


async def leave(connection: db.Connection, actor: audit.Actor) -> None:
    """Be done with it, finished or not: the card is gone, the test login ended."""
    kept = await settings.read(connection, KEY, {})
    if kept.get("contract"):
        zone = await connection.fetchval("select zone from company order by id limit 1")
        try:
            await lifecycle.end(connection, actor, kept["contract"], clock.today(zone))
        except NotFound:  # somebody ended it before
            pass
    await settings.write(connection, actor, KEY, {"over": True})


async def make_plan(
    connection: db.Connection, actor: audit.Actor, name: str, down_kbps: int, up_kbps: int, price_cents: int
) -> int:
    """The first plan; while held a line gets what a plan comes with, or less."""
    fresh = PlanValues(name, down_kbps, up_kbps, price_cents)
    held_down, held_up = min(fresh.reduced_down_kbps, down_kbps), min(fresh.reduced_up_kbps, up_kbps)
    values = replace(fresh, reduced_down_kbps=held_down, reduced_up_kbps=held_up)
    return await plans.save(connection, actor, values)


def readable_password(length: int = 12) -> str:
    """About 59 bits, in characters that nobody takes for others."""
    return "".join(secrets.choice(READABLE) for _ in range(length))


async def make_test_login(connection: db.Connection, sealer: Sealer, actor: audit.Actor, name: str) -> Trial:
    """A login on the first plan, for a customer called ``name``; asked for again it gets another password."""
    kept, password = await settings.read(connection, KEY, {}), readable_password()
    known = await connection.fetchrow(
        "select id, login from access_account where contract_id = $1", kept.get("contract") or 0
    )
    if known is not None:
        await accounts.set_password(connection, sealer, actor, known["id"], password)
        return Trial(known["login"], password)
    contract = await _contract(connection, actor, name)
    login = f"teste-{readable_password(4)}"
    await accounts.add(connection, sealer, actor, contract, login, password)
    await settings.write(connection, actor, KEY, {**kept, "contract": contract})
    return Trial(login, password)


async def _contract(connection: db.Connection, actor: audit.Actor, name: str) -> int:
    company = await connection.fetchrow("select id, zone from company order by id limit 1")
    plan = await connection.fetchval("select id from plan where active order by id limit 1")
    if company is None or plan is None:
        raise InvalidInput({"plan": "does not exist"})
    customer = await customers.add(connection, actor, NewCustomer(name))
    today = clock.today(company["zone"])
    its = {"company_id": company["id"], "customer_id": customer, "plan_id": plan, "due_day": 10, "started_on": today}
    return await lifecycle.start(connection, actor, **its)
