"""Backup and restore: one encrypted file with the database (pg_dump), sealing keys, certificates and stored files.

Works the same with the embedded PostgreSQL and with a server behind MILHA_DATABASE_URL, beside a running Milha.
A restore reads the whole archive once before it touches anything, and commits when all else is in place.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from oss.base import db, secrets
from oss.base.archive import BackupDamaged, BackupTooNew, NotABackup, WrongPassphrase
from oss.base.backup_work import BackupFailed, Manifest, RestoreFailed, Work, client
from oss.base.postgres import whole
from oss.base.postgres_binaries import MINIMUM_MAJOR, binary, major_of
from oss.base.problems import Problem

__all__ = [
    "BackupDamaged",
    "BackupFailed",
    "BackupTooNew",
    "DatabaseBusy",
    "DatabaseNotEmpty",
    "Manifest",
    "NotABackup",
    "RestoreFailed",
    "WrongPassphrase",
    "backup",
    "restore",
    "verify",
]
FIRST_TIMEOUT_MAJOR, TIMEOUT_LINE = 17, b"SET transaction_timeout = 0;\n"
OTHERS = """select string_agg(distinct coalesce(nullif(application_name, ''), usename, 'unknown'), ', ')
from pg_stat_activity
where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()"""
# Relations outside the system's schemas that no extension brought along.
RELATIONS = """select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')"""
EMPTIED = """set local lock_timeout = '10s'; set local client_min_messages = warning;
do $$ declare name text; begin
  for name in select nspname from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema' loop
    execute format('drop schema %I cascade', name);
  end loop;
end $$;
create schema public; grant usage on schema public to public;
"""


class DatabaseNotEmpty(Problem):
    """The database to restore into holds {relations} tables, indexes and the like. Take an empty one, or say
    --force: everything in it is then replaced."""

    status = 409


class DatabaseBusy(Problem):
    """Others work on the database: {others}. Stop them before a restore."""

    status = 409


async def backup(
    dsn: str, data_dir: Path, out: Path, passphrase: bytes, *, sealing_key: str | None = None, old: str | None = None
) -> Manifest:
    """Write ``out``; it is complete and on disk when it appears under its name.

    ``sealing_key`` and ``old`` are MILHA_SEALING_KEY and MILHA_SEALING_KEYS_OLD where they are set: without their keys
    a backup's secrets cannot be opened.
    """
    postgres = await _server_major(dsn)
    rings = partial(secrets.stored_ring, data_dir, sealing_key, old)
    ring = await asyncio.to_thread(rings)
    dump = client("pg_dump", dsn, postgres)
    made_at = datetime.now(UTC).isoformat(timespec="seconds")
    manifest = Manifest(_product(), made_at, postgres, major_of(dump.parent) or 0, ring is not None, _ids(ring))
    work = Work(dsn)
    command = [dump, "--format=custom", "--compress=1", "--no-owner", "--no-privileges", "--no-password"]
    await whole(work.write, out, passphrase, manifest, rings, command, data_dir, on_cancel=work.stop)
    return manifest


def _ids(ring: secrets.Sealer | None) -> tuple[str, ...]:
    return tuple(ring.keys) if ring else ()


async def verify(path: Path, passphrase: bytes) -> Manifest:
    """Read a backup to its end; raises unless every octet of it is sound."""
    work = Work("")
    return await whole(work.verify, path, passphrase, on_cancel=work.stop)


async def restore(path: Path, dsn: str, data_dir: Path, passphrase: bytes, *, force: bool = False) -> Manifest:
    """Bring a backup back, all of it or nothing. Open no pool on ``dsn`` before this.

    The archive's keys join those of ``data_dir``; files that were there stay in ``files.before-restore``.
    """
    manifest = await verify(path, passphrase)
    postgres = await _check_target(dsn, force)
    work = Work(dsn)
    load = [client("psql", dsn, MINIMUM_MAJOR), "-X", "-q", "-w", "-v", "ON_ERROR_STOP=1", "-f", "-"]
    script = [binary("pg_restore", at_least=manifest.dump), "-f", "-", "--no-owner", "--no-privileges", "--no-comments"]
    drop = TIMEOUT_LINE if postgres < FIRST_TIMEOUT_MAJOR else b""
    opening = EMPTIED if force else ""
    await whole(work.bring_back, path, passphrase, data_dir, script, load, opening, drop, on_cancel=work.stop)
    await _analyze(dsn)
    return manifest


def _product() -> str:
    try:
        return version("milha")
    except PackageNotFoundError:
        return "0"


async def _server_major(dsn: str) -> int:
    connection = await db.connect(dsn, "milha-backup")
    try:
        return int(connection.get_server_version().major)
    finally:
        await connection.close()


async def _check_target(dsn: str, force: bool) -> int:
    """The target's major version; raises DatabaseBusy or DatabaseNotEmpty."""
    connection = await db.connect(dsn, "milha-restore")
    try:
        if others := await connection.fetchval(OTHERS):
            raise DatabaseBusy(others=others)
        relations = await connection.fetchval(RELATIONS)
        if relations and not force:
            raise DatabaseNotEmpty(relations=relations)
        return int(connection.get_server_version().major)
    finally:
        await connection.close()


async def _analyze(dsn: str) -> None:
    """Planner statistics are not in the archive; without them the first day would be slow."""
    connection = await db.connect(dsn, "milha-restore")
    try:
        await connection.execute("analyze", timeout=None)
    finally:
        await connection.close()
