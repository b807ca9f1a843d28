"""A router's shared secret is changed while it works: no login is lost, whoever is changed first.

The new secret is accepted beside the old one. The router tells by its requests which it has: the first that is proven
by the new one is noted, and some minutes later (setting ``nas.secret_grace_min``; repetitions, a second router of the
same row) the old one is worth nothing any more. Answers are signed with the secret of their request, CoA with the one
heard last. A request that proves no secret (PAP without Message-Authenticator) is tried with both; unsigned CHAP is
answered with the one heard last, which the router's first accounting record tells.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from oss.base import audit, db, settings
from oss.base.problems import NotFound
from oss.base.secrets import Sealer

TABLE, NEXT = "nas/secret_sealed", "nas/next_secret_sealed"
GRACE, GRACE_MIN = "nas.secret_grace_min", 10
NONE: Final[dict[str, None]] = {"next_secret_sealed": None, "next_secret_at": None, "next_heard_at": None}
SYSTEM = audit.Actor("system:nas_secrets")
_CLEAR = "next_secret_sealed = null, next_secret_at = null, next_heard_at = null"
_FOLLOW = "update nas set next_secret_sealed = $2, next_secret_at = now(), next_heard_at = null where id = $1"
_HEARD = """update nas set next_heard_at = now()
where id = any($1::bigint[]) and next_secret_sealed is not null and next_heard_at is null"""
_DUE = """select id, name, next_secret_sealed as sealed from nas
where next_heard_at < now() - make_interval(secs => $1) for update skip locked"""
_PRESENT = "select id, name, secret_sealed as present, next_secret_sealed as sealed from nas where id = $1 for update"


async def follow(connection: db.Connection, sealer: Sealer, nas_id: int, secret: str) -> None:
    """A new secret for a NAS in use; the present one typed again takes a change back."""
    row = await _row(connection, nas_id)
    if sealer.open(row["present"], f"{TABLE}/{nas_id}") == secret.encode():
        await connection.execute(f"update nas set {_CLEAR} where id = $1", nas_id)
    else:
        await connection.execute(_FOLLOW, nas_id, sealer.seal(secret, f"{NEXT}/{nas_id}"))


async def heard(connection: db.Connection, ids: Sequence[int]) -> None:
    """These NAS have been heard with their new secret."""
    if ids:
        await connection.execute(_HEARD, list(ids))


async def settle(connection: db.Connection, sealer: Sealer) -> int:
    """The new secrets whose grace is over become the only ones; returns how many. In the caller's transaction."""
    if not await connection.fetchval("select exists (select from nas where next_heard_at is not null)"):
        return 0
    grace_s = 60 * await settings.number(connection, GRACE, GRACE_MIN)
    rows = await connection.fetch(_DUE, grace_s)
    for row in rows:
        await _replace(connection, sealer, SYSTEM, row)
    return len(rows)


async def finish(connection: db.Connection, sealer: Sealer, actor: audit.Actor, nas_id: int) -> None:
    """The new secret only, at once: the old one has become known to somebody."""
    row = await _row(connection, nas_id)
    if row["sealed"]:
        await _replace(connection, sealer, actor, row)


async def cancel(connection: db.Connection, actor: audit.Actor, nas_id: int) -> None:
    """The old secret only, at once."""
    row = await _row(connection, nas_id)
    if row["sealed"]:
        await connection.execute(f"update nas set {_CLEAR} where id = $1", nas_id)
        await audit.note(connection, actor, "nas.secret_kept", "nas", nas_id, name=row["name"])


async def _row(connection: db.Connection, nas_id: int) -> db.Connection:
    row = await connection.fetchrow(_PRESENT, nas_id)
    if row is None:
        raise NotFound(thing="nas")
    return row


async def _replace(connection: db.Connection, sealer: Sealer, actor: audit.Actor, row: db.Connection) -> None:
    """Sealed again, because a value is bound to its column."""
    secret = sealer.open(row["sealed"], f"{NEXT}/{row['id']}")
    sql = f"update nas set secret_sealed = $2, {_CLEAR} where id = $1"
    await connection.execute(sql, row["id"], sealer.seal(secret, f"{TABLE}/{row['id']}"))
    await audit.note(connection, actor, "nas.secret_settled", "nas", row["id"], name=row["name"])
