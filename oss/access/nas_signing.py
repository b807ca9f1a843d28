"""Whether a NAS signs its Access-Requests, and what it would cost to insist (RFC 3579 section 3.2, CVE-2024-3596).

A NAS that does not sign lets whoever stands on the path forge our answers; one that must sign and does not is cut off.
Both are told before they hurt.
"""

from __future__ import annotations

from oss.base import audit, db
from oss.base.problems import NotFound, Problem

LATELY = """select coalesce(sum(count), 0)::bigint from nas_tally
where nas_id = $1 and what = 'unsigned' and slot > now() - interval '24 hours'"""


class UnsignedLately(Problem):
    """Logins would be lost: this router has sent requests without a signature in the last 24 hours"""

    status = 409


async def ask_before_required(connection: db.Connection, nas_id: int, policy: str) -> None:
    """Raise UnsignedLately (``count`` logins in 24 hours) where a NAS is about to be cut off by ``required``."""
    if policy != "required":
        return
    present = await connection.fetchval("select ma_policy from nas where id = $1", nas_id)
    unsigned = await connection.fetchval(LATELY, nas_id)
    if present != "required" and unsigned:
        raise UnsignedLately(count=unsigned)


async def learn_anew(connection: db.Connection, actor: audit.Actor, nas_id: int) -> None:
    """Forget that a NAS signs: its unsigned requests are taken again, until it has proven it anew."""
    before = await connection.fetchrow("select name, signs_since from nas where id = $1 for update", nas_id)
    if before is None:
        raise NotFound(thing="router")
    await connection.execute("update nas set signs_since = null where id = $1", nas_id)
    diff = audit.changed(before, {"signs_since": None})
    await audit.note(connection, actor, "nas.signing_forgotten", "nas", nas_id, name=before["name"], **diff)
