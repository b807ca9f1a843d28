"""API: splitter boxes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from pydantic import Field

from oss.base.problems import NotFound
from oss.network import plant, records
from oss.network.permissions import NetworkPermission, PlantPermission
from oss.network.plant import BoxValues
from web.api.fields import Id, Resource
from web.api.paging import ById, Page, page
from web.api.typed import Call, Operations
from web.inputs.plant import BoxChange, BoxName, NewBox

routes = Operations("boxes", "Splitter boxes (CTO) in the street, each fed by a PON or by another box.")


class Box(Resource):
    """A box as kept."""

    id: int
    name: str
    pon_id: int
    parent_id: int | None = Field(description="The box that feeds it; null: the PON directly")
    site_id: int | None
    ports: int
    address: str
    latitude_e6: int | None
    longitude_e6: int | None
    note: str
    created_at: datetime
    version: int


class BoxQuery(ById):
    """Filters of the list of boxes."""

    name: BoxName | None = None
    pon_id: Id | None = None
    parent_id: Id | None = None


@routes.read("/boxes", NetworkPermission.READ)
async def list_boxes(call: Call, query: BoxQuery) -> Page[Box]:
    """List boxes, in the order they were made."""
    return page(Box, await records.page(call.connection, "splitter_box", query.cursor, query.limit, **query.filters()))


@routes.read("/boxes/{box_id}", NetworkPermission.READ)
async def get_box(call: Call, box_id: Id) -> Box:
    """Read one box."""
    return await _box(call, box_id)


@routes.create("/boxes", PlantPermission.WRITE, location="/boxes/{id}")
async def create_box(call: Call, body: NewBox) -> Box:
    """Create a box."""
    return await _box(call, await plant.save_box(call.connection, call.actor, BoxValues(**body.model_dump())))


@routes.change("/boxes/{box_id}", PlantPermission.WRITE, row="splitter_box")
async def change_box(call: Call, box_id: Id, body: BoxChange) -> Box:
    """Change a box; what is left out stays."""
    values = replace(await records.to_change(call.connection, "splitter_box", BoxValues, box_id), **body.named())
    return await _box(call, await plant.save_box(call.connection, call.actor, values, box_id))


@routes.remove("/boxes/{box_id}", PlantPermission.WRITE)
async def delete_box(call: Call, box_id: Id) -> None:
    """Delete a box on which nothing hangs."""
    await plant.remove_box(call.connection, call.actor, box_id)


async def _box(call: Call, box_id: int) -> Box:
    row = await records.one(call.connection, "splitter_box", box_id)
    if row is None:
        raise NotFound(thing="box")
    return Box.model_validate(dict(row))
