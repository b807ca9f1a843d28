"""Schema migrations: aerich's files, run under an advisory lock, never against a newer schema."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aerich

from oss.base import db
from oss.base.problems import Problem

FOLDER = Path(__file__).resolve().parents[2] / "migrations"
LOCK = "select pg_advisory_lock(hashtext('milha:migrate'))"


class SchemaIsNewer(Problem):
    """The database was written by a newer Milha (it has {unknown}): install that version or restore a backup."""


def shipped() -> list[str]:
    """The versions this code knows, in order."""
    files = (FOLDER / "milha").glob("[0-9]*_*.py")
    return [path.name for path in sorted(files, key=lambda p: int(p.name.split("_")[0]))]


async def migrate(dsn: str) -> list[str]:
    """Bring the schema up to date; returns the versions applied. Two processes at once are safe."""
    connection = await db.connect(dsn, "milha-migrate")
    try:
        await connection.execute(LOCK)
        await check(connection)
        # In a task of its own: aerich leaves its ORM in the task's context.
        return await asyncio.create_task(_upgrade(dsn))
    finally:
        await connection.close()


async def _upgrade(dsn: str) -> list[str]:
    config = db.orm_config(dsn, pool=4)
    async with aerich.Command(tortoise_config=config, app="milha", location=str(FOLDER)) as command:
        return list(await command.upgrade(run_in_transaction=True))


async def applied(connection: db.Connection) -> list[str]:
    """Versions the database has; empty for an empty database."""
    if await connection.fetchval("select to_regclass('aerich')") is None:
        return []
    return [r[0] for r in await connection.fetch("select version from aerich where app = 'milha' order by id")]


async def check(connection: db.Connection) -> None:
    """Refuse a schema this code does not know."""
    unknown = [version for version in await applied(connection) if version not in shipped()]
    if unknown:
        raise SchemaIsNewer(unknown=", ".join(unknown))
