"""The scribe: what the node itself has to tell, written round by round through one connection of the AAA loop.

States of sessions, changes the network obeyed, minutes, knocks, NAS that sign and what each does. What a NAS told
goes by the applier.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from oss.access.enforce import Enforcer
from oss.access.nas_pulse import NasPulse
from oss.access.sessions import Live, Sessions
from oss.access.tallies import Minute, Tallies
from oss.base import clock, db
from oss.base.supervisor import Health
from radius.knocks import Knock, Knocks

log = logging.getLogger(__name__)
ROUND_S = 0.1
AT_ONCE = 200  # states and changes written a round: its Python stays under 5 ms

# A row that the applier holds is written in the next round: two that wait for each other's rows would wait for ever.
STATES = """with free as (select uid from session_open where uid = any($1::uuid[]) for update skip locked)
update session_open s set desired = q.desired, applied = q.applied, drift_since = q.drift_since,
  drift_cause = q.drift_cause, attempts = q.attempts, next_try_at = q.next_try_at
from unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[], $5::text[], $6::int[], $7::timestamptz[])
  q(uid, desired, applied, drift_since, drift_cause, attempts, next_try_at)
join free on free.uid = q.uid where s.uid = q.uid returning s.uid"""
MINUTES = """insert into auth_minute (node, minute, accepts, rejects, p99_us, online) values ($1, $2, $3, $4, $5, $6)
on conflict (minute, node) do update set accepts = greatest(auth_minute.accepts, excluded.accepts),
  rejects = greatest(auth_minute.rejects, excluded.rejects), p99_us = excluded.p99_us, online = excluded.online"""
DONE = """insert into enforcement (contract_id, account_id, login, nas_id, session_uid, cause, was, wanted, asked_at,
  ended_at, outcome, attempts, error_cause)
select * from unnest($1::bigint[], $2::bigint[], $3::text[], $4::bigint[], $5::uuid[], $6::text[], $7::text[],
  $8::text[], $9::timestamptz[], $10::timestamptz[], $11::text[], $12::int[], $13::text[])"""
KNOCKS = """insert into nas_knock (ip, count, first_at, last_at, callers)
select * from unnest($1::text[], $2::bigint[], $3::timestamptz[], $4::timestamptz[], $5::jsonb[])
on conflict (ip) do update set count = nas_knock.count + excluded.count, last_at = excluded.last_at,
  callers = excluded.callers"""


class Scribe:
    """What the node writes, through one connection."""

    def __init__(
        self,
        sessions: Sessions,
        enforcer: Enforcer,
        tallies: Tallies,
        knocks: Knocks,
        node: str,
        pulse: NasPulse | None = None,
    ) -> None:
        self.sessions, self.enforcer, self.pulse = sessions, enforcer, pulse
        self.tallies, self.knocks, self.node = tallies, knocks, node
        self.learned: Callable[[db.Connection], Awaitable[bool]] | None = None  # writes the lines that were learned
        self.signed: set[int] = set()  # NAS proven to sign since the last round
        self.letters: list[tuple[str, tuple[Any, ...]]] = []  # single statements: one lost is asked for again
        self._knocked: dict[str, int] = {}  # how many of each address's knocks are written
        self._minutes_at = 0.0

    async def write_for_ever(self, dsn: str, health: Health, started: Callable[[db.Connection], Any]) -> None:
        """Connect, let ``started`` load what it needs, then write round by round."""
        connection = await db.connect(dsn, "milha-scribe")
        try:
            await started(connection)
            while True:
                more = await self.round(connection)
                health.beat()
                await asyncio.sleep(0.0 if more else ROUND_S)
        finally:
            connection.terminate()

    async def round(self, connection: db.Connection) -> bool:
        """What is new: lines that were learned, then the rest in one transaction. True if more waits."""
        more = self.learned is not None and await self.learned(connection)
        dirty = list(itertools.islice(self.sessions.dirty, AT_ONCE))
        done, self.enforcer.done = self.enforcer.done[:AT_ONCE], self.enforcer.done[AT_ONCE:]
        minutes = time.monotonic() - self._minutes_at > 2
        if not (dirty or done or self.signed or minutes or self.letters):
            return more
        letters, self.letters = self.letters, []
        self.sessions.dirty.difference_update(dirty)
        signed, self.signed = self.signed, set()
        try:
            async with connection.transaction():
                late = await self._states(connection, dirty)
                await self._done(connection, done)
                await self._small(connection, signed, minutes)
                for sql, values in letters:
                    await connection.execute(sql, *values)
        except BaseException:
            self._put_back(dirty, done, signed)
            raise
        if minutes and self.pulse is not None:
            self.pulse.written()
        self.sessions.dirty.update(live for live in late if live.uid in self.sessions.by_uid)
        return bool((len(dirty) == AT_ONCE and not late) or self.enforcer.done or more)

    def _put_back(self, dirty: list[Live], done: list[Any], signed: set[int]) -> None:
        self.sessions.dirty.update(live for live in dirty if live.uid in self.sessions.by_uid)
        self.enforcer.done = (done + self.enforcer.done)[-100_000:]
        self.signed |= signed

    async def _states(self, connection: db.Connection, dirty: list[Live]) -> list[Live]:
        """Write what should be and what is; returns those whose row is not there yet.

        It comes with the session's first record, which may still be on its way.
        """
        if not dirty:
            return []
        offset = time.time() - time.monotonic()
        written = await connection.fetch(
            STATES,
            [uuid.UUID(bytes=x.uid) for x in dirty],
            [x.desired for x in dirty],
            [x.applied for x in dirty],
            [clock.from_timestamp(x.asked_at) if x.asked_at else None for x in dirty],
            [x.drift_cause for x in dirty],
            [x.attempts for x in dirty],
            [clock.from_timestamp(x.next_try + offset) if x.asked_at and x.next_try else None for x in dirty],
        )
        known = {row["uid"].bytes for row in written}
        return [x for x in dirty if x.uid not in known]

    async def _done(self, connection: db.Connection, done: list[Any]) -> None:
        if not done:
            return
        await connection.execute(
            DONE,
            [d.contract_id for d in done],
            [d.account_id for d in done],
            [d.live.login for d in done],
            [d.live.peer.key for d in done],
            [uuid.UUID(bytes=d.live.uid) for d in done],
            [d.cause for d in done],
            [d.was for d in done],
            [d.wanted for d in done],
            [clock.from_timestamp(d.asked_at) for d in done],
            [clock.from_timestamp(d.ended_at) for d in done],
            [d.outcome for d in done],
            [d.attempts for d in done],
            [d.error_cause for d in done],
        )

    async def _small(self, connection: db.Connection, signed: set[int], minutes: bool) -> None:
        if signed:
            await connection.execute(
                "update nas set signs_since = now() where id = any($1::bigint[]) and signs_since is null",
                list(signed),
            )
        if minutes:
            await self._knocks(connection)
            await self._minutes(connection)
            if self.pulse is not None:
                await self.pulse.write(connection, self.node)

    async def _knocks(self, connection: db.Connection) -> None:
        """Addresses that asked without being a NAS of ours, as far as they are not written yet."""
        present = self.knocks.snapshot()
        new = {ip: knock for ip, knock in present.items() if knock.count != self._knocked.get(ip, 0)}
        if new:
            before = {ip: count for ip, count in self._knocked.items() if ip in new and count < new[ip].count}
            await connection.execute(
                KNOCKS,
                list(new),
                [knock.count - before.get(ip, 0) for ip, knock in new.items()],
                [clock.from_timestamp(knock.first_at) for knock in new.values()],
                [clock.from_timestamp(knock.last_at) for knock in new.values()],
                [_callers(knock) for knock in new.values()],
            )
        self._knocked = {ip: knock.count for ip, knock in present.items()}

    async def _minutes(self, connection: db.Connection) -> None:
        self._minutes_at = time.monotonic()
        present = int(time.time() // 60)
        online = len(self.sessions.by_uid)
        self.tallies.minutes.setdefault(present, Minute())
        for minute, one in list(self.tallies.minutes.items()):
            at = clock.from_timestamp(minute * 60)
            await connection.execute(MINUTES, self.node, at, one.accepts, one.rejects, one.p99_us(), online)
        self.tallies.forget_before(present)


def _callers(knock: Knock) -> str:
    """Who asked from an address, as its column keeps it."""
    return json.dumps(
        [
            {
                "kind": kind,
                "nas": nas,
                "identifier": identifier,
                "vendor": asked.vendor,
                "ports": sorted(asked.ports),
                "count": asked.count,
                "first_at": int(asked.first_at),
                "last_at": int(asked.last_at),
            }
            for (kind, nas, identifier), asked in knock.callers.items()
        ]
    )
