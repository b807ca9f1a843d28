"""The machine that figures were taken on, as far as a reader must know it."""

from __future__ import annotations

import os
import platform
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

from oss.app import product_version

IN_MEMORY = ("tmpfs", "ramfs")


@dataclass(frozen=True, slots=True)
class Machine:
    """``disk``: file system and device of the data; ``sync_ms``: what making 4 KiB durable costs there."""

    cpu: str
    cores: int
    memory_gib: float
    kernel: str
    disk: str
    sync_ms: float
    versions: dict[str, str]


def cpu_name(cpuinfo: str) -> str:
    """The first processor's name in /proc/cpuinfo."""
    names = [line.partition(":")[2].strip() for line in cpuinfo.splitlines() if line.startswith("model name")]
    return names[0] if names else platform.machine()


def mounted_on(path: Path, mounts: str) -> str:
    """File system and device that ``path`` lies on, from /proc/mounts."""
    best, found = -1, "an unknown file system"
    for line in mounts.splitlines():
        device, place, kind = line.split()[:3]
        if (path == Path(place) or Path(place) in path.parents) and len(place) >= best:
            best, found = len(place), f"{kind} ({device})"
    return found


def sync_ms(folder: Path, times: int = 100) -> float:
    """The median of that many 4 KiB appends, each followed by fdatasync."""
    path, took = folder / "sync", []
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        for _ in range(times):
            began = time.perf_counter()
            os.write(descriptor, bytes(4096))
            os.fdatasync(descriptor)
            took.append(time.perf_counter() - began)
    finally:
        os.close(descriptor)
        path.unlink()
    return statistics.median(took) * 1000


def look(folder: Path, postgres: str) -> Machine:
    """This machine, with data in ``folder``."""
    return Machine(
        cpu=cpu_name(Path("/proc/cpuinfo").read_text()),
        cores=os.cpu_count() or 1,
        memory_gib=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30),
        kernel=f"{platform.system()} {platform.release()}",
        disk=mounted_on(folder, Path("/proc/mounts").read_text()),
        sync_ms=sync_ms(folder),
        versions={"Milha": product_version(), "Python": platform.python_version(), "PostgreSQL": postgres},
    )
