"""Realms: whose logins another server answers, the home servers of each and how they do."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from oss.access import realm_list, realms
from oss.access.permissions import NasPermission
from oss.access.realms import HomeValues, RealmValues
from oss.base import db
from web import fresh as proof
from web.auth import SESSION, actor
from web.catalogues import N_
from web.console import realm_words
from web.form_model import ModelForm
from web.form_saving import Done, Filled, Row, filled, save
from web.form_saving import show as show_form
from web.inputs.realms import HomeForm, RealmForm
from web.keys import SEALER
from web.notices import tell
from web.pages import back_to, page, said
from web.routing import Routes

routes = Routes()
FRESH = {"kind": "suffix", "when_silent": "silence", "accounting": True, "active": True}
FRESH_HOME = {"transport": "udp", "auth_port": 1812, "acct_port": 1813, "signs": True, "active": True}
REALM = ModelForm(
    "realm",
    NasPermission.WRITE,
    RealmForm,
    table="realm",
    labels={
        "kind": N_("The realm stands"),
        "name": N_("Realm"),
        "strip": N_("Take the realm off the name"),
        "when_silent": N_("When no home server answers"),
        "accounting": N_("Copy accounting to the home server"),
        "allow": N_("Attributes that may come back"),
        "active": N_("In use"),
    },
    choices={
        "kind": {
            "suffix": N_("behind the name"),
            "prefix": N_("before the name"),
            "default": N_("any other realm"),
            "null": N_("no realm at all"),
        },
        "when_silent": {"silence": N_("Leave it without an answer"), "reject": N_("Refuse it")},
    },
)
HOME = ModelForm(
    "home-server",
    NasPermission.WRITE,
    HomeForm,
    table="home_server",
    taken="host",
    labels={
        "transport": N_("It is reached by"),
        "host": N_("Address"),
        "auth_port": N_("Port for logins, or TLS"),
        "acct_port": N_("Port for accounting (UDP)"),
        "position": N_("Order"),
        "secret": N_("Shared secret (UDP)"),
        "certificate_name": N_("Name in its certificate (TLS)"),
        "signs": N_("Its answers must be signed (UDP)"),
        "active": N_("In use"),
    },
    choices={"transport": {"udp": "UDP", "radsec": "TLS (RadSec)"}},
)


@routes.get("/console/realms", NasPermission.READ)
async def show(request: web.Request) -> web.Response:
    """All realms with their home servers."""
    return page(request, "console/realms/page.html", realms=await realm_list.every(), said_of=realm_words)


# ------------------------------------------------------------ a realm


async def _form(request: web.Request, realm_id: int | None, form: Filled) -> web.Response:
    row = await realm_list.one(realm_id) if realm_id else None
    more: dict[str, Any] = {"realm_id": realm_id, "row": row, "said_of": realm_words}
    return show_form(request, "console/realms/form.html", form, **more)


@routes.get("/console/realms/new", NasPermission.WRITE)
async def fresh(request: web.Request) -> web.Response:
    """An empty form."""
    return await _form(request, None, filled(request, REALM, FRESH))


@routes.get("/console/realms/{id:\\d{1,17}}", NasPermission.READ)
async def edit(request: web.Request) -> web.Response:
    """One realm: its form and its home servers."""
    row = await realm_list.one(int(request.match_info["id"]))
    return await _form(request, row["id"], filled(request, REALM, row))


async def _save(request: web.Request, realm_id: int | None) -> web.Response:
    async def act(connection: db.Connection, values: RealmForm) -> Done:
        wanted = RealmValues(**values.model_dump() | {"allow": tuple(values.allow)})
        saved = await realms.save(connection, actor(request), wanted, realm_id)
        return Done(f"/console/realms/{saved}", said(request, N_("The realm is saved and in use within the second")))

    async def again(form: Filled) -> web.Response:
        return await _form(request, realm_id, form)

    async def present() -> Any:
        return await realm_list.one(realm_id or 0)

    return await save(request, REALM, act, again, Row(realm_id, present) if realm_id else None)


@routes.post("/console/realms", NasPermission.WRITE)
async def create(request: web.Request) -> web.Response:
    """Save a new one."""
    return await _save(request, None)


@routes.post("/console/realms/{id:\\d{1,17}}", NasPermission.WRITE)
async def change(request: web.Request) -> web.Response:
    """Save changes."""
    return await _save(request, int(request.match_info["id"]))


@routes.post("/console/realms/{id:\\d{1,17}}/remove", NasPermission.WRITE)
async def remove(request: web.Request) -> web.Response:
    """The realm and its home servers are gone."""
    async with db.transaction() as connection:
        await realms.remove(connection, actor(request), int(request.match_info["id"]))
    tell(request, said(request, N_("The realm is removed")))
    return back_to(request, "/console/realms")


# ------------------------------------------------------------ a home server


async def _home_form(request: web.Request, realm_id: int, home_id: int | None, form: Filled) -> web.Response:
    row = await realm_list.home(realm_id, home_id) if home_id else None
    more: dict[str, Any] = {"realm": await realm_list.one(realm_id), "home_id": home_id, "row": row}
    return show_form(request, "console/realms/server.html", form, said_of=realm_words, **more)


@routes.get("/console/realms/{id:\\d{1,17}}/servers/new", NasPermission.WRITE)
async def fresh_home(request: web.Request) -> web.Response:
    """An empty form, next in order."""
    realm = await realm_list.one(int(request.match_info["id"]))
    values = {**FRESH_HOME, "position": len(realm["homes"]) + 1}
    return await _home_form(request, realm["id"], None, filled(request, HOME, values))


@routes.get("/console/realms/{id:\\d{1,17}}/servers/{home:\\d{1,17}}", NasPermission.READ)
async def edit_home(request: web.Request) -> web.Response:
    """One home server and how it does."""
    realm_id, home_id = int(request.match_info["id"]), int(request.match_info["home"])
    row = await realm_list.home(realm_id, home_id)
    return await _home_form(request, realm_id, home_id, filled(request, HOME, row))


async def _save_home(request: web.Request, realm_id: int, home_id: int | None) -> web.Response:
    if (await request.post()).get("secret"):
        proof.demand(request[SESSION])

    async def act(connection: db.Connection, values: HomeForm) -> Done:
        sealer, wanted = request.app[SEALER], HomeValues(**values.model_dump())
        await realms.save_home(connection, sealer, actor(request), realm_id, wanted, home_id)
        text = N_("%(name)s is saved and in use within the second")
        return Done(f"/console/realms/{realm_id}", said(request, text, name=values.host))

    async def again(form: Filled) -> web.Response:
        return await _home_form(request, realm_id, home_id, form)

    async def present() -> Any:
        return await realm_list.home(realm_id, home_id or 0)

    return await save(request, HOME, act, again, Row(home_id, present) if home_id else None)


@routes.post("/console/realms/{id:\\d{1,17}}/servers", NasPermission.WRITE)
async def create_home(request: web.Request) -> web.Response:
    """Save a new one."""
    return await _save_home(request, int(request.match_info["id"]), None)


@routes.post("/console/realms/{id:\\d{1,17}}/servers/{home:\\d{1,17}}", NasPermission.WRITE)
async def change_home(request: web.Request) -> web.Response:
    """Save changes; an empty secret keeps the present one."""
    return await _save_home(request, int(request.match_info["id"]), int(request.match_info["home"]))


@routes.post("/console/realms/{id:\\d{1,17}}/servers/{home:\\d{1,17}}/remove", NasPermission.WRITE)
async def remove_home(request: web.Request) -> web.Response:
    """It is asked no more."""
    realm_id = int(request.match_info["id"])
    async with db.transaction() as connection:
        await realms.remove_home(connection, actor(request), realm_id, int(request.match_info["home"]))
    tell(request, said(request, N_("The home server is removed")))
    return back_to(request, f"/console/realms/{realm_id}")
