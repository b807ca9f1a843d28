"""The programs a measurement needs, installed by apt where we may, and what is missing named where we may not."""

from __future__ import annotations

import ctypes.util
import os
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

FREERADIUS = Path("/etc/freeradius/3.0")


@dataclass(frozen=True, slots=True)
class Needed:
    """A Debian package, and whether it is there."""

    package: str
    there: bool
    why: str


def distribution_postgres() -> Path | None:
    """The folder of the newest installed server's programs."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    return max(found, key=lambda folder: int(folder.parent.name), default=None)


def needed() -> list[Needed]:
    """Everything the comparison needs, as it stands now."""
    module = any(Path("/usr/lib/freeradius").glob("rlm_sql_postgresql.so*"))
    return [
        Needed("freeradius", shutil.which("freeradius") is not None, "the server to compare with"),
        Needed("freeradius-postgresql", module, "its database driver"),
        Needed("postgresql", distribution_postgres() is not None, "one PostgreSQL for both servers"),
        *generator(),
    ]


def generator() -> list[Needed]:
    """What the load generator is built with."""
    header = Path("/usr/include/openssl/des.h").exists() and ctypes.util.find_library("crypto") is not None
    return [
        Needed("gcc", shutil.which("gcc") is not None, "builds the load generator"),
        Needed("libc6-dev", Path("/usr/include/stdio.h").exists(), "builds the load generator"),
        Needed("libssl-dev", header, "builds the load generator"),
    ]


def missing(things: Iterable[Needed]) -> list[Needed]:
    """Those that are not there."""
    return [thing for thing in things if not thing.there]


def install(things: Iterable[Needed]) -> None:
    """Install what is missing, if we are root and there is apt; no service is started by that."""
    names = [thing.package for thing in missing(things)]
    if not names or os.geteuid() != 0 or shutil.which("apt-get") is None:
        return
    print(f"installing {', '.join(names)}", flush=True)
    env = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    apt = ["apt-get", "-qy", "-o", "DPkg::Lock::Timeout=60"]

    def run(*words: str) -> bool:
        try:
            done = subprocess.run([*apt, *words], env=env, stdout=subprocess.DEVNULL, check=False, timeout=600)
        except subprocess.TimeoutExpired:
            return False
        return done.returncode == 0

    wanted = ("install", "--no-install-recommends", *names)
    if not run(*wanted) and run("update"):
        run(*wanted)


def complaint(things: Iterable[Needed]) -> str:
    """One sentence on what is missing and how to get it."""
    names = " ".join(thing.package for thing in missing(things))
    return f"missing: {names} (as root on Debian or Ubuntu: apt-get install {names})" if names else ""
