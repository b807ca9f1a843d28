"""API: NAS."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from oss.access import nas, records
from oss.access.permissions import NasPermission
from web.api.fields import Address, Body, Change, Flag, Id, Resource, Text, Whole, left_out
from web.api.paging import ById, Page, page
from web.api.typed import Call, Operations

routes = Operations("nas", "Routers and OLTs that ask by RADIUS. The shared secret goes in and never comes out.")

Name = Annotated[str, Text(64), Field(examples=["bras-centro-1"])]
Network = Annotated[
    str,
    Text(43),
    Field(description="An address or a prefix; the longest match wins", examples=["10.20.0.0/24"]),
]
Vendor = Annotated[str, Text(32, spaces=False), Field(examples=["mikrotik"])]
Secret = Annotated[
    str, Text(128), Field(description="1 to 128 octets", json_schema_extra={"writeOnly": True}, repr=False)
]
Policy = Literal["auto", "required", "off"]
Port = Annotated[int, Whole(1, 65535)]
Identifier = Annotated[
    str,
    Text(64),
    Field(description="The NAS-Identifier it says, where several share its network; '' for any other"),
]
Limit = Annotated[int, Whole(0, 1_000_000), Field(description="Requests it may send each second; 0: no limit")]
Interim = Annotated[int, Whole(1, 86400), Field(description="Seconds between interim records")]


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


class NewNas(Body):
    """What a NAS is made of."""

    name: Name
    network: Network
    secret: Secret
    vendor: Vendor = "mikrotik"
    ma_policy: Policy = "auto"
    coa_host: Address | None = None
    coa_port: Port = 3799
    coa_enabled: bool = True
    interim_s: Interim = 300
    active: bool = True
    nas_identifier: Identifier = ""
    requests_per_s: Limit = 10_000


class NasChange(Change):
    """What of a NAS may change; a secret left out stays."""

    name: Name = left_out()
    network: Network = left_out()
    secret: Secret = left_out()
    vendor: Vendor = left_out()
    ma_policy: Policy = left_out()
    coa_host: Address | None = left_out()
    coa_port: Port = left_out()
    coa_enabled: bool = left_out()
    interim_s: Interim = left_out()
    active: bool = left_out()
    nas_identifier: Identifier = left_out()
    requests_per_s: Limit = left_out()
    sure: bool = left_out()


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


@routes.change("/nas/{nas_id}", NasPermission.WRITE)
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
