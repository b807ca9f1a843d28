"""Backup and restore: one encrypted file with the database (pg_dump), the sealing keys and the stored files.

Works the same with the embedded PostgreSQL and with a server behind MILHA_DATABASE_URL, beside a running Milha.
The database comes before the files: a file is stored before the row that names it, so none named is missing.
A restore reads the whole archive once before it touches anything, and commits as its very last step.
"""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from oss.base import secrets
from oss.base.postgres import whole
from oss.base.postgres_binaries import binary
from oss.base.problems import Problem

MANIFEST, KEYRING, DATABASE, FILES = "manifest", "keyring", "database", "files"
DUMP_MAGIC, FIRST_TIMEOUT_MAJOR = b"PGDMP", 17
TIMEOUT_LINE = b"SET transaction_timeout = 0;\n"
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
create schema public; grant usage on schema public to public"""


class BackupFailed(Problem):
    """The backup was not written: {words}"""

    status = 500


class RestoreFailed(Problem):
    """The database refused the backup and is as it was before: {words}"""

    status = 500


class DatabaseNotEmpty(Problem):
    """The database to restore into holds {relations} tables and other relations. Take an empty one, or say --force:
    everything in it is then replaced."""

    status = 409


class DatabaseBusy(Problem):
    """Others work on the database: {others}. Stop them before a restore."""

    status = 409


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says about itself; ``postgres`` and ``dump`` are major versions of server and pg_dump."""

    milha: str
    made_at: str
    postgres: int
    dump: int
    keyring: bool


async def backup(
    dsn: str, data_dir: Path, out: Path, passphrase: bytes, *, sealing_key: str | None = None
) -> Manifest:
    """Write ``out``; it is complete and on disk when it appears under its name.

    ``sealing_key`` is MILHA_SEALING_KEY where that is set: without its key a backup's secrets cannot be opened.
    """
    postgres = await _server_major(dsn)
    ring = await asyncio.to_thread(secrets.stored_ring, data_dir, sealing_key)
    dump = _client("pg_dump", dsn, postgres)
    made_at = datetime.now(UTC).isoformat(timespec="seconds")
    manifest = Manifest(_product(), made_at, postgres, _major(dump), ring is not None)
    work = _Work(dsn)
    command = [dump, "--format=custom", "--compress=1", "--no-owner", "--no-privileges", "--no-password"]
    await whole(work.write, out, passphrase, manifest, ring, command, data_dir / FILES, on_cancel=work.stop)
    return manifest


async def verify(path: Path, passphrase: bytes) -> Manifest:
    """Read a backup to its end; raises unless every octet of it is sound."""
    work = _Work("")
    return await whole(work.verify, path, passphrase, on_cancel=work.stop)


async def restore(path: Path, dsn: str, data_dir: Path, passphrase: bytes, *, force: bool = False) -> Manifest:
    """Bring a backup back, all of it or nothing. Open no pool on ``dsn`` before this.

    The archive's keys join those of ``data_dir``; files that were there stay in ``files.before-restore``.
    """
    manifest = await verify(path, passphrase)
    postgres = await _check_target(dsn, force)
    work = _Work(dsn)
    load = [_client("psql", dsn, MINIMUM), "-X", "-q", "-w", "-v", "ON_ERROR_STOP=1", "--single-transaction"]
    load += ["-o", os.devnull, *(["-c", EMPTIED] if force else []), "-f", "-"]
    script = [binary("pg_restore", at_least=manifest.dump), "--no-owner", "--no-privileges", "--no-comments"]
    drop = TIMEOUT_LINE if postgres < FIRST_TIMEOUT_MAJOR else b""
    await whole(work.bring_back, path, passphrase, data_dir, script, load, drop, on_cancel=work.stop)
    await _analyze(dsn)
    return manifest
