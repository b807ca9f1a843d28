"""Routers and OLTs: the list, the form, what to paste into the router, and those who knock unknown."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from oss.access import nas, nas_list, nas_paste, nas_radsec
from oss.access.nas import MA_POLICIES, NasValues
from oss.base import db
from oss.base.problems import Conflict, InvalidInput
from radius.vendors import vendors
from web import words
from web.auth import actor
from web.catalogues import N_
from web.console.paste_values import paste_values
from web.forms import Form, posted
from web.keys import CONFIG, SEALER
from web.notices import tell
from web.pages import back_to, language, page, said
from web.routing import Routes

routes = Routes()
FRESH = {
    "vendor": "mikrotik",
    "ma_policy": "auto",
    "coa_port": "3799",
    "interim_s": "300",
    "active": "1",
    "coa_enabled": "1",
}


@routes.get("/console/nas", "nas.read")
async def show(request: web.Request) -> web.Response:
    """All of them, and who knocks."""
    routers, knocks = await nas_list.every(), await nas_list.knocks()
    return page(request, "console/nas/page.html", routers=routers, knocks=knocks)


def _form(request: web.Request, nas_id: int | None, values: dict[str, Any], row: Any, **more: Any) -> web.Response:
    config = request.app[CONFIG]
    ours = {"host": config.radius_host, "auth": config.radius_auth_port, "acct": config.radius_acct_port}
    errors = more.pop("errors", {})
    more["paste"] = nas_paste.paste_for(str(values.get("vendor")), paste_values(request, values))
    more |= {"vendors": vendors(), "policies": MA_POLICIES, "connected": more.get("connected", [])}
    name = "console/nas/form.html"
    return page(request, name, nas_id=nas_id, values=values, row=row, ours=ours, errors=errors, **more)


@routes.get("/console/nas/new", "nas.write")
async def fresh(request: web.Request) -> web.Response:
    """An empty form; an unknown address that knocked stands in it."""
    return _form(request, None, {**FRESH, "network": request.query.get("network", "")[:43]}, None)


@routes.get("/console/nas/{id:\\d{1,17}}", "nas.read")
async def edit(request: web.Request) -> web.Response:
    """One router: form, learned state, what to paste."""
    row = await nas_list.one(int(request.match_info["id"]))
    values = {name: row[name] for name in NasValues.__dataclass_fields__ if name != "secret"}
    values |= dict(await nas_radsec.one(row["id"]))
    values["network"] = "" if nas_radsec.is_nowhere(row["network"]) else row["network"]
    shown = {name: "" if value is None else value for name, value in values.items()}
    return _form(request, row["id"], shown, row, connected=await nas_radsec.connected(row["id"]))


def _values(form: Form) -> NasValues:
    values = NasValues(
        name=form.text("name", most=64),
        network=form.text("network", most=43),
        vendor=form.text("vendor"),
        secret=form.secret("secret"),
        ma_policy=form.text("ma_policy"),
        coa_host=form.text("coa_host", most=45) or None,
        coa_port=form.number("coa_port"),
        coa_enabled=form.flag("coa_enabled"),
        interim_s=form.number("interim_s"),
        active=form.flag("active"),
    )
    form.check()
    return values


async def _save(request: web.Request, nas_id: int | None) -> web.Response:
    form = await posted(request)
    try:
        how = form.choice("transport", nas_radsec.TRANSPORTS, "udp"), form.text("certificate_name", most=253)
        nas_radsec.check(*how)
        present = (await nas_list.one(nas_id))["network"] if nas_id else None
        values = nas_radsec.prepared(_values(form), how[0], present)
        async with db.transaction() as connection:
            saved = await nas.save(connection, request.app[SEALER], actor(request), values, nas_id)
            await nas_radsec.save(connection, actor(request), saved, *how)
    except (InvalidInput, Conflict) as problem:
        taken = {str(problem.facts.get("thing")): "already taken"}
        wrong = problem.fields if isinstance(problem, InvalidInput) else taken
        row = await nas_list.one(nas_id) if nas_id else None
        errors = words.wrongs(language(request), wrong)
        return _form(request, nas_id, form.values(), row, errors=errors, status=422)
    tell(request, said(request, N_("%(name)s is saved and in use within the second"), name=values.name))
    return back_to(request, "/console/nas" if nas_id else f"/console/nas/{saved}")


@routes.post("/console/nas", "nas.write")
async def create(request: web.Request) -> web.Response:
    """Save a new one."""
    return await _save(request, None)


@routes.post("/console/nas/{id:\\d{1,17}}", "nas.write")
async def change(request: web.Request) -> web.Response:
    """Save changes; an empty secret keeps the present one."""
    return await _save(request, int(request.match_info["id"]))


@routes.post("/console/nas/knocks/forget", "nas.write")
async def forget(request: web.Request) -> web.Response:
    """Hear no more of an unknown address until it knocks again."""
    form = await posted(request)
    ip = form.text("ip", required=True, most=45)
    form.check()
    await nas_list.forget_knock(actor(request), ip)
    tell(request, said(request, N_("%(ip)s is forgotten until it asks again"), ip=ip))
    return back_to(request, "/console/nas")
