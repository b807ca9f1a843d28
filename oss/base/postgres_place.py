"""The place an embedded PostgreSQL needs: a user who is not root, folders in reach, locks, a short socket."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import logging
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TypedDict

from oss.base.problems import Problem

log = logging.getLogger(__name__)
SYSTEM_USER = "milha-pg"
SOCKET_PATH_BYTES = 103  # sun_path with its closing NUL: 108 on Linux, 104 on macOS
LOG_BYTES = 10 * 1024 * 1024
SHORT = Path("/tmp")  # noqa: S108 - what is made in it is checked before use
LEFTOVER_S, POLL_S = 60.0, 0.02


class DatabaseInUse(Problem):
    """The database in {folder} is in use by process {pid} ({command}): stop it first, or use another
    MILHA_DATA_DIR."""

    status = 409


class DatabaseFolderOutOfReach(Problem):
    """The database runs as user {user}, who may not enter {folder}. Run `chmod o+x {folder}`, or set
    MILHA_DATA_DIR to a folder everyone may enter, such as /var/lib/milha."""

    status = 500


class DatabaseFolderNotYours(Problem):
    """{folder} belongs to another user: run this as that user or as root."""

    status = 403


class SocketFolderUnsafe(Problem):
    """{folder} should be a folder of user {user} alone, but is not: remove it, or set MILHA_DATA_DIR to a
    path short enough for a socket."""

    status = 500


class Identity(TypedDict, total=False):
    """Keyword arguments of subprocess that make a child somebody else."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, slots=True)
class Account:
    """Who the server runs as; ``change`` is empty when that is who we are."""

    uid: int
    gid: int
    name: str
    change: bool

    @property
    def identity(self) -> Identity:
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.change else {}

    def give(self, path: Path) -> None:
        """Make one path this account's own."""
        if self.change:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def may(self, *command: str | Path) -> bool:
        """Whether a command succeeds for this account."""
        try:
            done = subprocess.run(command, capture_output=True, check=False, cwd="/", **self.identity)
        except OSError:
            return False
        return done.returncode == 0

    def may_enter(self, folder: Path) -> bool:
        return not self.change or self.may("/bin/sh", "-c", 'cd "$1"', "sh", folder)


def account(data: Path) -> Account:
    """The cluster's owner; for a new cluster under root a system user. Raises DatabaseFolderNotYours."""
    uid = os.geteuid()
    try:
        owner = data.stat()
    except FileNotFoundError:
        owner = None
    except PermissionError:
        raise DatabaseFolderNotYours(folder=data) from None
    if uid != 0:
        if owner and owner.st_uid != uid:
            raise DatabaseFolderNotYours(folder=data)
        return Account(uid, os.getegid(), _name(uid), change=False)
    if owner and owner.st_uid != 0:
        return Account(owner.st_uid, owner.st_gid, _name(owner.st_uid), change=True)
    user = _system_user()
    made = Account(user.pw_uid, user.pw_gid, user.pw_name, change=True)
    if owner:
        log.warning("the cluster belongs to root: giving it away", extra={"facts": {"user": made.name}})
        for path in (data, *data.rglob("*")):
            made.give(path)
    return made


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _system_user() -> pwd.struct_passwd:
    with contextlib.suppress(KeyError):
        return pwd.getpwnam(SYSTEM_USER)
    if useradd := shutil.which("useradd"):
        options = [
            "--system",
            "--no-create-home",
            "--home-dir",
            "/nonexistent",
            "--shell",
            "/usr/sbin/nologin",
        ]
        subprocess.run([useradd, *options, SYSTEM_USER], capture_output=True, check=False)
    for name in (SYSTEM_USER, "postgres"):  # another process may have been the one to make it
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    return pwd.getpwnam("nobody")


def open_root(root: Path, owner: Account) -> None:
    """Make the folder and let the server's user in; raises with the folder above that keeps it out."""
    try:
        missing = [folder for folder in root.parents if not folder.exists()]
        root.parent.mkdir(parents=True, exist_ok=True)
        root.mkdir(mode=0o700, exist_ok=True)
    except PermissionError:
        raise DatabaseFolderNotYours(folder=root) from None
    if not owner.change:
        return
    for folder in missing:  # whatever the umask
        folder.chmod(0o711)
    if root.stat().st_uid == 0:
        os.chown(root, 0, owner.gid)
        root.chmod(0o750)
    if not owner.may_enter(root):
        above = [*reversed(root.parents), root]
        folder = next((f for f in above if not owner.may_enter(f)), root)
        raise DatabaseFolderOutOfReach(folder=folder, user=owner.name)


_held: set[Path] = set()  # record locks do not exclude within one process
_holding = threading.Lock()


@contextlib.contextmanager
def exclusive(root: Path, owner: Account) -> Iterator[None]:
    """Hold ``root`` for this process alone; raises DatabaseInUse naming who has it.

    A record lock: unlike flock it is not kept by children forked from us that outlive us.
    """
    with _holding:
        if root in _held:
            raise DatabaseInUse(folder=root, pid=os.getpid(), command="this very process")
        _held.add(root)
    try:
        with open_lock(root / "lock", owner) as file:
            _lock(file, root)
            yield
            file.truncate(0)
    finally:
        _held.discard(root)


def _lock(file: IO[str], root: Path) -> None:
    """Take the lock and write down who we are; raises DatabaseInUse with what is written there."""
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        pid, _, command = file.read().partition(" ")
        raise DatabaseInUse(folder=root, pid=pid or "?", command=command or "starting") from None
    file.truncate(0)
    file.write(f"{os.getpid()} {Path(sys.argv[0]).name or 'python'} {' '.join(sys.argv[1:2])}".strip())
    file.flush()


def open_lock(path: Path, owner: Account) -> IO[str]:
    """A lock file open for reading and appending."""
    try:
        file = path.open("a+")
    except PermissionError:
        raise DatabaseFolderNotYours(folder=path.parent) from None
    owner.give(path)
    file.seek(0)
    return file


def let_leftovers_end(data: Path) -> None:
    """Wait for the server of a process that was killed, then remove its stale postmaster.pid; blocks.

    PostgreSQL itself takes any live process of its user with that pid for a server; in containers, where pids
    repeat, it would never start again. The caller holds the lock, so no other Milha is starting one.
    """
    pid_file = data / "postmaster.pid"
    if not pid_file.exists():
        return
    first, until = True, time.monotonic() + LEFTOVER_S
    while left := _processes_of(data, _first_number(pid_file)):
        if first:
            log.info("waiting for the database of a killed process to end", extra={"facts": {"pids": left}})
            if sys.platform != "linux":  # elsewhere nothing tells a server that its parent is gone
                os.kill(left[0], signal.SIGINT)
            first = False
        if time.monotonic() > until:
            raise DatabaseInUse(folder=data, pid=left[0], command="postgres")
        time.sleep(POLL_S)
    pid_file.unlink(missing_ok=True)


def _first_number(path: Path) -> int:
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int(path.read_text().splitlines()[0])
    return 0


def _processes_of(data: Path, postmaster: int) -> list[int]:
    """Server processes of this cluster: each works in its data folder."""
    if sys.platform != "linux":
        said = subprocess.run(
            ["ps", "-o", "command=", "-p", str(postmaster)], capture_output=True, text=True, check=False
        )
        return [postmaster] if str(data) in said.stdout else []
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and _works_in(entry, data):
            found.append(int(entry.name))
    return sorted(found, key=lambda pid: pid != postmaster)


def _works_in(process: Path, data: Path) -> bool:
    try:
        return os.readlink(process / "cwd") == str(data)
    except PermissionError:  # another user's, in a container whose root may not look: the postmaster names its data
        with contextlib.suppress(OSError):
            return f"-D\0{data}\0".encode() in (process / "cmdline").read_bytes()
        return False
    except OSError:
        return False


def socket_folder(root: Path, port: int, owner: Account) -> Path:
    """``root/s``, or where that is too long for a socket a folder of the owner alone, named by a hash."""
    folder = root / "s"
    if len(os.fsencode(folder / f".s.PGSQL.{port}")) > SOCKET_PATH_BYTES:
        name = hashlib.sha256(f"{owner.uid}:{root}".encode()).hexdigest()[:12]
        folder = _runtime_folder(owner) / f"milha-{name}"
    try:
        folder.mkdir(mode=0o700)
        owner.give(folder)
    except FileExistsError:
        found = folder.lstat()  # a folder or link somebody else put there must not carry our database
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner.uid or found.st_mode & 0o077:
            raise SocketFolderUnsafe(folder=folder, user=owner.name) from None
    return folder


def _runtime_folder(owner: Account) -> Path:
    if os.geteuid() == 0:
        return Path("/run") if os.access("/run", os.W_OK) else SHORT.resolve()
    runtime = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()).resolve()
    usable = os.access(runtime, os.W_OK) and len(os.fsencode(runtime)) < SOCKET_PATH_BYTES - 40
    return runtime if usable else SHORT.resolve()


def log_file(path: Path, owner: Account) -> IO[bytes]:
    """The server's log, open for appending; a large one is put aside first."""
    with contextlib.suppress(FileNotFoundError):
        if path.stat().st_size > LOG_BYTES:
            path.replace(path.with_name(path.name + ".1"))
    file = path.open("ab")
    owner.give(path)
    return file


def last_lines(path: Path, lines: int = 8) -> str:
    """The end of a log, for an error message."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 4096))
        return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])
