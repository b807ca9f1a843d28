"""Maintenance windows: who works on what, from when until when; what is down meanwhile is nobody's alarm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from oss.base import audit, audit_names, clock, db
from oss.base.problems import InvalidInput, NotFound
from oss.network import rows

LONGEST = timedelta(days=31)
ON: Final = {"site_id": "site", "device_id": "device", "pon_id": "pon_port"}
TARGET = "coalesce(s.name, d.name, od.name || ' ' || p.name)"
SELECT = f"""select m.id, m.site_id, m.device_id, m.pon_id, m.starts_at, m.ends_at, m.note, m.made_by, m.cancelled_at,
  m.version, m.created_at, {TARGET} as target,
  case when m.cancelled_at is not null then 'cancelled' when m.ends_at <= now() then 'over'
    when m.starts_at > now() then 'planned' else 'running' end as state
from maintenance_window m left join site s on s.id = m.site_id left join device d on d.id = m.device_id
left join pon_port p on p.id = m.pon_id left join device od on od.id = p.device_id"""
# Devices and PON ports that somebody works on at $1: named themselves, or by the site they stand in or are fed from.
UNDER_WAY = """with recursive at_work as (
  select m.site_id, m.device_id, m.pon_id from maintenance_window m
  where m.cancelled_at is null and m.starts_at <= $1 and m.ends_at > $1
), sites as (select site_id as id from at_work where site_id is not null
  union select s.id from site s join sites on s.parent_id = sites.id
), devices as (select device_id as id from at_work where device_id is not null
  union select d.id from device d join sites on d.site_id = sites.id)
select id, 'device' as kind from devices
union all select p.id, 'pon' from pon_port p where p.device_id in (select id from devices)
  or p.id in (select pon_id from at_work)"""

audit_names.called(
    "maintenance",
    f"select m.id, {TARGET} as name, m.id as inside from maintenance_window m left join site s on s.id = m.site_id "
    "left join device d on d.id = m.device_id left join pon_port p on p.id = m.pon_id "
    "left join device od on od.id = p.device_id where m.id = any($1::bigint[])",
)


@dataclass(frozen=True, slots=True)
class WindowValues:
    """A window on exactly one of site, device and PON port; ``note``: what is done, for who reads it at night."""

    starts_at: datetime
    ends_at: datetime
    note: str
    site_id: int | None = None
    device_id: int | None = None
    pon_id: int | None = None


async def _check(connection: db.Connection, values: WindowValues) -> None:
    wrong = {}
    named = [name for name in ON if getattr(values, name) is not None]
    if len(named) != 1:
        wrong["target"] = "must be one site, one device or one PON port"
    elif not await rows.exists(connection, ON[named[0]], getattr(values, named[0])):
        wrong[named[0]] = "does not exist"
    if values.ends_at <= values.starts_at:
        wrong["ends_at"] = "must be later than the beginning"
    elif values.ends_at - values.starts_at > LONGEST:
        wrong["ends_at"] = "at most 31 days after the beginning"
    if not 1 <= len(values.note.strip()) <= 400:
        wrong["note"] = "1 to 400 characters"
    if wrong:
        raise InvalidInput(wrong)


async def save(
    connection: db.Connection, actor: audit.Actor, values: WindowValues, window_id: int | None = None
) -> int:
    """Plan a window, or change it; returns its id. One that is over or cancelled is history and stays as it was."""
    await _check(connection, values)
    columns: dict[str, Any] = asdict(values) | {"note": values.note.strip()}
    if window_id is None:
        columns["made_by"] = actor.name
    else:
        await _refuse_past(connection, window_id)
    saved, changes = await rows.put(connection, "maintenance_window", "maintenance window", columns, window_id)
    await audit.note(connection, actor, "maintenance.saved", "maintenance", saved, **changes)
    return saved


async def _refuse_past(connection: db.Connection, window_id: int) -> None:
    row = await connection.fetchrow(
        "select ends_at, cancelled_at from maintenance_window where id = $1 for update", window_id
    )
    if row is None:
        raise NotFound(thing="maintenance window")
    if row["cancelled_at"] is not None or row["ends_at"] <= clock.now():
        raise InvalidInput({"ends_at": "this window is over: plan a new one"})


async def cancel(connection: db.Connection, actor: audit.Actor, window_id: int) -> None:
    """Call a window off, or end one that runs; it stays in the list."""
    await _refuse_past(connection, window_id)
    await connection.execute("update maintenance_window set cancelled_at = now() where id = $1", window_id)
    await audit.note(connection, actor, "maintenance.cancelled", "maintenance", window_id)


async def one(connection: db.Connection, window_id: int) -> Any:
    """One window with what it is on (``target``) and its ``state``: planned, running, over or cancelled."""
    row = await connection.fetchrow(SELECT + " where m.id = $1", window_id)
    if row is None:
        raise NotFound(thing="maintenance window")
    return row


async def coming(connection: db.Connection, most: int = 20) -> Sequence[Any]:
    """The windows that run or are planned, the next first."""
    sql = SELECT + " where m.cancelled_at is null and m.ends_at > now() order by m.starts_at, m.id limit $1"
    found: Sequence[Any] = await connection.fetch(sql, most)
    return found


async def past(connection: db.Connection, most: int = 100) -> Sequence[Any]:
    """The windows that are over or were called off, the newest first."""
    sql = SELECT + " where m.cancelled_at is not null or m.ends_at <= now() order by m.ends_at desc, m.id desc limit $1"
    found: Sequence[Any] = await connection.fetch(sql, most)
    return found


@dataclass(frozen=True, slots=True)
class AtWork:
    """What somebody works on: ids of devices and of PON ports, with all that stands or hangs beneath."""

    devices: frozenset[int]
    pons: frozenset[int]


async def at_work(connection: db.Connection, at: datetime) -> AtWork:
    """Everything under maintenance at an instant."""
    found = await connection.fetch(UNDER_WAY, at)
    kinds = {kind: frozenset(row["id"] for row in found if row["kind"] == kind) for kind in ("device", "pon")}
    return AtWork(kinds["device"], kinds["pon"])
