"""API tokens: who may call, what each is kept to; made with at most what its maker may do, shown once, revoked."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from oss.base import db
from oss.base.problems import InvalidInput
from oss.crm import within
from oss.staff import roles, token_list, tokens
from oss.staff.permissions import TokenPermission
from oss.staff.tokens import Limits
from web import words
from web.auth import actor, held, permissions
from web.catalogues import N_
from web.console import role_words
from web.forms import Form, posted
from web.keys import CONFIG
from web.notices import tell
from web.pages import back_to, language, page, said
from web.routing import Routes

routes = Routes()
PATH = "/console/tokens"
ONE = PATH + "/{id:\\d{1,17}}"
DAYS = ("30", "90", "365", "0")  # 0: for good
FRESH = {"role": "reader", "days": "90", "part": "", "networks": "", "name": "", "cities": [], "permissions": []}


@routes.get(PATH, TokenPermission.WRITE)
async def show(request: web.Request) -> web.Response:
    """Those in force first."""
    return page(request, "console/tokens/page.html", tokens=await token_list.every(), path=PATH)


async def _form(request: web.Request, values: dict[str, Any], errors: dict[str, str] | None = None) -> web.Response:
    async with db.pool().acquire() as connection:
        cities = await within.cities(connection)
    mine = permissions(request)
    groups = [(one.label, [act for act in one.acts if act in mine]) for one in role_words.groups()]
    more: dict[str, Any] = {"roles": await roles.every(), "groups": groups, "cities": cities, "days": DAYS}
    more |= {"notes": role_words.NOTES, "short": role_words.SHORT, "errors": errors or {}, "path": PATH}
    return page(request, "console/tokens/form.html", status=422 if errors else 200, values=values, **more)


@routes.get(PATH + "/new", TokenPermission.WRITE)
async def ask(request: web.Request) -> web.Response:
    """A name, a role, the part of it, from where, for how long."""
    return await _form(request, dict(FRESH))


def _limits(form: Form) -> Limits:
    part = form.many("permissions") if form.flag("part") else None
    if part is not None and not part:
        form.wrong["permissions"] = "choose at least one"
    networks = form.text("networks", most=2000).replace(",", " ").split()
    return Limits(part, networks or None, form.many("cities"))


@routes.post(PATH, TokenPermission.WRITE)
async def create(request: web.Request) -> web.Response:
    """Make it, and show it this once."""
    form = await posted(request)
    name, role = form.text("name", required=True, most=80), form.text("role", required=True, most=32)
    days, limits = int(form.choice("days", DAYS)), _limits(form)
    try:
        form.check()
        async with db.transaction() as connection:
            made = await tokens.make(connection, actor(request), name, role, days or None, limits, held(request))
    except InvalidInput as problem:
        typed = form.values() | {"cities": form.many("cities"), "permissions": form.many("permissions")}
        return await _form(request, typed, words.wrongs(language(request), problem.fields))
    row, base = await token_list.one(made.id), request.app[CONFIG].public_url
    return page(request, "console/tokens/made.html", status=201, row=row, token=made.token, path=PATH, base=base)


@routes.get(ONE + "/revoke", TokenPermission.WRITE)
async def sure(request: web.Request) -> web.Response:
    """What ends with it."""
    row = await token_list.one(int(request.match_info["id"]))
    return page(request, "console/tokens/revoke.html", row=row, back=PATH)


@routes.post(ONE + "/revoke", TokenPermission.WRITE)
async def revoke(request: web.Request) -> web.Response:
    """End it at once."""
    row = await token_list.one(int(request.match_info["id"]))
    async with db.transaction() as connection:
        await tokens.revoke(connection, actor(request), row["id"])
    tell(request, said(request, N_("%(name)s is revoked"), name=row["name"]))
    return back_to(request, PATH)
