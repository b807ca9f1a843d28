"""Provisioning for screens: who waits and for whom, runs with their steps, and what differs on OLTs."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from oss.access import provision_rows, provision_rules
from oss.access.provision_rows import Run
from oss.base import db, keyset
from oss.base.listing import Listing, Order, chosen
from oss.base.problems import NotFound
from oss.base.typed import anywhere
from oss.crm import within
from oss.crm.within import Thing
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
# Whose a run was is told within the scope of who asks; of a login that is no more, to who sees everybody.
RUN_COLUMNS: Final = """r.id, r.kind, r.state, r.device_id, d.name as device, r.pon, r.number, r.serial,
  case when {shown} then r.login else '' end as login, case when {shown} then r.account_id end as account_id,
  r.onu_id, r.made_by, r.made_at, r.started_at, r.ended_at, r.problem, r.settled_by, r.note"""
RUN_TABLES: Final = "provision_run r left join device d on d.id = r.device_id"
RUN_WHOSE: Final = " left join access_account a on a.id = r.account_id and {inside}"
OF_LOGIN: Final = within.OF_CONTRACT.format("a.contract_id")
LOGIN: Final = Thing(
    "login", "select a.id as key, k.customer_id from access_account a join contract k on k.id = a.contract_id"
)
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
  a.id as account_id, a.login, f.facts, f.found_at, f.seen_at"""
DRIFT_TABLES: Final = """olt_drift f left join device d on d.id = f.device_id
left join access_account a on a.id = f.account_id and {inside}"""
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


def runs(wanted: Wanted, scope: Scope) -> tuple[Listing, Order]:
    """The list of runs, newest first; whose they were within the scope."""
    inside, values = within.numbered(scope, OF_LOGIN, 1)
    shown = "true" if scope.is_all else "a.id is not null"
    tables = RUN_TABLES + RUN_WHOSE.format(inside=inside)
    found = Listing(RUN_COLUMNS.format(shown=shown), tables, "r.id", values=values)
    if wanted.view in RUN_VIEWS:
        found.where(RUN_VIEWS[wanted.view])
    if wanted.kind:
        found.where("r.kind = {}", wanted.kind)
    if wanted.device_id:
        found.where("r.device_id = {}", wanted.device_id)
    if wanted.text:
        serial = anywhere(spelled(wanted.text) or wanted.text.upper())
        login = anywhere(wanted.text.lower())
        found.where(f"(r.serial like {{}} or ({shown} and r.login like {{}}))", serial, login)
    return found, chosen(RUN_ORDERS, wanted.sort, "-made")


def drifts(wanted: Wanted, scope: Scope) -> tuple[Listing, Order]:
    """The list of what differs; whose lines they are within the scope."""
    inside, values = within.numbered(scope, OF_LOGIN, 1)
    found = Listing(DRIFT_COLUMNS, DRIFT_TABLES.format(inside=inside), "f.id", values=values)
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


async def told(run_id: int, scope: Scope) -> Told:
    """A run with its steps; whose it is, in commands too, within the scope. Raises NotFound."""
    async with db.pool().acquire() as connection:
        run = await provision_rows.read(connection, run_id)
        rows = await connection.fetch(provision_rows.STEPS, run_id)
        hidden = not await _shown(connection, scope, [run.account_id])
    found = _told(run, rows)
    return _without_login(found) if hidden and not scope.is_all else found


def _told(run: Run, rows: Sequence[Any]) -> Told:
    marks = [Mark(one["state"], one["back"], one["answer"], json.loads(one["doubts"])) for one in rows]
    stands = frozenset(in_force(run.course.steps, marks)) if run.course and marks else frozenset[int]()
    return Told(run, marks, [one["saying"] for one in rows], stands)


def _without_login(told: Told) -> Told:
    """A run of somebody whom its reader does not see: the login is gone from what was said and answered, too."""
    login, row = told.run.login, _anonymous(dict(told.run.row))
    marks = [Mark(one.state, one.back, *_hidden((one.answer, one.doubts), login)) for one in told.marks]
    return Told(provision_rows.of_row(row), marks, _hidden(told.sayings, login), told.in_force)


def _hidden(value: Any, login: str) -> Any:
    """Texts in any nesting without a login, also as OLTs spell it."""
    if isinstance(value, dict):
        return {name: _hidden(one, login) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_hidden(one, login) for one in value]
    if not isinstance(value, str) or not login:
        return value
    names = "|".join(re.escape(one) for one in {login, provision_rules.ascii_name(login)} - {""})
    return re.sub(rf"(?<![\w.-])(?:{names})(?![\w.-])", "…", value)


async def runs_of_onu(onu_id: int) -> Sequence[Any]:
    """The newest runs of an ONU, without whose they were."""
    columns = RUN_COLUMNS.format(shown="false")
    return await db.fetch(f"select {columns} from {RUN_TABLES} where r.onu_id = $1 order by r.id desc limit 10", onu_id)


async def stuck() -> int:
    """How many runs wait for a person."""
    return int(await db.fetchval("select count(*) from provision_run where state = 'stuck'"))


KEPT_RUNS: Final = """select r.id, r.kind, r.state, r.device_id, r.pon, r.number, r.serial, r.account_id, r.login,
  r.onu_id, r.made_by, r.made_at, r.started_at, r.ended_at, r.problem, r.note from provision_run r"""
KEPT_DRIFTS: Final = """select f.id, f.kind, f.device_id, f.pon, f.number, f.serial, f.onu_id, f.account_id, f.facts,
  f.found_at, f.seen_at from olt_drift f"""


async def _shown(connection: db.Connection, scope: Scope, account_ids: Sequence[int | None]) -> set[int]:
    """The logins whose customers a scope holds."""
    return set(await within.only(connection, scope, LOGIN, [one for one in account_ids if one is not None]))


async def run_page(
    connection: db.Connection, after: tuple[int] | None, limit: int, scope: Scope, **where: object
) -> keyset.Found:
    """Runs in the order they were made, for programs; whose they were within the scope."""
    asked = {f"r.{name} = ?": value for name, value in where.items()}
    found = await keyset.page(connection, KEPT_RUNS, key=["r.id"], where=asked, after=after, limit=limit)
    return replace(found, rows=await _within(connection, scope, found.rows))


async def drift_page(
    connection: db.Connection, after: tuple[int] | None, limit: int, scope: Scope, **where: object
) -> keyset.Found:
    """Differences in the order they were found, for programs; whose lines they are within the scope."""
    asked = {f"f.{name} = ?": value for name, value in where.items()}
    found = await keyset.page(connection, KEPT_DRIFTS, key=["f.id"], where=asked, after=after, limit=limit)
    rows = [{**dict(row), "facts": json.loads(row["facts"])} for row in found.rows]
    return replace(found, rows=await _within(connection, scope, rows))


async def _within(connection: db.Connection, scope: Scope, rows: Sequence[Any]) -> list[Mapping[str, Any]]:
    """The same rows, without login where its customer is not the reader's."""
    shown = await _shown(connection, scope, [row["account_id"] for row in rows])
    return [row if scope.is_all or row["account_id"] in shown else _anonymous(dict(row)) for row in rows]


def _anonymous(row: dict[str, Any]) -> dict[str, Any]:
    """A run or a difference without whose it is: an OLT knows an ONU by its login, so it stands in commands, too."""
    hidden: dict[str, Any] = {"account_id": None}
    if "login" in row:
        told = {name: row[name] for name in ("course", "wish", "problem") if row.get(name)}
        hidden |= {name: json.dumps(_hidden(json.loads(value), row["login"])) for name, value in told.items()}
        hidden["login"] = ""
    elif "wanted" in row["facts"]:
        nameless = {side: row["facts"][side] | {"name": ""} for side in ("wanted", "seen")}
        hidden["facts"] = row["facts"] | nameless
    return row | hidden


async def kept_run(connection: db.Connection, run_id: int, scope: Scope) -> Mapping[str, Any]:
    """One run as kept; whose it was within the scope. Raises NotFound."""
    row = await connection.fetchrow(KEPT_RUNS + " where r.id = $1", run_id)
    if row is None:
        raise NotFound(thing="run")
    return (await _within(connection, scope, [row]))[0]
