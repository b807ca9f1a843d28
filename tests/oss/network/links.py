"""Devices in the inventory whose maker is the tests' own, reached over real sockets."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from oss.base import audit, db
from oss.base.secrets import Sealer
from oss.drivers import makers, registry
from oss.network import device_secrets, devices, sites
from oss.network.devices import DeviceValues
from oss.network.sites import SiteValues
from tests.oss.drivers.transport.equipment import ENABLE, PASSWORD, USER

TESTER = audit.Actor("test")
MAKER = "from tests.oss.drivers.transport.tested_maker import DRIVER as DRIVER\n"


@contextmanager
def own_maker() -> Iterator[None]:
    """The tests' maker is one of those that are found."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "tested_maker.py").write_text(MAKER)
        makers.__path__.append(folder)
        registry.drivers.cache_clear()
        try:
            yield
        finally:
            makers.__path__.remove(folder)
            registry.drivers.cache_clear()


async def device(sealer: Sealer, protocol: str, port: int, name: str = "R-1", **other: object) -> int:
    """A device of the tests' maker on loopback; returns its id."""
    async with db.transaction() as connection:
        site = await connection.fetchval("select id from site order by id limit 1")
        if site is None:
            site = await sites.save(connection, TESTER, SiteValues("POP"))
        given: dict[str, object] = {"management": "127.0.0.1", "cli_protocol": protocol, "cli_port": port}
        given |= {"cli_user": USER, "cli_password": PASSWORD, "enable_password": ENABLE, **other}
        made = await devices.save(connection, sealer, TESTER, DeviceValues(name, site, **given))  # type: ignore[arg-type]
        await connection.execute("update device set sys_object_id = '1.3.6.1.4.1.99999.1' where id = $1", made)
        return made


__all__ = ["TESTER", "device", "device_secrets", "own_maker"]
