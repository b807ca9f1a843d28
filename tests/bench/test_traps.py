"""The sender of traps keeps its schedule and says what it sent; the receiver's process tells what came of it."""

from __future__ import annotations

import asyncio
import shutil

import pytest

from bench import traps
from snmp.trap_message import decode

pytestmark = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")


def test_the_message_offered_is_a_trap_of_some_140_octets() -> None:
    octets, request_at, index_at = traps.message()
    assert 130 <= len(octets) <= 160
    changed = bytearray(octets)
    changed[request_at : request_at + 4] = changed[index_at : index_at + 4] = (0x10000007).to_bytes(4, "big")
    found = decode(bytes(changed))
    assert (found.request_id, found.varbinds[0].value) == (0x10000007, 0x10000007)


async def test_what_is_sent_is_taken_told_or_counted() -> None:
    program = await traps.build()
    case = traps.Case("small", rate=2000, sources=4, subjects=10, beside=100)
    found = await traps.run(program, case, 0.5)
    assert (found.sent, found.quiet["sent"], found.lost, found.missing) == (1000, 50, 0, 0)
    assert found.ear["handled"] == 1050
    assert found.ear["folded"] > 0
    assert "small" in traps.line(found)[0]


async def test_pysnmp_is_offered_the_same() -> None:
    program = await traps.build()
    async with asyncio.timeout(60):
        found = await traps.run(program, traps.Case("theirs", receiver="pysnmp", rate=100), 0.5)
    assert (found.sent, found.ear["handled"]) == (50, 50)


async def test_a_flood_is_cut_at_its_source_and_that_is_told() -> None:
    program = await traps.build()
    case = traps.Case("flood", rate=40_000, free=False, beside=100)
    found = await traps.run(program, case, 0.6)
    lost = found.quiet["sent"] - found.ear["by_source"][str(traps.QUIET)]
    assert 0 <= lost <= found.lost  # what a small buffer or a busy machine loses may be anybody's
    assert found.missing == 0
    assert found.ear["limited"] + found.ear["crowded"] + found.lost > 0
    page = traps.verdicts([found])
    assert "a flood does not starve another source" in page
