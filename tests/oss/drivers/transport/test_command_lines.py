"""A device's command line over real SSH and real telnet."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from oss.drivers.links import Dialect
from oss.drivers.problems import CommandRefused, DeviceSlow, LinkLost, LoginRefused
from oss.drivers.transport.opened import Opened
from oss.drivers.transport.transcript import Entry, Transcript
from tests.oss.drivers.transport import equipment
from tests.oss.drivers.transport.equipment import DIALECT, TABLE, Cli, reach

WAYS = {"ssh": equipment.ssh, "telnet": equipment.telnet}
both = pytest.mark.parametrize("way", ["ssh", "telnet"])


@asynccontextmanager
async def spoken_to(
    way: str, cli: Cli, dialect: Dialect = DIALECT, kept: list[Entry] | None = None, **other: object
) -> AsyncIterator[Opened]:
    async with WAYS[way](cli) as port:
        how = reach(way, port, **other)
        link = Opened(how, dialect, Transcript(how.secrets, (kept if kept is not None else []).append))
        try:
            yield link
        finally:
            await link.close()


@both
async def test_a_paged_table_comes_without_echo_pager_and_prompt(way: str) -> None:
    cli = Cli()
    async with spoken_to(way, cli) as link:
        shell = await link.shell()
        assert shell.prompt == "OLT-1#"
        assert await shell.run("display ont info 0 1 all") == "\n".join(TABLE).strip("\n")
        assert await shell.run("config") == "" and shell.prompt == "OLT-1(config)#"
        assert cli.heard == ["enable", "undo smart", "display ont info 0 1 all", "config"]
