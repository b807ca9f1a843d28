"""What decides whether we can work with a router (`oss.drivers.router.Settings`), as it was read last.

A RADIUS secret is kept as its mark: it can be compared, and is not there.
"""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, Final, NamedTuple

from oss.base import db
from oss.base.secrets import Sealer
from oss.drivers.links import Link
from oss.drivers.problems import NotOffered
from oss.drivers.registry import Driver
from oss.drivers.router import RadiusServer, Settings
from oss.network import configuration_marks, device_links
from oss.network.device_links import Priority

PUT: Final = """insert into device_settings (device_id, settings) select id, $2::jsonb from device where id = $1
on conflict (device_id) do update set read_at = now(), settings = excluded.settings"""


class Read(NamedTuple):
    """``settings``: with marks where secrets were."""

    at: datetime
    settings: Settings
    driver: str


async def take(sealer: Sealer, device_id: int, asked_by: str, priority: Priority = Priority.PERSON) -> None:
    """Read them now. Raises NotFound and the problems of `oss.drivers.problems`."""
    driver, found = await device_links.do(
        device_id, _settings, priority=priority, deadline_s=90.0, what="settings", asked_by=asked_by
    )
    async with db.transaction() as connection:
        marks = await configuration_marks.of_device(connection, sealer, device_id)
        radius = tuple(
            one if one.secret is None else replace(one, secret=marks.mark(one.secret)) for one in found.radius
        )
        kept = {**asdict(replace(found, radius=radius)), "driver": driver}
        await connection.execute(PUT, device_id, json.dumps(kept))


async def _settings(driver: Driver, link: Link) -> tuple[str, Settings]:
    if driver.router is None:
        raise NotOffered(name=driver.title)
    return driver.key, await driver.router.settings(link)


async def of_device(connection: db.Connection, device_id: int) -> Read | None:
    """As they were read last."""
    row = await connection.fetchrow("select read_at, settings from device_settings where device_id = $1", device_id)
    if row is None:
        return None
    kept: dict[str, Any] = json.loads(row["settings"])
    driver = kept.pop("driver")
    servers = [RadiusServer(**{**one, "services": tuple(one["services"])}) for one in kept.pop("radius")]
    kept |= {"ntp_servers": tuple(kept["ntp_servers"]), "radius": tuple(servers)}
    return Read(row["read_at"], Settings(**kept), driver)
