"""ONUs authorised, removed, replaced, moved and restarted: what is asked becomes a run, once, whoever asks how often.

A run is made in the transaction of who asks; `oss.access.provision_work` carries it out and ends it. What will be
said is planned twice by the same code: for the dry run, and again when it is its turn, because numbers may have gone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

from oss.access import provision_rows, provision_rules
from oss.access.provision_rows import CHANNEL, RunThere
from oss.base import audit, audit_names, db
from oss.base.problems import Conflict, InvalidInput, NotFound
from oss.drivers.course import AnotherOnuThere
from oss.drivers.links import Link
from oss.drivers.olt import Course, Service
from oss.drivers.problems import NotOffered
from oss.drivers.registry import Driver
from oss.network import device_links
from oss.network.device_links import Priority
from oss.network.onus import spelled
from oss.network.plant import place_of

KINDS: Final = ("authorise", "deauthorise", "replace", "move", "reboot")
LOOK_S: Final = 40.0
"""Seconds a person waits for a dry run."""
PON: Final = re.compile(r"[0-9]+(?:/[0-9]+)*")
OPEN: Final = ("planned", "running", "stuck")
ONU: Final = """select o.id, o.serial, o.number, p.place as pon, p.device_id, dr.account_id, a.login from onu o
left join pon_port p on p.id = o.pon_id left join account_drop dr on dr.onu_id = o.id
left join access_account a on a.id = dr.account_id left join contract k on k.id = a.contract_id
where o.id = $1 order by k.status = 'ended', dr.account_id limit 1"""
MADE: Final = """insert into provision_run (kind, device_id, pon, number, serial, account_id, login, onu_id, wish,
  made_by, made_ip) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) returning id"""

audit_names.called(
    "provision_run", "select id, serial as name, id as inside from provision_run where id = any($1::bigint[])"
)


class NotProvisioned(Conflict):
    """The ONU {serial} is on no PON under any number, as far as is known. Authorise it first."""


class NotStuck(Conflict):
    """This run is not stuck (it is {state}): nothing is to be decided."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be done, before it is a run. ``wish``: service, old_serial, leaves (place), untie; plain JSON."""

    kind: str
    device_id: int
    pon: str
    number: int | None
    serial: str
    account_id: int | None = None
    login: str = ""
    onu_id: int | None = None
    wish: Mapping[str, Any] = field(default_factory=dict)

    @property
    def places(self) -> list[str]:
        """What nobody else may touch until its end."""
        found = [f"sn:{self.serial}"]
        if self.wish.get("old_serial"):
            found.append(f"sn:{self.wish['old_serial']}")
        if self.number is not None:
            found.append(f"{self.pon}:{self.number}")
        if leaves := self.wish.get("leaves"):
            found.append(f"{leaves['pon']}:{leaves['number']}")
        return found


# ------------------------------------------------------------ what is asked


def _pon(name: str) -> str:
    """Where a PON is, in the only spelling that command lines are made of. Raises InvalidInput."""
    place = place_of(name)
    if not PON.fullmatch(place):
        raise InvalidInput({"pon": "must be numbers with slashes, like 0/1/3"})
    return place


async def authorise(connection: db.Connection, device_id: int, pon: str, serial: str, account_id: int) -> Asked:
    """An ONU becomes a login's. Raises NotFound, InvalidInput, NoVlanKnown."""
    known = spelled(serial)
    if not known:
        raise InvalidInput({"serial": "must be 4 to 24 letters and digits"})
    pon = _pon(pon)
    service = await provision_rules.service(connection, device_id, pon, known, account_id)
    login = await connection.fetchval("select login from access_account where id = $1", account_id)
    onu_id = await connection.fetchval("select id from onu where serial = $1", known)
    return Asked("authorise", device_id, pon, None, known, account_id, login, onu_id, {"service": asdict(service)})


async def _onu(connection: db.Connection, onu_id: int) -> Any:
    row = await connection.fetchrow(ONU, onu_id)
    if row is None:
        raise NotFound(thing="ONU")
    if row["pon"] is None or row["number"] is None:
        raise NotProvisioned(serial=row["serial"])
    return row


def _of(kind: str, row: Any, serial: str | None = None, **wish: Any) -> Asked:
    whose = (row["account_id"], row["login"] or "", row["id"])
    return Asked(kind, row["device_id"], row["pon"], row["number"], serial or row["serial"], *whose, wish)


async def deauthorise(connection: db.Connection, onu_id: int) -> Asked:
    """It is taken out of the OLT, its socket and its line are free. Raises NotFound, NotProvisioned."""
    return _of("deauthorise", await _onu(connection, onu_id), untie=True)


async def reboot(connection: db.Connection, onu_id: int) -> Asked:
    """Raises NotFound, NotProvisioned."""
    return _of("reboot", await _onu(connection, onu_id))


async def exchange(connection: db.Connection, onu_id: int, serial: str) -> Asked:
    """Another ONU in its place. Raises NotFound, NotProvisioned, InvalidInput."""
    row, known = await _onu(connection, onu_id), spelled(serial)
    if not known or known == row["serial"]:
        raise InvalidInput({"serial": "must be the serial number of the other ONU"})
    sql = "select p.name from onu o join pon_port p on p.id = o.pon_id where o.serial = $1 and o.number is not null"
    if await connection.fetchval(sql, known):
        raise InvalidInput({"serial": "is in use on another PON"})
    return _of("replace", row, known, old_serial=row["serial"])


async def move(connection: db.Connection, onu_id: int, device_id: int, pon: str) -> Asked:
    """The ONU now lights up on another PON, perhaps of another OLT: its line goes with it.

    Raises NotFound, NotProvisioned, InvalidInput, NoVlanKnown.
    """
    row, pon = await _onu(connection, onu_id), _pon(pon)
    if (device_id, pon) == (row["device_id"], row["pon"]):
        raise InvalidInput({"pon": "it is on this PON already"})
    if row["account_id"] is None:
        raise InvalidInput({"login": "nobody's line ends at this ONU"})
    there = await authorise(connection, device_id, pon, row["serial"], row["account_id"])
    left = {"device_id": row["device_id"], "pon": row["pon"], "number": row["number"]}
    if device_id == row["device_id"]:
        return replace(there, kind="move", wish={**there.wish, "leaves": left})
    return replace(there, wish={**there.wish, "leaves_olt": left})


# ------------------------------------------------------------ what will be said


async def plan(driver: Driver, link: Link, asked: Asked) -> Course:
    """The commands, from what the OLT shows now. Raises DeviceProblem, AnotherOnuThere."""
    olt = driver.olt
    if olt is None:
        raise NotOffered(name=driver.title)
    if asked.kind == "authorise":
        return await olt.plan_authorise(link, Service(**asked.wish["service"]))
    if asked.kind == "move":
        left = asked.wish["leaves"]
        gone = await olt.plan_deauthorise(link, left["pon"], left["number"])
        _is(gone, asked.serial)
        there = await olt.plan_authorise(link, Service(**asked.wish["service"]))
        return replace(there, steps=gone.steps + there.steps, checks=gone.checks + there.checks)
    assert asked.number is not None
    if asked.kind == "replace":
        course = await olt.plan_replace(link, asked.pon, asked.number, asked.serial)
        _is(course, asked.wish["old_serial"])
        return course
    course = await olt.plan_deauthorise(link, asked.pon, asked.number)
    _is(course, asked.serial)
    return course


def _is(course: Course, serial: str) -> None:
    """What stands there is what we believe; else somebody was there before us."""
    check = course.checks[0]
    if check.before is None or check.before.serial != serial:
        seen = check.before.serial if check.before else "-"
        raise AnotherOnuThere(place=f"{check.pon}:{check.number}", seen=seen, serial=serial)


async def preview(asked: Asked, who: str) -> Course:
    """The dry run: nothing is changed. Raises DeviceProblem."""
    return await device_links.do(
        asked.device_id,
        lambda driver, link: plan(driver, link, asked),
        priority=Priority.PERSON,
        deadline_s=LOOK_S,
        what=f"plan {asked.kind}",
        asked_by=who,
    )


# ------------------------------------------------------------ runs


async def begin(connection: db.Connection, actor: audit.Actor, asked: Asked) -> int:
    """Make the run, or find the one that does the same already; returns its id. Raises RunThere."""
    await connection.execute("select pg_advisory_xact_lock(hashtext('milha provision'), $1::int)", asked.device_id)
    if same := await _same(connection, asked):
        return same
    made: int = await connection.fetchval(
        MADE,
        asked.kind,
        asked.device_id,
        asked.pon,
        asked.number,
        asked.serial,
        asked.account_id,
        asked.login,
        asked.onu_id,
        json.dumps(dict(asked.wish)),
        actor.name,
        actor.ip,
    )
    await provision_rows.claim(connection, made, asked.device_id, asked.places)
    await audit.note(
        connection,
        actor,
        "provision.asked",
        "provision_run",
        made,
        kind=asked.kind,
        place=f"{asked.pon}:{asked.number}" if asked.number is not None else asked.pon,
        login=asked.login,
    )
    await connection.execute("select pg_notify($1, '')", CHANNEL)
    return made


async def _same(connection: db.Connection, asked: Asked) -> int | None:
    sql = """select id, account_id, state from provision_run where device_id = $1 and kind = $2 and serial = $3
    and pon = $4 and state = any($5::text[])"""
    row = await connection.fetchrow(sql, asked.device_id, asked.kind, asked.serial, asked.pon, list(OPEN))
    if row is None:
        return None
    if row["account_id"] != asked.account_id or row["state"] == "stuck":
        raise RunThere(place=f"{asked.pon} {asked.serial}", run=row["id"])
    return int(row["id"])


async def decide(connection: db.Connection, actor: audit.Actor, run_id: int, wants: str) -> None:
    """A stuck run goes on (``go-on``) or is taken back (``take-back``). Raises NotFound, NotStuck."""
    await _stuck(connection, run_id)
    sql = """update provision_run set state = 'running', wants = $2, due_at = clock_timestamp(), attempts = 0,
      lease = null, leased_until = null where id = $1"""
    await connection.execute(sql, run_id, wants)
    await audit.note(connection, actor, "provision.decided", "provision_run", run_id, wants=wants)
    await connection.execute("select pg_notify($1, '')", CHANNEL)


async def settle(connection: db.Connection, actor: audit.Actor, run_id: int, note: str) -> None:
    """A person has put it right at the OLT and says so. Raises NotFound, NotStuck."""
    await _stuck(connection, run_id)
    sql = """update provision_run set state = 'settled', ended_at = clock_timestamp(), settled_by = $2, note = $3
    where id = $1"""
    await connection.execute(sql, run_id, actor.name, note.strip()[:400])
    await connection.execute("delete from provision_claim where run_id = $1", run_id)
    await audit.note(connection, actor, "provision.settled", "provision_run", run_id, note=note.strip()[:400])


async def _stuck(connection: db.Connection, run_id: int) -> None:
    state = await connection.fetchval("select state from provision_run where id = $1 for update", run_id)
    if state is None:
        raise NotFound(thing="run")
    if state != "stuck":
        raise NotStuck(state=state)
