"""Routers and OLTs: the list and what ails each, the form, what to paste into the router, those who ask in vain."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from oss.access import nas, nas_askers, nas_list, nas_paste, nas_radsec, nas_signing
from oss.access.nas import MA_POLICIES, NasValues
from oss.access.nas_list import Router
from oss.access.permissions import NasPermission
from oss.base import db
from oss.base.problems import Conflict, InvalidInput
from radius.vendors import vendors
from web import words
from web.auth import actor
from web.catalogues import N_
from web.console import nas_words
from web.console.audit_history import history
from web.console.paste_values import paste_values
from web.forms import Form, filters, posted
from web.keys import CONFIG, SEALER
from web.notices import tell
from web.pages import back_to, language, page, said
from web.routing import Routes

routes = Routes()
PATH = "/console/nas"
NAMES = ("q", "view", "maker", "ignored")
FRESH = {
    "vendor": "mikrotik",
    "ma_policy": "auto",
    "coa_port": "3799",
    "interim_s": "300",
    "requests_per_s": "10000",
    "active": "1",
    "coa_enabled": "1",
}


@routes.get(PATH, NasPermission.READ)
async def show(request: web.Request) -> web.Response:
    """All of them, and who asks in vain."""
    params, spoken = filters(request, NAMES), language(request)
    every = await nas_list.every()
    ignored = params.get("ignored") == "1"
    return page(
        request,
        "console/nas/page.html",
        routers=[_line(spoken, one) for one in every if _fits(one, params)],
        tally={view: sum(_in_view(one, view) for one in every) for view in nas_words.VIEWS},
        makers=sorted({one["vendor"] for one in every}),
        params=params,
        path=PATH,
        askers=[nas_words.asker(spoken, one) for one in await nas_askers.askers(ignored)],
        ignored=await nas_askers.ignored(),
        words=nas_words,
    )


def _in_view(router: Router, view: str) -> bool:
    if view == "trouble":
        return bool(router["troubles"])
    if view == "unsigned":
        return bool(router["active"]) and router["ma_policy"] != "required" and router["signs_since"] is None
    return view != "off" or not router["active"]


def _fits(router: Router, params: dict[str, str]) -> bool:
    """Whether a router is in the list that an address asks for."""
    view, maker, text = params.get("view", ""), params.get("maker"), params.get("q", "").strip().lower()
    said = f"{router['name']} {router['network']} {router['nas_identifier']}".lower()
    known = view if view in nas_words.VIEWS else ""
    return _in_view(router, known) and maker in (None, "", router["vendor"]) and text in said


def _line(spoken: str, router: Router) -> dict[str, Any]:
    """A router as the list shows it."""
    return {
        **router,
        "glyph": nas_words.state(router),
        "signing": nas_words.signing(spoken, router),
        "ails": [nas_words.trouble(spoken, router, one) for one in router["troubles"]],
        "drops": nas_words.drops(spoken, router),
        "skew": nas_words.skew(spoken, router),
    }


def _form(request: web.Request, nas_id: int | None, values: dict[str, Any], row: Any, **more: Any) -> web.Response:
    config = request.app[CONFIG]
    ours = {"host": config.radius_host, "auth": config.radius_auth_port, "acct": config.radius_acct_port}
    more = {"errors": {}, "unsigned": None, "heard": None, "connected": [], "history": []} | more
    more |= {"vendors": vendors(), "policies": MA_POLICIES, "words": nas_words}
    more["paste"] = nas_paste.paste_for(str(values.get("vendor")), paste_values(request, values))
    row = None if row is None else _line(language(request), row)
    return page(request, "console/nas/form.html", nas_id=nas_id, values=values, row=row, ours=ours, **more)


@routes.get("/console/nas/new", NasPermission.WRITE)
async def fresh(request: web.Request) -> web.Response:
    """An empty form; what a stranger told of itself stands in it."""
    asked = {name: request.query.get(name, "")[:64] for name in ("network", "nas_identifier", "vendor")}
    maker = asked.pop("vendor")
    known = maker if maker in vendors() else "standard" if maker else FRESH["vendor"]
    values = {**FRESH, **asked, "name": asked["nas_identifier"], "vendor": known}
    return _form(request, None, values, None, heard=nas_words.MAKERS.get(maker))


@routes.get("/console/nas/{id:\\d{1,17}}", NasPermission.READ)
async def edit(request: web.Request) -> web.Response:
    """One router: what ails it, form, learned state, what to paste."""
    row = await nas_list.one(int(request.match_info["id"]))
    values = {name: row[name] for name in NasValues.__dataclass_fields__ if name != "secret"}
    values |= dict(await nas_radsec.one(row["id"]))
    values["network"] = "" if nas_radsec.is_nowhere(row["network"]) else row["network"]
    shown = {name: "" if value is None else value for name, value in values.items()}
    told = {"connected": await nas_radsec.connected(row["id"]), "history": await history(request, ("nas", row["id"]))}
    return _form(request, row["id"], shown, row, **told)


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
        nas_identifier=form.text("nas_identifier", most=64),
        requests_per_s=form.number("requests_per_s", default=10_000),
    )
    form.check()
    return values


async def _save(request: web.Request, nas_id: int | None) -> web.Response:
    form = await posted(request)
    row = await nas_list.one(nas_id) if nas_id else None
    try:
        how = form.choice("transport", nas_radsec.TRANSPORTS, "udp"), form.text("certificate_name", most=253)
        nas_radsec.check(*how)
        present = row["network"] if row else None
        values = nas_radsec.prepared(_values(form), how[0], present)
        async with db.transaction() as connection:
            sure = form.flag("sure")
            saved = await nas.save(connection, request.app[SEALER], actor(request), values, nas_id, sure=sure)
            await nas_radsec.save(connection, actor(request), saved, *how)
    except (InvalidInput, Conflict) as problem:
        taken = {str(problem.facts.get("thing")): "already taken"}
        wrong = problem.fields if isinstance(problem, InvalidInput) else taken
        errors = words.wrongs(language(request), wrong)
        return _form(request, nas_id, form.values(), row, errors=errors, status=422)
    except nas_signing.UnsignedLately as problem:
        asked = {"count": problem.facts["count"], "secret": bool(form.secret("secret"))}
        return _form(request, nas_id, form.values(), row, unsigned=asked, status=422)
    tell(request, said(request, N_("%(name)s is saved and in use within the second"), name=values.name))
    return back_to(request, PATH if nas_id else f"{PATH}/{saved}")


@routes.post(PATH, NasPermission.WRITE)
async def create(request: web.Request) -> web.Response:
    """Save a new one."""
    return await _save(request, None)


@routes.post("/console/nas/{id:\\d{1,17}}", NasPermission.WRITE)
async def change(request: web.Request) -> web.Response:
    """Save changes; an empty secret keeps the present one."""
    return await _save(request, int(request.match_info["id"]))


@routes.post("/console/nas/{id:\\d{1,17}}/learn", NasPermission.WRITE)
async def learn(request: web.Request) -> web.Response:
    """Take its unsigned logins again, until it has proven anew that it signs."""
    nas_id = int(request.match_info["id"])
    async with db.transaction() as connection:
        await nas_signing.learn_anew(connection, actor(request), nas_id)
    tell(request, said(request, N_("How it signs is learned anew, from its next login on")))
    return back_to(request, f"{PATH}/{nas_id}")


@routes.post("/console/nas/knocks/ignore", NasPermission.WRITE)
async def ignore(request: web.Request) -> web.Response:
    """Hear no more of an address."""
    ip = await _address(request)
    await nas_askers.ignore(actor(request), ip)
    tell(request, said(request, N_("%(ip)s is ignored; it stays in the list of those ignored"), ip=ip))
    return back_to(request, PATH)


@routes.post("/console/nas/knocks/heed", NasPermission.WRITE)
async def heed(request: web.Request) -> web.Response:
    """Hear of it again."""
    ip = await _address(request)
    await nas_askers.heed(actor(request), ip)
    return back_to(request, PATH)


async def _address(request: web.Request) -> str:
    form = await posted(request)
    ip = form.text("ip", required=True, most=45)
    form.check()
    return ip
