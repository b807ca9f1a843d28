"""Administrators' sessions on routers, as their accounting tells: rows of their own, never a subscriber's.

They come through the journal like all accounting (invariant 4), as a kind of their own, and are applied in the same
transaction. IOS tells of an exec session by Start and Stop, RouterOS likewise; interims are rare.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from oss.access.fold import TERMINATE_CAUSES
from oss.access.journal_reader import Record
from oss.access.sessions import identity, login_of
from oss.base import clock
from oss.base.connecting import Connection
from radius import attributes as a
from radius.packet import Malformed, Packet

LONGEST = 128
SAID = (a.ACCT_START, a.ACCT_INTERIM, a.ACCT_STOP)
# A record of a session that has ended is told by its beginning: routers use an identity again only after that.
ALIVE = """insert into staff_session as s (uid, nas_id, login, acct_session_id, calling_station_id, started_at,
  last_seen_at) select $1, $2, $3, $4, $5, $6, $7
where not exists (select 1 from staff_session e where e.uid = $1 and e.ended_at >= $6)
on conflict (uid) where ended_at is null do update set last_seen_at = greatest(s.last_seen_at, excluded.last_seen_at)"""
OVER = """update staff_session set ended_at = greatest(started_at, $2), last_seen_at = greatest(last_seen_at, $2),
  terminate_cause = $3 where uid = $1 and ended_at is null"""
ONLY_A_STOP = """insert into staff_session (uid, nas_id, login, acct_session_id, calling_station_id, started_at,
  last_seen_at, ended_at, terminate_cause) select $1, $2, $3, $4, $5, $6, $7, $7, $8
where not exists (select 1 from staff_session e where e.uid = $1 and e.ended_at >= $6) on conflict do nothing"""
RESTARTED = """update staff_session set ended_at = greatest(started_at, last_seen_at), terminate_cause = 'NAS-Reboot'
where nas_id = $1 and ended_at is null and started_at < $2"""


class Said(NamedTuple):
    """What one record says; ``at``: when that was so."""

    status: int
    uid: uuid.UUID
    nas_id: int
    login: str
    sid: str
    calling: str
    began: datetime
    at: datetime
    cause: str


def read(record: Record) -> Said | None:
    """A record of an administrator's session; None where it names none."""
    try:
        packet = Packet.parse(record.payload)
    except Malformed:
        return None
    login, sid, status = login_of(packet), packet.get(a.ACCT_SESSION_ID), packet.integer(a.ACCT_STATUS_TYPE)
    if not login or not sid or status not in SAID:
        return None
    at = clock.from_timestamp(record.at_us / 1e6) - _seconds(packet, a.ACCT_DELAY_TIME)
    calling = packet.get(a.CALLING_STATION_ID) or b""
    uid = uuid.UUID(bytes=identity(record.nas_id, sid, login, calling))
    began = at - _seconds(packet, a.ACCT_SESSION_TIME)
    names = _text(login.encode()), _text(sid), _text(calling)
    return Said(status, uid, record.nas_id, *names, began, at, _cause(packet))


def _seconds(packet: Packet, kind: int) -> timedelta:
    """A duration of the packet, at most some years."""
    return timedelta(seconds=min(packet.integer(kind) or 0, 10**8))


def _cause(packet: Packet) -> str:
    number = packet.integer(a.ACCT_TERMINATE_CAUSE)
    return TERMINATE_CAUSES.get(number, str(number)) if number else "Unknown"


def _text(octets: bytes) -> str:
    return "".join(c for c in octets.decode("utf-8", "replace") if c.isprintable())[:LONGEST]


async def apply(connection: Connection, records: Iterable[Record]) -> None:
    """Write what these records say, in the caller's transaction."""
    for said in filter(None, map(read, records)):
        who = (said.uid, said.nas_id, said.login, said.sid, said.calling, said.began, said.at)
        if said.status != a.ACCT_STOP:
            await connection.execute(ALIVE, *who)
        elif await connection.execute(OVER, said.uid, said.at, said.cause) == "UPDATE 0":
            await connection.execute(ONLY_A_STOP, *who, said.cause)


async def restarted(connection: Connection, nas_id: int, before_us: int) -> None:
    """A router began anew: the sessions it had begun before are over."""
    await connection.execute(RESTARTED, nas_id, clock.from_timestamp(before_us / 1e6))
