"""Recovery codes: ten at a time, each good once in the place of a second factor, for a lost telephone.

A code is 15 letters of chance (74 bits): its SHA-256 with the user's id is kept, and cannot be searched for.
"""

from __future__ import annotations

import hashlib
import secrets

from oss.base import audit, db
from oss.staff.router_password import LETTERS

COUNT, GROUPS, EACH = 10, 3, 5
USE = "delete from staff_recovery_code where user_id = $1 and code_hash = $2"
LEFT = "select count(*) from staff_recovery_code where user_id = $1"


def _hash(user_id: int, code: str) -> str:
    plain = "".join(c for c in code.lower() if c.isalnum())
    return hashlib.sha256(f"{user_id}:{plain}".encode()).hexdigest()


def _made() -> str:
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(EACH)) for _ in range(GROUPS))


async def renew(connection: db.Connection, actor: audit.Actor, user_id: int) -> list[str]:
    """Ten new ones in the place of all others; returned once and never shown again."""
    codes = [_made() for _ in range(COUNT)]
    await connection.execute("delete from staff_recovery_code where user_id = $1", user_id)
    await connection.executemany(
        "insert into staff_recovery_code (user_id, code_hash) values ($1, $2)",
        [(user_id, _hash(user_id, code)) for code in codes],
    )
    await audit.note(connection, actor, "user.recovery_codes_made", "staff_user", user_id)
    return codes


async def use(connection: db.Connection, actor: audit.Actor, user_id: int, code: str) -> bool:
    """Whether a code was one of a user's; from then on it is none. Two at once: one of them is refused."""
    if await connection.execute(USE, user_id, _hash(user_id, code)) != "DELETE 1":
        return False
    left = await connection.fetchval(LEFT, user_id)
    await audit.note(connection, actor, "user.recovery_code_used", "staff_user", user_id, left=left)
    return True


async def left(connection: db.Connection, user_id: int) -> int:
    """How many are left."""
    return int(await connection.fetchval(LEFT, user_id))
