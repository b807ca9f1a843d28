"""What processes use, read from /proc: CPU seconds and memory of a process with all its descendants (Linux)."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Memory:
    """Octets, summed over processes. ``pss`` counts a shared page once, divided among those that share it."""

    rss: int
    pss: int
    processes: int


def stat_fields(line: str) -> list[str]:
    """The fields of /proc/PID/stat from ``state`` on; the name before them may hold anything."""
    return line.rpartition(") ")[2].split()


def parents(proc: Path = PROC) -> dict[int, int]:
    """Parent of each process alive."""
    found = {}
    for path in proc.glob("[0-9]*/stat"):
        try:
            found[int(path.parent.name)] = int(stat_fields(path.read_text())[1])
        except (OSError, IndexError):
            continue  # it ended meanwhile
    return found


def family(root: int, known: dict[int, int]) -> list[int]:
    """``root`` and all its descendants."""
    found, wave = [root], [root]
    while wave:
        wave = [pid for pid, parent in known.items() if parent in wave]
        found += wave
    return found


def cpu_s(root: int, proc: Path = PROC) -> float:
    """CPU seconds of ``root`` and its descendants, those that have ended included as far as ``root`` reaped them."""
    ticks = 0
    for pid in family(root, parents(proc)):
        try:
            fields = stat_fields((proc / str(pid) / "stat").read_text())
        except OSError:
            continue
        ticks += int(fields[11]) + int(fields[12])  # utime, stime
        if pid == root:
            ticks += int(fields[13]) + int(fields[14])  # of reaped children
    return ticks / TICKS_PER_S


def memory(root: int, proc: Path = PROC) -> Memory:
    """What ``root`` and its descendants hold."""
    rss = pss = processes = 0
    for pid in family(root, parents(proc)):
        try:
            text = (proc / str(pid) / "smaps_rollup").read_text()
        except OSError:
            continue
        rss += _kib(text, "Rss") * 1024
        pss += _kib(text, "Pss") * 1024
        processes += 1
    return Memory(rss, pss, processes)


def _kib(text: str, name: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+) kB", text, re.MULTILINE)
    return int(found[1]) if found else 0
