"""Realms: whose logins another server answers, the home servers of each and how they do."""

from __future__ import annotations

import re
from typing import Any

from aiohttp import web

from oss.access import realm_list, realms
from oss.access.permissions import NasPermission
from oss.access.realms import KINDS, TRANSPORTS, WHEN_SILENT, HomeValues, RealmValues
from oss.base import db
from oss.base.problems import Conflict, InvalidInput
from web import words
from web.auth import actor
from web.catalogues import N_
from web.console import realm_words
from web.forms import Form, posted
from web.keys import SEALER
from web.notices import tell
from web.pages import back_to, language, page, said
from web.routing import Routes

routes = Routes()
FRESH = {"kind": "suffix", "when_silent": "silence", "accounting": "1", "active": "1"}
FRESH_HOME = {
    "transport": "udp",
    "auth_port": "1812",
    "acct_port": "1813",
    "position": "1",
    "signs": "1",
    "active": "1",
}


@routes.get("/console/realms", NasPermission.READ)
async def show(request: web.Request) -> web.Response:
    """All realms with their home servers."""
    return page(request, "console/realms/page.html", realms=await realm_list.every(), said_of=realm_words)


# ------------------------------------------------------------ a realm


def _form(request: web.Request, realm_id: int | None, values: dict[str, Any], row: Any, **more: Any) -> web.Response:
    errors = more.pop("errors", {})
    fixed = {"realm_id": realm_id, "values": values, "row": row, "errors": errors, "said_of": realm_words}
    return page(request, "console/realms/form.html", **fixed, **more)


@routes.get("/console/realms/new", NasPermission.WRITE)
async def fresh(request: web.Request) -> web.Response:
    """An empty form."""
    return _form(request, None, dict(FRESH), None)


@routes.get("/console/realms/{id:\\d{1,17}}", NasPermission.READ)
async def edit(request: web.Request) -> web.Response:
    """One realm: its form and its home servers."""
    row = await realm_list.one(int(request.match_info["id"]))
    return _form(request, row["id"], {**row, "allow": "\n".join(row["allow"])}, row)


def _values(form: Form) -> RealmValues:
    values = RealmValues(
        name=form.text("name", most=253),
        kind=form.choice("kind", KINDS),
        strip=form.flag("strip"),
        when_silent=form.choice("when_silent", WHEN_SILENT),
        accounting=form.flag("accounting"),
        allow=tuple(re.split(r"[\s,;]+", text)) if (text := form.text("allow", most=2000)) else (),
        active=form.flag("active"),
    )
    form.check()
    return values


async def _save(request: web.Request, realm_id: int | None) -> web.Response:
    form = await posted(request)
    try:
        values = _values(form)
        async with db.transaction() as connection:
            saved = await realms.save(connection, actor(request), values, realm_id)
    except (InvalidInput, Conflict) as problem:
        told = problem.fields if isinstance(problem, InvalidInput) else {"name": "already taken"}
        row = await realm_list.one(realm_id) if realm_id else None
        return _form(request, realm_id, form.values(), row, errors=words.wrongs(language(request), told), status=422)
    tell(request, said(request, N_("The realm is saved and in use within the second")))
    return back_to(request, f"/console/realms/{saved}")


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


def _home_form(request: web.Request, realm: Any, home_id: int | None, values: Any, **more: Any) -> web.Response:
    more = {"row": None, "errors": {}, **more}
    fixed = {"realm": realm, "home_id": home_id, "values": values, "said_of": realm_words}
    return page(request, "console/realms/server.html", **fixed, **more)


@routes.get("/console/realms/{id:\\d{1,17}}/servers/new", NasPermission.WRITE)
async def fresh_home(request: web.Request) -> web.Response:
    """An empty form, next in order."""
    realm = await realm_list.one(int(request.match_info["id"]))
    return _home_form(request, realm, None, {**FRESH_HOME, "position": str(len(realm["homes"]) + 1)})


@routes.get("/console/realms/{id:\\d{1,17}}/servers/{home:\\d{1,17}}", NasPermission.READ)
async def edit_home(request: web.Request) -> web.Response:
    """One home server and how it does."""
    realm_id, home_id = int(request.match_info["id"]), int(request.match_info["home"])
    row = await realm_list.home(realm_id, home_id)
    return _home_form(request, await realm_list.one(realm_id), home_id, row, row=row)


def _home_values(form: Form) -> HomeValues:
    values = HomeValues(
        host=form.text("host", most=253),
        transport=form.choice("transport", TRANSPORTS),
        auth_port=form.number("auth_port"),
        acct_port=form.number("acct_port"),
        secret=form.secret("secret"),
        certificate_name=form.text("certificate_name", most=253),
        position=form.number("position"),
        signs=form.flag("signs"),
        active=form.flag("active"),
    )
    form.check()
    return values


async def _save_home(request: web.Request, realm_id: int, home_id: int | None) -> web.Response:
    form = await posted(request)
    try:
        values = _home_values(form)
        async with db.transaction() as connection:
            sealer = request.app[SEALER]
            await realms.save_home(connection, sealer, actor(request), realm_id, values, home_id)
    except InvalidInput as problem:
        errors = words.wrongs(language(request), problem.fields)
        realm = await realm_list.one(realm_id)
        row = await realm_list.home(realm_id, home_id) if home_id else None
        return _home_form(request, realm, home_id, form.values(), row=row, errors=errors, status=422)
    tell(request, said(request, N_("%(name)s is saved and in use within the second"), name=values.host))
    return back_to(request, f"/console/realms/{realm_id}")


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
