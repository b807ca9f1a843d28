"""API: ONUs."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from pydantic import Field

from oss.base.problems import NotFound
from oss.network import onus, records
from oss.network.onus import OnuValues
from oss.network.permissions import NetworkPermission, PlantPermission
from web.api.fields import Id, Resource
from web.api.paging import ById, Page, page
from web.api.typed import Call, Operations
from web.inputs.plant import NewOnu, OnuChange, Serial

routes = Operations("onus", "The customers' end of a PON, known by its serial.")


class Onu(Resource):
    """An ONU as kept."""

    id: int
    serial: str
    pon_id: int | None
    number: int | None = Field(description="Its place on the PON")
    box_id: int | None
    box_port: int | None
    model: str
    state: str = Field(description="online, offline, los, dying-gasp or unknown")
    state_at: datetime | None
    seen_at: datetime | None
    note: str
    created_at: datetime
    version: int


class OnuQuery(ById):
    """Filters of the list of ONUs."""

    serial: Serial | None = None
    pon_id: Id | None = None
    box_id: Id | None = None


@routes.read("/onus", NetworkPermission.READ)
async def list_onus(call: Call, query: OnuQuery) -> Page[Onu]:
    """List ONUs, in the order they were made."""
    asked = query.filters() | {"serial": onus.spelled(query.serial) if query.serial else None}
    return page(Onu, await records.page(call.connection, "onu", query.cursor, query.limit, **asked))


@routes.read("/onus/{onu_id}", NetworkPermission.READ)
async def get_onu(call: Call, onu_id: Id) -> Onu:
    """Read one ONU."""
    return await _onu(call, onu_id)


@routes.create("/onus", PlantPermission.WRITE, location="/onus/{id}")
async def create_onu(call: Call, body: NewOnu) -> Onu:
    """Create an ONU."""
    return await _onu(call, await onus.save(call.connection, call.actor, OnuValues(**body.model_dump())))


@routes.change("/onus/{onu_id}", PlantPermission.WRITE, row="onu")
async def change_onu(call: Call, onu_id: Id, body: OnuChange) -> Onu:
    """Change an ONU; what is left out stays."""
    values = replace(await records.to_change(call.connection, "onu", OnuValues, onu_id), **body.named())
    return await _onu(call, await onus.save(call.connection, call.actor, values, onu_id))


@routes.remove("/onus/{onu_id}", PlantPermission.WRITE)
async def delete_onu(call: Call, onu_id: Id) -> None:
    """Delete an ONU that carries no line."""
    await onus.remove(call.connection, call.actor, onu_id)


async def _onu(call: Call, onu_id: int) -> Onu:
    row = await records.one(call.connection, "onu", onu_id)
    if row is None:
        raise NotFound(thing="ONU")
    return Onu.model_validate(dict(row))
