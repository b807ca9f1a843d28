"""A provider of any size in seconds: rows by COPY, secrets really sealed. Logins ``b00001`` ..., ``b00001pw``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from oss.access import accounts, nas
from oss.base import audit, clock, db
from oss.base.secrets import Sealer
from oss.contracts import plans

ACTOR = audit.Actor("bench")


def login(number: int) -> str:
    """``b00001``."""
    return f"b{number:05d}"


def aad(account: int) -> str:
    """What binds a sealed password to its row."""
    return f"{accounts.TABLE}/{account}"


@dataclass(frozen=True, slots=True)
class Seeded:
    """What was made: contract ``first_contract + n`` belongs to login ``n + 1``."""

    company: int
    first_contract: int
    count: int


async def provider(connection: db.Connection, sealer: Sealer, count: int, coa_ports: dict[str, int]) -> Seeded:
    """Company, plan, ladder, one NAS per address in ``coa_ports``, and ``count`` subscribers."""
    company = await connection.fetchval(
        "insert into company (name, legal_name, cnpj, zone) values ('Bench', 'Bench Ltda', '11222333000181', 'UTC') "
        "returning id"
    )
    for day, action in ((5, "reduce"), (15, "wall"), (45, "cut")):
        await connection.execute(
            "insert into dunning_step (company_id, day, action) values ($1, $2, $3)", company, day, action
        )
    plan = await plans.save(connection, ACTOR, plans.PlanValues("Fibra 500", 500_000, 250_000, 10_990))
    for number, (address, port) in enumerate(coa_ports.items(), 1):
        values = nas.NasValues(
            f"BNG-{number}", address, secret="testing123", coa_port=port, interim_s=60, requests_per_s=0
        )
        await nas.save(connection, sealer, ACTOR, values)
    await connection.execute(
        "insert into customer (name, search_key) select 'Cliente ' || n, 'cliente ' || n from generate_series(1, $1) n",
        count,
    )
    await connection.execute(
        "insert into contract (company_id, customer_id, plan_id, due_day, started_on) "
        "select $1, id, $2, 10, current_date - 400 from customer order by id",
        company,
        plan,
    )
    first = await connection.fetchval("select min(id) from contract")
    start = await connection.fetchval("select coalesce(max(id), 0) + 1 from access_account")
    rows = [
        (start + n, first + n, login(n + 1), sealer.seal(login(n + 1) + "pw", aad(start + n)), True, clock.now())
        for n in range(count)
    ]
    columns = ["id", "contract_id", "login", "password_sealed", "enabled", "created_at"]
    await connection.copy_records_to_table("access_account", records=rows, columns=columns)
    return Seeded(company, first, count)


async def owe(connection: db.Connection, seeded: Seeded, first: int, last: int, days: int) -> None:
    """One open invoice each for logins ``first`` to ``last``, due ``days`` ago, and posted to the ledger."""
    due = clock.now().date() - timedelta(days=days)
    await connection.execute(
        "insert into invoice (company_id, customer_id, contract_id, number, period_from, period_to, issued_on, due_on, "
        "amount_cents) select company_id, customer_id, id, coalesce((select max(number) from invoice), 0) + "
        "row_number() over (), $3::date - 30, $3, $3::date - 10, $3, 10990 from contract where id between $1 and $2",
        seeded.first_contract + first - 1,
        seeded.first_contract + last - 1,
        due,
    )
    await connection.execute(
        "with entry as (insert into journal_entry (company_id, kind, ref_id, posted_on, actor) "
        "select company_id, 'invoice', id, issued_on, 'bench' from invoice i where not exists "
        "(select 1 from journal_entry e where e.kind = 'invoice' and e.ref_id = i.id) returning id, ref_id) "
        "insert into posting (entry_id, account_code, customer_id, amount_cents) "
        "select e.id, line.account, i.customer_id, line.sign * i.amount_cents from entry e "
        "join invoice i on i.id = e.ref_id cross join (values ('1.1.2', 1), ('3.1.1', -1)) line(account, sign)"
    )
