"""Provisioning for screens: who waits and for whom, runs with their steps, and what differs on OLTs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from oss.access import provision_rows
from oss.access.provision_rows import Run
from oss.base import db, keyset
from oss.base.listing import Listing, Order, chosen
from oss.base.problems import NotFound
from oss.base.typed import anywhere
from oss.crm import within
from oss.drivers.course import Mark, in_force, unsaid
from oss.network.onus import spelled
from oss.staff.scopes import Scope

WAITING: Final = """select w.device_id, d.name as device, w.serial, w.pon, w.model, w.software, w.found_at, w.seen_at,
  p.id as pon_id, o.id as onu_id from onu_waiting w join device d on d.id = w.device_id
left join pon_port p on p.device_id = w.device_id and p.place = w.pon left join onu o on o.serial = w.serial"""
LOOKS: Final = """select d.id, d.name, l.looked_at, l.look_problem, l.swept_at, l.sweep_problem, l.onus,
  l.saved_at, l.save_due_at, l.save_problem,
  (select count(*) from onu_waiting w where w.device_id = d.id) as waiting,
  (select count(*) from olt_drift f where f.device_id = d.id) as drifts
from device d left join olt_look l on l.device_id = d.id where d.role = 'olt' and d.enabled order by d.name"""
# Logins that an ONU on a PON may be for: whose it is by its row, or who is planned in a box of this PON.
FOR: Final = """select a.id as account_id, a.login, c.id as customer_id, c.name as customer, t.name as plan, f.how,
  b.name as box, f.box_port, w.device_id, w.serial from onu_waiting w
join lateral (
  select dr.account_id, 'serial' as how, o.box_id, o.box_port from onu o join account_drop dr on dr.onu_id = o.id
    where o.serial = w.serial
  union all select pl.account_id, 'planned', pl.box_id, pl.box_port from planned_drop pl
    join splitter_box x on x.id = pl.box_id join pon_port p on p.id = x.pon_id
    where p.device_id = w.device_id and p.place = w.pon) f on true
join access_account a on a.id = f.account_id join contract k on k.id = a.contract_id
join customer c on c.id = k.customer_id join plan t on t.id = k.plan_id left join splitter_box b on b.id = f.box_id
where k.status <> 'ended' and w.device_id = any($1::bigint[]) and {inside} order by f.how desc, a.login"""
LOGINS: Final = """select a.id as account_id, a.login, c.name as customer, t.name as plan from access_account a
join contract k on k.id = a.contract_id join customer c on c.id = k.customer_id join plan t on t.id = k.plan_id
where k.status <> 'ended' and (a.login like $1 or c.search_key like $1) and {inside} order by a.login limit 8"""
RUN_COLUMNS: Final = """r.id, r.kind, r.state, r.device_id, d.name as device, r.pon, r.number, r.serial, r.login,
  r.account_id, r.onu_id, r.made_by, r.made_at, r.started_at, r.ended_at, r.problem, r.settled_by, r.note"""
RUN_TABLES: Final = "provision_run r left join device d on d.id = r.device_id"
RUN_ORDERS: Final = {
    "made": Order("r.id", "bigint"),
    "device": Order("d.name", "text", optional=True),
    "serial": Order("r.serial", "text"),
    "state": Order('r.state collate "C"', "text"),
    "kind": Order('r.kind collate "C"', "text"),
}
RUN_VIEWS: Final = {
    "open": "r.state in ('planned', 'running')",
    "stuck": "r.state = 'stuck'",
    "done": "r.state in ('done', 'settled')",
    "rolled-back": "r.state = 'rolled-back'",
}
DRIFT_COLUMNS: Final = """f.id, f.kind, f.device_id, d.name as device, f.pon, f.number, f.serial, f.onu_id,
  f.account_id, a.login, f.facts, f.found_at, f.seen_at"""
DRIFT_TABLES: Final = """olt_drift f left join device d on d.id = f.device_id
left join access_account a on a.id = f.account_id"""
DRIFT_ORDERS: Final = {
    "found": Order("f.id", "bigint"),
    "device": Order("d.name", "text", optional=True),
    "serial": Order("f.serial", "text"),
}
DRIFT_KINDS: Final = ("stranger", "ended", "absent", "elsewhere", "different")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is narrowed to and sorted by."""

    text: str = ""
    view: str = ""
    kind: str = ""
    device_id: int | None = None
    sort: str = ""


def runs(wanted: Wanted) -> tuple[Listing, Order]:
    """The list of runs, newest first."""
    found = Listing(RUN_COLUMNS, RUN_TABLES, "r.id")
    if wanted.view in RUN_VIEWS:
        found.where(RUN_VIEWS[wanted.view])
    if wanted.kind:
        found.where("r.kind = {}", wanted.kind)
    if wanted.device_id:
        found.where("r.device_id = {}", wanted.device_id)
    if wanted.text:
        serial = anywhere(spelled(wanted.text) or wanted.text.upper())
        found.where("(r.serial like {} or r.login like {})", serial, anywhere(wanted.text.lower()))
    return found, chosen(RUN_ORDERS, wanted.sort, "-made")


def drifts(wanted: Wanted) -> tuple[Listing, Order]:
    """The list of what differs."""
    found = Listing(DRIFT_COLUMNS, DRIFT_TABLES, "f.id")
    if wanted.view in DRIFT_KINDS:
        found.where("f.kind = {}", wanted.view)
    if wanted.device_id:
        found.where("f.device_id = {}", wanted.device_id)
    if wanted.text:
        serial = anywhere(spelled(wanted.text) or wanted.text.upper())
        found.where("(f.serial like {} or a.login like {})", serial, anywhere(wanted.text.lower()))
    return found, chosen(DRIFT_ORDERS, wanted.sort, "-found")


async def run_counts() -> dict[str, int]:
    """How many runs each view has, and in all (``every``)."""
    views = ", ".join(f'count(*) filter (where {sql}) as "{name}"' for name, sql in RUN_VIEWS.items())
    return dict(await db.fetchrow(f"select count(*) as every, {views} from provision_run r"))


async def drift_counts() -> dict[str, int]:
    """How many differences of each kind, and in all (``every``)."""
    found = await db.fetch("select kind, count(*) as n from olt_drift group by kind")
    tally = dict.fromkeys(DRIFT_KINDS, 0) | {row["kind"]: row["n"] for row in found}
    return tally | {"every": sum(tally.values())}


async def olts() -> Sequence[Any]:
    """All OLTs: when each was looked at and compared, and what it did not answer (JSON)."""
    return await db.fetch(LOOKS)


async def waiting() -> Sequence[Any]:
    """The ONUs that light up and are in no configuration, newest first."""
    return await db.fetch(WAITING + " order by w.found_at desc, w.serial limit 500")


async def waiting_one(device_id: int, serial: str) -> Any:
    """One of them, None where it waits no more."""
    return await db.fetchrow(WAITING + " where w.device_id = $1 and w.serial = $2", device_id, serial)


async def candidates(device_ids: Sequence[int], scope: Scope) -> Mapping[tuple[int, str], list[Any]]:
    """For whom each may be, by OLT and serial: the login of its row first, else who is planned on its PON."""
    sql, *values = within.narrowed(FOR, scope, "k.customer_id", list(device_ids))
    found: dict[tuple[int, str], list[Any]] = {}
    for row in await db.fetch(sql, *values):
        found.setdefault((row["device_id"], row["serial"]), []).append(row)
    return found


def suggested(candidates: Sequence[Any]) -> Any:
    """The one login that it is for, None where that is not sure."""
    by_serial = [one for one in candidates if one["how"] == "serial"]
    certain = by_serial or list(candidates)
    return certain[0] if len({one["account_id"] for one in certain}) == 1 else None


async def logins(text: str, scope: Scope) -> Sequence[Any]:
    """Logins by a piece of their name, for a choice by hand."""
    if len(text.strip()) < 2:
        return []
    sql, *values = within.narrowed(LOGINS, scope, "k.customer_id", anywhere(text.strip().lower()))
    return await db.fetch(sql, *values)


@dataclass(frozen=True, slots=True)
class Told:
    """A run for its page. ``in_force``: positions of the commands that stand."""

    run: Run
    marks: Sequence[Mark]
    sayings: Sequence[str]
    in_force: frozenset[int]

    @property
    def rest(self) -> list[str]:
        """What "continue" would say."""
        if self.run.course is None:
            return []
        steps = self.run.course.steps
        return _typed([(steps[one].view, steps[one].command) for one in unsaid(steps, self.marks)])

    @property
    def way_back(self) -> list[str]:
        """What "take back" would say."""
        if self.run.course is None:
            return []
        pairs: list[tuple[tuple[str, ...], str]] = []
        for position in sorted(self.in_force, reverse=True):
            pairs += self.run.course.steps[position].way_back[self.marks[position].back :]
        return _typed(pairs)


def _typed(pairs: Sequence[tuple[tuple[str, ...], str]]) -> list[str]:
    """As a person would type them: views entered where they change."""
    said: list[str] = []
    view: tuple[str, ...] = ()
    for at, command in pairs:
        if at != view:
            said += at
            view = at
        said.append(command)
    return said


async def told(run_id: int) -> Told:
    """A run with its steps. Raises NotFound."""
    async with db.pool().acquire() as connection:
        run = await provision_rows.read(connection, run_id)
        rows = await connection.fetch(provision_rows.STEPS, run_id)
    marks = [Mark(one["state"], one["back"], one["answer"], json.loads(one["doubts"])) for one in rows]
    stands = frozenset(in_force(run.course.steps, marks)) if run.course and marks else frozenset[int]()
    return Told(run, marks, [one["saying"] for one in rows], stands)


async def runs_of_onu(onu_id: int) -> Sequence[Any]:
    """The newest runs of an ONU."""
    sql = f"select {RUN_COLUMNS} from {RUN_TABLES} where r.onu_id = $1 order by r.id desc limit 10"
    return await db.fetch(sql, onu_id)


async def stuck() -> int:
    """How many runs wait for a person."""
    return int(await db.fetchval("select count(*) from provision_run where state = 'stuck'"))


KEPT_RUNS: Final = """select r.id, r.kind, r.state, r.device_id, r.pon, r.number, r.serial, r.account_id, r.login,
  r.onu_id, r.made_by, r.made_at, r.started_at, r.ended_at, r.problem, r.note from provision_run r"""
KEPT_DRIFTS: Final = """select f.id, f.kind, f.device_id, f.pon, f.number, f.serial, f.onu_id, f.account_id, f.facts,
  f.found_at, f.seen_at from olt_drift f"""


async def run_page(connection: db.Connection, after: tuple[int] | None, limit: int, **where: object) -> keyset.Found:
    """Runs in the order they were made, for programs."""
    asked = {f"r.{name} = ?": value for name, value in where.items()}
    return await keyset.page(connection, KEPT_RUNS, key=["r.id"], where=asked, after=after, limit=limit)


async def drift_page(connection: db.Connection, after: tuple[int] | None, limit: int, **where: object) -> keyset.Found:
    """Differences in the order they were found, for programs."""
    asked = {f"f.{name} = ?": value for name, value in where.items()}
    return await keyset.page(connection, KEPT_DRIFTS, key=["f.id"], where=asked, after=after, limit=limit)


async def kept_run(connection: db.Connection, run_id: int) -> Any:
    """One run as kept. Raises NotFound."""
    row = await connection.fetchrow(KEPT_RUNS + " where r.id = $1", run_id)
    if row is None:
        raise NotFound(thing="run")
    return row
