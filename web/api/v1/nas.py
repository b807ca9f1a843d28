"""API: NAS."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from pydantic import Field

from oss.access import nas, records
from oss.access.permissions import NasPermission
from web.api.fields import Flag, Id, Resource
from web.api.paging import ById, Page, page
from web.api.typed import Call, Operations
from web.inputs.nas import Name, NasChange, Network, NewNas, Policy, Vendor

routes = Operations("nas", "Routers and OLTs that ask by RADIUS. The shared secret goes in and never comes out.")


class Nas(Resource):
    """A NAS as kept."""

    id: int
    name: str
    network: str
    nas_identifier: str
    vendor: str
    ma_policy: Policy = Field(description="Whether requests must carry a Message-Authenticator")
    signs_since: datetime | None = Field(description="When it first proved that it signs its requests")
    coa_host: str | None = Field(description="Where it takes CoA; null: the address its packets come from")
    coa_port: int
    coa_enabled: bool
    interim_s: int
    requests_per_s: int
    active: bool
    created_at: datetime
    version: int


class NasQuery(ById):
    """Filters of the list of NAS."""

    name: Name | None = None
    network: Network | None = None
    vendor: Vendor | None = None
    active: Flag | None = None


@routes.read("/nas", NasPermission.READ)
async def list_nas(call: Call, query: NasQuery) -> Page[Nas]:
    """List NAS, in the order they were made."""
    return page(Nas, await records.nas_list(call.connection, query.cursor, query.limit, **query.filters()))


@routes.read("/nas/{nas_id}", NasPermission.READ)
async def get_nas(call: Call, nas_id: Id) -> Nas:
    """Read one NAS."""
    return await _nas(call, nas_id)


@routes.create("/nas", NasPermission.WRITE, location="/nas/{id}")
async def create_nas(call: Call, body: NewNas) -> Nas:
    """Create a NAS; it is answered within a second."""
    values = nas.NasValues(**body.model_dump())
    return await _nas(call, await nas.save(call.connection, call.sealer, call.actor, values))


@routes.change("/nas/{nas_id}", NasPermission.WRITE, row="nas")
async def change_nas(call: Call, nas_id: Id, body: NasChange) -> Nas:
    """Change a NAS; what is left out stays, its secret too.

    One that sent unsigned requests in the last 24 hours is not made to sign unless `sure` says so: its logins would
    be lost.
    """
    named = body.named()
    sure = bool(named.pop("sure", False))
    values = replace(await records.nas_to_change(call.connection, nas_id), **named)
    return await _nas(call, await nas.save(call.connection, call.sealer, call.actor, values, nas_id, sure=sure))


async def _nas(call: Call, nas_id: int) -> Nas:
    return Nas.model_validate(dict(await records.nas(call.connection, nas_id)))
