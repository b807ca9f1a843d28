"""Document, telephone and e-mail of a customer in clear: masked until asked, and asking is noted."""

from __future__ import annotations

from typing import Any

from oss.base import audit, db
from oss.base.problems import NotFound


async def disclose(actor: audit.Actor, customer_id: int) -> Any:
    """The row with ``document``, ``phone`` and ``email``, after the note of who asked."""
    async with db.transaction() as connection:
        row = await connection.fetchrow("select document, phone, email from customer where id = $1", customer_id)
        if row is None:
            raise NotFound(thing="customer")
        seen = [name for name in ("document", "phone", "email") if row[name]]
        await audit.note(connection, actor, "customer.disclosed", "customer", customer_id, fields=seen)
    return row


async def note_export(actor: audit.Actor, what: str, **detail: object) -> None:
    """Who took a list of customers' data out of the house, narrowed to what."""
    async with db.transaction() as connection:
        await audit.note(connection, actor, f"{what}.exported", what, "", **detail)
