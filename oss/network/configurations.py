"""Configurations of devices: read, kept sealed where they differ, compared, led back. Secrets are seen by no page.

On screens and in differences a secret is a mark (`configuration_marks`). In clear a configuration leaves the house by
`clear` alone, which notes it.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from dataclasses import dataclass
from typing import Any, Final, Literal

from oss.base import audit, db
from oss.base.problems import NotFound
from oss.base.secrets import Sealer
from oss.drivers import registry
from oss.drivers.configuration import PLAIN, Form, canonical, masked, statements, told
from oss.drivers.configuration_diff import Change, back, compared
from oss.drivers.links import Link
from oss.drivers.problems import DeviceProblem, NotOffered
from oss.drivers.registry import Driver
from oss.network import configuration_marks, device_links
from oss.network.configuration_marks import Marks
from oss.network.device_links import Priority

Why = Literal["night", "asked", "trap"]
READ_S: Final = 660.0
"""Seconds for one reading, waiting included: a full OLT says its configuration in up to ten minutes."""
ASKED_S: Final = 150.0
"""The same where a person waits for it."""
COLUMNS: Final = "id, device_id, taken_at, seen_at, why, asked_by, driver, lines, told_by, told_when, changes"
LATEST: Final = """select id, print, text_sealed, driver from device_configuration
where device_id = $1 order by id desc limit 1"""
BEFORE: Final = """select id, text_sealed, driver from device_configuration
where device_id = $1 and id < $2 order by id desc limit 1"""
PUT: Final = """insert into device_configuration
  (id, device_id, why, asked_by, driver, text_sealed, print, lines, told_by, told_when, changes)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::jsonb)"""
TRIED: Final = """insert into device_configuration_read (device_id, tried_at, read_at, problem, facts)
select id, now(), case when $2 = '' then now() end, $2, $3::jsonb from device where id = $1
on conflict (device_id) do update set tried_at = now(), claimed_until = null,
  read_at = coalesce(excluded.read_at, device_configuration_read.read_at),
  problem = excluded.problem, facts = excluded.facts"""


@dataclass(frozen=True, slots=True)
class Taken:
    """What a reading came to. ``new``: it differs from the one before, and is kept."""

    id: int
    new: bool
    changes: dict[str, int]


@dataclass(frozen=True, slots=True)
class Difference:
    """Two configurations compared; ``back``: the commands from the newer to the older, secrets as marks."""

    older: Any
    newer: Any
    changes: list[Change]
    back: list[str]


def place(configuration_id: int) -> str:
    """Where a text is sealed for."""
    return f"device_configuration/text_sealed/{configuration_id}"


# ---------------------------------------------------------------- reading


async def take(sealer: Sealer, device_id: int, why: Why, asked_by: str = "") -> Taken:
    """Read it now; what went wrong is written down before it is raised (DeviceProblem, NotFound)."""
    try:
        driver, text = await device_links.do(
            device_id,
            _read,
            priority=Priority.PERSON if why == "asked" else Priority.SWEEP,
            deadline_s=ASKED_S if why == "asked" else READ_S,
            what="configuration",
            asked_by=asked_by or "system:configurations",
        )
    except DeviceProblem as problem:
        await tried(device_id, problem)
        raise
    async with db.transaction() as connection:
        taken = await keep(connection, sealer, device_id, driver, text, why, asked_by)
        await connection.execute(TRIED, device_id, "", "{}")
    return taken


async def _read(driver: Driver, link: Link) -> tuple[Driver, str]:
    part = driver.router or driver.olt
    if part is None:
        raise NotOffered(name=driver.title)
    return driver, await part.configuration(link)


async def tried(device_id: int, problem: DeviceProblem) -> None:
    """It could not be read, and why."""
    facts = json.dumps({name: str(value) for name, value in problem.facts.items()})
    await db.execute(TRIED, device_id, problem.code, facts)


async def keep(
    connection: db.Connection, sealer: Sealer, device_id: int, driver: Driver, text: str, why: Why, asked_by: str = ""
) -> Taken:
    """Kept where it says something else than the latest; else the latest was seen once more."""
    await connection.execute("select pg_advisory_xact_lock(hashtextextended('configuration', $1))", device_id)
    marks = await configuration_marks.of_device(connection, sealer, device_id)
    latest = await connection.fetchrow(LATEST, device_id)
    printed = marks.digest(await asyncio.to_thread(canonical, text, driver.form))
    if latest is not None and latest["print"] == printed:
        await connection.execute("update device_configuration set seen_at = now() where id = $1", latest["id"])
        return Taken(latest["id"], False, {})
    changes: dict[str, int] = {}
    if latest is not None:
        before = sealer.open(latest["text_sealed"], place(latest["id"])).decode()
        changes = Counter(one.kind for one in await asyncio.to_thread(_changes, before, text, driver.form, marks))
    new = await connection.fetchval("select nextval('device_configuration_id_seq')")
    sealed = await asyncio.to_thread(sealer.seal, text, place(new))
    who = told(text, driver.form)
    row = (new, device_id, why, asked_by, driver.key, sealed, printed, text.count("\n"), who.by, who.at)
    await connection.execute(PUT, *row, json.dumps(changes))
    return Taken(new, True, dict(changes))


def _changes(before: str, after: str, form: Form, marks: Marks) -> list[Change]:
    older, newer = (statements(masked(text, form, marks.mark), form) for text in (before, after))
    return compared(older, newer, form)


# ---------------------------------------------------------------- looking


async def history(device_id: int, most: int = 50) -> list[dict[str, Any]]:
    """The kept ones, newest first, without their texts."""
    sql = f"select {COLUMNS} from device_configuration where device_id = $1 order by id desc limit $2"
    return [{**row, "changes": json.loads(row["changes"])} for row in await db.fetch(sql, device_id, most)]


async def reading_of(device_id: int) -> Any | None:
    """When it was read last, and what went wrong since."""
    return await db.fetchrow("select * from device_configuration_read where device_id = $1", device_id)


async def shown(sealer: Sealer, device_id: int, configuration_id: int) -> tuple[Any, str]:
    """One of them with its text, secrets as marks. Raises NotFound."""
    row, text = await _opened(sealer, device_id, configuration_id)
    async with db.pool().acquire() as connection:
        marks = await configuration_marks.of_device(connection, sealer, device_id)
    return row, await asyncio.to_thread(masked, text, form_of(row["driver"]), marks.mark)


async def difference(sealer: Sealer, device_id: int, newer: int, older: int | None = None) -> Difference:
    """Against another one, or the one before it (nothing before: all of it is new). Raises NotFound."""
    row, text = await _opened(sealer, device_id, newer)
    if older is None:
        found = await db.fetchrow(BEFORE, device_id, newer)
        older = found["id"] if found else None
    before, past = await _opened(sealer, device_id, older) if older is not None else (None, "")
    async with db.pool().acquire() as connection:
        marks = await configuration_marks.of_device(connection, sealer, device_id)
    form = form_of(row["driver"])
    changes = await asyncio.to_thread(_changes, past, text, form, marks)
    commands = await asyncio.to_thread(back, changes, form) if before is not None else []
    return Difference(before, row, changes, commands)


async def clear(
    connection: db.Connection, sealer: Sealer, actor: audit.Actor, device_id: int, configuration_id: int
) -> str:
    """The text with all its secrets, for who puts it back into a router; noted. Raises NotFound."""
    row, text = await _opened(sealer, device_id, configuration_id)
    facts = {"configuration_id": configuration_id, "taken_at": row["taken_at"].isoformat()}
    await audit.note(connection, actor, "device.configuration_downloaded", "device", device_id, after=facts)
    return text


async def _opened(sealer: Sealer, device_id: int, configuration_id: int) -> tuple[Any, str]:
    sql = f"select {COLUMNS}, text_sealed from device_configuration where device_id = $1 and id = $2"
    row = await db.fetchrow(sql, device_id, configuration_id)
    if row is None:
        raise NotFound(thing="configuration")
    text = await asyncio.to_thread(sealer.open, row["text_sealed"], place(configuration_id))
    return row, text.decode()


def form_of(key: str) -> Form:
    """How the texts of a driver are written; those of one that is gone are plain."""
    found = registry.drivers().get(key)
    return found.form if found else PLAIN
