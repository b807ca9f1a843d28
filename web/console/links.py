"""Links between devices: the form, which is also the page of one."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from oss.access.affected import Thing
from oss.base import db
from oss.network import device_list, links
from oss.network.links import LinkValues
from oss.network.permissions import NetworkPermission
from web.auth import actor
from web.catalogues import N_
from web.console import network_words
from web.console.audit_history import history
from web.console.sites import weight
from web.console.subscriber import number
from web.form_model import ModelForm
from web.form_saving import Done, Filled, Row, filled, once, save, show
from web.inputs.network import NewLink
from web.pages import page, said
from web.routing import Routes

routes = Routes()
HOME = "/console/links"
ID = HOME + "/{id:\\d{1,17}}"
LINK = ModelForm(
    "link",
    NetworkPermission.WRITE,
    NewLink,
    table="network_link",
    labels={
        "a_device_id": N_("One end"),
        "b_device_id": N_("Other end"),
        "medium": N_("By what medium"),
        "name": N_("Name"),
        "capacity_bps": N_("Capacity (Mbps)"),
        "a_interface_id": N_("Its interface"),
        "b_interface_id": N_("Interface there"),
        "note": N_("Note"),
    },
    choices={"medium": network_words.MEDIA},
    taken="a_device_id",
)


async def _interfaces(device_id: int | None) -> list[tuple[int, str]]:
    rows = await device_list.interfaces(device_id) if device_id else []
    return [(one["id"], one["name"]) for one in rows if one["gone_at"] is None]


async def _form(request: web.Request, link_id: int | None, form: Filled | None = None) -> web.Response:
    row = await device_list.link(link_id) if link_id else None
    fresh = {"medium": "fibre", "a_device_id": number(request.query.get("device"))}
    form = form or filled(request, LINK, row or fresh)
    more: dict[str, Any] = {"devices": await device_list.names(), "words": network_words, "link_id": link_id}
    for end in ("a", "b"):
        more[f"{end}_interfaces"] = await _interfaces(number(str(form.values.get(f"{end}_device_id", ""))))
    more["weight"] = await weight(request, Thing("link", link_id)) if link_id else None
    more["history"] = await history(request, ("link", link_id)) if link_id else []
    return show(request, "console/links/form.html", form, row=row, **more)


@routes.get(HOME + "/new", NetworkPermission.WRITE)
async def fresh(request: web.Request) -> web.Response:
    """An empty form."""
    return await _form(request, None)


@routes.get(ID, NetworkPermission.READ)
async def show_one(request: web.Request) -> web.Response:
    """One link."""
    return await _form(request, int(request.match_info["id"]))


async def _save(request: web.Request, link_id: int | None) -> web.Response:
    async def act(connection: db.Connection, values: NewLink) -> Done:
        saved = await links.save(connection, actor(request), LinkValues(**values.model_dump()), link_id)
        place = f"{HOME}/{saved}" if link_id else f"/console/devices/{values.a_device_id}?tab=links"
        return Done(place, said(request, N_("The link is saved; what hangs on what is worked out anew")))

    async def again(form: Filled) -> web.Response:
        return await _form(request, link_id, form)

    async def present() -> Any:
        return await device_list.link(link_id or 0)

    return await save(request, LINK, act, again, Row(link_id, present) if link_id else None)


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
    row = await device_list.link(int(request.match_info["id"]))
    name = row["name"] or f"{row['a_device']} – {row['b_device']}"
    return page(request, "console/network/remove.html", name=name, home=f"{HOME}/{row['id']}", kind="link")


@routes.post(ID + "/remove", NetworkPermission.WRITE)
async def remove(request: web.Request) -> web.Response:
    """Delete a link."""
    row = await device_list.link(int(request.match_info["id"]))

    async def effect(connection: db.Connection) -> Done:
        await links.remove(connection, actor(request), row["id"])
        return Done(f"/console/devices/{row['a_device_id']}?tab=links", said(request, N_("The link is deleted")))

    return await once(request, await request.post(), effect)
