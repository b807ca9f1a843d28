"""Who is told what a permission is about: the active members of staff whose role has it, for all customers."""

from __future__ import annotations

from collections.abc import Sequence

from oss.base import db
from oss.notify.notices import holders

HOLDERS = """select u.id from staff_user u join role r on r.key = u.role where u.active and (r.everything or exists
  (select 1 from role_grant g where g.role = r.key and g.permission = $1 and g.scope = 'all')) order by u.id"""


@holders
async def readers(connection: db.Connection, permission: str) -> Sequence[int]:
    """The ids of everybody active who holds a permission."""
    return [row["id"] for row in await connection.fetch(HOLDERS, permission)]
