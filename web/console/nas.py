"""Routers and OLTs: the list and what ails each, the form, what to paste into the router, those who ask in vain."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from oss.access import nas, nas_askers, nas_list, nas_paste, nas_radsec, nas_signing
from oss.access.nas import MA_POLICIES, NasValues
from oss.access.nas_list import Router
from oss.access.permissions import NasPermission
from oss.base import db
from radius.vendors import vendors
from web import fresh as proof
from web.auth import SESSION, actor
from web.catalogues import N_
from web.console import nas_words
from web.console.audit_history import history
from web.console.paste_values import paste_values
from web.form_model import ModelForm
from web.form_saving import Done, Filled, Row, come_back, filled, save
from web.form_saving import show as show_form
from web.forms import filters, posted
from web.inputs.nas import NasForm
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
    "coa_port": 3799,
    "interim_s": 300,
    "requests_per_s": 10000,
    "active": True,
    "coa_enabled": True,
}
NAS = ModelForm(
    "nas",
    NasPermission.WRITE,
    NasForm,
    table="nas",
    labels={
        "name": N_("Name"),
        "network": N_("Address or network"),
        "nas_identifier": "NAS-Identifier",
        "vendor": N_("Maker"),
        "transport": N_("The router reaches us by"),
        "certificate_name": N_("Name of its certificate (TLS)"),
        "secret": N_("Shared secret"),
        "ma_policy": N_("Message-Authenticator of requests"),
        "coa_enabled": N_("The router takes CoA and Disconnect"),
        "coa_host": N_("CoA address"),
        "coa_port": N_("CoA port"),
        "interim_s": N_("Interim every (seconds)"),
        "requests_per_s": N_("Its share while others wait (requests a second)"),
        "active": N_("In use"),
        "sure": N_("Require it all the same"),
    },
    choices={
        "ma_policy": {"auto": N_("Learn it"), "required": N_("Always required"), "off": N_("Never required")},
        "transport": {"udp": "UDP", "radsec": "TLS (RadSec)"},
    },
)


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


async def _form(request: web.Request, nas_id: int | None, form: Filled, **more: Any) -> web.Response:
    config = request.app[CONFIG]
    row = await nas_list.one(nas_id) if nas_id else None
    ours = {"host": config.radius_host, "auth": config.radius_auth_port, "acct": config.radius_acct_port}
    more = {"unsigned": None, "heard": None, "vendors": vendors(), "policies": MA_POLICIES, "words": nas_words} | more
    more["paste"] = nas_paste.paste_for(str(form.values.get("vendor")), paste_values(request, form.values))
    more["connected"] = await nas_radsec.connected(nas_id) if nas_id else []
    more["history"] = await history(request, ("nas", nas_id)) if nas_id else []
    more["row"] = None if row is None else _line(language(request), row)
    return show_form(request, "console/nas/form.html", form, nas_id=nas_id, ours=ours, **more)


@routes.get("/console/nas/new", NasPermission.WRITE)
async def fresh(request: web.Request) -> web.Response:
    """An empty form; what a stranger told of itself stands in it."""
    asked = {name: request.query.get(name, "")[:64] for name in ("network", "nas_identifier", "vendor")}
    maker = asked.pop("vendor")
    known = maker if maker in vendors() else "standard" if maker else FRESH["vendor"]
    values = {**FRESH, **asked, "name": asked["nas_identifier"], "vendor": known}
    return await _form(request, None, filled(request, NAS, values), heard=nas_words.MAKERS.get(maker))


async def _present(nas_id: int) -> dict[str, Any]:
    """A router's fields as its form holds them."""
    row = await nas_list.one(nas_id)
    values = {**row, **dict(await nas_radsec.one(nas_id))}
    return values | {"network": "" if nas_radsec.is_nowhere(row["network"]) else row["network"]}


@routes.get("/console/nas/{id:\\d{1,17}}", NasPermission.READ)
async def edit(request: web.Request) -> web.Response:
    """One router: what ails it, form, learned state, what to paste."""
    nas_id = int(request.match_info["id"])
    return await _form(request, nas_id, filled(request, NAS, await _present(nas_id)))


async def _save(request: web.Request, nas_id: int | None) -> web.Response:
    if (await request.post()).get("secret"):
        proof.demand(request[SESSION])
    present = (await nas_list.one(nas_id))["network"] if nas_id else None

    async def act(connection: db.Connection, values: NasForm) -> Done:
        how = values.transport, values.certificate_name
        nas_radsec.check(*how)
        named = values.model_dump(exclude={"transport", "certificate_name", "sure"})
        wanted = nas_radsec.prepared(NasValues(**named | {"network": values.network or ""}), how[0], present)
        saved = await nas.save(connection, request.app[SEALER], actor(request), wanted, nas_id, sure=values.sure)
        await nas_radsec.save(connection, actor(request), saved, *how)
        text = said(request, N_("%(name)s is saved and in use within the second"), name=values.name)
        return Done(PATH if nas_id else f"{PATH}/{saved}", text)

    async def again(form: Filled) -> web.Response:
        return await _form(request, nas_id, form)

    row: Row[NasForm] | None = Row(nas_id, lambda: _present(nas_id)) if nas_id else None
    try:
        return await save(request, NAS, act, again, row)
    except nas_signing.UnsignedLately as problem:
        posted = await request.post()
        asked = {"count": problem.facts["count"], "secret": bool(posted.get("secret"))}
        return await _form(request, nas_id, come_back(request, NAS, posted), unsigned=asked, status=422)


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
