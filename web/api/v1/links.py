"""API: links."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from pydantic import Field

from oss.base.problems import NotFound
from oss.network import links, records
from oss.network.links import LinkValues
from oss.network.permissions import NetworkPermission
from web.api.fields import Id, Resource
from web.api.paging import ById, Page, page
from web.api.typed import Call, Operations
from web.inputs.network import LinkChange, Medium, NewLink

routes = Operations("links", "What joins two devices.")


class Link(Resource):
    """A link as kept."""

    id: int
    name: str = Field(description="Empty: it is called by its ends")
    medium: Medium
    capacity_bps: int | None
    a_device_id: int
    a_interface_id: int | None
    b_device_id: int
    b_interface_id: int | None
    found_by: str = Field(description="person or lldp")
    seen_at: datetime | None
    note: str
    created_at: datetime
    version: int


class LinkQuery(ById):
    """Filters of the list of links."""

    medium: Medium | None = None
    a_device_id: Id | None = None
    b_device_id: Id | None = None


@routes.read("/links", NetworkPermission.READ)
async def list_links(call: Call, query: LinkQuery) -> Page[Link]:
    """List links, in the order they were made."""
    return page(Link, await records.page(call.connection, "network_link", query.cursor, query.limit, **query.filters()))


@routes.read("/links/{link_id}", NetworkPermission.READ)
async def get_link(call: Call, link_id: Id) -> Link:
    """Read one link."""
    return await _link(call, link_id)


@routes.create("/links", NetworkPermission.WRITE, location="/links/{id}")
async def create_link(call: Call, body: NewLink) -> Link:
    """Create a link; what hangs on what is worked out anew."""
    return await _link(call, await links.save(call.connection, call.actor, LinkValues(**body.model_dump())))


@routes.change("/links/{link_id}", NetworkPermission.WRITE, row="network_link")
async def change_link(call: Call, link_id: Id, body: LinkChange) -> Link:
    """Change a link; what is left out stays."""
    values = replace(await records.to_change(call.connection, "network_link", LinkValues, link_id), **body.named())
    return await _link(call, await links.save(call.connection, call.actor, values, link_id))


@routes.remove("/links/{link_id}", NetworkPermission.WRITE)
async def delete_link(call: Call, link_id: Id) -> None:
    """Delete a link."""
    await links.remove(call.connection, call.actor, link_id)


async def _link(call: Call, link_id: int) -> Link:
    row = await records.one(call.connection, "network_link", link_id)
    if row is None:
        raise NotFound(thing="link")
    return Link.model_validate(dict(row))
