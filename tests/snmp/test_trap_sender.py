"""Our traps and informs as Debian's snmptrapd and snmptranslate understand them."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from snmp.trap_sender import ROOT, Alert, NotAcknowledged, Severity, Target, TrapSender, date_and_time, trial
from snmp.trap_v3 import Auth, Priv, User

from .trap_wires import receiving, tool

SNMPTRAPD = shutil.which("snmptrapd") or shutil.which("snmptrapd", path="/usr/sbin") or ""
MIBS = Path(__file__).parents[2] / "snmp" / "mibs"
ENGINE = bytes.fromhex("80001f8804") + b"milha-send"
USER = User("milha", Auth.SHA, "authpass-1", Priv.AES, "privpass-1")
ALERT = Alert(
    7,
    over=False,
    severity=Severity.CRITICAL,
    title="64 clientes sem luz em Olinda",
    at=datetime(2026, 11, 26, 12, 30, 5, 700_000, UTC),
    device="OLT-1",
    customers=64,
    address="https://noc.example/incidents/7",
    why="cut",
)
# What NET-SNMP-MIB and ours import; net-snmp knows the macros and types of SMIv2 itself, Debian has no text of it.
SMI = """SNMPv2-SMI DEFINITIONS ::= BEGIN
org OBJECT IDENTIFIER ::= { iso 3 }
dod OBJECT IDENTIFIER ::= { org 6 }
internet OBJECT IDENTIFIER ::= { dod 1 }
mgmt OBJECT IDENTIFIER ::= { internet 2 }
mib-2 OBJECT IDENTIFIER ::= { mgmt 1 }
private OBJECT IDENTIFIER ::= { internet 4 }
enterprises OBJECT IDENTIFIER ::= { private 1 }
snmpV2 OBJECT IDENTIFIER ::= { internet 6 }
snmpModules OBJECT IDENTIFIER ::= { snmpV2 3 }
END
"""
TC = """SNMPv2-TC DEFINITIONS ::= BEGIN
DisplayString ::= TEXTUAL-CONVENTION DISPLAY-HINT "255a" STATUS current DESCRIPTION ""
  SYNTAX OCTET STRING (SIZE (0..255))
DateAndTime ::= TEXTUAL-CONVENTION DISPLAY-HINT "2d-1d-1d,1d:1d:1d.1d,1a1d:1d" STATUS current DESCRIPTION ""
  SYNTAX OCTET STRING (SIZE (8 | 11))
END
"""


@pytest.fixture
def mibs(tmp_path: Path) -> str:
    """Where net-snmp finds our module and what it imports."""
    (tmp_path / "SNMPv2-SMI.txt").write_text(SMI)
    (tmp_path / "SNMPv2-TC.txt").write_text(TC)
    return f"{tmp_path}:{MIBS}:/usr/share/snmp/mibs"


@asynccontextmanager
async def snmptrapd(folder: Path, mibs: str) -> AsyncIterator[tuple[int, asyncio.StreamReader]]:
    """Listens on a free port of loopback, and says on stdout what it heard."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    lines = ["authCommunity log public", "authUser log milha", "format1 %V|%v\\n", "format2 %V|%v\\n"]
    for engine in (f"-e 0x{ENGINE.hex()} ", ""):
        lines.append(f"createUser {engine}milha SHA authpass-1 AES privpass-1")
    (folder / "trapd.conf").write_text("\n".join(lines) + "\n")
    command = [SNMPTRAPD, "-f", "-Lo", "-C", "-c", str(folder / "trapd.conf"), "-M", mibs, "-m", "MILHA-MIB"]
    environment = {**os.environ, "SNMP_PERSISTENT_DIR": str(folder), "SNMPCONFPATH": str(folder)}
    child = await asyncio.create_subprocess_exec(
        *command,
        f"udp:127.0.0.1:{port}",
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        assert child.stdout is not None
        while "NET-SNMP version" not in (await child.stdout.readline()).decode():
            pass
        yield port, child.stdout
    finally:
        child.terminate()
        await child.wait()


@asynccontextmanager
async def sender() -> AsyncIterator[TrapSender]:
    one = TrapSender(ENGINE, 1)
    try:
        yield one
    finally:
        await one.close()


async def heard(said: asyncio.StreamReader) -> str:
    async with asyncio.timeout(20):
        while "milhaAlert" not in (line := (await said.readline()).decode()):
            assert line, "snmptrapd ended"
    return line


async def test_snmptranslate_knows_every_name_of_our_module(tmp_path: Path, mibs: str) -> None:
    names = re.findall(r"^(milha\w+)\s+(?:OBJECT-TYPE|NOTIFICATION-TYPE)", (MIBS / "MILHA-MIB.txt").read_text(), re.M)
    assert len(names) == 12
    for name in (*names, "milhaMIB"):
        status, said = await tool("snmptranslate", tmp_path, "-On", "-M", mibs, "-m", "MILHA-MIB", f"MILHA-MIB::{name}")
        assert status == 0, said
        assert said.splitlines()[-1].startswith(f".{ROOT}"), said
        assert "Cannot" not in said, said


async def test_the_oids_we_send_have_the_names_they_should(tmp_path: Path, mibs: str) -> None:
    trap, bindings = ALERT.bindings()
    wanted = ["Number", "Severity", "Title", "Device", "Customers", "At", "Address", "Why", "Began"]
    oids = [trap, ALERT.__class__(1, True, Severity.INFO, "", ALERT.at).bindings()[0], trial()[0]]
    oids += [one.oid for one in bindings]
    _, said = await tool("snmptranslate", tmp_path, "-M", mibs, "-m", "MILHA-MIB", *oids)
    names = [line for line in said.splitlines() if line.startswith("MILHA-MIB::")]
    objects = [f"MILHA-MIB::milhaAlert{name}.0" for name in wanted]
    assert names == ["MILHA-MIB::milhaAlertRaised", "MILHA-MIB::milhaAlertOver", "MILHA-MIB::milhaTest", *objects]


@pytest.mark.skipif(not SNMPTRAPD, reason="snmptrapd is not installed")
@pytest.mark.parametrize("inform", [False, True], ids=["trap", "inform"])
@pytest.mark.parametrize("user", [None, USER], ids=["v2c", "v3"])
async def test_snmptrapd_understands_an_alert(tmp_path: Path, mibs: str, user: User | None, inform: bool) -> None:
    async with snmptrapd(tmp_path, mibs) as (port, said), sender() as one:
        await one.send(Target("127.0.0.1", port, b"public", user, inform), *ALERT.bindings())
        line = await heard(said)
    for part in (
        "snmpTrapOID.0 = OID: MILHA-MIB::milhaAlertRaised" if "snmpTrapOID" in line else "MILHA-MIB::milhaAlertRaised",
        "milhaAlertSeverity.0 = INTEGER: critical(3)",
        "milhaAlertTitle.0 = STRING: 64 clientes sem luz em Olinda",
        "milhaAlertCustomers.0 = Gauge32: 64",
        "milhaAlertWhy.0 = STRING: cut",
        "milhaAlertBegan.0 = STRING: 2026-11-26,12:30:5.7,+0:0",
        "milhaAlertAt.0 = STRING: 2026-11-26,12:30:5.7,+0:0",
    ):
        assert part in line, line


async def test_an_inform_that_nobody_answers_is_told_after_three_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("snmp.trap_sender.TIMEOUT_S", 0.05)
    copies = 0

    class Deaf(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, addr: object) -> None:
            nonlocal copies
            copies += 1

    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(Deaf, local_addr=("127.0.0.1", 0))
    try:
        async with sender() as one:
            with pytest.raises(NotAcknowledged, match="no answer"):
                port = transport.get_extra_info("sockname")[1]
                await one.send(Target("127.0.0.1", port, b"public", inform=True), *trial())
    finally:
        transport.close()
    assert copies == 3


async def test_our_own_receiver_acknowledges_our_own_inform() -> None:
    async with receiving() as ear, sender() as one:
        await one.send(Target(ear.host, ear.port, b"public", inform=True), *ALERT.bindings())
        assert [told.event.trap for told in ear.heard] == [f"{ROOT}.0.1"]


def test_texts_are_cut_at_a_character() -> None:
    long = Alert(1, False, Severity.INFO, "ç" * 200, ALERT.at)
    title = long.bindings()[1][2].value
    assert isinstance(title, bytes)
    assert title.decode() == "ç" * 127


def test_a_moment_is_written_as_rfc_2579_has_it() -> None:
    assert date_and_time(ALERT.at).hex() == "07ea0b1a0c1e05072b0000"
