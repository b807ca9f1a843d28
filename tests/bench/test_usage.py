"""CPU and memory of a family of processes, from /proc as it looks."""

from __future__ import annotations

import os
from pathlib import Path

from bench import usage


def process(proc: Path, pid: int, parent: int, ticks: tuple[int, int, int, int], name: str = "x") -> None:
    """A process in a folder that looks like /proc."""
    folder = proc / str(pid)
    folder.mkdir()
    times = " ".join(map(str, ticks))
    (folder / "stat").write_text(f"{pid} ({name}) S {parent} 1 1 0 -1 4194560 9 9 9 9 {times} 20 0 1 0 9 9 9\n")
    (folder / "smaps_rollup").write_text(f"0-1 ---p 00:00 0 [rollup]\nRss: {pid * 1024} kB\nPss: {pid * 512} kB\n")


def test_a_name_with_spaces_and_brackets_moves_no_field() -> None:
    assert usage.stat_fields("7 (a) b (c) S 1 2")[:2] == ["S", "1"]


def test_a_family_is_its_root_with_all_below() -> None:
    assert sorted(usage.family(1, {1: 0, 2: 1, 3: 2, 4: 3, 5: 0, 6: 5})) == [1, 2, 3, 4]


def test_cpu_is_that_of_the_living_and_of_children_the_root_has_reaped(tmp_path: Path) -> None:
    process(tmp_path, 1, 0, (100, 50, 30, 20), "post (master) x")
    process(tmp_path, 2, 1, (10, 5, 1000, 1000))
    process(tmp_path, 3, 0, (7, 7, 7, 7))
    assert usage.cpu_s(1, tmp_path) == 215 / usage.TICKS_PER_S


def test_memory_is_summed_over_the_family(tmp_path: Path) -> None:
    process(tmp_path, 1, 0, (0, 0, 0, 0))
    process(tmp_path, 2, 1, (0, 0, 0, 0))
    process(tmp_path, 9, 0, (0, 0, 0, 0))
    assert usage.memory(1, tmp_path) == usage.Memory(rss=3 * usage.MIB, pss=3 * usage.MIB // 2, processes=2)


def test_this_process_uses_something() -> None:
    found = usage.memory(os.getpid())
    assert found.rss >= found.pss > usage.MIB
    assert usage.cpu_s(os.getpid()) > 0
