"""The plant: PON ports with their ONUs and boxes, boxes with their sockets, and the forms of both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from oss.access import drops
from oss.access.affected import Thing
from oss.base import db
from oss.crm.permissions import CustomerPermission
from oss.monitoring import incident_now, pon_state
from oss.monitoring.causes import Thing as Watched
from oss.monitoring.permissions import MonitoringPermission
from oss.network import device_list, maintenance, plant, plant_list, site_list
from oss.network.permissions import NetworkPermission, PlantPermission
from oss.network.plant import BoxValues, PonValues
from web.auth import actor, permissions, scope
from web.catalogues import N_
from web.console import incident_heads, network_words, pon_words
from web.console.audit_history import history
from web.console.sites import weight
from web.console.subscriber import number
from web.form_model import ModelForm
from web.form_saving import Done, Filled, Row, filled, once, save, show
from web.inputs.plant import NewBox, NewPon
from web.pages import context, language, page, said
from web.routing import Routes

routes = Routes()
PONS, BOXES = "/console/pons", "/console/boxes"
PON_ID, BOX_ID = PONS + "/{id:\\d{1,17}}", BOXES + "/{id:\\d{1,17}}"
PON = ModelForm(
    "pon",
    NetworkPermission.WRITE,
    NewPon,
    table="pon_port",
    labels={
        "device_id": "OLT",
        "name": N_("Name"),
        "interface_id": N_("Interface"),
        "capacity": N_("ONUs it may carry"),
        "note": N_("Note"),
    },
)
BOX = ModelForm(
    "box",
    PlantPermission.WRITE,
    NewBox,
    table="splitter_box",
    labels={
        "name": N_("Name"),
        "pon_id": "PON",
        "ports": N_("Ports"),
        "parent_id": N_("Fed from the box"),
        "site_id": N_("Stands in the site"),
        "address": N_("Address"),
        "latitude_e6": N_("Latitude"),
        "longitude_e6": N_("Longitude"),
        "note": N_("Note"),
    },
)


async def carried(request: web.Request, onus: Sequence[Any]) -> Mapping[int, list[Any]]:
    """Whose lines some ONUs carry, of the customers that this person may see."""
    if CustomerPermission.READ not in permissions(request):
        return {}
    return await drops.on_onus(db.pool(), [one["id"] for one in onus], scope(request, CustomerPermission.READ))


# ------------------------------------------------------------ PON ports


@routes.get(PON_ID, NetworkPermission.READ)
async def show_pon(request: web.Request) -> web.Response:
    """One PON port: its ONUs, its boxes, who hangs on it."""
    pon_id = int(request.match_info["id"])
    row = await plant_list.pon(pon_id)
    async with db.pool().acquire() as connection:
        onus = await pon_state.onus(connection, pon_id)
    boxes = await plant_list.boxes_of(pon_id)
    windows = await maintenance.coming(db.pool())
    return page(
        request,
        "console/plant/pon.html",
        row=row,
        onus=onus,
        lines=await carried(request, onus),
        boxes=boxes,
        incidents=await _incidents(request, row, boxes, onus),
        light=pon_words.light(language(request), [one["rx_dbm"] for one in onus if one["rx_dbm"] is not None]),
        state=pon_state.word,
        weak_dbm=pon_state.WEAK_DBM,
        windows=[one for one in windows if pon_id == one["pon_id"] or row["device_id"] == one["device_id"]],
        weight=await weight(request, Thing("pon", pon_id)),
        words=network_words,
        history=await history(request, ("pon", pon_id)),
    )


async def _incidents(request: web.Request, row: Any, boxes: Sequence[Any], onus: Sequence[Any]) -> list[dict[str, Any]]:
    """The open incidents at a PON, its OLT, its boxes and ONUs, for who may see them."""
    rc = context(request)
    if not rc.may(MonitoringPermission.READ):
        return []
    things = [Watched("pon", row["id"]), Watched("device", row["device_id"])]
    things += [Watched("box", one["id"]) for one in boxes] + [Watched("onu", one["id"]) for one in onus]
    found = await incident_now.touching(db.pool(), things)
    return [incident_heads.spoken(rc, one) for one in found]


async def _pon_form(request: web.Request, pon_id: int | None, form: Filled | None = None) -> web.Response:
    row = await plant_list.pon(pon_id) if pon_id else None
    form = form or filled(request, PON, row or {"capacity": 64, "device_id": number(request.query.get("device"))})
    device = number(str(form.values.get("device_id", "")))
    found = await device_list.interfaces(device) if device else []
    interfaces = [(one["id"], one["name"]) for one in found if one["gone_at"] is None]
    more: dict[str, Any] = {"olts": await device_list.names("olt"), "interfaces": interfaces, "device": device}
    return show(request, "console/plant/pon_form.html", form, pon_id=pon_id, row=row, **more)


@routes.get(PONS + "/new", NetworkPermission.WRITE)
async def fresh_pon(request: web.Request) -> web.Response:
    """An empty form of a PON port."""
    return await _pon_form(request, None)


@routes.get(PON_ID + "/edit", NetworkPermission.WRITE)
async def edit_pon(request: web.Request) -> web.Response:
    """One PON port in the form."""
    return await _pon_form(request, int(request.match_info["id"]))


async def _save_pon(request: web.Request, pon_id: int | None) -> web.Response:
    async def act(connection: db.Connection, values: NewPon) -> Done:
        saved = await plant.save_pon(connection, actor(request), PonValues(**values.model_dump()), pon_id)
        return Done(f"{PONS}/{saved}", said(request, N_("%(name)s is saved"), name=f"PON {values.name}"))

    async def again(form: Filled) -> web.Response:
        return await _pon_form(request, pon_id, form)

    async def present() -> Any:
        return await plant_list.pon(pon_id or 0)

    return await save(request, PON, act, again, Row(pon_id, present) if pon_id else None)


@routes.post(PONS, NetworkPermission.WRITE)
async def create_pon(request: web.Request) -> web.Response:
    """Save a new PON port."""
    return await _save_pon(request, None)


@routes.post(PON_ID, NetworkPermission.WRITE)
async def change_pon(request: web.Request) -> web.Response:
    """Save a PON port's changes."""
    return await _save_pon(request, int(request.match_info["id"]))


@routes.get(PON_ID + "/remove", NetworkPermission.WRITE)
async def ask_pon(request: web.Request) -> web.Response:
    """Delete it?"""
    row = await plant_list.pon(int(request.match_info["id"]))
    name = f"{row['device']} {row['name']}"
    return page(request, "console/network/remove.html", name=name, home=f"{PONS}/{row['id']}", kind="pon")


@routes.post(PON_ID + "/remove", NetworkPermission.WRITE)
async def remove_pon(request: web.Request) -> web.Response:
    """Delete a PON port that feeds nothing."""
    row = await plant_list.pon(int(request.match_info["id"]))

    async def effect(connection: db.Connection) -> Done:
        await plant.remove_pon(connection, actor(request), row["id"])
        text = said(request, N_("%(name)s is deleted"), name=f"PON {row['name']}")
        return Done(f"/console/devices/{row['device_id']}?tab=plant", text)

    return await once(request, await request.post(), effect)


# ------------------------------------------------------------ boxes


@routes.get(BOX_ID, NetworkPermission.READ)
async def show_box(request: web.Request) -> web.Response:
    """One box: what is in each of its sockets."""
    box_id = int(request.match_info["id"])
    row, onus = await plant_list.box(box_id), await plant_list.onus_of_box(box_id)
    by_port = {one["box_port"]: one for one in onus if one["box_port"] is not None}
    return page(
        request,
        "console/plant/box.html",
        row=row,
        sockets=[(port, by_port.get(port)) for port in range(1, row["ports"] + 1)],
        loose=[one for one in onus if one["box_port"] is None],
        lines=await carried(request, onus),
        fed=[one for one in await plant_list.boxes_of(row["pon_id"]) if one["parent_id"] == box_id],
        weight=await weight(request, Thing("box", box_id)),
        words=network_words,
        history=await history(request, ("box", box_id)),
    )


async def _box_form(request: web.Request, box_id: int | None, form: Filled | None = None) -> web.Response:
    row = await plant_list.box(box_id) if box_id else None
    form = form or filled(request, BOX, row or {"ports": 16, "pon_id": number(request.query.get("pon"))})
    pon = number(str(form.values.get("pon_id", "")))
    others = [(key, name) for key, name in await plant_list.box_names(pon) if key != box_id]
    more: dict[str, Any] = {"pons": await plant_list.pon_names(), "others": others, "sites": await site_list.names()}
    return show(request, "console/plant/box_form.html", form, box_id=box_id, row=row, **more)


@routes.get(BOXES + "/new", PlantPermission.WRITE)
async def fresh_box(request: web.Request) -> web.Response:
    """An empty form of a box."""
    return await _box_form(request, None)


@routes.get(BOX_ID + "/edit", PlantPermission.WRITE)
async def edit_box(request: web.Request) -> web.Response:
    """One box in the form."""
    return await _box_form(request, int(request.match_info["id"]))


async def _save_box(request: web.Request, box_id: int | None) -> web.Response:
    async def act(connection: db.Connection, values: NewBox) -> Done:
        saved = await plant.save_box(connection, actor(request), BoxValues(**values.model_dump()), box_id)
        return Done(f"{BOXES}/{saved}", said(request, N_("%(name)s is saved"), name=values.name))

    async def again(form: Filled) -> web.Response:
        return await _box_form(request, box_id, form)

    async def present() -> Any:
        return await plant_list.box(box_id or 0)

    return await save(request, BOX, act, again, Row(box_id, present) if box_id else None)


@routes.post(BOXES, PlantPermission.WRITE)
async def create_box(request: web.Request) -> web.Response:
    """Save a new box."""
    return await _save_box(request, None)


@routes.post(BOX_ID, PlantPermission.WRITE)
async def change_box(request: web.Request) -> web.Response:
    """Save a box's changes."""
    return await _save_box(request, int(request.match_info["id"]))


@routes.get(BOX_ID + "/remove", PlantPermission.WRITE)
async def ask_box(request: web.Request) -> web.Response:
    """Delete it?"""
    row = await plant_list.box(int(request.match_info["id"]))
    return page(request, "console/network/remove.html", name=row["name"], home=f"{BOXES}/{row['id']}", kind="box")


@routes.post(BOX_ID + "/remove", PlantPermission.WRITE)
async def remove_box(request: web.Request) -> web.Response:
    """Delete a box on which nothing hangs."""
    row = await plant_list.box(int(request.match_info["id"]))

    async def effect(connection: db.Connection) -> Done:
        await plant.remove_box(connection, actor(request), row["id"])
        return Done(f"{PONS}/{row['pon_id']}", said(request, N_("%(name)s is deleted"), name=row["name"]))

    return await once(request, await request.post(), effect)
