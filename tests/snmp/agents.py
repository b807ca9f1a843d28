"""Real agents for tests: Debian's snmpd, and snmpsim with tables that we wrote from the makers' facts."""

from __future__ import annotations

import contextlib
import shutil
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from bench.children import must_live, running
from snmp.client import Client
from snmp.credentials import Community, Target
from snmp.errors import SnmpError
from tests.waiting import eventually

RECORDED = Path(__file__).parent / "profiles"
PUBLIC = Community("public")
SNMPD = shutil.which("snmpd") or shutil.which("snmpd", path="/usr/sbin")  # not in everybody's path, and for everybody
needs_snmpd = pytest.mark.skipif(SNMPD is None, reason="snmpd: not installed")

# snmpsim asks pysmi for its version only, and would drop root's rights before it has read its own library.
SIMULATE = """
import contextlib, sys, types
sys.modules["pysmi"] = types.SimpleNamespace(__version__="none")
from snmpsim import daemon
daemon.PrivilegesOf = lambda *a, **k: contextlib.nullcontext()
from snmpsim.commands.responder import main
sys.exit(main())
"""


def free_port(address: str = "127.0.0.1") -> int:
    """A UDP port that nobody has now."""
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind((address, 0))
        return int(one.getsockname()[1])


@contextlib.asynccontextmanager
async def folder() -> AsyncIterator[Path]:
    """A folder that is gone afterwards."""
    made = Path(tempfile.mkdtemp(prefix="milha-snmp-"))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


@contextlib.asynccontextmanager
async def snmpd(
    lines: Sequence[str], where: Path, port: int | None = None, *, until: Community | None = PUBLIC
) -> AsyncIterator[Target]:
    """net-snmp's agent with these lines of configuration, until the end of the block."""
    target, config, log = Target("127.0.0.1", port or free_port()), where / "snmpd.conf", where / "snmpd.log"
    config.write_text("\n".join(lines) + "\n")
    program = SNMPD or "snmpd"
    command = [program, "-f", "-Lf", "/dev/null", "-C", "-c", config, f"udp:{target}"]
    async with running(command, log, env={"SNMP_PERSISTENT_DIR": str(where), "PATH": "/usr/sbin:/usr/bin"}) as process:

        async def answers() -> bool:
            must_live(process, log)
            return until is None or await alive(target, until)

        await eventually(answers)
        yield target


async def alive(target: Target, who: Community) -> bool:
    """Whether an agent answers there."""
    async with Client(target, who) as client:
        try:
            with client.within(0.3):
                return bool(await client.get_many(["1.3.6.1.2.1.1.3.0"]))
        except SnmpError:
            return False


@contextlib.asynccontextmanager
async def simulator(where: Path) -> AsyncIterator[Target]:
    """snmpsim with `RECORDED`: the community is the file's name."""
    target, log = Target("127.0.0.1", free_port()), where / "snmpsim.log"
    command = [
        *(sys.executable, "-W", "ignore", "-c", SIMULATE, "--logging-method=null"),
        *(f"--data-dir={RECORDED}", f"--cache-dir={where / 'cache'}", f"--agent-udpv4-endpoint={target}"),
    ]
    async with running(command, log) as process:

        async def answers() -> bool:
            must_live(process, log)
            return await alive(target, Community("generic"))

        await eventually(answers, within_s=40)
        yield target
