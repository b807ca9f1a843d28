"""Routers and OLTs: the list with what ails each, the form, what to paste into the router, those who ask in vain."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import tzinfo
from typing import Any

from aiohttp import web

from oss.access import nas, nas_askers, nas_list, nas_paste, nas_radsec, nas_signing
from oss.access.nas import MA_POLICIES, NasValues
from oss.access.nas_list import Router, Wanted
from oss.access.permissions import NasPermission
from oss.base import db
from oss.base.listing import Listing, Order
from oss.staff.scopes import Scope
from radius.vendors import vendors
from web import fresh as proof
from web.auth import SESSION, actor
from web.catalogues import N_
from web.console import nas_words
from web.console.audit_history import history
from web.console.exports import download
from web.console.paste_values import paste_values
from web.form_model import ModelForm
from web.form_saving import Done, Filled, Row, come_back, filled, save
from web.form_saving import show as show_form
from web.forms import posted
from web.inputs.nas import NasForm
from web.keys import CONFIG, SEALER
from web.listed import of_tab, read
from web.notices import tell
from web.pages import back_to, language, page, said
from web.routing import Routes
from web.tables import Column, Filter, Params, Table, Value, instant, named, register

routes = Routes()
PATH = "/console/nas"
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


def _source(params: Params, zone: tzinfo, scope: Scope) -> tuple[Listing, Order]:
    """Routers are no customer's: whoever may see them sees all of them."""
    wish = Wanted(params.get("q", ""), params.get("view", ""), params.get("maker", ""), params.get("sort", "use"))
    return nas_list.listing(wish), wish.order


async def _complete(rows: Sequence[Any], zone: tzinfo) -> list[Router]:
    return await nas_list.told(rows)


def _words(say: Callable[[str, Router], object]) -> Value:
    """What is said of a router in a language."""
    return lambda row, speech: say(speech.language, row)


TABLE = register(
    Table(
        name="nas",
        path=PATH,
        label=N_("Equipment"),
        file="equipamentos",
        permission=NasPermission.READ,
        exports=NasPermission.READ,
        personal="network",
        sort="use",
        source=_source,
        complete=_complete,
        filters=(
            Filter("view", N_("Which routers"), choices=nas_words.VIEWS, tabs=True),
            Filter("maker", N_("Maker"), kind="text"),
        ),
        columns=(
            Column("name", N_("Name"), named("name"), "name", td="name"),
            Column("network", N_("Address or network"), lambda row, _: nas_words.network(row), "network", td="num"),
            Column("identifier", "NAS-Identifier", named("nas_identifier"), td="mono", shown=False),
            Column("maker", N_("Maker"), _words(nas_words.maker), "maker", shown=False),
            Column("signing", N_("Signs its requests"), _words(nas_words.signs)),
            Column("asks", N_("Requests/s"), named("per_second"), "asks", align="r"),
            Column("sessions", N_("Sessions"), named("sessions"), align="r", td="strong"),
            Column("lost", N_("Dropped, 24 h"), _words(nas_words.lost), align="r", css="max-[1100px]:hidden"),
            Column("rejects", N_("Refused, 1 h"), named("rejects"), align="r", css="max-[1480px]:hidden"),
            Column("skew", N_("Clock"), _words(nas_words.skew), td="num", css="max-[1180px]:hidden"),
            Column("coa", "CoA", _words(nas_words.coa), td="num", css="max-[1600px]:hidden"),
            Column("heard", N_("Heard"), instant("heard_at"), align="r"),
            Column("ails", N_("What ails it"), _words(nas_words.in_short), shown=False),
            Column("use", N_("In use"), _words(nas_words.in_use), "use", shown=False),
            Column("added", N_("Made"), instant("created_at"), "added", align="r", shown=False),
        ),
    )
)


@routes.get(PATH, NasPermission.READ)
async def show(request: web.Request) -> web.Response:
    """One page of them, and who asks in vain."""
    spoken, tally = language(request), await nas_list.counts()
    makers = [(one, nas_words.maker(spoken, {"vendor": one})) for one in await nas_list.makers()]
    seen = await read(request, TABLE, {"maker": makers}, of_tab(request, TABLE, tally))
    hearing_ignored = request.query.get("ignored") == "1"
    return page(
        request,
        "console/nas/page.html",
        seen=seen,
        tally=tally,
        hearing_ignored=hearing_ignored,
        askers=[nas_words.asker(spoken, one) for one in await nas_askers.askers(hearing_ignored)],
        ignored=await nas_askers.ignored(),
        words=nas_words,
    )


@routes.get(PATH + ".csv", NasPermission.READ)
async def as_file(request: web.Request) -> web.StreamResponse:
    """The list as a file: everything but what opens."""
    return await download(request, TABLE)


def _line(spoken: str, router: Router) -> dict[str, Any]:
    """A router as its form shows it."""
    return {
        **router,
        "glyph": nas_words.state(router),
        "signing": nas_words.signing(spoken, router),
        "ails": nas_words.ails(spoken, router),
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
