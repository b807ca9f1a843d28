"""The same subscribers in both databases: user000000.. with pw000000.., ten plans, seven reply attributes.

The load generator knows them by the same rule (``radload.c``).
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import asyncpg

from oss.access import nas
from oss.access.accounts import TABLE
from oss.base import audit, clock, db
from oss.base.secrets import Sealer

PLANS = 10
SECRET = "testing123"
ACTOR = audit.Actor("bench")
INTERIM_S, SESSION_S = 300, 86_400


@dataclass(frozen=True, slots=True)
class Router:
    """A NAS that may ask."""

    name: str
    address: str
    secret: str


ONE_ROUTER = [Router("bras-1", "127.0.0.1", SECRET)]


def routers(count: int) -> list[Router]:
    """Several, as the load generator's --nas and --first-nas 127.0.1.1 number them."""
    return [Router(f"bras-{n}", f"127.0.1.{1 + n}", f"{SECRET}-{n:03d}") for n in range(count)]


def login(number: int) -> str:
    """``user000042``."""
    return f"user{number:06d}"


def password(number: int) -> str:
    """``pw000042``: every subscriber has another."""
    return f"pw{number:06d}"


def rates_mbps(plan: int) -> tuple[int, int]:
    """Up and down, as a router names them: received first."""
    return (plan + 1) * 10, (plan + 1) * 20


def reply_attributes(plan: int) -> list[tuple[str, str]]:
    """What an Access-Accept of a plan carries, in FreeRADIUS's names and spelling."""
    up, down = rates_mbps(plan)
    return [
        ("Mikrotik-Rate-Limit", f"{up}M/{down}M"),
        ("Framed-Pool", f"pool-plan{plan}"),
        ("Framed-Protocol", "PPP"),
        ("Service-Type", "Framed-User"),
        ("Acct-Interim-Interval", str(INTERIM_S)),
        ("Session-Timeout", str(SESSION_S)),
        ("Framed-IPv6-Pool", f"pool6-plan{plan}"),
    ]


async def into_freeradius(dsn: str, schema: str, count: int) -> None:
    """FreeRADIUS's own schema with ``count`` subscribers in ten groups."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(schema)
        checks = [(login(n), "Cleartext-Password", ":=", password(n)) for n in range(count)]
        groups = [(login(n), f"plan{n % PLANS}", 1) for n in range(count)]
        replies = [(f"plan{p}", name, ":=", value) for p in range(PLANS) for name, value in reply_attributes(p)]
        clients = [(one.address, one.name, "mikrotik", one.secret) for one in ONE_ROUTER]
        for table, columns, rows in (
            ("radcheck", ("username", "attribute", "op", "value"), checks),
            ("radusergroup", ("username", "groupname", "priority"), groups),
            ("radgroupreply", ("groupname", "attribute", "op", "value"), replies),
            ("nas", ("nasname", "shortname", "type", "secret"), clients),
        ):
            await connection.copy_records_to_table(table, columns=columns, records=rows)
            await connection.execute(f"analyze {table}")
    finally:
        await connection.close()


async def into_milha(connection: db.Connection, sealer: Sealer, count: int, clients: list[Router]) -> None:
    """The same subscribers as rows of ours, where there is no FreeRADIUS to take them over from."""
    company = await connection.fetchval(
        "insert into company (name, legal_name, cnpj, zone) values ('Bench', 'Bench Ltda', '11222333000181', 'UTC') "
        "returning id"
    )
    first_plan = await _plans(connection)
    for client in clients:
        values = nas.NasValues(
            client.name,
            client.address,
            secret=client.secret,
            ma_policy="required",
            coa_enabled=False,
            interim_s=INTERIM_S,
            requests_per_s=0,
        )
        await nas.save(connection, sealer, ACTOR, values)
    await _people(connection, company, first_plan, count)
    await _logins(connection, sealer, count)
    for table in ("customer", "contract", "access_account", "plan", "nas"):
        await connection.execute(f"analyze {table}")


async def _plans(connection: db.Connection) -> int:
    """Ten plans with ids in a row; returns the first."""
    ids = []
    for plan in range(PLANS):
        up, down = rates_mbps(plan)
        known = ("Mikrotik-Rate-Limit", "Framed-Pool", "Acct-Interim-Interval")  # columns of ours, or the NAS's
        more = [list(pair) for pair in reply_attributes(plan) if pair[0] not in known]
        ids.append(
            await connection.fetchval(
                "insert into plan (name, down_kbps, up_kbps, price_cents, reduced_down_kbps, reduced_up_kbps, pool, "
                "active, reply) values ($1, $2, $3, 9990, 1024, 512, $4, true, $5::jsonb) returning id",
                f"plan{plan}",
                down * 1000,
                up * 1000,
                f"pool-plan{plan}",
                json.dumps(more),
            )
        )
    return int(ids[0])


async def _people(connection: db.Connection, company: int, first_plan: int, count: int) -> None:
    """One customer and one contract each; contract number n (from 0, by id) is in plan n % 10."""
    await connection.execute(
        "insert into customer (name, search_key) select 'Cliente ' || n, 'cliente ' || n "
        "from generate_series(0, $1::int - 1) n order by n",
        count,
    )
    await connection.execute(
        "insert into contract (company_id, customer_id, plan_id, due_day, started_on) "
        "select $1, id, $2::int + (row_number() over (order by id) - 1)::int % $3::int, 10, current_date - 400 "
        "from customer order by id",
        company,
        first_plan,
        PLANS,
    )


async def _logins(connection: db.Connection, sealer: Sealer, count: int) -> None:
    """Sealed passwords. A thousand sessions a login: FreeRADIUS's side has no Simultaneous-Use either."""
    contract = await connection.fetchval("select min(id) from contract")
    first = await connection.fetchval("select coalesce(max(id), 0) + 1 from access_account")
    rows = [
        (first + n, contract + n, login(n), sealer.seal(password(n), f"{TABLE}/{first + n}"), True, clock.now(), 1000)
        for n in range(count)
    ]
    columns = ["id", "contract_id", "login", "password_sealed", "enabled", "created_at", "max_sessions"]
    await connection.copy_records_to_table("access_account", records=rows, columns=columns)
    await connection.execute(
        "select setval(pg_get_serial_sequence('access_account', 'id'), max(id)) from access_account"
    )
