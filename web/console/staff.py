"""Members of staff: the list, the form, invitations, and what each has for the console and for routers."""

from __future__ import annotations

import secrets
from typing import Any

from aiohttp import web

from oss.access import router_logins
from oss.base import db
from oss.base.problems import InvalidInput
from oss.notify import outbox
from oss.staff import factors, recovery, router_password, user_list, users
from oss.staff.roles import LEVELS, ROLES, ROUTERS, router_level
from oss.staff.users import UserValues
from web import words
from web.auth import actor
from web.catalogues import N_
from web.console import router_words
from web.forms import Form, posted
from web.keys import CONFIG
from web.notices import tell
from web.pages import back_to, language, page, said
from web.routing import Routes

routes = Routes()
FRESH = {"role": "attendant", "active": "1", "routers": ""}
ID = "/console/staff/{id:\\d{1,17}}"


@routes.get("/console/staff", "staff.write")
async def show(request: web.Request) -> web.Response:
    """All of them."""
    async with db.pool().acquire() as connection:
        demanded = await user_list.needs_code(connection)
    more: dict[str, Any] = {"levels": router_words.LEVELS, "level_of": router_level}
    return page(request, "console/staff/page.html", people=await user_list.every(), demanded=demanded, **more)


async def _form(
    request: web.Request,
    user_id: int | None,
    values: dict[str, Any],
    errors: dict[str, str] | None = None,
    link: str | None = None,
) -> web.Response:
    row = await user_list.one(user_id) if user_id else None
    spoken = language(request)
    logins = [router_words.told(spoken, one) for one in await router_logins.logins(None, user_id, 10)] if row else []
    more: dict[str, Any] = {
        "row": row,
        "logins": logins,
        "errors": errors or {},
        "roles": list(ROLES),
        "by_role": ROUTERS,
    }
    choices = [(name, router_words.level(spoken, name)) for name in LEVELS]
    more |= {"levels": choices, "names": router_words.LEVELS}
    more |= {"link": link, "mails": outbox.configured()}
    name, status = "console/staff/form.html", 422 if errors else 200
    return page(request, name, status=status, user_id=user_id, values=values, **more)


@routes.get("/console/staff/new", "staff.write")
async def fresh(request: web.Request) -> web.Response:
    """An empty form."""
    return await _form(request, None, dict(FRESH))


@routes.get(ID, "staff.write")
async def edit(request: web.Request) -> web.Response:
    """One of them in the form."""
    return await _form(request, int(request.match_info["id"]), await _known(int(request.match_info["id"])))


async def _known(user_id: int) -> dict[str, Any]:
    """A user as the form's fields."""
    row = await user_list.one(user_id)
    values = {name: row[name] or "" for name in ("login", "name", "email", "role", "routers")}
    return values | {"active": "1" if row["active"] else ""}


def _values(form: Form) -> UserValues:
    values = UserValues(
        name=form.text("name", required=True, most=120),
        role=form.choice("role", list(ROLES)),
        active=form.flag("active"),
        routers=form.choice("routers", ["", *LEVELS]) or None,
    )
    form.check()
    users.check_values(values)
    return values


async def _save(request: web.Request, form: Form, user_id: int | None) -> tuple[int, str | None]:
    """Save; a new one is invited, with a password nobody knows until then. Returns id and invitation."""
    values, email = _values(form), users.plain_email(form.text("email", most=254))
    async with db.transaction() as connection:
        if made := user_id is None:
            chance = secrets.token_urlsafe(32)
            login = form.text("login")
            user_id = await users.add(connection, actor(request), login, values.name, chance, values.role)
        await users.change(connection, actor(request), user_id, values)
        await users.set_email(connection, user_id, email)
        config = request.app[CONFIG]
        invited = (connection, actor(request), user_id, config.public_url, config.zone)
        return user_id, await recovery.invite(*invited) if made else None


async def _wrong(request: web.Request, form: Form, problem: InvalidInput) -> web.Response:
    known = int(request.match_info["id"]) if "id" in request.match_info else None
    return await _form(request, known, form.values(), words.wrongs(language(request), problem.fields))


@routes.post("/console/staff", "staff.write", fresh=True)
async def create(request: web.Request) -> web.Response:
    """Save a new one and invite them."""
    form = await posted(request)
    try:
        user_id, link = await _save(request, form, None)
    except InvalidInput as problem:
        return await _wrong(request, form, problem)
    return await _invited(request, user_id, link or "")


@routes.post(ID, "staff.write", fresh=True)
async def change(request: web.Request) -> web.Response:
    """Save changes."""
    form = await posted(request)
    try:
        await _save(request, form, int(request.match_info["id"]))
    except InvalidInput as problem:
        return await _wrong(request, form, problem)
    text = N_("%(name)s is saved and in force within the second")
    tell(request, said(request, text, name=form.text("name")))
    return back_to(request, "/console/staff")


@routes.post(ID + "/invite", "staff.write", fresh=True)
async def invite(request: web.Request) -> web.Response:
    """Another link with which somebody sets a password; links before it are worth nothing."""
    user_id, config = int(request.match_info["id"]), request.app[CONFIG]
    await user_list.one(user_id)
    async with db.transaction() as connection:
        link = await recovery.invite(connection, actor(request), user_id, config.public_url, config.zone)
    return await _invited(request, user_id, link)


async def _invited(request: web.Request, user_id: int, link: str) -> web.Response:
    """The link went by e-mail; else it is shown this once, to be handed over."""
    row = await user_list.one(user_id)
    if not (row["email"] and outbox.configured()):
        return await _form(request, user_id, await _known(user_id), link=link)
    tell(request, said(request, N_("The invitation of %(name)s is on its way"), name=row["name"]))
    return back_to(request, f"/console/staff/{user_id}")


@routes.post("/console/staff/codes-on-routers", "staff.write", fresh=True)
async def demand(request: web.Request) -> web.Response:
    """Whether routers are closed to who has no one-time codes."""
    wanted = (await posted(request)).flag("demanded")
    async with db.transaction() as connection:
        await user_list.set_needs_code(connection, actor(request), wanted)
    tell(
        request,
        said(request, N_("Codes are demanded on routers") if wanted else N_("Codes are not demanded on routers")),
    )
    return back_to(request, "/console/staff")


@routes.post(ID + "/remove", "staff.write", fresh=True)
async def remove(request: web.Request) -> web.Response:
    """Take away somebody's second factor (a lost telephone) or password for routers (one that got about)."""
    form, user_id = await posted(request), int(request.match_info["id"])
    what = form.choice("what", ["second_factor", "router_password"])
    form.check()
    row = await user_list.one(user_id)
    async with db.transaction() as connection:
        if what == "second_factor":
            at = recovery.moment_words(request.app[CONFIG].zone)
            await factors.remove_all(connection, actor(request), user_id)
            await recovery.notice(connection, user_id, "factor_removed", by=actor(request).name, at=at)
        else:
            await router_password.remove(connection, actor(request), user_id)
    tell(request, said(request, N_("Removed from %(name)s"), name=row["name"]))
    return back_to(request, f"/console/staff/{user_id}")
