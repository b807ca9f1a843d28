"""Members of staff: the list, the form, and what each has for routers."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from oss.access import router_logins
from oss.base import db
from oss.crm import within
from oss.staff import one_time, roles, router_password, user_list, users
from oss.staff.permissions import StaffPermission
from oss.staff.roles import LEVELS, router_level
from oss.staff.users import UserValues
from web.auth import actor
from web.catalogues import N_
from web.console import role_words, router_words
from web.console.audit_history import history
from web.form_model import ModelForm
from web.form_saving import Done, Filled, Row, filled, save
from web.form_saving import show as show_form
from web.forms import posted
from web.inputs.staff import NewStaff, StaffChange
from web.notices import tell
from web.pages import back_to, language, page, said
from web.routing import Routes

routes = Routes()
FRESH = {"role": "attendant", "active": True, "routers": "", "cities": []}
LABELS = {
    "name": N_("Name"),
    "role": N_("Role"),
    "active": N_("May sign in"),
    "password": N_("Password"),
    "routers": N_("May do there"),
    "cities": N_("Own cities"),
}
RANKS = {"role": role_words.NAMES, "routers": router_words.LEVELS}
STAFF = ModelForm("staff", StaffPermission.WRITE, StaffChange, LABELS, table="staff_user", choices=RANKS)
NEW_STAFF = ModelForm("new-staff", StaffPermission.WRITE, NewStaff, LABELS | {"login": N_("Login")}, taken="login")
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


async def _form(request: web.Request, user_id: int | None, form: Filled) -> web.Response:
    row = await user_list.one(user_id) if user_id else None
    spoken = language(request)
    logins = [router_words.told(spoken, one) for one in await router_logins.logins(None, user_id, 10)] if row else []
    more: dict[str, Any] = {"row": row, "logins": logins, "roles": await roles.every(), "cities": await _cities()}
    choices = [(name, router_words.level(spoken, name)) for name in LEVELS]
    more["history"] = await history(request, ("staff_user", user_id)) if row else []
    more |= {"levels": choices, "names": router_words.LEVELS}
    return show_form(request, "console/staff/form.html", form, user_id=user_id, **more)


@routes.get("/console/staff/new", StaffPermission.WRITE)
async def fresh(request: web.Request) -> web.Response:
    """An empty form."""
    return await _form(request, None, filled(request, NEW_STAFF, FRESH))


@routes.get(ID, StaffPermission.WRITE)
async def edit(request: web.Request) -> web.Response:
    """One of them in the form."""
    row = await user_list.one(int(request.match_info["id"]))
    return await _form(request, row["id"], filled(request, STAFF, row))


def _values(values: StaffChange) -> UserValues:
    return UserValues(**values.model_dump(include=set(StaffChange.model_fields)))


async def _save(request: web.Request, user_id: int | None) -> web.Response:
    async def act(connection: db.Connection, values: StaffChange) -> Done:
        changed, edited = _values(values), user_id
        users.check_values(changed)
        if isinstance(values, NewStaff):
            password = changed.password or ""
            edited = await users.add(connection, actor(request), values.login, values.name, password, values.role)
        await users.change(connection, actor(request), edited or 0, changed)
        text = N_("%(name)s is saved and in force within the second")
        return Done("/console/staff", said(request, text, name=values.name))

    async def again(form: Filled) -> web.Response:
        return await _form(request, user_id, form)

    async def present() -> Any:
        return await user_list.one(user_id or 0)

    form: ModelForm[Any] = STAFF if user_id else NEW_STAFF
    named = {"role": {one.key: one.name for one in await roles.every() if one.name}}
    return await save(request, form, act, again, Row(user_id, present, named) if user_id else None)


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
