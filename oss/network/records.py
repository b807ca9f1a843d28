"""Reads for the API: sites, devices, interfaces, links, the plant, maintenance; and values to change."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, TypeVar

from oss.base import db, keyset
from oss.base.problems import NotFound
from oss.network import device_list, device_secrets, maintenance
from oss.network.devices import DeviceValues
from oss.network.links import LinkValues
from oss.network.maintenance import WindowValues
from oss.network.onus import OnuValues
from oss.network.plant import BoxValues, PonValues
from oss.network.sites import SiteValues

V = TypeVar("V", SiteValues, LinkValues, PonValues, BoxValues, OnuValues, WindowValues)
SITES = """select s.id, s.name, s.kind, s.company_id, s.parent_id, s.address, s.city, s.latitude_e6, s.longitude_e6,
  s.note, s.created_at, s.version from site s"""
DEVICES = """select d.id, d.name, d.role, d.site_id, d.model_id, m.maker, m.name as model, d.serial, d.software,
  host(d.management) as management, d.enabled, d.is_core, d.poll_interval_s, d.snmp_version, d.snmp_port, d.snmp_user,
  d.snmp_auth, d.snmp_priv, d.cli_protocol, d.cli_port, d.cli_user, d.ssh_host_key, d.ssh_port, d.ssh_legacy,
  d.cli_encoding, d.tls_fingerprint, d.cli_per_minute, d.cli_burst, d.snmp_per_minute, d.snmp_burst,
  d.hangs_on_device_id, d.hangs_on_link_id, d.parent_device_id, d.parent_link_id, d.sys_name, d.sys_descr,
  d.sys_object_id, d.discovered_at, d.note, d.created_at, d.version
from device d left join device_model m on m.id = d.model_id"""
INTERFACES = device_list.INTERFACES
LINKS = """select l.id, l.name, l.medium, l.capacity_bps, l.a_device_id, l.a_interface_id, l.b_device_id,
  l.b_interface_id, l.found_by, l.seen_at, l.note, l.created_at, l.version from network_link l"""
PONS = "select p.id, p.device_id, p.name, p.interface_id, p.capacity, p.note, p.version from pon_port p"
BOXES = """select b.id, b.name, b.pon_id, b.parent_id, b.site_id, b.ports, b.address, b.latitude_e6, b.longitude_e6,
  b.note, b.created_at, b.version from splitter_box b"""
ONUS = """select o.id, o.serial, o.pon_id, o.number, o.box_id, o.box_port, o.model, o.state, o.state_at, o.seen_at,
  o.note, o.created_at, o.version from onu o"""
# table -> its SELECT, the alias of its key, what it is called where it is missing
KINDS = {
    "site": (SITES, "s.id"),
    "device": (DEVICES, "d.id"),
    "network_link": (LINKS, "l.id"),
    "pon_port": (PONS, "p.id"),
    "splitter_box": (BOXES, "b.id"),
    "onu": (ONUS, "o.id"),
    "maintenance_window": (maintenance.SELECT, "m.id"),
    "device_interface": (INTERFACES, "i.id"),
}


async def page(
    connection: db.Connection, table: str, after: tuple[int] | None, limit: int, **where: object
) -> keyset.Found:
    """A page of one of KINDS in the order they were made; ``where``: columns of the table and their values."""
    select, key = KINDS[table]
    alias = key.partition(".")[0]
    asked = {f"{alias}.{name} = ?": value for name, value in where.items()}
    return await keyset.page(connection, select, key=[key], where=asked, after=after, limit=limit)


async def one(connection: db.Connection, table: str, row_id: int) -> Any:
    """One row of one of KINDS, None where there is none."""
    select, key = KINDS[table]
    return await connection.fetchrow(f"{select} where {key} = $1", row_id)


async def to_change(connection: db.Connection, table: str, kind: type[V], row_id: int) -> V:
    """The present values of a row, to be changed in part. Raises NotFound."""
    row = await one(connection, table, row_id)
    if row is None:
        raise NotFound(thing="record")
    return kind(**{field.name: row[field.name] for field in fields(kind)})


async def device_to_change(connection: db.Connection, device_id: int) -> DeviceValues:
    """A device's present values without its secrets, which stay where they are not named. Raises NotFound."""
    row = await one(connection, "device", device_id)
    if row is None:
        raise NotFound(thing="device")
    names = [field.name for field in fields(DeviceValues) if field.name not in device_secrets.NAMES]
    return DeviceValues(**{name: row[name] for name in names})
