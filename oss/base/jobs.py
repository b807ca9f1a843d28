"""Workers: take rows by lease, run each in its own transaction, retry with back-off, keep the last error.

A job's row is deleted in the transaction of its effects, so database effects happen once. A worker that dies
loses its lease and another takes the row; a wire effect may therefore repeat, the same and harmless.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import aiojobs

from oss.base import db
from oss.base.events import LANES, LISTENERS
from oss.base.supervisor import Health, keep_running

log = logging.getLogger(__name__)
LEASE_S = {"access": 15.0, "default": 60.0, "bulk": 60.0}  # how long a killed worker's jobs wait for another
MAX_ATTEMPTS = 12
LOOK_S, TURN_S = 1.0, 0.5  # a worker looks without being rung; the scheduler looks for what is due
AT_ONCE = {"access": 4, "default": 2, "bulk": 2}
BATCH = {"access": 8, "default": 8, "bulk": 32}

# The array makes the inner select run once: joined, it could run again for other rows and take more than its limit.
CLAIM = """update job set leased_until = clock_timestamp() + make_interval(secs => $3), lease = $2,
  attempts = attempts + 1, again = false
where id = any(array(select id from job where lane = $1 and state = 'ready' and run_at <= clock_timestamp()
  and (leased_until is null or leased_until < clock_timestamp())
  order by run_at, id for update skip locked limit $4))
returning id, listener, payload, attempts"""

DONE = "delete from job where id = $1 and lease = $2 and not again"
# Its event was published again while it ran: what was done stands, and it is looked at once more.
ONCE_MORE = """update job set lease = null, leased_until = null, attempts = 0, again = false
where id = $1 and lease = $2 and again"""

RENEW = "update job set leased_until = clock_timestamp() + make_interval(secs => $2) where lease = $1"
RELEASE = "update job set leased_until = null, lease = null where lease = any($1::text[])"

FAIL = """update job set leased_until = null, lease = null, last_error = $3, failed_at = clock_timestamp(),
  run_at = clock_timestamp() + make_interval(secs => $4),
  state = case when attempts >= $5 and not again then 'dead' else 'ready' end
where id = $1 and lease = $2 returning state"""


class LeaseLost(Exception):
    """Another worker took the job over: nothing of this run may commit."""


@dataclass(frozen=True, slots=True)
class Periodic:
    """Work that runs every so many seconds, once across all processes."""

    name: str
    every_s: float
    lane: str
    handler: Callable[[db.Connection], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Tick:
    """A periodic job's turn has come."""

    name: str


PERIODIC: dict[str, Periodic] = {}


def periodic(
    every_s: float, lane: str = "default"
) -> Callable[[Callable[[db.Connection], Awaitable[None]]], Callable[[db.Connection], Awaitable[None]]]:
    """Register ``async def f(connection)`` to run every ``every_s`` seconds in one of the lanes."""

    def register(handler: Callable[[db.Connection], Awaitable[None]]) -> Callable[..., Awaitable[None]]:
        name = f"{handler.__module__}.{getattr(handler, '__qualname__', '')}"
        PERIODIC[name] = Periodic(name, every_s, lane, handler)
        return handler

    return register


def backoff_s(attempt: int) -> float:
    """Seconds before try number ``attempt + 1``: 1, 2, 4 ... at most 15 minutes."""
    return float(min(900, 2 ** min(attempt - 1, 10)))


class Worker:
    """Runs the jobs of one lane."""

    def __init__(self, dsn: str, lane: str, lease_s: float | None = None) -> None:
        self.dsn, self.lane, self.lease_s = dsn, lane, lease_s or LEASE_S[lane]
        self.bell = asyncio.Event()
        self.done = 0
        self._left: set[str] = set()  # leases of batches that were not run to their end

    async def run(self, health: Health) -> None:
        """Claim and run until cancelled; running jobs are given time to end."""
        scheduler = aiojobs.Scheduler(limit=AT_ONCE[self.lane], pending_limit=0)
        free = asyncio.Semaphore(AT_ONCE[self.lane])
        try:
            async with listening(self.dsn, "milha_job", self._ring) as ears:
                await self._take(scheduler, free, ears, health)
        finally:
            await scheduler.wait_and_close(timeout=10)
            with suppress(*db.AWAY):
                await self._release()

    async def _release(self) -> None:
        """Give back what an outage or the end of this process left undone: nobody should wait for the lease."""
        while self._left:
            leases = list(self._left)
            await db.execute(RELEASE, leases)
            self._left.difference_update(leases)

    def _ring(self, lane: str) -> None:
        if lane == self.lane:
            self.bell.set()

    async def _take(self, scheduler: aiojobs.Scheduler, free: asyncio.Semaphore, ears: Ears, health: Health) -> None:
        while True:
            ears.check()
            self.bell.clear()
            await free.acquire()
            lease = secrets.token_hex(8)
            try:
                await self._release()
                rows = await db.fetch(CLAIM, self.lane, lease, self.lease_s, BATCH[self.lane])
            except BaseException:
                free.release()
                raise
            health.beat()
            if rows:
                await scheduler.spawn(self._batch(rows, lease, free))
                continue
            free.release()
            # Not wait_for: on 3.11 it swallows a cancellation that comes together with the bell.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await self.bell.wait()

    async def _batch(self, rows: Sequence[Any], lease: str, free: asyncio.Semaphore) -> None:
        renewing, whole = asyncio.create_task(self._renew(lease)), False
        try:
            for row in sorted(rows, key=lambda row: int(row["id"])):
                await self._one(row, lease)
            whole = True
        except db.AWAY as error:  # the leases are given back and the rows are taken again
            log.debug("jobs interrupted", extra={"facts": {"lane": self.lane, "error": str(error)}})
        finally:
            if not whole:
                self._left.add(lease)
            renewing.cancel()
            free.release()

    async def _renew(self, lease: str) -> None:
        while True:
            await asyncio.sleep(self.lease_s / 3)
            with suppress(*db.AWAY):
                await db.execute(RENEW, lease, self.lease_s)

    async def _one(self, row: Any, lease: str) -> None:
        try:
            async with db.transaction() as connection:
                await run_job(connection, row["listener"], json.loads(row["payload"]))
                gone = await connection.execute(DONE, row["id"], lease)
                if gone == "DELETE 0" and await connection.execute(ONCE_MORE, row["id"], lease) == "UPDATE 0":
                    raise LeaseLost
            self.done += 1
        except LeaseLost:
            log.warning("lease lost", extra={"facts": {"job": row["id"]}})
        except Exception as error:  # supervision edge: whatever a job raises is kept on its row
            await self._failed(row, lease, error)

    async def _failed(self, row: Any, lease: str, error: Exception) -> None:
        # PostgreSQL's text holds neither NUL nor half a character.
        text = f"{type(error).__name__}: {error}"[:2000].encode(errors="replace").decode().replace("\0", "?")
        wait = backoff_s(row["attempts"])
        state = await db.fetchval(FAIL, row["id"], lease, text, wait, MAX_ATTEMPTS)
        facts = {"job": row["id"], "listener": row["listener"], "attempt": row["attempts"], "error": text}
        log.warning("job %s", "dead" if state == "dead" else "failed", extra={"facts": facts})


async def run_job(connection: db.Connection, listener: str, payload: dict[str, Any]) -> None:
    """Call the registered handler of one row."""
    if listener in PERIODIC:
        await PERIODIC[listener].handler(connection)
        return
    found = LISTENERS.get(listener)
    if found is None:
        raise LookupError(f"no listener {listener} in this version")
    names = {f.name for f in dataclasses.fields(found.event)}
    await found.handler(connection, found.event(**{k: v for k, v in payload.items() if k in names}))


# After a night switched off the next turn is a whole interval away, not at once again.
DUE = """update periodic set last_at = clock_timestamp(), next_at = case
  when next_at + make_interval(secs => every_s) > clock_timestamp() then next_at + make_interval(secs => every_s)
  else clock_timestamp() + make_interval(secs => every_s) end
where next_at <= clock_timestamp() and name = any($1) returning name, lane"""


async def schedule(health: Health) -> None:
    """Queue each periodic job when its time has come; the row lock makes it once across processes."""
    await _declare()
    while True:
        async with db.transaction() as connection:
            for row in await connection.fetch(DUE, list(PERIODIC)):
                await connection.execute(
                    "insert into job (lane, listener, payload, dedupe_key) values ($1, $2, '{}', $2) "
                    "on conflict do nothing",
                    row["lane"],
                    row["name"],
                )
                await connection.execute("select pg_notify('milha_job', $1)", row["lane"])
        health.beat()
        await asyncio.sleep(TURN_S)


async def _declare() -> None:
    for one in list(PERIODIC.values()):
        await db.execute(
            "insert into periodic (name, lane, every_s, next_at) values ($1, $2, $3, clock_timestamp()) "
            "on conflict (name) do update set lane = excluded.lane, every_s = excluded.every_s",
            one.name,
            one.lane,
            one.every_s,
        )


class Ears:
    """A LISTEN connection; ``check`` raises ConnectionError once it is lost, since silence tells nothing."""

    def __init__(self, connection: db.Connection) -> None:
        self.connection = connection

    def check(self) -> None:
        if self.connection.is_closed():
            raise ConnectionError("the listening connection was lost")


@asynccontextmanager
async def listening(dsn: str, channel: str, ring: Callable[[str], None]) -> AsyncIterator[Ears]:
    """LISTEN on a connection of its own (a pooled one forgets its listeners when it goes back)."""
    connection = await db.connect(dsn, "milha-listen")
    try:
        await connection.add_listener(channel, lambda _c, _p, _ch, payload: ring(str(payload)))
        yield Ears(connection)
    finally:
        connection.terminate()


@asynccontextmanager
async def workers(dsn: str, healths: Callable[[str], Health]) -> AsyncIterator[None]:
    """All lanes and the scheduler, restarted with back-off; on exit running jobs end first."""
    tasks = []
    for lane in LANES:
        health = healths(f"jobs.{lane}")
        worker = Worker(dsn, lane)
        tasks.append(asyncio.create_task(keep_running(health, lambda w=worker, h=health: w.run(h))))  # type: ignore[misc]
    health = healths("jobs.schedule")
    tasks.append(asyncio.create_task(keep_running(health, lambda: schedule(health))))
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
