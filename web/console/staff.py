"""Members of staff: the list, the form, and what each has for routers."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from oss.access import router_logins
from oss.base import db
from oss.base.problems import InvalidInput
from oss.crm import within
from oss.staff import one_time, roles, router_password, user_list, users
from oss.staff.permissions import StaffPermission
from oss.staff.roles import LEVELS, router_level
from oss.staff.users import UserValues
from web import words
from web.auth import actor
from web.catalogues import N_
from web.console import router_words
from web.console.audit_history import history
from web.forms import Form, posted
from web.notices import tell
from web.pages import back_to, language, page, said
from web.routing import Routes

routes = Routes()
FRESH = {"role": "attendant", "active": "1", "routers": "", "cities": []}
ID = "/console/staff/{id:\\d{1,17}}"


@routes.get("/console/staff", StaffPermission.WRITE)
async def show(request: web.Request) -> web.Response:
    """All of them."""
    async with db.pool().acquire() as connection:
        demanded = await user_list.needs_code(connection)
    more: dict[str, Any] = {"levels": router_words.LEVELS, "level_of": router_level}
    return page(request, "console/staff/page.html", people=await user_list.every(), demanded=demanded, **more)


async def _cities() -> list[str]:
    async with db.pool().acquire() as connection:
        return await within.cities(connection)


async def _form(
    request: web.Request, user_id: int | None, values: dict[str, Any], errors: dict[str, str] | None = None
) -> web.Response:
    row = await user_list.one(user_id) if user_id else None
    spoken = language(request)
    logins = [router_words.told(spoken, one) for one in await router_logins.logins(None, user_id, 10)] if row else []
    more: dict[str, Any] = {
        "row": row,
        "logins": logins,
        "errors": errors or {},
        "roles": await roles.every(),
        "cities": await _cities(),
    }
    choices = [(name, router_words.level(spoken, name)) for name in LEVELS]
    more["history"] = await history(request, ("staff_user", user_id)) if row else []
    more |= {"levels": choices, "names": router_words.LEVELS}
    name, status = "console/staff/form.html", 422 if errors else 200
    return page(request, name, status=status, user_id=user_id, values=values, **more)


@routes.get("/console/staff/new", StaffPermission.WRITE)
async def fresh(request: web.Request) -> web.Response:
    """An empty form."""
    return await _form(request, None, dict(FRESH))


@routes.get(ID, StaffPermission.WRITE)
async def edit(request: web.Request) -> web.Response:
    """One of them in the form."""
    row = await user_list.one(int(request.match_info["id"]))
    values = {name: row[name] or "" for name in ("login", "name", "role", "routers")} | {"cities": list(row["cities"])}
    return await _form(request, row["id"], values | {"active": "1" if row["active"] else ""})


def _values(form: Form) -> UserValues:
    values = UserValues(
        name=form.text("name", required=True, most=120),
        role=form.text("role", required=True, most=32),
        active=form.flag("active"),
        password=form.secret("password"),
        routers=form.choice("routers", ["", *LEVELS]) or None,
        cities=form.many("cities"),
    )
    form.check()
    users.check_values(values)
    return values


async def _save(request: web.Request, user_id: int | None) -> web.Response:
    form = await posted(request)
    try:
        values = _values(form)
        async with db.transaction() as connection:
            if user_id is None:
                login, password = form.text("login"), values.password or ""
                user_id = await users.add(connection, actor(request), login, values.name, password, values.role)
            await users.change(connection, actor(request), user_id, values)
    except InvalidInput as problem:
        known = int(request.match_info["id"]) if "id" in request.match_info else None
        typed = form.values() | {"cities": form.many("cities")}
        return await _form(request, known, typed, words.wrongs(language(request), problem.fields))
    tell(request, said(request, N_("%(name)s is saved and in force within the second"), name=values.name))
    return back_to(request, "/console/staff")


@routes.post("/console/staff", StaffPermission.WRITE)
async def create(request: web.Request) -> web.Response:
    """Save a new one."""
    return await _save(request, None)


@routes.post(ID, StaffPermission.WRITE)
async def change(request: web.Request) -> web.Response:
    """Save changes; an empty password keeps the present one."""
    return await _save(request, int(request.match_info["id"]))


@routes.post("/console/staff/codes-on-routers", StaffPermission.WRITE)
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


@routes.post(ID + "/remove", StaffPermission.WRITE)
async def remove(request: web.Request) -> web.Response:
    """Take away what somebody has for routers: a lost telephone, a password that got about."""
    form, user_id = await posted(request), int(request.match_info["id"])
    what = form.choice("what", ["codes", "router_password"])
    form.check()
    row = await user_list.one(user_id)
    async with db.transaction() as connection:
        if what == "codes":
            await one_time.remove(connection, actor(request), user_id)
        else:
            await router_password.remove(connection, actor(request), user_id)
    tell(request, said(request, N_("Removed from %(name)s"), name=row["name"]))
    return back_to(request, f"/console/staff/{user_id}")
