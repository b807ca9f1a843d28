"""Sites: the list, one with what stands in it and who hangs on it, the form."""

from __future__ import annotations

from datetime import tzinfo
from typing import Any

from aiohttp import web

from oss.access import affected
from oss.access.affected import Thing
from oss.base import db
from oss.base.listing import Listing, Order
from oss.crm.permissions import CustomerPermission
from oss.network import device_list, maintenance, site_list, sites
from oss.network.permissions import NetworkPermission
from oss.network.site_list import Wanted
from oss.network.sites import SiteValues
from oss.staff import companies
from oss.staff.scopes import Scope
from web.auth import actor, permissions, scope
from web.catalogues import N_
from web.console import graph_cards, network_words
from web.console.audit_history import history
from web.console.exports import download
from web.console.subscriber import number
from web.form_model import ModelForm
from web.form_saving import Done, Filled, Row, filled, once, save, show
from web.inputs.network import NewSite
from web.listed import read
from web.pages import page, said
from web.routing import Routes
from web.tables import Column, Filter, Params, Table, instant, named, register

routes = Routes()
HOME = "/console/sites"
ID = HOME + "/{id:\\d{1,17}}"


def _source(params: Params, zone: tzinfo, scope: Scope) -> tuple[Listing, Order]:
    wish = Wanted(params.get("q", ""), params.get("kind", ""), params.get("city", ""), params.get("sort", "name"))
    return site_list.listing(wish), wish.order


TABLE = register(
    Table(
        name="sites",
        path=HOME,
        label=N_("Sites"),
        file="locais",
        permission=NetworkPermission.READ,
        exports=NetworkPermission.EXPORT,
        personal="network",
        sort="name",
        source=_source,
        filters=(
            Filter("kind", N_("Kind"), choices=network_words.SITE_KINDS, tabs=True),
            Filter("city", N_("City"), kind="text"),
        ),
        columns=(
            Column("name", N_("Name"), named("name"), "name", td="name"),
            Column("kind", N_("Kind"), lambda row, speech: speech.say(network_words.SITE_KINDS[row["kind"]]), "kind"),
            Column("city", N_("City"), named("city"), "city"),
            Column("address", N_("Address"), named("address"), css="max-[1240px]:hidden"),
            Column("parent", N_("Fed from"), named("parent"), css="max-[1100px]:hidden"),
            Column("devices", N_("Devices"), named("devices"), align="r"),
            Column("onus", "ONU", named("onus"), align="r"),
            Column("company", N_("Company"), named("company"), shown=False),
            Column("place", N_("Coordinates"), lambda row, speech: network_words.place(row), td="num", shown=False),
            Column("added", N_("Made"), instant("created_at"), "added", align="r", shown=False),
        ),
    )
)

SITE = ModelForm(
    "site",
    NetworkPermission.WRITE,
    NewSite,
    table="site",
    labels={
        "name": N_("Name"),
        "kind": N_("Kind"),
        "company_id": N_("Company"),
        "parent_id": N_("Fed from"),
        "address": N_("Address"),
        "city": N_("City"),
        "latitude_e6": N_("Latitude"),
        "longitude_e6": N_("Longitude"),
        "note": N_("Note"),
    },
    choices={"kind": network_words.SITE_KINDS},
    asks={"name": sites.taken},
)


@routes.get(HOME, NetworkPermission.READ)
async def show_all(request: web.Request) -> web.Response:
    """One page of the list."""
    seen = await read(request, TABLE, {"city": [(city, city) for city in await site_list.cities()]})
    return page(request, "console/sites/page.html", seen=seen, tally=await site_list.counts(), words=network_words)


@routes.get(HOME + ".csv", NetworkPermission.EXPORT)
async def as_file(request: web.Request) -> web.StreamResponse:
    """The list as a file."""
    return await download(request, TABLE)


async def _form(request: web.Request, site_id: int | None, form: Filled | None = None) -> web.Response:
    row = await site_list.one(site_id) if site_id else None
    fresh = {"kind": "pop", "parent_id": number(request.query.get("parent"))}
    form = form or filled(request, SITE, row or fresh)
    more: dict[str, Any] = {
        "others": [(key, name) for key, name in await site_list.names() if key != site_id],
        "companies": await companies.names(),
        "cities": await site_list.cities(),
        "words": network_words,
    }
    return show(request, "console/sites/form.html", form, site_id=site_id, row=row, **more)


@routes.get(HOME + "/new", NetworkPermission.WRITE)
async def fresh(request: web.Request) -> web.Response:
    """An empty form."""
    return await _form(request, None)


@routes.get(ID, NetworkPermission.READ)
async def show_one(request: web.Request) -> web.Response:
    """What stands in it, what is fed from it, who hangs on it, what is worked on."""
    site_id = int(request.match_info["id"])
    row, devices = await site_list.one(site_id), await device_list.in_site(site_id)
    return page(
        request,
        "console/sites/site.html",
        row=row,
        devices=devices,
        graphs=await graph_cards.cards(request, graph_cards.of_site([one["id"] for one in devices])),
        fed=[one for one in await site_list.every() if one["parent_id"] == site_id],
        windows=[one for one in await maintenance.coming(db.pool()) if one["site_id"] == site_id],
        weight=await weight(request, Thing("site", site_id)),
        words=network_words,
        history=await history(request, ("site", site_id)),
    )


async def weight(request: web.Request, thing: Thing) -> affected.Weight | None:
    """How many customers hang on a thing, of those that this person may see; None for who may see none."""
    if CustomerPermission.READ not in permissions(request):
        return None
    return await affected.weight(db.pool(), thing, scope(request, CustomerPermission.READ))


@routes.get(ID + "/edit", NetworkPermission.WRITE)
async def edit(request: web.Request) -> web.Response:
    """One site in the form."""
    return await _form(request, int(request.match_info["id"]))


async def _save(request: web.Request, site_id: int | None) -> web.Response:
    async def act(connection: db.Connection, values: NewSite) -> Done:
        saved = await sites.save(connection, actor(request), SiteValues(**values.model_dump()), site_id)
        return Done(f"{HOME}/{saved}", said(request, N_("%(name)s is saved"), name=values.name))

    async def again(form: Filled) -> web.Response:
        return await _form(request, site_id, form)

    async def present() -> Any:
        return await site_list.one(site_id or 0)

    return await save(request, SITE, act, again, Row(site_id, present) if site_id else None)


@routes.post(HOME, NetworkPermission.WRITE)
async def create(request: web.Request) -> web.Response:
    """Save a new one."""
    return await _save(request, None)


@routes.post(ID, NetworkPermission.WRITE)
async def change(request: web.Request) -> web.Response:
    """Save changes."""
    return await _save(request, int(request.match_info["id"]))


@routes.get(ID + "/remove", NetworkPermission.WRITE)
async def ask(request: web.Request) -> web.Response:
    """Delete it?"""
    row = await site_list.one(int(request.match_info["id"]))
    return page(request, "console/network/remove.html", name=row["name"], home=f"{HOME}/{row['id']}", kind="site")


@routes.post(ID + "/remove", NetworkPermission.WRITE)
async def remove(request: web.Request) -> web.Response:
    """Delete a site where nothing stands."""
    row = await site_list.one(int(request.match_info["id"]))

    async def effect(connection: db.Connection) -> Done:
        await sites.remove(connection, actor(request), row["id"])
        return Done(HOME, said(request, N_("%(name)s is deleted"), name=row["name"]))

    return await once(request, await request.post(), effect)
