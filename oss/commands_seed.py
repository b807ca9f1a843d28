"""``milha seed``: made-up customers with invoices, payments and sessions, to measure and to try with."""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Iterator
from itertools import islice

from billing import dunning, installation
from billing import figures as money
from oss import demo, demo_bills, demo_crowd, demo_traffic
from oss.app import register_features
from oss.base import audit, clock, db, sealing
from oss.base.config import Config
from oss.base.problems import Problem
from oss.base.secrets import Sealer
from oss.commands import opened
from oss.contracts import figures, plans
from oss.contracts.figures import month_after, month_of
from oss.crm import customers

ACTOR = audit.Actor("system:seed")
CNPJ = "11444777000161"


class HasCustomers(Problem):
    """This database has {count} customers; --beside-them puts made-up ones beside them, for good."""


def add_parser(sub: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command's options."""
    seed = sub.add_parser("seed", help="fill a database with made-up customers, to measure and to try with")
    seed.add_argument("--customers", type=int, default=1000, metavar="N", help="how many (1000)")
    seed.add_argument("--invoices", type=int, metavar="N", help="how many, the latest months first (ten a customer)")
    seed.add_argument("--history", type=int, default=3, metavar="N", help="past sessions a contract (3)")
    seed.add_argument("--random", type=int, default=20261126, metavar="SEED", help="another crowd")
    seed.add_argument("--beside-them", action="store_true", help="although the database has customers")
    seed.set_defaults(run=run)


async def run(config: Config, options: argparse.Namespace) -> int:
    """Fill; each part in transactions of its own, so that nothing waits for all of it."""
    register_features()
    async with opened(config) as dsn:
        sealer = await sealing.open_sealer(config, dsn)
        present = await db.fetchval("select count(*) from customer")
        if present and not options.beside_them:
            raise HasCustomers(count=present)
        await fill(config, sealer, options)
    return 0


async def fill(config: Config, sealer: Sealer, options: argparse.Namespace) -> None:
    """All parts, in order."""
    chance, began = random.Random(options.random), time.monotonic()
    behind = await db.fetchval("select coalesce(max(id), 0) from contract")
    async with db.transaction() as connection:
        ground = await _ground(connection, config)
        detail = {"customers": options.customers, "invoices": options.invoices}
        await audit.note(connection, ACTOR, "seed.made", "company", ground.company, **detail)
    contracts = await _people(sealer, ground, chance, options.customers)
    _say(began, f"{options.customers:,} customers with {contracts:,} contracts")
    made = await _bills(config, ground, options.invoices or 10 * options.customers)
    _say(began, f"{made:,} invoices, with payments and ledger")
    async with db.transaction() as connection:
        await dunning.look(connection, brake=False)
    _say(began, "holds of those who owe")
    await _network(config, sealer, ground, chance, behind, options.history)
    _say(began, "routers, sessions, logins")
    await _count()
    _say(began, "figures counted")


def _say(began: float, what: str) -> None:
    print(f"{time.monotonic() - began:7.1f} s  {what}", flush=True)


async def _ground(connection: db.Connection, config: Config) -> demo_crowd.Ground:
    """The company that is there, or one; the plans that are there, or some."""
    company = await connection.fetchval("select id from company order by id limit 1") or await connection.fetchval(
        "insert into company (name, legal_name, cnpj, zone) values ('Fibra de Prova', 'Fibra de Prova Ltda', $1, $2) "
        "returning id",
        *(CNPJ, config.zone),
    )
    if not await connection.fetchval("select 1 from dunning_step where company_id = $1 limit 1", company):
        ladder = [(company, day, action) for day, action in installation.LADDER]
        sql = "insert into dunning_step (company_id, day, action) values ($1, $2, $3)"
        await connection.executemany(sql, ladder)
    sold = [row["id"] for row in await connection.fetch("select id from plan where active and price_cents > 0")]
    weights = [1] * len(sold)
    if not sold:
        weights = [weight for *_, weight in demo_crowd.PLANS]
        for name, down, up, cents, _ in demo_crowd.PLANS:
            values = plans.PlanValues(name, down * 1000, up * 1000, cents)
            sold.append(await plans.save(connection, ACTOR, values))
    return demo_crowd.Ground(company, sold, weights, clock.today(config.zone))


async def _people(sealer: Sealer, ground: demo_crowd.Ground, chance: random.Random, count: int) -> int:
    people: Iterator[customers.NewCustomer] = (
        demo_crowd.person(chance, (demo.FIRST, demo.LAST), demo.STREETS) for _ in range(count)
    )
    contracts = 0
    while group := list(islice(people, demo_crowd.AT_ONCE)):
        async with db.transaction() as connection:
            contracts += await demo_crowd.gather(connection, sealer, ground, group, chance)
    await _analyze("customer", "contract", "access_account")
    return contracts


async def _bills(config: Config, ground: demo_crowd.Ground, wanted: int) -> int:
    """From next month's first invoices back, until there are as many as wanted."""
    made, first = 0, month_of(ground.today)
    for back in range(-1, demo_bills.MONTHS):
        if made < wanted:
            async with db.transaction() as connection:
                due = month_after(first, -back)
                rest = wanted - made
                made += await demo_bills.month(connection, ground.company, due, ground.today, rest, config.zone)
    await _analyze("invoice", "payment", "journal_entry", "posting")
    return made


async def _network(
    config: Config, sealer: Sealer, ground: demo_crowd.Ground, chance: random.Random, behind: int, each: int
) -> None:
    async with db.transaction() as connection:
        nas = await demo_traffic.routers(connection, sealer, ACTOR)
        await demo_traffic.sessions(connection, nas, config.node, behind, ground.today, min(each, 4))
        await demo_traffic.curve(connection, chance, clock.now())
    await _analyze("session_open", "session_history", "auth_log", "auth_reject", "auth_minute", "hold", "nas", "plan")


async def _count() -> None:
    async with db.transaction() as connection:
        await figures.refresh(connection, clock.now())
        await money.refresh(connection, clock.now())


async def _analyze(*tables: str) -> None:
    """The planner must know at once what autovacuum would tell it in a minute."""
    for table in tables:
        await db.execute(f"analyze {table}")  # names of ours
