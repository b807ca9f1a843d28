"""Reading the personal data of many customers is an event of its own, though nothing is changed by it.

Somebody who opens the pages of more than so many different customers within an hour leaves one audit row with their
number; a list that is answered with documents in clear leaves one, and so does a file (`disclosure`).
"""

from __future__ import annotations

from typing import Final

from oss.base import audit, db, settings

MANY = "audit.many_customers"
MANY_CUSTOMERS: Final = 50  # different customers within an hour
# One statement, and its commit does not wait for the disk: what a crash loses is a page that was not counted. A page
# that reads itself again every few seconds is not a new reading.
READ = """with put as (insert into customer_reading (actor, customer_id, read_at)
    select $1, c.id, now() from customer c, set_config('synchronous_commit', 'off', true) where c.id = $2
  on conflict (actor, customer_id) do update set read_at = excluded.read_at
    where customer_reading.read_at < now() - interval '1 minute' returning 1)
select (select count(*) from put) as fresh, (select count(*) from customer_reading r
  where r.actor = $1 and r.customer_id <> $2 and r.read_at > now() - interval '1 hour') as others"""
TOLD = """select 1 from audit where actor = $1 and action = 'customers.many_read'
and at > now() - interval '1 hour' limit 1"""
ONE_AT_A_TIME = "select pg_advisory_xact_lock(hashtext('milha:reading:' || $1))"


async def opened(actor: audit.Actor, customer_id: int) -> None:
    """Somebody opened a customer's page."""
    row = await db.fetchrow(READ, actor.name, customer_id)
    if row["fresh"]:
        await _look(actor, row["others"] + 1)


async def _look(actor: audit.Actor, count: int) -> None:
    """One row an hour, when the number is passed."""
    async with db.transaction() as connection:
        if count <= await settings.number(connection, MANY, MANY_CUSTOMERS):
            return
        await connection.execute(ONE_AT_A_TIME, actor.name)
        if not await connection.fetchval(TOLD, actor.name):
            await audit.note(connection, actor, "customers.many_read", "customers", "", count=count, minutes=60)


async def listed(actor: audit.Actor, count: int, **narrowed: object) -> None:
    """A page of a list was answered with documents, telephones and addresses in clear: one customer is no list.

    ``narrowed``: by which fields; a document that was asked for is not repeated here.
    """
    if count < 2:
        return
    by = sorted(name for name, value in narrowed.items() if value is not None)
    async with db.transaction() as connection:
        await audit.note(connection, actor, "customers.listed", "customers", "", count=count, narrowed_by=by)
