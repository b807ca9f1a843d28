"""The lab's devices against a real receiver."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from oss.lab.traps import Device
from snmp.trap_events import Kind
from snmp.trap_fold import Heard
from snmp.trap_intake import Intake
from snmp.trap_receiver import TrapReceiver
from snmp.trap_sources import Counts, Source
from tests.waiting import eventually


@asynccontextmanager
async def ear() -> AsyncIterator[tuple[int, list[Heard], Counts]]:
    """A receiver's port, what it heard, and its counts."""
    heard: list[Heard] = []
    intake = Intake({"127.0.0.1": Source(1, frozenset({b"public"}))}, heard.append)
    receiver = TrapReceiver(intake)
    _, port = await receiver.open("127.0.0.1", 0)
    try:
        yield port, heard, intake.counts()[1]
    finally:
        await receiver.close()


@contextmanager
def device(port: int, version: int = 2) -> Iterator[Device]:
    one = Device(("127.0.0.1", port), version=version)
    try:
        yield one
    finally:
        one.close()


async def test_a_device_is_heard_in_both_versions() -> None:
    for version in (1, 2):
        async with ear() as (port, heard, counts):
            with device(port, version) as one:
                one.cold_start()
                one.flap(2, 7)
            await eventually(lambda: counts.told == 5)
            assert [told.event.kind for told in heard] == [Kind.COLD_START, *[Kind.LINK_DOWN, Kind.LINK_UP] * 2]


async def test_a_power_cut_gasps_and_a_fibre_cut_does_not() -> None:
    async with ear() as (port, heard, counts):
        with device(port) as one:
            one.power_cut(range(1, 65))
            await eventually(lambda: counts.told == 128)
            one.fibre_cut(range(101, 165))
            await eventually(lambda: counts.told == 192)
        assert Counter(told.event.kind for told in heard) == {Kind.ONU_DYING_GASP: 64, Kind.ONU_OFFLINE: 128}
        gasped = {told.event.subject for told in heard if told.event.kind == Kind.ONU_DYING_GASP}
        assert "onu:64" in gasped
        assert "onu:101" not in gasped


async def test_a_repeated_trap_and_garbage_come_as_what_they_are() -> None:
    async with ear() as (port, heard, counts):
        with device(port) as one:
            one.repeat(50, 3)
            await eventually(lambda: counts.folded == 49)
            for _ in range(200):
                one.send(one.garbage())
        await eventually(lambda: counts.received == 250)
        assert counts.malformed + counts.refused > 100
        assert heard[0].event.subject == "link:3"


async def test_the_command_waits_for_the_acknowledgement_of_an_inform() -> None:
    async with ear() as (port, heard, _):
        command = [sys.executable, "-m", "oss.lab.traps", f"127.0.0.1:{port}"]
        said = {}
        for community in ("public", "wrong"):
            child = await asyncio.create_subprocess_exec(
                *command, "--community", community, "inform", "9", stdout=asyncio.subprocess.PIPE
            )
            out, _ = await child.communicate()
            said[community] = (child.returncode, out.decode().strip())
        assert said == {"public": (0, "sent 1, acknowledged"), "wrong": (1, "sent 1, not acknowledged")}
        assert [told.event.subject for told in heard] == ["link:9"]


async def test_a_flood_keeps_its_number() -> None:
    async with ear() as (port, _, counts):
        with device(port) as one:
            await asyncio.to_thread(one.flood, 2000, 0.25)
        await eventually(lambda: counts.told == 500)
        assert one.sent == 500
