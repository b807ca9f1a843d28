"""Console sessions: rows found by the SHA-256 of the cookie's identifier, which nobody but the browser has.

A session lives LIFE at most, and ends when nobody has used it for IDLE; one without a user (somebody is signing in)
lives SIGNING_IN. A row that is gone stays gone: only a new identifier is ever inserted.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from oss.base import audit, clock, db
from oss.base.problems import NotFound

LIFE, IDLE, SIGNING_IN = timedelta(hours=12), timedelta(hours=4), timedelta(minutes=15)
SEEN_EVERY = timedelta(minutes=1)  # the last use is written this often at most
HANDLE = 16  # of the hash's 64 digits: what a page calls a session

LOAD = "select data, last_seen_at from web_session where sid_hash = $1 and expires_at > now() and last_seen_at > $2"
INSERT = """insert into web_session (sid_hash, user_id, data, expires_at, ip, user_agent)
values ($1, $2, $3::jsonb, $4, $5, $6)"""
UPDATE = "update web_session set data = $2::jsonb where sid_hash = $1"
SEEN = "update web_session set last_seen_at = now(), ip = $2 where sid_hash = $1 and last_seen_at < $3"
TAKE = """update web_session set data = data #- array['session', $2]
where sid_hash = $1 and expires_at > now() and data #>> array['session', $2] = $3"""
OF_USER = """select sid_hash, created_at, last_seen_at, ip, user_agent from web_session
where user_id = $1 and expires_at > now() and last_seen_at > $2 order by last_seen_at desc, sid_hash"""


@dataclass(frozen=True, slots=True)
class Signed:
    """A session as its owner sees it."""

    handle: str
    created_at: datetime
    last_seen_at: datetime
    ip: str
    user_agent: str
    own: bool


def hashed(sid: str) -> str:
    """What is kept of an identifier."""
    return hashlib.sha256(sid.encode()).hexdigest()


async def load(sid: str, ip: str, used: bool = True) -> Any:
    """What a session holds, None if it ended; its last use is noted by the minute (``used``: somebody is there)."""
    row = await db.fetchrow(LOAD, hashed(sid), clock.now() - IDLE)
    if row is None:
        return None
    if used and clock.now() - row["last_seen_at"] > SEEN_EVERY:
        await db.execute(SEEN, hashed(sid), ip, clock.now() - SEEN_EVERY)
    return json.loads(row["data"])


async def insert(sid: str, user_id: int | None, data: Any, ip: str, user_agent: str) -> None:
    """A new session of somebody, or of nobody yet."""
    expires = clock.now() + (LIFE if user_id is not None else SIGNING_IN)
    await db.execute(INSERT, hashed(sid), user_id, json.dumps(data), expires, ip, user_agent[:300])


async def update(sid: str, data: Any) -> None:
    """What it holds now; one that was ended meanwhile stays ended."""
    await db.execute(UPDATE, hashed(sid), json.dumps(data))


async def move(sid: str, fresh: str) -> None:
    """The same session under another identifier, for as long as it would have lived."""
    await db.execute("update web_session set sid_hash = $2 where sid_hash = $1", hashed(sid), hashed(fresh))


async def delete(sid: str) -> None:
    """The end of one."""
    await db.execute("delete from web_session where sid_hash = $1", hashed(sid))


async def alive(sid: str) -> bool:
    """Whether it still is one: asked by what stays open for long."""
    return bool(await db.fetchval(LOAD, hashed(sid), clock.now() - IDLE))


async def take(sid: str, name: str, value: str) -> bool:
    """Use up a value of a session: True for one caller only, however many ask at once."""
    return await db.execute(TAKE, hashed(sid), name, value) == "UPDATE 1"


async def of_user(user_id: int, own_sid: str) -> list[Signed]:
    """A user's sessions, the one used last first."""
    rows, own = await db.fetch(OF_USER, user_id, clock.now() - IDLE), hashed(own_sid)
    return [
        Signed(r["sid_hash"][:HANDLE], r["created_at"], r["last_seen_at"], r["ip"] or "", r["user_agent"] or "",
               r["sid_hash"] == own)
        for r in rows
    ]  # fmt: skip


async def end(connection: db.Connection, actor: audit.Actor, user_id: int, handle: str) -> None:
    """End one of a user's sessions by its handle."""
    sql = "delete from web_session where user_id = $1 and left(sid_hash, $3) = $2"
    if await connection.execute(sql, user_id, handle, HANDLE) == "DELETE 0":
        raise NotFound(thing="session")
    await audit.note(connection, actor, "user.session_ended", "staff_user", user_id, session=handle)


async def end_all(connection: db.Connection, user_id: int, but: str | None = None) -> int:
    """End all sessions of a user, but the one with this identifier; how many there were."""
    kept = hashed(but) if but else ""
    tag = await connection.execute("delete from web_session where user_id = $1 and sid_hash <> $2", user_id, kept)
    return int(tag.split()[-1])


async def everywhere(connection: db.Connection, actor: audit.Actor, user_id: int) -> None:
    """Sign a user out of every browser, and know none of them any more."""
    count = await end_all(connection, user_id)
    await connection.execute("delete from staff_device where user_id = $1", user_id)
    await audit.note(connection, actor, "user.signed_out_everywhere", "staff_user", user_id, sessions=count)
