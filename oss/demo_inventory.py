"""The inventory's rows that go with a lab's network: written by the demo, and by tests that break the network.

written = await demo_inventory.write(connection, sealer, ACTOR, small(), port=16161, accounts=[...])
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from oss.access import drops
from oss.base import audit, clock, db
from oss.base.secrets import Sealer
from oss.lab.network import faces
from oss.lab.network.port import ports_of
from oss.lab.network.shape import Device, Pon, Shape
from oss.network import catalogue, device_secrets, devices, discovery, links, plant, sites
from oss.network.devices import DeviceValues
from oss.network.facts import Facts, Interface, SeenOnu, System
from oss.network.links import LinkValues
from oss.network.plant import BoxValues, PonValues
from oss.network.sites import SiteValues

SOFTWARE = {"router": "7.16.2", "switch": "7.16.2", "olt": "V800R021C10", "radio": "670-04-10", "ups": "2.1"}
STATES = {"lit": "online", "fibre": "los", "power": "dying-gasp", "off": "offline"}
AROUND_E6 = 16_000
POLL_S = 30


@dataclass
class Written:
    """Ids: of devices by name, of PONs by (device, number), of ONUs by (device, PON, number); names as in the shape."""

    sites: dict[str, int] = field(default_factory=dict)
    devices: dict[str, int] = field(default_factory=dict)
    pons: dict[tuple[str, int], int] = field(default_factory=dict)
    onus: dict[tuple[str, int, int], int] = field(default_factory=dict)


async def write(
    connection: db.Connection,
    sealer: Sealer,
    actor: audit.Actor,
    shape: Shape,
    port: int,
    accounts: Sequence[int] = (),
    poll_s: int = POLL_S,
    cli_port: int | None = None,
) -> Written:
    """Write it all, in the caller's transaction, as the agents tell it; the logins get the ONUs one after the other.

    ``port``: where the lab's agents answer; ``poll_s``: how often they are asked; ``cli_port``: from which on their
    command lines answer, None: they have none.
    """
    written = Written()
    for site in shape.sites:
        feeding = written.sites[site.fed_from] if site.fed_from else None
        place = site.address, site.city, site.latitude_e6, site.longitude_e6
        values = SiteValues(site.name, site.kind, None, feeding, *place)
        written.sites[site.name] = await sites.save(connection, actor, values)
    models = {row["name"]: row["id"] for row in await catalogue.every(connection)}
    for device in shape.devices:
        reached = _reached(shape, device, port, poll_s) | ({} if cli_port is None else spoken_to(device, cli_port))
        values_of = DeviceValues(
            *(device.name, written.sites[device.site], device.role, models.get(device.model)),
            software=SOFTWARE[device.role],
            is_core=device.core,
            **reached,
        )
        written.devices[device.name] = await devices.save(connection, sealer, actor, values_of)
        await discovery.discovered(connection, actor, _told(written.devices[device.name], device))
    await _links(connection, actor, shape, written)
    for device in shape.devices:
        await _plant(connection, actor, shape, device, written)
    ends = [
        written.onus[device.name, pon.number, onu.number]
        for device in shape.devices
        for pon in device.pons
        for onu in pon.in_boxes
    ]
    await drops.tie_all(connection, list(zip(accounts, ends, strict=False)))
    return written


def _reached(shape: Shape, device: Device, port: int, poll_s: int) -> dict[str, Any]:
    """Fields of a device that say how it is asked."""
    asked: dict[str, Any] = {"management": device.address, "snmp_port": port, "poll_interval_s": poll_s}
    if not device.v3:
        return asked | {"snmp_version": "2c", "snmp_community": shape.community}
    return asked | {
        "snmp_version": "3",
        "snmp_user": shape.v3_user,
        "snmp_auth": "sha256",
        "snmp_auth_password": shape.v3_auth_password,
        "snmp_priv": "aes128",
        "snmp_priv_password": shape.v3_priv_password,
    }


def spoken_to(device: Device, cli_port: int) -> dict[str, Any]:
    """Fields of a device that say how its command line or API is spoken to."""
    protocol, more = faces.spoken(device)
    if protocol == "off":
        return {}
    return {
        "cli_protocol": protocol,
        "cli_port": cli_port + more,
        "cli_user": faces.USER,
        "cli_password": faces.PASSWORD,
        "cli_encoding": "utf-8",
        "ssh_port": cli_port + faces.SSH,
    }


async def keep_command_line(connection: db.Connection, sealer: Sealer, device: Device, cli_port: int) -> None:
    """A device that was drawn before has its command line at this port now."""
    row = await connection.fetchrow(
        "select id, cli_port, ssh_port, cli_protocol from device where host(management) = $1", device.address
    )
    wanted = spoken_to(device, cli_port)
    if row is None or not wanted:
        return
    if any(row[name] != wanted[name] for name in ("cli_port", "ssh_port", "cli_protocol")):
        secret = device_secrets.sealed(sealer, row["id"], {"cli_password": wanted.pop("cli_password")})
        columns = wanted | secret | {"ssh_host_key": None}
        named = ", ".join(f"{name} = ${place}" for place, name in enumerate(columns, 2))
        await connection.execute(f"update device set {named} where id = $1", row["id"], *columns.values())


def _told(device_id: int, device: Device) -> Facts:
    """What a first reading would bring."""
    interfaces = tuple(
        Interface(one.index, one.name, one.alias, one.kind, one.speed_bps, one.mac.hex(":").upper(), "up", "up")
        for one in ports_of(device)
    )
    return Facts(device_id, clock.now(), System(name=device.name, descr=device.model), interfaces)


async def _links(connection: db.Connection, actor: audit.Actor, shape: Shape, written: Written) -> None:
    rows = await connection.fetch("select id, device_id, name from device_interface")
    ports = {(row["device_id"], row["name"]): row["id"] for row in rows}
    for one in shape.links:
        a, b = written.devices[one.a], written.devices[one.b]
        ends = ports[a, one.a_port], ports[b, one.b_port]
        values = LinkValues(a, b, one.medium, one.name, one.gbps * 10**9, *ends)
        await links.save(connection, actor, values)


async def _plant(connection: db.Connection, actor: audit.Actor, shape: Shape, device: Device, written: Written) -> None:
    """PON ports, boxes, ONUs; which ONU is in which socket, nobody but people can tell."""
    device_id = written.devices[device.name]
    site = next(one for one in shape.sites if one.name == device.site)
    chance = random.Random(device.seed)
    for pon in device.pons:
        pon_id = await plant.save_pon(connection, actor, PonValues(device_id, pon.name))
        written.pons[device.name, pon.number] = pon_id
    told = tuple(
        SeenOnu(one.serial, pon.name, one.number, one.model, STATES[one.fate])
        for pon in device.pons
        for one in pon.onus
    )
    if not told:
        return
    await discovery.discovered(connection, actor, Facts(device_id, clock.now(), onus=told))
    serials = [one.serial for one in told]
    rows = await connection.fetch("select id, serial from onu where serial = any($1::text[])", serials)
    ids = {row["serial"]: row["id"] for row in rows}
    for pon in device.pons:
        for one in pon.onus:
            written.onus[device.name, pon.number, one.number] = ids[one.serial]
        boxes = await _boxes(connection, actor, device, pon, written, (site.latitude_e6, site.longitude_e6), chance)
        await _plug(connection, pon, boxes, ids)


async def _boxes(
    connection: db.Connection,
    actor: audit.Actor,
    device: Device,
    pon: Pon,
    written: Written,
    middle: tuple[int | None, int | None],
    chance: random.Random,
) -> list[int]:
    """As many as its ONUs need, two at least; each third one hangs behind the one two before it."""
    area = device.name.upper().split("-")[1]
    found: list[int] = []
    for number in range(max(2, -(-len(pon.onus) // pon.box_ports))):
        north, east = (None if one is None else one + chance.randrange(-AROUND_E6, AROUND_E6) for one in middle)
        values = BoxValues(
            f"CTO-{area}-{pon.number}{number + 1:02d}",
            written.pons[device.name, pon.number],
            pon.box_ports,
            found[number - 2] if number % 3 == 2 else None,
            latitude_e6=north,
            longitude_e6=east,
        )
        found.append(await plant.save_box(connection, actor, values))
    return found


async def _plug(connection: db.Connection, pon: Pon, boxes: Sequence[int], ids: dict[str, int]) -> None:
    """Each ONU into the next free socket, but those that are in no box."""
    rows = [(ids[one.serial], boxes[n % len(boxes)], n // len(boxes) + 1) for n, one in enumerate(pon.in_boxes)]
    sql = """update onu o set box_id = f.box, box_port = f.port
      from unnest($1::bigint[], $2::bigint[], $3::int[]) f(id, box, port) where o.id = f.id"""
    if rows:
        await connection.execute(sql, *map(list, zip(*rows, strict=True)))
