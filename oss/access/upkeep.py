"""What is thrown away when it is old: expired sign-ins, answered idempotency keys, minute figures, knocks."""

from __future__ import annotations

from oss.base import db
from oss.base.jobs import periodic

KEEP = {
    "web_session": "expires_at < now()",
    "setup_link": "expires_at < now()",
    "idempotency": "created_at < now() - interval '48 hours'",
    "auth_minute": "minute < now() - interval '60 days'",
    "auth_reject": "minute < now() - interval '90 days'",
    "nas_knock": "last_at < now() - interval '30 days'",
    "enforcement": "ended_at < now() - interval '180 days'",
    "node": "seen_at < now() - interval '7 days'",
}


@periodic(every_s=600)
async def throw_away(connection: db.Connection) -> None:
    """Every ten minutes, a bounded piece of each table."""
    for table, old in KEEP.items():
        # Table and condition are constants of this file.
        await connection.execute(
            f"delete from {table} where ctid = any(array(select ctid from {table} where {old} limit 5000))"
        )
