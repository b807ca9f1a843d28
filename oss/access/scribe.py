"""The scribe: the AAA node's only writer. Journal batches, session states, rejects and rates go to PostgreSQL here,
in journal order, each round in one transaction. With the database away it waits; nothing is lost, the lag grows.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from oss.access import accounting
from oss.access.enforce import Enforcer
from oss.access.journal import Journal, Position, Record
from oss.access.sessions import Live, Sessions
from oss.access.tallies import Minute, Reject, RejectKey, Tallies
from oss.base import clock, db, faults
from oss.base.supervisor import Health
from radius.server import Knocks

log = logging.getLogger(__name__)
ROUND_S = 0.1
BATCH_OCTETS = 24 << 10  # about 100 records: one round's Python stays under 5 ms
AT_ONCE = 200  # states and changes written a round, for the same reason

READ_POSITION = "select segment, position from journal_position where journal = $1"
MOVE = """insert into journal_position (journal, segment, position, records) values ($1, $2, $3, $4)
on conflict (journal) do update set segment = excluded.segment, position = excluded.position,
  records = journal_position.records + excluded.records, moved_at = now()"""
STATES = """update session_open s set desired = q.desired, applied = q.applied, drift_since = q.drift_since,
  drift_cause = q.drift_cause, attempts = q.attempts, next_try_at = q.next_try_at
from unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[], $5::text[], $6::int[], $7::timestamptz[])
  q(uid, desired, applied, drift_since, drift_cause, attempts, next_try_at) where s.uid = q.uid returning s.uid"""
REJECTS = """insert into auth_reject as r (minute, nas_id, login, reason, detail, contract_id, count, first_at, last_at)
select * from unnest($1::timestamptz[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[],
  $8::timestamptz[], $9::timestamptz[])
on conflict (minute, nas_id, login, reason) do update set count = r.count + excluded.count,
  last_at = greatest(r.last_at, excluded.last_at), detail = excluded.detail"""
MINUTES = """insert into auth_minute (node, minute, accepts, rejects, p99_us, online) values ($1, $2, $3, $4, $5, $6)
on conflict (minute, node) do update set accepts = greatest(auth_minute.accepts, excluded.accepts),
  rejects = greatest(auth_minute.rejects, excluded.rejects), p99_us = excluded.p99_us, online = excluded.online"""
DONE = """insert into enforcement (contract_id, account_id, login, nas_id, session_uid, cause, was, wanted, asked_at,
  ended_at, outcome, attempts, error_cause)
select * from unnest($1::bigint[], $2::bigint[], $3::text[], $4::bigint[], $5::uuid[], $6::text[], $7::text[],
  $8::text[], $9::timestamptz[], $10::timestamptz[], $11::text[], $12::int[], $13::text[])"""
KNOCKS = """insert into nas_knock (ip, count, first_at, last_at)
select * from unnest($1::text[], $2::bigint[], $3::timestamptz[], $4::timestamptz[])
on conflict (ip) do update set count = nas_knock.count + excluded.count, last_at = excluded.last_at"""


class Scribe:
    """Everything the node writes, through one connection."""

    def __init__(
        self,
        journal: Journal,
        sessions: Sessions,
        enforcer: Enforcer,
        tallies: Tallies,
        knocks: Knocks,
        node: str,
    ) -> None:
        self.journal, self.sessions, self.enforcer = journal, sessions, enforcer
        self.tallies, self.knocks, self.node = tallies, knocks, node
        self.position: Position | None = None
        self.applied = 0
        self.signed: set[int] = set()  # NAS proven to sign since the last round
        self._knocked: dict[str, int] = {}  # how many of each address's knocks are written
        self.acks: deque[tuple[Position, Callable[[], None]]] = deque()  # durable=database only
        self._rejects: dict[RejectKey, Reject] = {}
        self._minutes_at = 0.0

    @property
    def lag(self) -> int:
        """Journal records on stable storage that the database does not have yet (of this process's life)."""
        return max(0, self.journal.synced - self.applied)

    async def write_for_ever(self, dsn: str, health: Health, started: Callable[[db.Connection], Any]) -> None:
        """Connect, let ``started`` load what it needs after the leftovers are applied, then write round by round."""
        connection = await db.connect(dsn, "milha-scribe")
        try:
            await self._resume(connection)
            await started(connection)
            while True:
                more = await self.round(connection)
                health.beat()
                if not more:
                    await self._wait()
        finally:
            connection.terminate()

    async def _wait(self) -> None:
        self.journal.moved.clear()
        try:
            async with asyncio.timeout(ROUND_S):
                await self.journal.moved.wait()
        except TimeoutError:
            return
        await asyncio.sleep(0.01)  # let a burst gather: one round for many records

    async def _resume(self, connection: db.Connection) -> None:
        row = await connection.fetchrow(READ_POSITION, self._name)
        self.position = Position(row["segment"], row["position"]) if row else Position(1, 0)
        leftovers = 0
        while records := self._records():
            async with connection.transaction():
                await self._apply(connection, records)
            self._advance(records)
            leftovers += len(records)
        if leftovers:
            log.info("journal leftovers applied", extra={"facts": {"records": leftovers}})

    @property
    def _name(self) -> str:
        return f"{self.node}:{self.journal.identity}"

    def _records(self) -> list[Record]:
        assert self.position is not None
        records, behind = self.journal.read(self.position, BATCH_OCTETS)
        if not records and behind != self.position:
            self.position = behind
        return records

    async def round(self, connection: db.Connection) -> bool:
        """One transaction: a journal batch and all that is dirty. True if more records wait."""
        records = self._records()
        dirty = list(itertools.islice(self.sessions.dirty, AT_ONCE))
        done, self.enforcer.done = self.enforcer.done[:AT_ONCE], self.enforcer.done[AT_ONCE:]
        rejects, minutes = self._take_rejects(), time.monotonic() - self._minutes_at > 2
        if not (records or dirty or done or rejects or self.signed or minutes):
            return False
        self.sessions.dirty.difference_update(dirty)
        signed, self.signed = self.signed, set()
        try:
            async with connection.transaction():
                if records:
                    await self._apply(connection, records)
                    faults.point("apply")
                await self._states(connection, dirty)
                await self._done(connection, done)
                await self._write_rejects(connection, rejects)
                await self._small(connection, signed, minutes)
        except BaseException:
            self._put_back(dirty, done, signed)
            raise
        self._rejects = {}
        if records:
            faults.point("commit")
            self._advance(records)
        return bool(records or len(dirty) == AT_ONCE or self.enforcer.done)

    def _take_rejects(self) -> dict[RejectKey, Reject]:
        """What an earlier round failed to write comes first, then what is new."""
        if not self._rejects:
            self._rejects = self.tallies.take_rejects()
        return self._rejects

    def _put_back(self, dirty: list[Live], done: list[Any], signed: set[int]) -> None:
        self.sessions.dirty.update(live for live in dirty if live.uid in self.sessions.by_uid)
        self.enforcer.done = (done + self.enforcer.done)[-100_000:]
        self.signed |= signed

    async def _apply(self, connection: db.Connection, records: list[Record]) -> None:
        behind = records[-1].end
        await accounting.apply(connection, records, self.node)
        await connection.execute(MOVE, self._name, behind.segment, behind.offset, len(records))

    def _advance(self, records: list[Record]) -> None:
        """After the commit: the batch is in the database."""
        self.applied += sum(record.end > self.journal.began for record in records)
        old, self.position = self.position, records[-1].end
        if old is not None and old.segment != self.position.segment:
            self.journal.forget(self.position)
        self._acknowledge()

    def _acknowledge(self) -> None:
        while self.acks and self.position is not None and self.acks[0][0] <= self.position:
            self.acks.popleft()[1]()

    async def _states(self, connection: db.Connection, dirty: list[Live]) -> None:
        if not dirty:
            return
        offset = time.time() - time.monotonic()
        written = await connection.fetch(
            STATES,
            [x.uid for x in dirty],
            [x.desired for x in dirty],
            [x.applied for x in dirty],
            [clock.from_timestamp(x.asked_at) if x.asked_at else None for x in dirty],
            [x.drift_cause for x in dirty],
            [x.attempts for x in dirty],
            [clock.from_timestamp(x.next_try + offset) if x.asked_at and x.next_try else None for x in dirty],
        )
        # A session's row comes with its first record, which may still be on its way to the disk: write it then.
        known = {row["uid"] for row in written}
        late = (x for x in dirty if x.uid not in known and x.uid in self.sessions.by_uid)
        self.sessions.dirty.update(late)

    async def _done(self, connection: db.Connection, done: list[Any]) -> None:
        if not done:
            return
        await connection.execute(
            DONE,
            [d.contract_id for d in done],
            [d.account_id for d in done],
            [d.live.login for d in done],
            [d.live.peer.key for d in done],
            [d.live.uid for d in done],
            [d.cause for d in done],
            [d.was for d in done],
            [d.wanted for d in done],
            [clock.from_timestamp(d.asked_at) for d in done],
            [clock.from_timestamp(d.ended_at) for d in done],
            [d.outcome for d in done],
            [d.attempts for d in done],
            [d.error_cause for d in done],
        )

    async def _write_rejects(self, connection: db.Connection, rejects: dict[RejectKey, Reject]) -> None:
        if not rejects:
            return
        keys, values = list(rejects), list(rejects.values())
        await connection.execute(
            REJECTS,
            [clock.from_timestamp(k[0] * 60) for k in keys],
            [k[1] for k in keys],
            [k[2].replace("\x00", "") for k in keys],
            [k[3] for k in keys],
            [v.detail for v in values],
            [v.contract_id for v in values],
            [v.count for v in values],
            [clock.from_timestamp(v.first) for v in values],
            [clock.from_timestamp(v.last) for v in values],
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

    async def _knocks(self, connection: db.Connection) -> None:
        """Addresses that asked without being a NAS of ours, as far as they are not written yet."""
        new = {
            ip: (knock.count - self._knocked.get(ip, 0), knock.first_at, knock.last_at)
            for ip, knock in self.knocks.snapshot().items()
            if knock.count != self._knocked.get(ip, 0)
        }
        if new:
            await connection.execute(
                KNOCKS,
                list(new),
                [max(k[0], 1) for k in new.values()],
                [clock.from_timestamp(k[1]) for k in new.values()],
                [clock.from_timestamp(k[2]) for k in new.values()],
            )
        self._knocked = {ip: knock.count for ip, knock in self.knocks.snapshot().items()}

    async def _minutes(self, connection: db.Connection) -> None:
        self._minutes_at = time.monotonic()
        present = int(time.time() // 60)
        online = len(self.sessions.by_uid)
        self.tallies.minutes.setdefault(present, Minute())
        for minute, one in list(self.tallies.minutes.items()):
            at = clock.from_timestamp(minute * 60)
            await connection.execute(MINUTES, self.node, at, one.accepts, one.rejects, one.p99_us(), online)
        self.tallies.forget_before(present)
