"""What is told of the machine."""

from __future__ import annotations

from pathlib import Path

from bench.machine import cpu_name, mounted_on

MOUNTS = "/dev/vda / ext4 rw 0 0\ntmpfs /tmp tmpfs rw 0 0\n/dev/vdb /tmp/disk xfs rw 0 0\nproc /proc proc rw 0 0\n"


def test_a_folder_lies_on_the_nearest_mount_above_it() -> None:
    assert mounted_on(Path("/home/x"), MOUNTS) == "ext4 (/dev/vda)"
    assert mounted_on(Path("/tmp/disk/x"), MOUNTS) == "xfs (/dev/vdb)"


def test_a_folder_with_a_longer_name_is_not_below_a_mount() -> None:
    assert mounted_on(Path("/tmp/disks"), MOUNTS) == "tmpfs (tmpfs)"


def test_the_processor_has_a_name_or_at_least_a_kind() -> None:
    assert cpu_name("processor : 0\nmodel name\t: Xeon: the new\nmodel name\t: other\n") == "Xeon: the new"
    assert cpu_name("Hardware : board\n")
