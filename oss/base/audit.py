"""Who changed what: plain rows in the change's own transaction, chained each second by a sealer (invariant 10).

Chaining inside every transaction would make all changes wait for one another; the sealer numbers rows as they
become visible. The newest hash is also kept outside the database, so that a cut tail shows.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from oss.base import db
from oss.base.supervisor import Health

SEAL_LOCK = "select pg_try_advisory_xact_lock(hashtext('milha:audit'))"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a staff login, ``token:NAME``, ``system:dunning``; and from which address."""

    name: str
    ip: str | None = None


async def note(
    connection: db.Connection, actor: Actor, action: str, thing: str, thing_id: object = "", **detail: object
) -> None:
    """Write one audit row in the caller's transaction. Never pass a secret in ``detail``."""
    await connection.execute(
        "insert into audit (actor, action, object, object_id, detail, ip) values ($1, $2, $3, $4, $5, $6)",
        actor.name,
        action,
        thing,
        str(thing_id),
        json.dumps(detail, default=str),
        actor.ip,
    )


def changed(before: Mapping[str, object], after: Mapping[str, object]) -> dict[str, dict[str, object]]:
    """A change as ``detail`` of `note`: what differs and nothing else, before and after. Never pass a secret."""
    names = [name for name in after if name in before and before[name] != after[name]]
    return {"before": {name: before[name] for name in names}, "after": {name: after[name] for name in names}}


async def note_at(
    connection: db.Connection, at: datetime, actor: Actor, action: str, thing: str, thing_id: object, detail: str
) -> None:
    """A row about what happened earlier, written behind; ``detail`` is JSON. Rows are chained as they come."""
    await connection.execute(
        "insert into audit (at, actor, action, object, object_id, detail, ip) values ($1, $2, $3, $4, $5, $6, $7)",
        at,
        actor.name,
        action,
        thing,
        str(thing_id),
        detail,
        actor.ip,
    )


def link(previous: bytes, row: dict[str, object]) -> bytes:
    """The hash of a row: SHA-256 over the previous hash and the row's canonical JSON."""
    text = json.dumps(row, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(previous + text.encode()).digest()


COLUMNS = "id, at, actor, action, object, object_id, detail, ip"


def _content(row: db.Connection) -> dict[str, object]:
    return {name.strip(): row[name.strip()] for name in COLUMNS.split(",")}


async def seal(connection: db.Connection) -> tuple[int, bytes] | None:
    """Chain the rows not chained yet; returns (seq, hash) of the head, None if another process is at it."""
    if not await connection.fetchval(SEAL_LOCK):
        return None
    head = await connection.fetchrow("select seq, hash from audit where seq is not null order by seq desc limit 1")
    seq, previous = (head["seq"], bytes(head["hash"])) if head else (0, b"")
    rows = await connection.fetch(f"select {COLUMNS} from audit where seq is null order by id limit 1000")
    sealed = []
    for row in rows:
        seq, previous = seq + 1, link(previous, _content(row))
        sealed.append((row["id"], seq, previous))
    await connection.executemany("update audit set seq = $2, hash = $3 where id = $1", sealed)
    return seq, previous


async def verify(connection: db.Connection) -> int | None:
    """Walk the whole chain; returns the first ``seq`` that does not fit, None when all is well."""
    previous, expected = b"", 1
    # ``COLUMNS`` is a constant of this module.
    sql = f"select {COLUMNS}, seq, hash from audit where seq is not null order by seq"
    async with connection.transaction():
        async for row in connection.cursor(sql):
            if row["seq"] != expected or bytes(row["hash"]) != link(previous, _content(row)):
                return expected
            previous, expected = bytes(row["hash"]), expected + 1
    return None


async def tail_is_whole(connection: db.Connection, head_file: Path) -> bool:
    """Whether the chain still holds the row whose hash was kept outside the database; True where none was kept."""
    try:
        number, digest = (await asyncio.to_thread(head_file.read_text)).split()
        seq = int(number)
    except (OSError, ValueError):
        return True
    kept = await connection.fetchval("select encode(hash, 'hex') from audit where seq = $1", seq)
    return bool(kept == digest)


async def sealing(head_file: Path, health: Health) -> None:
    """Seal every second and keep the head hash in a file outside the database."""
    written = b""
    await asyncio.to_thread(head_file.parent.mkdir, parents=True, exist_ok=True)
    while True:
        async with db.transaction() as connection:
            head = await seal(connection)
        if head and head[1] != written:
            await asyncio.to_thread(head_file.write_text, f"{head[0]} {head[1].hex()}\n")
            written = head[1]
        health.beat()
        await asyncio.sleep(1.0)
