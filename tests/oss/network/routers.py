"""Routers of the lab in the inventory, spoken to over real sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from oss.base import audit, db
from oss.base.secrets import Sealer
from oss.lab.network.places import small
from oss.lab.network.routeros.doors import RouterDoors, served
from oss.lab.network.routeros.router import RouterOs
from oss.lab.network.state import state_of
from oss.network import devices, sites
from oss.network.devices import DeviceValues
from oss.network.sites import SiteValues

TESTER = audit.Actor("test")
USER, PASSWORD = "milha", "lab-comando"


@dataclass
class Running:
    """One router: its row, its inside, its ports."""

    device_id: int
    router: RouterOs
    doors: RouterDoors


async def row(sealer: Sealer, name: str, doors: RouterDoors, **other: object) -> int:
    """It in the inventory, reached by its API; returns the device's id."""
    async with db.transaction() as connection:
        site = await connection.fetchval("select id from site order by id limit 1")
        if site is None:
            site = await sites.save(connection, TESTER, SiteValues("POP"))
        given: dict[str, object] = {"management": "127.0.0.1", "cli_protocol": "api", "cli_port": doors.api_port}
        given |= {"cli_user": USER, "cli_password": PASSWORD, "ssh_port": doors.ssh_port or 22, "cli_encoding": "utf-8"}
        values = DeviceValues(name, site, **{**given, **other})  # type: ignore[arg-type]
        made = await devices.save(connection, sealer, TESTER, values)
        await connection.execute("update device set sys_object_id = '1.3.6.1.4.1.14988.1' where id = $1", made)
        return made


@asynccontextmanager
async def router(sealer: Sealer, name: str = "BNG-1", ssh: bool = True) -> AsyncIterator[Running]:
    """A RouterOS of the lab that waits at its ports, and its row."""
    inside = RouterOs(state_of(small().device("edge-1")), tick_s=0.01)
    async with served(inside, "127.0.0.1", api_port=0, ssh_port=0 if ssh else None) as doors:
        yield Running(await row(sealer, name, doors), inside, doors)
