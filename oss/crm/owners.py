"""Whose customers are: what a role shows as "own records" goes from one member of staff to another."""

from __future__ import annotations

from oss.base import audit, db
from oss.base.problems import InvalidInput

ACTIVE = "select exists (select 1 from staff_user where id = $1 and active)"
GIVE = "update customer set owner_id = $2 where owner_id = $1"


async def count(connection: db.Connection, user_id: int) -> int:
    """How many customers are somebody's own."""
    found: int = await connection.fetchval("select count(*) from customer where owner_id = $1", user_id)
    return found


async def hand_over(connection: db.Connection, actor: audit.Actor, user_id: int, to: int) -> int:
    """Give all of somebody's customers to another active person; how many there were. One sentence in the audit."""
    if to == user_id or not await connection.fetchval(ACTIVE, to):
        raise InvalidInput({"to": "is not one of the choices"})
    done = int((await connection.execute(GIVE, user_id, to)).split()[-1])
    if done:
        name = await connection.fetchval("select name from staff_user where id = $1", to)
        await audit.note(connection, actor, "user.customers_handed_over", "staff_user", user_id, count=done, to=name)
    return done
