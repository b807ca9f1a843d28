"""The chain walked in the background, for who looks at it on a screen: asked for by a person, and once a day by itself.

The walk is cut into pieces that give way (invariant 6): after each it rests for twice as long as the piece took.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass
from typing import Any

from oss.base import audit, audit_chain, db
from oss.base.audit_chain import Break, Place
from oss.base.events import listens, publish
from oss.base.jobs import periodic

log = logging.getLogger(__name__)
ITSELF = audit.Actor("system:audit")
DAY_S = 86400
REST, MOST_REST_S = 2.0, 0.5
TELL_EVERY = 40  # pieces
HEAD = "select seq, at, encode(hash, 'hex') as hash from audit where seq is not null order by seq desc limit 1"
NEWEST = """select id, asked_by, began_at, ended_at, checked, broken_seq, broken_what, broken_at
from audit_check order by id desc limit 1"""
WHOLE_AT = "select max(ended_at) from audit_check where broken_seq is null"
BEGIN = "insert into audit_check (asked_by) values ($1) returning id"
PROGRESS = "update audit_check set checked = $2 where id = $1"
END = """update audit_check set ended_at = clock_timestamp(), checked = $2, head = $3,
  broken_seq = $4, broken_what = $5, broken_at = $6 where id = $1"""
LOCK = "select pg_try_advisory_lock(hashtext('milha:audit_check'))"


@dataclass(frozen=True, slots=True)
class AuditCheckAsked:
    """Somebody wants to know whether the chain is whole."""

    actor: str
    ip: str | None = None


@dataclass(frozen=True, slots=True)
class AuditBroken:
    """The chain does not fit from this row on."""

    seq: int
    what: str


@dataclass(frozen=True, slots=True)
class State:
    """What a screen tells. ``head``: seq, at and hash of the newest chained row; ``newest``: the row of the last check
    (running while ``ended_at`` is None); ``whole_at``: when a check last found nothing."""

    head: Any | None
    newest: Any | None
    whole_at: Any | None

    @property
    def running(self) -> bool:
        return self.newest is not None and self.newest["ended_at"] is None

    @property
    def broken(self) -> bool:
        return self.newest is not None and self.newest["broken_seq"] is not None


async def state() -> State:
    """How far the chain reaches, and what the last check found."""
    async with db.pool().acquire() as connection:
        head, newest = await connection.fetchrow(HEAD), await connection.fetchrow(NEWEST)
        return State(head, newest, await connection.fetchval(WHOLE_AT))


async def ask(connection: db.Connection, actor: audit.Actor) -> None:
    """Queue a check; one that waits already is enough."""
    await audit.note(connection, actor, "audit.check_asked", "audit")
    await publish(connection, AuditCheckAsked(actor.name, actor.ip), dedupe_key="audit")


@listens(AuditCheckAsked, lane="bulk")
async def check_asked(connection: db.Connection, asked: AuditCheckAsked) -> None:
    """Do it."""
    await check(audit.Actor(asked.actor, asked.ip))


@periodic(every_s=DAY_S, lane="bulk")
async def daily(connection: db.Connection) -> None:
    """Every day, whoever looks."""
    await check(ITSELF)


async def check(actor: audit.Actor) -> Place | Break | None:
    """Walk the chain and keep what was found; None where another process walks it already."""
    async with db.apart() as connection:
        return await _walk(connection, actor) if await connection.fetchval(LOCK) else None


async def _walk(connection: db.Connection, actor: audit.Actor) -> Place | Break:
    key = await connection.fetchval(BEGIN, actor.name)
    found: Place | Break = Place()
    fits, pieces, began = Place(), 0, time.monotonic()
    async for found in audit_chain.walk(connection):
        fits, pieces = found if isinstance(found, Place) else fits, pieces + 1
        if pieces % TELL_EVERY == 0:
            await connection.execute(PROGRESS, key, fits.seq)
        await asyncio.sleep(min(MOST_REST_S, REST * (time.monotonic() - began)))
        began = time.monotonic()
    if isinstance(found, Place) and not await audit_chain.kept_tails_are_whole(connection):
        found = Break(found.seq + 1, "cut")
    broken = (found.seq, found.what, found.at) if isinstance(found, Break) else (None, None, None)
    await connection.execute(END, key, fits.seq, fits.digest, *broken)
    if isinstance(found, Break):
        log.error("audit chain broken", extra={"facts": {"seq": found.seq, "what": found.what}})
        async with connection.transaction():
            await audit.note(connection, ITSELF, "audit.broken", "audit", "", seq=found.seq, what=found.what)
            await publish(connection, AuditBroken(found.seq, found.what))
    return found
