"""The loop that carries runs out: one at a time for each OLT, by lease, and ended in one transaction with our rows.

Whoever is killed in the middle leaves a lease that runs out and marks that tell how far it was; the next one begins by
looking (`oss.drivers.course.Walk.resume`).
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from oss.access import olt_looks, provision, provision_ends, provision_rows
from oss.access.provision import Asked
from oss.access.provision_rows import CHANNEL, Run, RunBroken, RunLost
from oss.base import audit, db
from oss.base.jobs import listening
from oss.base.problems import Problem
from oss.base.supervisor import Health
from oss.drivers.course import AnotherOnuThere, End, How, Walk
from oss.drivers.links import Link
from oss.drivers.olt import Course
from oss.drivers.problems import (
    AnswerUnreadable,
    DeviceProblem,
    DeviceSlow,
    DeviceUnreachable,
    LinkLost,
    NotOffered,
    QueueFull,
)
from oss.drivers.registry import Driver
from oss.network import device_links
from oss.network.device_links import DevicesAway, Priority

log = logging.getLogger(__name__)
LEASE_S: Final = 30.0
LOOK_S: Final = 1.0
AT_ONCE: Final = 16
WHOLE_S: Final = 300.0
"""Seconds for one run at its OLT, waiting for its turn included; it goes on later where that is not enough."""
TRIES: Final = 6
AGAIN_S: Final = (2.0, 5.0, 15.0, 30.0, 60.0)
AWAY: Final = (LinkLost, DeviceSlow, DeviceUnreachable, QueueFull, DevicesAway, AnswerUnreadable)

# The oldest of each OLT, where none of that OLT's is being carried out.
CLAIM: Final = """update provision_run set lease = $1, leased_until = clock_timestamp() + make_interval(secs => $2),
  state = 'running', started_at = coalesce(started_at, clock_timestamp()), attempts = attempts + 1
where id = any(array(select r.id from provision_run r where r.state in ('planned', 'running')
  and r.due_at <= clock_timestamp() and (r.leased_until is null or r.leased_until < clock_timestamp())
  and not exists (select 1 from provision_run o where o.device_id = r.device_id and o.id <> r.id
    and o.state in ('planned', 'running') and (o.leased_until > clock_timestamp()
      or (o.id < r.id and o.due_at <= clock_timestamp())))
  order by r.id for update skip locked limit $3)) returning id"""
RENEW: Final = """update provision_run set leased_until = clock_timestamp() + make_interval(secs => $2)
where lease = $1 and state = 'running'"""
LATER: Final = """update provision_run set due_at = clock_timestamp() + make_interval(secs => $3), problem = $4,
  lease = null, leased_until = null where id = $1 and lease = $2"""
ENDED: Final = """update provision_run set state = $3, problem = $4, wants = 'run', lease = null, leased_until = null,
  ended_at = case when $3 = 'stuck' then null else clock_timestamp() end where id = $1 and lease = $2 returning id"""


@dataclass(frozen=True, slots=True)
class Carried:
    """How a run went at the OLT. ``course`` None: nothing was to be said, or nothing could be planned."""

    end: End
    course: Course | None = None


class Provisioner:
    """Runs of all OLTs whose links this process keeps."""

    def __init__(self, dsn: str, lease_s: float = LEASE_S) -> None:
        self.dsn, self.lease_s = dsn, lease_s
        self.bell = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, health: Health) -> None:
        """Until cancelled; what runs then is left to its lease."""
        try:
            async with listening(self.dsn, CHANNEL, lambda _: self.bell.set()) as ears:
                while True:
                    ears.check()
                    self.bell.clear()
                    await self.look()
                    health.beat()
                    with suppress(TimeoutError):
                        async with asyncio.timeout(LOOK_S):
                            await self.bell.wait()
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def look(self) -> int:
        """Take what is due; returns how many."""
        free = AT_ONCE - len(self._tasks)
        if free <= 0:
            return 0
        lease = secrets.token_hex(8)
        found = await db.fetch(CLAIM, lease, self.lease_s, free)
        for row in found:
            task = asyncio.create_task(self._one(row["id"], lease))
            self._tasks.add(task)
            task.add_done_callback(self._over)
        return len(found)

    def _over(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self.bell.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a run of provisioning was interrupted", exc_info=error)

    async def _one(self, run_id: int, lease: str) -> None:
        renewing = asyncio.create_task(self._renew(lease))
        try:
            await carry_out(run_id, lease)
        except (RunLost, *db.AWAY) as problem:
            log.warning("provisioning goes on later", extra={"facts": {"run": run_id, "why": str(problem)}})
        finally:
            renewing.cancel()

    async def _renew(self, lease: str) -> None:
        while True:
            await asyncio.sleep(self.lease_s / 3)
            with suppress(*db.AWAY):
                await db.execute(RENEW, lease, self.lease_s)


# ------------------------------------------------------------ one run


async def carry_out(run_id: int, lease: str) -> None:
    """A run at its OLT, and its end in our rows; an error that nobody foresaw is an end as well, in sight."""
    try:
        await _carried_out(run_id, lease)
    except RunLost:
        raise
    except Exception as error:
        if isinstance(error, db.AWAY) and await _tries(run_id) < TRIES:
            raise  # the database goes and comes; what comes each time is a driver's
        log.exception("a run of provisioning ended by an error", extra={"facts": {"run": run_id}})
        await _broken(run_id, lease, error)


async def _tries(run_id: int) -> int:
    return int(await db.fetchval("select attempts from provision_run where id = $1", run_id))


async def _carried_out(run_id: int, lease: str) -> None:
    async with db.pool().acquire() as connection:
        run = await provision_rows.read(connection, run_id)
    try:
        carried = await device_links.do(
            run.device_id,
            lambda driver, link: at_olt(driver, link, run, lease),
            priority=Priority.PROVISIONING,
            deadline_s=WHOLE_S,
            what=f"provision {run.id}",
            asked_by=run.made_by,
        )
    except DeviceProblem as problem:
        async with db.pool().acquire() as connection:
            carried = Carried(End(await _halfway(connection, run.row), problem, lost=problem), run.course)
    if carried.end.lost is not None and await _later(run, lease, carried.end):
        return
    await _end(run, lease, carried)


async def _begun(connection: db.Connection, run_id: int) -> bool:
    """Whether anything was said of it."""
    sql = "select exists (select 1 from provision_step where run_id = $1 and state <> 'waiting')"
    return bool(await connection.fetchval(sql, run_id))


async def _halfway(connection: db.Connection, row: Any) -> How:
    """What a run is that came no further: a person's where something of it may stand; a restart leaves nothing."""
    return "stuck" if row["kind"] != "reboot" and await _begun(connection, row["id"]) else "rolled-back"


async def _later(run: Run, lease: str, end: End) -> bool:
    """An OLT that is away is asked again some times, before a person has to."""
    if run.attempts >= TRIES or not isinstance(end.lost, AWAY):
        return False
    wait = AGAIN_S[min(run.attempts, len(AGAIN_S)) - 1]
    await db.execute(LATER, run.id, lease, wait, provision_rows.problem_told(end.problem))
    return True


async def at_olt(driver: Driver, link: Link, run: Run, lease: str) -> Carried:
    """With the link in hand: planned, kept, said, read back."""
    asked = Asked(
        run.kind, run.device_id, run.pon, run.number, run.serial, run.account_id, run.login, run.onu_id, run.wish
    )
    if run.kind == "reboot":
        return await _rebooted(driver, link, run, lease)
    course = run.course
    if course is None:
        try:
            course = await provision.plan(driver, link, asked)
            async with db.transaction() as connection:
                await provision_rows.planned(connection, run, course, lease)
        except (RunLost, *AWAY):
            raise
        except Problem as problem:
            return Carried(End("rolled-back", problem, ()))
    async with db.pool().acquire() as connection:
        marks = await provision_rows.marks(connection, run.id)
    assert driver.olt is not None
    leave = driver.dialect.leave if driver.dialect else ""
    walk = Walk(link, driver.olt, leave, course, provision_rows.RowNotebook(run.id, lease), marks)
    if run.wants != "run":
        end = await (walk.go_on() if run.wants == "go-on" else walk.take_back())
    else:
        end = await (walk.run() if all(one.state == "waiting" for one in marks) else walk.resume())
    return Carried(end, course)


async def _rebooted(driver: Driver, link: Link, run: Run, lease: str) -> Carried:
    """Said once, and to the ONU that is meant: where its mark stands nobody knows whether it was said before."""
    if driver.olt is None or run.number is None:
        return Carried(End("rolled-back", NotOffered(name=driver.title), ()))
    async with db.pool().acquire() as connection:
        if await _begun(connection, run.id):
            return Carried(End("rolled-back", LinkLost(name=run.device, what="reboot"), ()))
    seen = await driver.olt.read_back(link, run.pon, run.number)
    if seen is None or seen.serial != run.serial:
        there = seen.serial if seen else "-"
        problem = AnotherOnuThere(place=f"{run.pon}:{run.number}", seen=there, serial=run.serial)
        return Carried(End("rolled-back", problem, (seen,)))
    await provision_rows.said_once(run.id, lease, "reboot")
    try:
        await driver.olt.reboot(link, run.pon, run.number)
    except DeviceProblem as problem:
        return Carried(End("rolled-back", problem, ()))
    return Carried(End("done"))


async def _end(run: Run, lease: str, carried: Carried) -> None:
    """The state and what follows from it for our rows, or neither."""
    async with db.transaction() as connection:
        await _noted(connection, run.row, lease, carried.end.how, carried.end.problem)
        if carried.end.how == "done":
            await provision_ends.done(connection, _actor(run.row), run, carried.course)


async def _broken(run_id: int, lease: str, error: Exception) -> None:
    """An end that no part of the course foresaw: nothing of it is in our rows, and the error stands at the run."""
    line = str(error).partition("\n")[0]  # what PostgreSQL says below it quotes rows
    problem = error if isinstance(error, Problem) else RunBroken(error=f"{type(error).__name__}: {line}")
    async with db.transaction() as connection:
        row = await connection.fetchrow("select * from provision_run where id = $1", run_id)
        await _noted(connection, row, lease, await _halfway(connection, row), problem)


def _actor(row: Any) -> audit.Actor:
    return audit.Actor(row["made_by"], row["made_ip"])


async def _noted(connection: db.Connection, row: Any, lease: str, how: How, problem: Problem | None) -> None:
    """A run's end in its own row. Raises RunLost."""
    if not await connection.fetchval(ENDED, row["id"], lease, how, provision_rows.problem_told(problem)):
        raise RunLost()
    if how != "stuck":
        await connection.execute("delete from provision_claim where run_id = $1", row["id"])
    if row["kind"] != "reboot" and await _begun(connection, row["id"]):
        await olt_looks.save_later(connection, row["device_id"])
    facts: dict[str, Any] = {"kind": row["kind"], "login": row["login"]}
    action = (
        "provision.done" if how == "done" else "provision.rolled_back" if how == "rolled-back" else "provision.stuck"
    )
    await audit.note(connection, _actor(row), action, "provision_run", row["id"], **facts)


async def carry_out_all(runs: Sequence[int] | None = None) -> None:
    """Everything that is due, one after the other: for commands and tests; the loop does it beside all else."""
    while True:
        lease = secrets.token_hex(8)
        found = await db.fetch(CLAIM, lease, LEASE_S, 1)
        if not found:
            return
        await carry_out(found[0]["id"], lease)
