"""A member of staff's password for routers that ask by CHAP or MS-CHAP: made by us, sealed, good nowhere else.

Nobody can answer those methods with a hash alone, and RouterOS asks by MS-CHAPv2 only (MikroTik manual, "Security",
since 6.45). What is sealed for that must therefore not be the password of the console: it is 20 characters of chance.
"""

from __future__ import annotations

import secrets

from oss.base import audit, db
from oss.base.secrets import Sealer

TABLE = "staff_radius/password_sealed"
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # without those that look alike
GROUPS, EACH = 4, 5  # 99 bits
SET = """insert into staff_radius (id, password_sealed) values ($1, $2)
on conflict (id) do update set password_sealed = excluded.password_sealed"""
REMOVE = "update staff_radius set password_sealed = null where id = $1 and password_sealed is not null"


def _made() -> str:
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(EACH)) for _ in range(GROUPS))


async def renew(connection: db.Connection, sealer: Sealer, actor: audit.Actor, user_id: int) -> str:
    """A new one in the place of the old; returned once and never shown again."""
    made = _made()
    await connection.execute(SET, user_id, sealer.seal(made, f"{TABLE}/{user_id}"))
    await audit.note(connection, actor, "user.router_password_made", "staff_user", user_id)
    return made


async def remove(connection: db.Connection, actor: audit.Actor, user_id: int) -> None:
    """The user has none any more."""
    if (await connection.execute(REMOVE, user_id)).endswith(" 1"):
        await audit.note(connection, actor, "user.router_password_removed", "staff_user", user_id)
