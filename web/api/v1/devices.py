"""API: devices and their interfaces."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from oss.base.problems import NotFound
from oss.network import devices, records
from oss.network.devices import DeviceValues
from oss.network.permissions import NetworkPermission
from web.api.fields import Flag, Id, Resource
from web.api.paging import ById, Page, page
from web.api.typed import Call, Operations
from web.inputs.network import (
    CliProtocol,
    DeviceChange,
    DeviceName,
    Encoding,
    NewDevice,
    Role,
    SnmpAuth,
    SnmpPriv,
    SnmpVersion,
)

routes = Operations("devices", "Routers, switches, OLTs, radios. Secrets go in and never come out.")
State = Literal["up", "down", "testing", "unknown"]


class Device(Resource):
    """A device as kept."""

    id: int
    name: str
    role: Role
    site_id: int
    model_id: int | None
    maker: str | None
    model: str | None
    serial: str
    software: str
    management: str | None
    enabled: bool = Field(description="Whether it is polled")
    is_core: bool
    poll_interval_s: int
    snmp_version: SnmpVersion
    snmp_port: int
    snmp_user: str
    snmp_auth: SnmpAuth
    snmp_priv: SnmpPriv
    cli_protocol: CliProtocol
    cli_port: int | None
    cli_user: str
    ssh_host_key: str | None
    ssh_port: int = Field(description="Where a RouterOS that is spoken to by its API answers SSH")
    ssh_legacy: bool = Field(description="Whether algorithms are offered that are out of use")
    cli_encoding: Encoding
    tls_fingerprint: str | None
    cli_per_minute: int | None
    cli_burst: int | None
    snmp_per_minute: int | None
    snmp_burst: int | None
    hangs_on_device_id: int | None = Field(description="What somebody said it hangs on")
    hangs_on_link_id: int | None
    parent_device_id: int | None = Field(description="What it hangs on, as the links say or as somebody said")
    parent_link_id: int | None
    sys_name: str
    sys_descr: str
    sys_object_id: str
    discovered_at: datetime | None = Field(description="When it was read last")
    note: str
    created_at: datetime
    version: int


class Interface(Resource):
    """An interface as it was read."""

    id: int
    device_id: int
    if_index: int | None = Field(description="ifIndex (RFC 2863); null once it is gone")
    name: str
    alias: str
    kind: int = Field(description="ifType")
    speed_bps: int | None
    mac: str
    admin: State
    oper: str
    first_seen_at: datetime
    last_seen_at: datetime
    changed_at: datetime | None
    gone_at: datetime | None


class DeviceQuery(ById):
    """Filters of the list of devices."""

    name: DeviceName | None = None
    role: Role | None = None
    site_id: Id | None = None
    model_id: Id | None = None
    parent_device_id: Id | None = None
    enabled: Flag | None = None


class InterfaceQuery(ById):
    """Filters of the list of interfaces."""

    name: Annotated[str, Field(max_length=120, pattern=r"^[^\u0000]*$")] | None = None
    oper: State | None = None


@routes.read("/devices", NetworkPermission.READ)
async def list_devices(call: Call, query: DeviceQuery) -> Page[Device]:
    """List devices, in the order they were made."""
    return page(Device, await records.page(call.connection, "device", query.cursor, query.limit, **query.filters()))


@routes.read("/devices/{device_id}", NetworkPermission.READ)
async def get_device(call: Call, device_id: Id) -> Device:
    """Read one device."""
    return await _device(call, device_id)


@routes.read("/devices/{device_id}/interfaces", NetworkPermission.READ)
async def list_interfaces(call: Call, device_id: Id, query: InterfaceQuery) -> Page[Interface]:
    """List the interfaces of a device, those that are gone too."""
    await _device(call, device_id)
    asked = {**query.filters(), "device_id": device_id}
    found = await records.page(call.connection, "device_interface", query.cursor, query.limit, **asked)
    return page(Interface, found)


@routes.create("/devices", NetworkPermission.WRITE, location="/devices/{id}")
async def create_device(call: Call, body: NewDevice) -> Device:
    """Create a device; what hangs on what is worked out anew."""
    values = DeviceValues(**body.model_dump())
    return await _device(call, await devices.save(call.connection, call.sealer, call.actor, values))


@routes.change("/devices/{device_id}", NetworkPermission.WRITE, row="device")
async def change_device(call: Call, device_id: Id, body: DeviceChange) -> Device:
    """Change a device; what is left out stays, its secrets too. An empty secret is taken away."""
    values = replace(await records.device_to_change(call.connection, device_id), **body.named())
    return await _device(call, await devices.save(call.connection, call.sealer, call.actor, values, device_id))


@routes.remove("/devices/{device_id}", NetworkPermission.WRITE)
async def delete_device(call: Call, device_id: Id) -> None:
    """Delete a device with its interfaces and links."""
    await devices.remove(call.connection, call.actor, device_id)


async def _device(call: Call, device_id: int) -> Device:
    row = await records.one(call.connection, "device", device_id)
    if row is None:
        raise NotFound(thing="device")
    return Device.model_validate(dict(row))
