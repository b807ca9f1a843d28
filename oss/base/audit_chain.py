"""The audit's rows as a chain: each row's hash covers the row before it, so that nothing is changed unseen.

Chaining inside every transaction would make all changes wait for one another; a sealer numbers rows each second, as
they become visible. The newest hash is also kept outside the database, so that a cut tail shows, or a chain that
somebody forged from some row on.

A row written before requests had ids has none, and its hash covers none: `content` leaves it out where it is null.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from oss.base import db
from oss.base.problems import Problem
from oss.base.supervisor import Health

log = logging.getLogger(__name__)
SEAL_LOCK = "select pg_try_advisory_xact_lock(hashtext('milha:audit'))"
COLUMNS = "id, at, actor, action, object, object_id, detail, ip, request_id"
PIECE = 250  # rows that are read and hashed at once: some milliseconds
HEAD = "select seq, hash, at from audit where seq is not null order by seq desc limit 1"
# ``COLUMNS`` is a constant of this module.
NEXT = f"select {COLUMNS}, seq, hash from audit where seq > $1 order by seq limit {PIECE}"


_kept_by_us: set[Path] = set()


class ChainCut(Problem):
    """The audit's chain does not hold the row {seq} that was kept outside the database: it was cut off, or forged."""


@dataclass(frozen=True, slots=True)
class Place:
    """How far the chain was walked: the number and the hash of the last row that fits."""

    seq: int = 0
    digest: bytes = b""


@dataclass(frozen=True, slots=True)
class Break:
    """The first number at which the chain does not fit; ``what`` is changed (the row there is not what was sealed),
    missing (there is none) or cut (the end that was kept outside the database is not in it). ``at``: the row's time."""

    seq: int
    what: str
    at: datetime | None = None


def told(found: Place | Break) -> str:
    """In a few words, for a command line."""
    if isinstance(found, Place):
        return "whole"
    return "CUT OFF before its kept head" if found.what == "cut" else f"BROKEN at {found.seq} ({found.what})"


def link(previous: bytes, row: dict[str, object]) -> bytes:
    """The hash of a row: SHA-256 over the previous hash and the row's canonical JSON."""
    text = json.dumps(row, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(previous + text.encode()).digest()


def content(row: db.Connection) -> dict[str, object]:
    """What a row's hash covers."""
    found: dict[str, object] = {name: row[name] for name in COLUMNS.split(", ")}
    if found["request_id"] is None:
        del found["request_id"]
    return found


async def seal(connection: db.Connection) -> tuple[int, bytes] | None:
    """Chain the rows not chained yet; returns (seq, hash) of the head, None if another process is at it."""
    if not await connection.fetchval(SEAL_LOCK):
        return None
    head = await connection.fetchrow(HEAD)
    seq, previous = (head["seq"], bytes(head["hash"])) if head else (0, b"")
    rows = await connection.fetch(f"select {COLUMNS} from audit where seq is null order by id limit 1000")
    sealed = []
    for row in rows:
        seq, previous = seq + 1, link(previous, content(row))
        sealed.append((row["id"], seq, previous))
    await connection.executemany("update audit set seq = $2, hash = $3 where id = $1", sealed)
    return seq, previous


async def walk(connection: db.Connection) -> AsyncIterator[Place | Break]:
    """The chain from its first row on, in pieces: after each how far it fits, at last where it does not."""
    place = Place()
    while rows := await connection.fetch(NEXT, place.seq):
        for row in rows:
            if row["seq"] != place.seq + 1:
                yield place
                yield Break(place.seq + 1, "missing", row["at"])
                return
            digest = bytes(row["hash"])
            if digest != link(place.digest, content(row)):
                yield place
                yield Break(row["seq"], "changed", row["at"])
                return
            place = Place(row["seq"], digest)
        yield place


async def verify(connection: db.Connection, head_file: Path | None = None) -> Place | Break:
    """Walk the whole chain: its end, or where it breaks; ``head_file`` as in `tail_is_whole`."""
    found: Place | Break = Place()
    async for one in walk(connection):
        found = one
    if isinstance(found, Place) and head_file is not None and not await tail_is_whole(connection, head_file):
        return Break(found.seq + 1, "cut")
    return found


def _read(head_file: Path) -> tuple[int, str] | None:
    try:
        number, digest = head_file.read_text().split()
        return int(number), digest
    except (OSError, ValueError):
        return None


async def kept(head_file: Path) -> tuple[int, str] | None:
    """Number and hash (hexadecimal) that were kept outside the database, None where none was."""
    return await asyncio.to_thread(_read, head_file)


async def _stands(connection: db.Connection, seq: int, digest: str) -> bool:
    return bool(await connection.fetchval("select encode(hash, 'hex') from audit where seq = $1", seq) == digest)


async def tail_is_whole(connection: db.Connection, head_file: Path) -> bool:
    """Whether the chain still holds the row whose hash was kept outside the database; True where none was kept."""
    head = await kept(head_file)
    return head is None or await _stands(connection, *head)


async def kept_tails_are_whole(connection: db.Connection) -> bool:
    """The same for what this process itself keeps."""
    return all([await tail_is_whole(connection, one) for one in _kept_by_us])


async def sealing(head_file: Path, health: Health) -> None:
    """Seal every second and keep the head hash in a file outside the database.

    A kept head that is no longer in the chain is proof of what was done to it, and is not written over: sealing goes
    on, and the part is told as down until somebody has looked and removed the file.
    """
    _kept_by_us.add(head_file)
    try:
        await _seal_for_ever(head_file, health)
    finally:
        _kept_by_us.discard(head_file)


async def _seal_for_ever(head_file: Path, health: Health) -> None:
    await asyncio.to_thread(head_file.parent.mkdir, parents=True, exist_ok=True)
    written = await kept(head_file)
    while True:
        async with db.transaction() as connection:
            head = await seal(connection)
            whole = written is None or not head or await _stands(connection, *written)
        if not whole:
            health.fail(ChainCut(seq=written[0] if written else 0))
            written = await kept(head_file)
        else:
            if head and head[0] and (head[0], head[1].hex()) != written:
                written = (head[0], head[1].hex())
                await asyncio.to_thread(head_file.write_text, f"{written[0]} {written[1]}\n")
            health.beat()
        await asyncio.sleep(1.0)
