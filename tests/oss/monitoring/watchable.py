"""A router of the lab with one subscriber, who may be watched, as a device of the inventory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from oss.base import db, secrets
from oss.lab.network.callers import Caller, Flow, Listed
from oss.lab.network.places import small
from oss.lab.network.routeros.doors import served
from oss.lab.network.routeros.router import RouterOs
from oss.lab.network.state import state_of
from oss.monitoring.line_live import Place
from oss.network import device_links
from tests.oss.network.links import device

PASSWORD = "lab-comando"


@dataclass
class At:
    """A router of the lab with one subscriber, and the device that it is."""

    router: RouterOs
    device_id: int
    caller: Caller

    @property
    def place(self) -> Place:
        return Place(1, "cli1", self.device_id)


@asynccontextmanager
async def watchable(sealer: secrets.Sealer) -> AsyncIterator[At]:
    """The router at work, and somebody who keeps links to devices."""
    listed = Listed()
    caller = listed.come("cli1", "100.64.0.9", "250M/500M")
    caller.flow = lambda: Flow(1_000_000.0, 42_000_000.0, 0, 0)
    router = RouterOs(state_of(small().device("edge-1")), listed, tick_s=0.05)
    async with served(router, "127.0.0.1", api_port=0, tls_port=0, ssh_port=0) as doors, device_links.holding(sealer):
        made = await device(sealer, "api", doors.api_port, cli_user="milha", cli_password=PASSWORD, role="router")
        await db.execute("update device set sys_object_id = '1.3.6.1.4.1.14988.1' where id = $1", made)
        await db.execute("update nas set device_id = $1", made)
        yield At(router, made, caller)
