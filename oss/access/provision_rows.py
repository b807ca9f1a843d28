"""Provisioning runs in rows: a course as JSON, the marks of its steps, and what a run holds while it lasts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from oss.base import db
from oss.base.problems import Conflict, NotFound, Problem
from oss.drivers.course import Mark
from oss.drivers.olt import Check, Course, Service, Step

CHANNEL = "milha_provision"
READ = """select r.*, d.name as device from provision_run r join device d on d.id = r.device_id where r.id = $1"""
STEPS = (
    "select position, state, back, answer, doubts, saying, at from provision_step where run_id = $1 order by position"
)
NOTE = """update provision_step s set state = $3, back = $4, answer = $5, doubts = $6, saying = $7,
  at = clock_timestamp() from provision_run r
where s.run_id = $1 and s.position = $2 and r.id = s.run_id and r.lease = $8"""


class RunThere(Conflict):
    """Something is being done at {place} already (run {run}). Wait for its end, or settle it."""


class RunBroken(Problem):
    """An error of the program itself ended this run: {error}. What the OLT shows is to be looked at."""

    status = 500


class RunLost(Problem):
    """Another process has taken this run over."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run as kept; ``course`` None: not planned yet."""

    id: int
    kind: str
    state: str
    wants: str
    device_id: int
    device: str
    pon: str
    number: int | None
    serial: str
    account_id: int | None
    login: str
    onu_id: int | None
    wish: Mapping[str, Any]
    course: Course | None
    problem: Mapping[str, Any] | None
    made_by: str
    attempts: int
    row: Any


def service_read(told: Mapping[str, Any] | None) -> Service | None:
    """A `Service` from JSON."""
    return None if told is None else Service(**told)


def course_read(told: Mapping[str, Any]) -> Course:
    """A `Course` from JSON."""
    steps = [
        Step(
            one["command"],
            tuple(one["view"]),
            tuple(one["undo"]),
            None if one["undo_view"] is None else tuple(one["undo_view"]),
            one["by"],
            tuple((tuple(view), tuple(some)) for view, some in one["then"]),
        )
        for one in told["steps"]
    ]
    checks = [
        Check(one["pon"], one["number"], service_read(one["before"]), service_read(one["after"]))
        for one in told["checks"]
    ]
    return Course(tuple(steps), told["pon"], told["number"], told["serial"], tuple(checks))


def problem_told(problem: Exception | None) -> str | None:
    """A problem as JSON: its code, and its facts for the sentence in the reader's language."""
    if not isinstance(problem, Problem):
        return None
    facts = {name: str(value)[:400] for name, value in problem.facts.items()}
    return json.dumps({"code": problem.code, "facts": facts, "text": str(problem)[:600]})


async def read(connection: db.Connection, run_id: int) -> Run:
    """Raises NotFound."""
    row = await connection.fetchrow(READ, run_id)
    if row is None:
        raise NotFound(thing="run")
    return of_row(row)


def of_row(row: Any) -> Run:
    """A row with its device's name as a run."""
    told = {name: json.loads(row[name]) if row[name] else None for name in ("wish", "course", "problem")}
    plain = {name: row[name] for name in Run.__slots__ if name not in ("wish", "course", "problem", "row")}
    course = course_read(told["course"]) if told["course"] else None
    return Run(**plain, wish=told["wish"] or {}, course=course, problem=told["problem"], row=row)


async def marks(connection: db.Connection, run_id: int) -> list[Mark]:
    """How far each step is."""
    found = await connection.fetch(STEPS, run_id)
    return [Mark(one["state"], one["back"], one["answer"], json.loads(one["doubts"])) for one in found]


async def claim(connection: db.Connection, run_id: int, device_id: int, places: Sequence[str]) -> None:
    """Hold places of a device for a run. Raises RunThere."""
    sql = """insert into provision_claim (device_id, place, run_id) values ($1, $2, $3)
    on conflict (device_id, place) do update set run_id = provision_claim.run_id returning run_id"""
    for place in sorted(places):
        holder = await connection.fetchval(sql, device_id, place, run_id)
        if holder != run_id:
            raise RunThere(place=place.removeprefix("sn:"), run=holder)


async def planned(connection: db.Connection, run: Run, course: Course, lease: str) -> None:
    """Keep the course before its first command is said. Raises RunThere, RunLost."""
    places = [f"{one.pon}:{one.number}" for one in course.checks]
    await claim(connection, run.id, run.device_id, places)
    sql = (
        "update provision_run set course = $2, number = coalesce($3, number) where id = $1 and lease = $4 returning id"
    )
    if not await connection.fetchval(sql, run.id, json.dumps(asdict(course)), course.number, lease):
        raise RunLost()
    sql = "insert into provision_step (run_id, position) select $1, generate_series(0, $2::int - 1)"
    await connection.execute(sql, run.id, len(course.steps))


async def said_once(run_id: int, lease: str, command: str) -> None:
    """The mark of what is no course and may be said but once; committed before it is said. Raises RunLost."""
    sql = """insert into provision_step (run_id, position, state, saying) select id, 0, 'said', $3
    from provision_run where id = $1 and lease = $2"""
    if await db.execute(sql, run_id, lease, command) == "INSERT 0 0":
        raise RunLost()


class RowNotebook:
    """Marks of a course, each committed by itself, as long as the run is ours."""

    def __init__(self, run_id: int, lease: str) -> None:
        self.run_id, self.lease = run_id, lease

    async def note(self, position: int, mark: Mark, command: str) -> None:
        """Raises RunLost where another process has the run now."""
        values = (mark.state, mark.back, mark.answer, json.dumps(mark.doubts), command)
        if await db.execute(NOTE, self.run_id, position, *values, self.lease) == "UPDATE 0":
            raise RunLost()
