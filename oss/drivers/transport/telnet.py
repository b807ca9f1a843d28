"""Telnet: many OLTs speak nothing else. The protocol's options are telnetlib3's business."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any, Final

import telnetlib3
from telnetlib3.client import TelnetClient

from oss.drivers.links import Dialect
from oss.drivers.problems import DeviceUnreachable
from oss.drivers.reach import Reach
from oss.drivers.transport.line import CommandLine, Spend, entered
from oss.drivers.transport.transcript import Transcript

OPEN_S: Final = 10.0
OPTIONS_S: Final = 1.0
"""What a device may negotiate before it is believed to be no telnet server at all."""
WIDE: Final = 511


class TelnetStream:
    """Octets, the protocol's own taken out."""

    def __init__(self, reader: Any, writer: Any) -> None:
        self._reader, self._writer = reader, writer

    async def read(self) -> bytes:
        return bytes(await self._reader.read(65536))

    def write(self, octets: bytes) -> None:
        self._writer.write(octets)

    async def close(self) -> None:
        with suppress(OSError, RuntimeError):
            self._writer.close()


async def opened(reach: Reach, dialect: Dialect, transcript: Transcript, spend: Spend) -> CommandLine:
    """Connected and logged in. Raises DeviceUnreachable, LoginRefused, LinkLost, DeviceSlow."""
    try:
        async with asyncio.timeout(OPEN_S):
            reader, writer = await telnetlib3.open_connection(
                reach.host,
                reach.port,
                client_factory=TelnetClient,
                encoding=False,
                term="vt100",
                cols=WIDE,
                rows=WIDE,
                connect_maxwait=OPTIONS_S,
                compression=False,
                send_environ=(),
            )
    except TimeoutError:
        raise DeviceUnreachable(name=reach.name, why=f"no answer within {OPEN_S:g} s") from None
    except OSError as problem:
        raise DeviceUnreachable(name=reach.name, why=str(problem)) from problem
    line = CommandLine(reach, dialect, TelnetStream(reader, writer), transcript, "telnet", spend)
    return await entered(line)
