"""API: sites."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from pydantic import Field

from oss.base.problems import NotFound
from oss.network import records, sites
from oss.network.permissions import NetworkPermission
from oss.network.sites import SiteValues
from web.api.fields import Id, Resource
from web.api.paging import ById, Page, page
from web.api.typed import Call, Operations
from web.inputs.network import City, NewSite, SiteChange, SiteKind, SiteName

routes = Operations("sites", "Where equipment stands: POPs, towers, cabinets; places in millionths of a degree.")


class Site(Resource):
    """A site as kept."""

    id: int
    name: str
    kind: SiteKind
    company_id: int | None
    parent_id: int | None = Field(description="The site it is fed from: when that one is dark, so is this one")
    address: str
    city: str | None
    latitude_e6: int | None
    longitude_e6: int | None
    note: str
    created_at: datetime
    version: int


class SiteQuery(ById):
    """Filters of the list of sites."""

    name: SiteName | None = None
    kind: SiteKind | None = None
    city: City | None = None
    parent_id: Id | None = None


@routes.read("/sites", NetworkPermission.READ)
async def list_sites(call: Call, query: SiteQuery) -> Page[Site]:
    """List sites, in the order they were made."""
    return page(Site, await records.page(call.connection, "site", query.cursor, query.limit, **query.filters()))


@routes.read("/sites/{site_id}", NetworkPermission.READ)
async def get_site(call: Call, site_id: Id) -> Site:
    """Read one site."""
    return await _site(call, site_id)


@routes.create("/sites", NetworkPermission.WRITE, location="/sites/{id}")
async def create_site(call: Call, body: NewSite) -> Site:
    """Create a site."""
    return await _site(call, await sites.save(call.connection, call.actor, SiteValues(**body.model_dump())))


@routes.change("/sites/{site_id}", NetworkPermission.WRITE, row="site")
async def change_site(call: Call, site_id: Id, body: SiteChange) -> Site:
    """Change a site; what is left out stays."""
    values = replace(await records.to_change(call.connection, "site", SiteValues, site_id), **body.named())
    return await _site(call, await sites.save(call.connection, call.actor, values, site_id))


@routes.remove("/sites/{site_id}", NetworkPermission.WRITE)
async def delete_site(call: Call, site_id: Id) -> None:
    """Delete a site where nothing stands."""
    await sites.remove(call.connection, call.actor, site_id)


async def _site(call: Call, site_id: int) -> Site:
    row = await records.one(call.connection, "site", site_id)
    if row is None:
        raise NotFound(thing="site")
    return Site.model_validate(dict(row))
