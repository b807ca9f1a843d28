"""Links to the lab's routers: real sockets, no rows."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from oss.drivers.reach import Reach
from oss.drivers.registry import Driver, drivers
from oss.drivers.transport.opened import Opened
from oss.drivers.transport.transcript import Transcript
from oss.lab.network.cli import doors as cli
from oss.lab.network.places import small
from oss.lab.network.routeros.doors import served
from oss.lab.network.routeros.router import RouterOs
from oss.lab.network.shells.ios import Ios
from oss.lab.network.shells.vrp import Vrp
from oss.lab.network.state import state_of

HOST, USER, PASSWORD = "127.0.0.1", "milha", "lab-comando"
SHELLS = {"huawei_vrp": Vrp, "cisco_ios": Ios}


@asynccontextmanager
async def linked(key: str, way: str = "ssh") -> AsyncIterator[tuple[Driver, Opened, Any]]:
    """The driver, an open link, and the router's inside. ``way``: ssh or telnet; RouterOS has its API."""
    state = state_of(small().device("core-1"))
    if key == "mikrotik":
        inside = RouterOs(state, tick_s=0.01)
        async with served(inside, HOST, api_port=0, ssh_port=0) as doors:
            reach = Reach(
                1, key, HOST, "api", doors.api_port, USER, PASSWORD, ssh_port=doors.ssh_port, encoding="utf-8"
            )
            async with opened(key, reach) as (driver, link):
                yield driver, link, inside
        return
    line: Any = SHELLS[key](state)
    async with cli.opened(line, HOST, ssh_port=0, telnet_port=0) as found:
        port = found.ssh_port if way == "ssh" else found.telnet_port
        reach = Reach(1, key, HOST, "ssh" if way == "ssh" else "telnet", port, USER, PASSWORD)
        async with opened(key, reach) as (driver, link):
            yield driver, link, line


@asynccontextmanager
async def opened(key: str, reach: Reach) -> AsyncIterator[tuple[Driver, Opened]]:
    """A link that is closed at the end."""
    driver = drivers()[key]
    link = Opened(reach, driver.dialect, Transcript(reach.secrets, lambda entry: None))
    try:
        yield driver, link
    finally:
        await link.close()
