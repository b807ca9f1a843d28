"""Accounting as a NAS says it and as the node journals it, for tests of what becomes of it."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from oss.access import accounting
from oss.access.fold import fold
from oss.access.journal_reader import PACKET, RESTARTED, Record
from oss.access.sessions import session_uid
from oss.base import db
from radius import attributes as a
from radius.packet import build

# Now, to the second: the session history has partitions for this month on.
BEGIN = datetime.fromtimestamp(int(datetime.now(UTC).timestamp()), UTC)
BEGIN_US = int(BEGIN.timestamp()) * 1_000_000
NAS = 1
START, INTERIM, STOP, ON, OFF = a.ACCT_START, a.ACCT_INTERIM, a.ACCT_STOP, a.ACCT_ON, a.ACCT_OFF
HERE, ELSEWHERE = bytes([10, 0, 0, 1]), bytes([10, 0, 0, 2])  # two routers
Pair = tuple[int, a.Value]


def at(after_s: float) -> datetime:
    """A moment of the test's clock."""
    return BEGIN + timedelta(seconds=after_s)


def at_us(after_s: float) -> int:
    return BEGIN_US + int(after_s * 1_000_000)


def record(
    status: int,
    after_s: float = 0,
    sid: str = "8000",
    login: str = "cli1",
    *pairs: Pair,
    nas: int = NAS,
    kind: int = PACKET,
    told_s: float | None = None,
    delay_s: int = 0,
    source: bytes = b"",
) -> Record:
    """What a NAS says ``after_s`` seconds into a session; ``told_s``: the session time it tells."""
    said: list[Pair] = [(a.ACCT_STATUS_TYPE, status)]
    if status not in (ON, OFF):
        said += [(a.ACCT_SESSION_ID, sid), (a.USER_NAME, login), (a.CALLING_STATION_ID, "AA:BB")]
        said.append((a.ACCT_SESSION_TIME, int(after_s if told_s is None else told_s)))
    if delay_s:
        said.append((a.ACCT_DELAY_TIME, delay_s))
    body = b"".join(a.attr(attribute, value) for attribute, value in (*said, *pairs))
    return Record(kind, nas, at_us(after_s + delay_s), source, build(a.ACCOUNTING_REQUEST, 1, bytes(16), body))


def ending(kind: int, after_s: float, sid: str = "8000", login: str = "cli1", told_s: float | None = None) -> Record:
    """A session that the node says has ended, last heard ``after_s`` seconds into it."""
    return record(STOP, after_s, sid, login, kind=kind, told_s=told_s)


def restarted(after_s: float, nas: int = NAS, source: bytes = b"") -> Record:
    """A router restarted without a word: its sessions last heard up to then are over."""
    return Record(RESTARTED, nas, at_us(after_s), source, b"")


def traffic(received: int, sent: int) -> tuple[tuple[int, int], ...]:
    """A counter of each direction, gigawords and all."""
    return ((42, received % 2**32), (52, received // 2**32), (43, sent % 2**32), (53, sent // 2**32))


def uid(sid: str = "8000", login: str = "cli1", nas: int = NAS) -> uuid.UUID:
    """What the rows know such a session by."""
    return session_uid(nas, sid, login, "AA:BB")


async def apply(connection: db.Connection, *batches: list[Record]) -> None:
    """Fold and apply each batch (a connection after PREPARE)."""
    for batch in batches:
        await accounting.apply(connection, fold(batch).parts, "node")


async def opened(connection: db.Connection) -> list[Any]:
    return list(
        await connection.fetch("select *, host(framed_ip) as ip from session_open order by login, acct_session_id")
    )


async def closed(connection: db.Connection) -> list[Any]:
    return list(await connection.fetch("select * from session_history order by login, acct_session_id, started_at"))
