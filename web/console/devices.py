"""Devices: the list, and one with its interfaces, links, PON ports and history."""

from __future__ import annotations

from datetime import tzinfo
from typing import Any

from aiohttp import web

from oss.access import nas_devices
from oss.access.affected import Thing
from oss.access.permissions import NasPermission
from oss.base import db
from oss.base.listing import Listing, Order
from oss.monitoring import device_events
from oss.network import catalogue, device_list, devices, maintenance, plant_list, readers, site_list
from oss.network.device_list import Wanted
from oss.network.permissions import NetworkPermission
from oss.staff.scopes import Scope
from web.auth import actor
from web.catalogues import N_
from web.console import device_sessions, graph_cards, network_words, trap_words
from web.console.audit_history import history
from web.console.exports import download
from web.console.sites import weight
from web.console.subscriber import number
from web.form_saving import Done, once
from web.keys import CONFIG
from web.listed import Choices, read
from web.pages import context, page, said
from web.pages import language as request_language
from web.routing import Routes
from web.tables import Column, Filter, Params, Speech, Table, instant, named, register

routes = Routes()
HOME = "/console/devices"
ID = HOME + "/{id:\\d{1,17}}"
TABS = ("", "interfaces", "links", "plant", "session", "traps", "history")


def _source(params: Params, zone: tzinfo, scope: Scope) -> tuple[Listing, Order]:
    wish = Wanted(
        params.get("q", ""),
        params.get("role", ""),
        number(params.get("site")),
        params.get("maker", ""),
        params.get("state", ""),
        params.get("sort", "name"),
    )
    return device_list.listing(wish), wish.order


def _model(row: Any, speech: Speech) -> str:
    return " ".join(filter(None, (row["maker"], row["model"])))


TABLE = register(
    Table(
        name="devices",
        path=HOME,
        label=N_("Devices"),
        file="aparelhos",
        permission=NetworkPermission.READ,
        exports=NetworkPermission.EXPORT,
        personal="network",
        sort="name",
        source=_source,
        filters=(
            Filter("role", N_("Role"), choices=network_words.MANY_ROLES, tabs=True),
            Filter("site", N_("Site"), kind="id"),
            Filter("maker", N_("Maker"), kind="text"),
            Filter("state", N_("State"), choices=network_words.DEVICE_STATES),
        ),
        columns=(
            Column("name", N_("Name"), named("name"), "name", td="name"),
            Column("role", N_("Role"), lambda row, speech: speech.say(network_words.ROLES[row["role"]]), "role"),
            Column("site", N_("Site"), named("site"), "site"),
            Column("city", N_("City"), named("city"), shown=False),
            Column("model", N_("Model"), _model, "model", css="max-[1100px]:hidden"),
            Column("software", N_("Software"), named("software"), "software", td="num", css="max-[1340px]:hidden"),
            Column("serial", N_("Serial number"), named("serial"), td="mono", shown=False),
            Column("management", N_("Address"), named("management"), "management", td="num"),
            Column("parent", N_("Hangs on"), named("parent"), css="max-[1180px]:hidden"),
            Column("interfaces", N_("Interfaces"), named("interfaces"), align="r", css="max-[1240px]:hidden"),
            Column("snmp", "SNMP", lambda row, speech: speech.say(network_words.SNMP[row["snmp_version"]])),
            Column("read", N_("Last read"), instant("discovered_at"), "discovered", align="r"),
            Column("added", N_("Made"), instant("created_at"), "added", align="r", shown=False),
        ),
    )
)


@routes.get(HOME, NetworkPermission.READ)
async def show_all(request: web.Request) -> web.Response:
    """One page of the list."""
    texts: Choices = {"site": await site_list.names(), "maker": [(one, one) for one in await device_list.makers()]}
    seen = await read(request, TABLE, texts)
    return page(request, "console/devices/page.html", seen=seen, tally=await device_list.counts(), words=network_words)


@routes.get(HOME + ".csv", NetworkPermission.EXPORT)
async def as_file(request: web.Request) -> web.StreamResponse:
    """The list as a file."""
    return await download(request, TABLE)


@routes.get(ID, NetworkPermission.READ)
async def show_one(request: web.Request) -> web.Response:
    """One device, one of its tabs."""
    device_id = int(request.match_info["id"])
    row = await device_list.one(device_id)
    tab = request.query.get("tab", "")
    tab = tab if tab in TABS else ""
    links, pons = await device_list.links(device_id), await plant_list.pons(device_id)
    values: dict[str, Any] = {"links": links, "pons": pons, "interfaces": [], "changes": []}
    values |= {"history": [], "sparks": {}, "graphs": []}
    if tab == "interfaces":
        values["interfaces"] = await device_list.interfaces(device_id)
        changes = await device_list.interface_changes(device_id)
        values["sparks"] = await graph_cards.sparks(request, [one["id"] for one in values["interfaces"]])
        values["changes"] = [{**one, "told": network_words.changes(request_language(request), one)} for one in changes]
    elif tab == "traps":
        values["traps"] = await device_events.of_device(db.pool(), device_id)
        values |= {"trap_words": trap_words, "trap_port": request.app[CONFIG].trap_port or 162}
    elif tab == "session":
        values |= await device_sessions.shown(request, row)
    elif tab == "history":
        values["history"] = await history(request, ("device", device_id), most=60)
    else:
        values |= await _overview(request, row)
    can_read = readers.can_read() and row["management"] is not None and row["snmp_version"] != "off"
    more = {"can_read": can_read, "row": row, "tab": tab, "words": network_words}
    return page(request, "console/devices/device.html", **more, **values)


async def _overview(request: web.Request, row: Any) -> dict[str, Any]:
    """What hangs on it, what it hangs on, what it is to RADIUS, what is worked on."""
    may_nas = context(request).may(NasPermission.READ)
    windows = await maintenance.coming(db.pool())
    return {
        "graphs": await graph_cards.cards(request, graph_cards.of_device(row["id"])),
        "below": await device_list.hanging_on(row["id"]),
        "weight": await weight(request, Thing("device", row["id"])),
        "parent_link": await device_list.link(row["parent_link_id"]) if row["parent_link_id"] else None,
        "nas": await nas_devices.of_device(db.pool(), row["id"]) if may_nas else [],
        "free_nas": await nas_devices.free(db.pool()) if may_nas else [],
        "windows": [one for one in windows if row["id"] == one["device_id"] or row["site_id"] == one["site_id"]],
        "history": await history(request, ("device", row["id"])),
    }


@routes.get(ID + "/remove", NetworkPermission.WRITE)
async def ask(request: web.Request) -> web.Response:
    """Delete it?"""
    row = await device_list.one(int(request.match_info["id"]))
    return page(request, "console/network/remove.html", name=row["name"], home=f"{HOME}/{row['id']}", kind="device")


@routes.post(ID + "/remove", NetworkPermission.WRITE)
async def remove(request: web.Request) -> web.Response:
    """Delete a device with what was learned of it."""
    row = await device_list.one(int(request.match_info["id"]))

    async def effect(connection: db.Connection) -> Done:
        await devices.remove(connection, actor(request), row["id"])
        return Done(HOME, said(request, N_("%(name)s is deleted"), name=row["name"]))

    return await once(request, await request.post(), effect)


@routes.post(ID + "/nas", NasPermission.WRITE)
async def set_nas(request: web.Request) -> web.Response:
    """Say which NAS it is, or that it is one no more (``off``)."""
    device_id, form = int(request.match_info["id"]), await request.post()
    row = await device_list.one(device_id)
    wanted, gone = number(str(form.get("nas", ""))), number(str(form.get("off", "")))

    async def effect(connection: db.Connection) -> Done:
        if wanted:
            await nas_devices.tie(connection, actor(request), wanted, device_id)
        if gone:
            await nas_devices.tie(connection, actor(request), gone, None)
        return Done(f"{HOME}/{device_id}", said(request, N_("%(name)s is saved"), name=row["name"]))

    return await once(request, form, effect)


@routes.get("/console/models", NetworkPermission.READ)
async def models(request: web.Request) -> web.Response:
    """What makers sell, as far as somebody wrote it down."""
    return page(request, "console/devices/models.html", models=await catalogue.every(), words=network_words)
