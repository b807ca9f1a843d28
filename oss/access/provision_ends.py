"""What a run's end does to our own rows, in the transaction that says "done": the ONU, its socket, its line."""

from __future__ import annotations

from typing import Any

from oss.access import drops, provision, provision_rows
from oss.access.drops import Drop
from oss.access.provision_rows import Run, RunThere
from oss.base import audit, db
from oss.base.problems import Conflict
from oss.drivers.olt import Course
from oss.network import onus, plant
from oss.network.onus import OnuValues
from oss.network.plant import PonValues

PLANNED = """select pl.box_id, pl.box_port, b.pon_id from planned_drop pl join splitter_box b on b.id = pl.box_id
where pl.account_id = $1"""
FREE_PORT = """select $2 <= b.ports and not exists (select 1 from onu where box_id = $1 and box_port = $2
  and id is distinct from $3) from splitter_box b where b.id = $1 for update"""
# Lines that ended at this ONU and do no more: of contracts that ended, and of other customers than the login's.
FORMER = """select dr.account_id from account_drop dr join access_account a on a.id = dr.account_id
join contract k on k.id = a.contract_id where dr.onu_id = $1 and dr.account_id <> $2 and (k.status = 'ended'
  or (not $3 and k.customer_id <> (select n.customer_id from access_account x join contract n on n.id = x.contract_id
    where x.id = $2)))"""
KEPT = ("pon_id", "number", "box_id", "box_port", "model", "note")


class OldPlaceHeld(Conflict):
    """It is done here. At {olt} {left} it was not taken out: something is being done at {place} there (run {run})."""


async def done(connection: db.Connection, actor: audit.Actor, run: Run, course: Course | None) -> None:
    """The rows as the OLT is now."""
    if run.kind in ("authorise", "move"):
        assert course is not None
        await _arrived(connection, actor, run, course)
    elif run.kind == "replace":
        await _replaced(connection, actor, run)
    elif run.kind == "deauthorise" and run.onu_id is not None:
        await _gone(connection, actor, run)


async def _pon(connection: db.Connection, actor: audit.Actor, device_id: int, name: str) -> int:
    found: int | None = await connection.fetchval(
        "select id from pon_port where device_id = $1 and place = $2 order by id limit 1", device_id, name
    )
    return found or await plant.save_pon(connection, actor, PonValues(device_id, name))


async def _arrived(connection: db.Connection, actor: audit.Actor, run: Run, course: Course) -> None:
    """The ONU is on its PON under its number, in the planned socket, and its login's line ends there."""
    pon_id = await _pon(connection, actor, run.device_id, run.pon)
    old = await connection.fetchrow("select * from onu where serial = $1 for update", run.serial)
    box_id, box_port = await _socket(connection, run, pon_id, old)
    waiting = await connection.fetchrow(
        "delete from onu_waiting where device_id = $1 and serial = $2 returning model", run.device_id, run.serial
    )
    model = (old["model"] if old else "") or (waiting["model"] if waiting else "")
    await _vacate(connection, actor, pon_id, course.number, old["id"] if old else None)
    values = OnuValues(run.serial, pon_id, course.number, box_id, box_port, model, old["note"] if old else "")
    onu_id = await onus.save(connection, actor, values, old["id"] if old else None)
    await connection.execute(
        "update provision_run set onu_id = $2, number = $3 where id = $1", run.id, onu_id, course.number
    )
    if run.account_id is not None:
        for one in await connection.fetch(FORMER, onu_id, run.account_id, _moves(run)):
            await drops.untie(connection, actor, one["account_id"])
        await drops.tie(connection, actor, run.account_id, Drop(onu_id=onu_id))
        await connection.execute("delete from planned_drop where account_id = $1", run.account_id)
    if left := run.wish.get("leaves_olt"):
        old_place = (left["device_id"], left["pon"], left["number"])
        asked = provision.Asked("deauthorise", *old_place, run.serial, None, run.login, None, {"untie": False})
        try:
            async with connection.transaction():
                await provision.begin(connection, actor, asked)
        except RunThere as problem:  # the line works at its new place, whatever becomes of the old one
            await _left_behind(connection, run, problem)


def _moves(run: Run) -> bool:
    """Whether it only comes from another PON: then the lines that it carries go with it."""
    return run.kind == "move" or "leaves_olt" in run.wish


async def _left_behind(connection: db.Connection, run: Run, problem: RunThere) -> None:
    """What nobody takes out of the OLT it has left stands at the run that is done."""
    left = run.wish["leaves_olt"]
    olt = await connection.fetchval("select name from device where id = $1", left["device_id"])
    told = OldPlaceHeld(olt=olt, left=f"{left['pon']}:{left['number']}", **problem.facts)
    sql = "update provision_run set problem = $2 where id = $1"
    await connection.execute(sql, run.id, provision_rows.problem_told(told))


async def _socket(connection: db.Connection, run: Run, pon_id: int, old: Any) -> tuple[int | None, int | None]:
    """Where it is put: as planned for its login, else where it is known to be; never a socket of another PON."""
    planned = await connection.fetchrow(PLANNED, run.account_id)
    for place in (planned, old):
        if place is None or place["box_id"] is None or place["pon_id"] != pon_id:
            continue
        port = place["box_port"]
        free = port is None or await connection.fetchval(FREE_PORT, place["box_id"], port, old["id"] if old else None)
        return place["box_id"], port if free else None
    return None, None


async def _vacate(
    connection: db.Connection, actor: audit.Actor, pon_id: int, number: int | None, onu_id: int | None
) -> None:
    """A row that claims the number we were given is out of date: the OLT had it free."""
    sql = "select * from onu where pon_id = $1 and number = $2 and id is distinct from $3 for update"
    for row in await connection.fetch(sql, pon_id, number, onu_id):
        await _save(connection, actor, row, number=None)


async def _save(connection: db.Connection, actor: audit.Actor, row: Any, **changed: Any) -> int:
    kept = {name: row[name] for name in KEPT} | changed
    return await onus.save(connection, actor, OnuValues(changed.pop("serial", row["serial"]), **kept), row["id"])


async def _replaced(connection: db.Connection, actor: audit.Actor, run: Run) -> None:
    """The other ONU stands where the old one stood, with its lines; the old one is on the shelf.

    Where somebody has deleted the old one meanwhile, the place that was asked for is what is known.
    """
    old = await connection.fetchrow("select * from onu where id = $1 for update", run.onu_id)
    new = await connection.fetchrow("select * from onu where serial = $1 for update", run.serial)
    place = {"pon_id": None, "number": run.number, "box_id": None, "box_port": None}
    if old is not None:
        place = {name: old[name] for name in place}
        await _save(connection, actor, old, pon_id=None, number=None, box_id=None, box_port=None)
    else:
        place["pon_id"] = pon_id = await _pon(connection, actor, run.device_id, run.pon)
        await _vacate(connection, actor, pon_id, run.number, new["id"] if new else None)
    waiting = await connection.fetchrow(
        "delete from onu_waiting where device_id = $1 and serial = $2 returning model", run.device_id, run.serial
    )
    model = (new["model"] if new else "") or (waiting["model"] if waiting else "")
    values = OnuValues(run.serial, **place, model=model, note=new["note"] if new else "")
    onu_id = await onus.save(connection, actor, values, new["id"] if new else None)
    for row in await connection.fetch("select account_id from account_drop where onu_id = $1", run.onu_id):
        await drops.tie(connection, actor, row["account_id"], Drop(onu_id=onu_id))
    await connection.execute("update provision_run set onu_id = $2 where id = $1", run.id, onu_id)


async def _gone(connection: db.Connection, actor: audit.Actor, run: Run) -> None:
    """Out of the OLT, out of its socket, nobody's line any more."""
    row = await connection.fetchrow("select * from onu where id = $1 for update", run.onu_id)
    if row is None:
        return
    if run.wish.get("untie"):
        for one in await connection.fetch("select account_id from account_drop where onu_id = $1", run.onu_id):
            await drops.untie(connection, actor, one["account_id"])
    await _save(connection, actor, row, pon_id=None, number=None, box_id=None, box_port=None)
