"""The agents against net-snmp's own programs, and against octets that are none of SNMP's."""

from __future__ import annotations

import asyncio
import random
import shutil
from pathlib import Path

import pytest

from oss.lab.network import pdus
from oss.lab.network.agent import Agent
from oss.lab.network.lab import NetworkLab, network_lab
from oss.lab.network.mib import Mib
from oss.lab.network.values import counter64, number, text
from snmp import ber
from snmp.trap_message import Version
from tests.oss.lab.network.running import running
from tests.snmp.trap_wires import tool

needs_tools = pytest.mark.skipif(shutil.which("snmpbulkwalk") is None, reason="net-snmp's programs: not installed")
V3 = (
    "-v3",
    "-u",
    "milha",
    "-l",
    "authPriv",
    "-a",
    "SHA-256",
    "-A",
    "lab-assinatura",
    "-x",
    "AES",
    "-X",
    "lab-sigilo-1",
)


async def said(where: Path, lab: NetworkLab, name: str, *words: str) -> tuple[int, list[str]]:
    """What one of net-snmp's programs makes of a device."""
    program, *options, oid = words
    place = f"{lab.shape.device(name).address}:{lab.port}"
    status, out = await tool(program, where, "-On", "-t", "3", "-r", "0", *options, place, oid)
    return status, [line for line in out.splitlines() if not line.startswith("Created directory")]


@needs_tools
async def test_a_walk_by_bulk_and_one_by_next_find_the_same_in_order(tmp_path: Path) -> None:
    async with running() as lab:
        community = ("-c", lab.shape.community)
        names = []
        for program, options in (
            ("snmpwalk", ("-v2c", *community)),
            ("snmpbulkwalk", ("-v2c", *community)),
            ("snmpbulkwalk", ("-v2c", *community, "-Cr50")),
        ):
            status, lines = await said(tmp_path, lab, "olt-1", program, *options, ".1.3.6.1.4.1.2011.6.128")
            assert status == 0, lines
            names.append([line.partition(" ")[0] for line in lines])
        assert names[0] == names[1] == names[2] and len(names[0]) == 2 * 2 + 16 * 8


@needs_tools
async def test_version_1_is_told_of_no_64_bit_counter(tmp_path: Path) -> None:
    async with running() as lab:
        options = ("-v1", "-c", lab.shape.community)
        status, lines = await said(tmp_path, lab, "core-1", "snmpwalk", *options, ".1.3.6.1.2.1.31.1.1.1")
        assert status == 0 and len(lines) == 8 and not any("Counter64" in line for line in lines)
        status, lines = await said(tmp_path, lab, "core-1", "snmpget", *options, ".1.3.6.1.2.1.31.1.1.1.6.1")
        assert status != 0 and any("noSuchName" in line for line in lines)


@needs_tools
async def test_version_3_is_believed_with_its_keys_alone(tmp_path: Path) -> None:
    async with running() as lab:
        status, lines = await said(tmp_path, lab, "edge-1", "snmpbulkwalk", *V3, ".1.3.6.1.2.1.1")
        assert status == 0 and any('"edge-1"' in line for line in lines)
        wrong = ("lab-engano" if word == "lab-assinatura" else word for word in V3)
        assert (await said(tmp_path, lab, "edge-1", "snmpget", *wrong, ".1.3.6.1.2.1.1.5.0"))[0] != 0
        bare = ("-v3", "-u", "milha", "-l", "noAuthNoPriv")
        assert (await said(tmp_path, lab, "edge-1", "snmpget", *bare, ".1.3.6.1.2.1.1.5.0"))[0] != 0
        community = ("-v2c", "-c", lab.shape.community)
        assert (await said(tmp_path, lab, "edge-1", "snmpget", *community, ".1.3.6.1.2.1.1.5.0"))[0] != 0


@needs_tools
async def test_nothing_can_be_written(tmp_path: Path) -> None:
    async with running() as lab:
        place = f"{lab.shape.device('core-1').address}:{lab.port}"
        words = ("-v2c", "-c", lab.shape.community, "-r", "0", place, ".1.3.6.1.2.1.1.5.0", "s", "x")
        status, out = await tool("snmpset", tmp_path, *words)
        assert status != 0 and "notWritable" in out


async def test_noise_is_answered_by_silence_and_harms_nobody() -> None:
    mib = Mib(
        [("1.3.6.1.2.1.1.5.0", text("it")), ("1.3.6.1.2.1.31.1.1.1.6.1", counter64(7)), ("1.3.6.1.2.2.0", number(1))]
    )
    agent = Agent(lambda: mib, b"public", None, lambda: None)
    chance = random.Random(5)
    good = request(pdus.GET_BULK, [(1, 3, 6, 1)], 0, 5)
    assert len(agent.hear(good)) == 1
    for _ in range(3000):
        noise = bytearray(good)
        for _ in range(chance.randrange(1, 4)):
            noise[chance.randrange(len(noise))] = chance.randrange(256)
        agent.hear(bytes(noise[: chance.randrange(len(noise) + 1)]))
    assert len(agent.hear(good)) == 1


def request(kind: int, names: list[tuple[int, ...]], first: int = 0, second: int = 0) -> bytes:
    """A v2c request of community public."""
    listed = b"".join(ber.written(ber.Varbind(".".join(map(str, name)), ber.NULL, None)) for name in names)
    body = ber.number(1) + ber.number(first) + ber.number(second) + ber.element(ber.SEQUENCE, listed)
    inside = ber.number(Version.V2C) + ber.element(ber.OCTETS, b"public") + ber.element(kind, body)
    return ber.element(ber.SEQUENCE, inside)


def test_a_table_too_long_for_one_answer_is_cut_at_whole_rows() -> None:
    mib = Mib([(f"1.3.6.1.4.1.1.{number}", text("x" * 40)) for number in range(1, 200)])
    agent = Agent(lambda: mib, b"public", None, lambda: None)
    (answer,) = agent.hear(request(pdus.GET_BULK, [(1, 3, 6, 1)], 0, 150))
    assert 1000 < len(answer.octets) < 1472


def test_names_between_the_objects_lead_to_the_next_one() -> None:
    mib = Mib([("1.3.6.1.300.1", number(1)), ("1.3.6.1.20000.1", number(2)), ("1.3.6.1.127.9", number(0))])
    found = [mib.after(ber.oid(name)[2:]) for name in ("1.3.6.1", "1.3.6.1.127.9", "1.3.6.1.299", "1.3.6.1.20000.1")]
    assert found == [0, 1, 1, 3]
    with pytest.raises(ValueError, match="twice"):
        Mib([("1.3.6", number(1)), ("1.3.6", number(2))])


async def test_two_labs_on_the_same_ports_are_refused() -> None:
    async with running() as lab:
        with pytest.raises(OSError, match="in use"):
            async with network_lab(lab.shape, lab.port):
                await asyncio.sleep(0)
