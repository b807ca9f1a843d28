"""A crowd of made-up people by COPY: customers, contracts that began over five years and some of which ended, logins.

The same seed gives the same crowd. Passwords are not of it: each is unguessable, because such a crowd may stand in a
database that real routers ask.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from oss.access import passwords
from oss.access.accounts import unguessable
from oss.base import clock, db
from oss.base.secrets import Sealer
from oss.contracts.lifecycle import REASONS
from oss.crm import customers

AT_ONCE = 5000
FIVE_YEARS, LIFE_DAYS = 1800, 2100  # how far back contracts begin; how long one lives on the average
SECOND = 0.03  # this share of the customers has a second contract
CITIES = ("Lavras", "Varginha", "Três Corações", "Nepomuceno", "Perdões", "Ijaci", "Ribeirão Vermelho", "Itumirim")
WEIGHTS = (30, 24, 16, 8, 8, 6, 5, 3)
DUE_DAYS = (5, 10, 15, 20, 25)
WHY = dict(zip(REASONS, (22, 17, 21, 18, 9, 8, 3, 2), strict=True))
PLANS = (
    *(("Fibra 100", 100, 50, 7990, 10), ("Fibra 300", 300, 150, 9990, 25), ("Fibra 500", 500, 250, 10990, 30)),
    *(("Fibra 700", 700, 350, 12990, 20), ("Fibra 1 Giga", 1000, 500, 15990, 10), ("Empresa 600", 600, 600, 29990, 5)),
)
ACCOUNT = ("id", "contract_id", "login", "password_sealed", "password_kind", "created_at")
CONTRACT = ("id", "company_id", "customer_id", "plan_id", "due_day", "started_on", "status", "ended_on", "end_reason")


@dataclass(frozen=True, slots=True)
class Ground:
    """What a crowd stands on: a company, plans with how often each is chosen, and today."""

    company: int
    plans: Sequence[int]
    weights: Sequence[int]
    today: date


def document(chance: random.Random) -> str:
    """A CPF with right check digits, of nobody we know."""
    digits = [chance.randrange(10) for _ in range(9)]
    for _ in range(2):
        total = sum(d * w for d, w in zip(digits, range(len(digits) + 1, 1, -1), strict=True))
        digits.append(0 if (total * 10 % 11) == 10 else total * 10 % 11)
    return "".join(map(str, digits))


def person(
    chance: random.Random, names: tuple[Sequence[str], Sequence[str]], streets: Sequence[str]
) -> customers.NewCustomer:
    """Somebody with a name, a document, a telephone and a house."""
    name = f"{chance.choice(names[0])} {chance.choice(names[1])} {chance.choice(names[1])}"
    mail = customers.search_key(name).replace(" ", ".").replace("'", "")
    return customers.NewCustomer(
        name,
        document(chance),
        f"{mail}@example.com",
        f"359{chance.randrange(10**7, 10**8)}",
        f"{chance.choice(streets)}, {chance.randrange(1, 2400)}",
        chance.choices(CITIES, WEIGHTS)[0],
        "MG",
    )


def life(chance: random.Random, today: date) -> tuple[date, date | None, str | None]:
    """When a contract began (more of them lately), when it ended if it did, and why."""
    started = today - timedelta(days=int(FIVE_YEARS * (1 - chance.random() ** 0.5)))
    ended = started + timedelta(days=int(chance.expovariate(1 / LIFE_DAYS)) + 1)
    if ended > today:
        return started, None, None
    return started, ended, chance.choices(list(WHY), list(WHY.values()))[0]


async def gather(
    connection: db.Connection,
    sealer: Sealer,
    ground: Ground,
    people: Sequence[customers.NewCustomer],
    chance: random.Random,
) -> int:
    """Some people with their contracts and logins; returns how many contracts."""
    owners = [key for key in await customers.add_all(connection, people) for _ in range(1 + (chance.random() < SECOND))]
    ids = await _ids(connection, "contract", len(owners))
    rows = [_contract(ground, chance, key, owner) for key, owner in zip(ids, owners, strict=True)]
    await connection.copy_records_to_table("contract", records=rows, columns=CONTRACT)
    await _logins(connection, sealer, ids)
    return len(ids)


async def _ids(connection: db.Connection, table: str, count: int) -> list[int]:
    sql = "select nextval(pg_get_serial_sequence($2, 'id')) from generate_series(1, $1)"
    return [int(row[0]) for row in await connection.fetch(sql, count, table)]


def _contract(ground: Ground, chance: random.Random, key: int, owner: int) -> tuple[object, ...]:
    started, ended, why = life(chance, ground.today)
    plan = chance.choices(ground.plans, ground.weights)[0]
    status = "ended" if ended else "active"
    return (key, ground.company, owner, plan, chance.choice(DUE_DAYS), started, status, ended, why)


async def _logins(connection: db.Connection, sealer: Sealer, contracts: Sequence[int]) -> None:
    """``cliente0000042``: a login for each contract, by its number."""
    policy, now = await passwords.policy(connection), clock.now()
    rows = []
    for account, contract in zip(await _ids(connection, "access_account", len(contracts)), contracts, strict=True):
        kept = passwords.keep(unguessable().encode(), policy)
        rows.append(
            (account, contract, f"cliente{contract:07d}", passwords.seal(sealer, account, kept), kept.kind, now)
        )
    await connection.copy_records_to_table("access_account", records=rows, columns=ACCOUNT)
