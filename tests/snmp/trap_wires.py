"""A trap receiver on a free port, with what it heard; Debian's tools that send to it."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from snmp.ber import INTEGER, Varbind
from snmp.trap_fold import Heard
from snmp.trap_intake import Intake
from snmp.trap_message import encode_v2
from snmp.trap_receiver import TrapReceiver
from snmp.trap_sources import Source

UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""For rules tried with made-up traps: how fast this machine makes them up is not the question."""

OURS = Source(1, frozenset({b"public"}))
LINK_DOWN = "1.3.6.1.6.3.1.1.5.3"
LINK_UP = "1.3.6.1.6.3.1.1.5.4"
IF_INDEX = "1.3.6.1.2.1.2.2.1.1"


@dataclass(slots=True)
class Ear:
    """A receiver and all it told."""

    receiver: TrapReceiver
    host: str = ""
    port: int = 0
    heard: list[Heard] = field(default_factory=list)

    @property
    def intake(self) -> Intake:
        return self.receiver.intake

    def counts(self, key: int = 1) -> Any:
        return self.intake.counts()[key]


@asynccontextmanager
async def receiving(
    sources: Mapping[str, Source] | None = None,
    host: str = "127.0.0.1",
    buffer_octets: int = 8 << 20,
    **options: Any,
) -> AsyncIterator[Ear]:
    """Listens on a free port of loopback; 127.0.0.1 and ::1 are one source unless told otherwise."""
    heard: list[Heard] = []
    intake = Intake(sources or {"127.0.0.1": OURS, "::1": OURS}, heard.append, **options)
    ear = Ear(TrapReceiver(intake, buffer_octets=buffer_octets), heard=heard)
    ear.host, ear.port = await ear.receiver.open(host, 0)
    try:
        yield ear
    finally:
        await ear.receiver.close()


async def tool(name: str, folder: Path, *arguments: str) -> tuple[int, str]:
    """Debian's snmptrap, snmpinform or snmptranslate; its status and what it said. It keeps its files in `folder`."""
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed (Debian: snmp)")
    environment = {**os.environ, "SNMP_PERSISTENT_DIR": str(folder), "SNMPCONFPATH": str(folder), "MIBS": ""}
    child = await asyncio.create_subprocess_exec(
        name, *arguments, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await child.communicate()
    assert child.returncode is not None
    return child.returncode, said.decode()


def link_down(number: int, *, request: int = 1, community: bytes = b"public", inform: bool = False) -> bytes:
    """A v2c linkDown of one interface."""
    index = Varbind(f"{IF_INDEX}.{number}", INTEGER, number)
    return encode_v2(community, request, 4711, LINK_DOWN, (index,), inform=inform)
