"""API: PON ports."""

from __future__ import annotations

from dataclasses import replace

from pydantic import Field

from oss.base.problems import NotFound
from oss.network import plant, records
from oss.network.permissions import NetworkPermission
from oss.network.plant import PonValues
from web.api.fields import Id, Resource
from web.api.paging import ById, Page, page
from web.api.typed import Call, Operations
from web.inputs.plant import NewPon, PonChange, PonName

routes = Operations("pon-ports", "PON ports of OLTs.")


class PonPort(Resource):
    """A PON port as kept."""

    id: int
    device_id: int
    name: str
    interface_id: int | None
    capacity: int = Field(description="ONUs it may carry")
    note: str
    version: int


class PonPortQuery(ById):
    """Filters of the list of PON ports."""

    device_id: Id | None = None
    name: PonName | None = None


@routes.read("/pon-ports", NetworkPermission.READ)
async def list_pon_ports(call: Call, query: PonPortQuery) -> Page[PonPort]:
    """List PON ports, in the order they were made."""
    return page(PonPort, await records.page(call.connection, "pon_port", query.cursor, query.limit, **query.filters()))


@routes.read("/pon-ports/{pon_id}", NetworkPermission.READ)
async def get_pon_port(call: Call, pon_id: Id) -> PonPort:
    """Read one PON port."""
    return await _pon_port(call, pon_id)


@routes.create("/pon-ports", NetworkPermission.WRITE, location="/pon-ports/{id}")
async def create_pon_port(call: Call, body: NewPon) -> PonPort:
    """Create a PON port."""
    return await _pon_port(call, await plant.save_pon(call.connection, call.actor, PonValues(**body.model_dump())))


@routes.change("/pon-ports/{pon_id}", NetworkPermission.WRITE, row="pon_port")
async def change_pon_port(call: Call, pon_id: Id, body: PonChange) -> PonPort:
    """Change a PON port; what is left out stays."""
    values = replace(await records.to_change(call.connection, "pon_port", PonValues, pon_id), **body.named())
    return await _pon_port(call, await plant.save_pon(call.connection, call.actor, values, pon_id))


@routes.remove("/pon-ports/{pon_id}", NetworkPermission.WRITE)
async def delete_pon_port(call: Call, pon_id: Id) -> None:
    """Delete a PON port that feeds nothing."""
    await plant.remove_pon(call.connection, call.actor, pon_id)


async def _pon_port(call: Call, pon_id: int) -> PonPort:
    row = await records.one(call.connection, "pon_port", pon_id)
    if row is None:
        raise NotFound(thing="PON port")
    return PonPort.model_validate(dict(row))
