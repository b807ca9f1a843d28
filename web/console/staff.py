"""Members of staff: the list, the form, invitations, and what each has for routers."""

from __future__ import annotations

import secrets
from datetime import tzinfo
from typing import Any

from aiohttp import web

from oss.access import router_logins
from oss.base import db
from oss.base.listing import Listing, Order
from oss.crm import owners, within
from oss.notify import outbox
from oss.staff import factors, own_account, recovery, roles, router_password, user_list, users
from oss.staff.permissions import StaffPermission
from oss.staff.roles import LEVELS, router_level
from oss.staff.scopes import Scope
from oss.staff.user_list import Wanted
from oss.staff.users import UserValues
from web.auth import actor
from web.catalogues import N_
from web.console import role_words, router_words
from web.console.audit_history import history
from web.console.exports import download
from web.form_model import ModelForm
from web.form_saving import Done, Filled, Row, filled, save
from web.form_saving import show as show_form
from web.forms import posted
from web.inputs.staff import NewStaff, StaffChange
from web.keys import CONFIG
from web.listed import of_tab, read
from web.notices import tell
from web.pages import back_to, counted, language, page, said
from web.routing import Routes
from web.tables import Column, Filter, Params, Speech, Table, instant, named, register
from web.words import ngettext, yes_or_no

routes = Routes()
PATH = "/console/staff"
STATES = {"active": N_("May sign in"), "off": N_("Switched off"), "bare": N_("Without a second factor")}
FRESH = {"role": "attendant", "active": True, "email": "", "routers": "", "cities": []}
LABELS = {
    "name": N_("Name"),
    "role": N_("Role"),
    "active": N_("May sign in"),
    "email": N_("E-mail"),
    "routers": N_("May do there"),
    "cities": N_("Own cities"),
}
RANKS = {"role": role_words.NAMES, "routers": router_words.LEVELS}
STAFF = ModelForm("staff", StaffPermission.WRITE, StaffChange, LABELS, table="staff_user", choices=RANKS)
NEW_STAFF = ModelForm("new-staff", StaffPermission.WRITE, NewStaff, LABELS | {"login": N_("Login")}, taken="login")
ID = "/console/staff/{id:\\d{1,17}}"
ON_ITS_WAY = N_("The invitation of %(name)s is on its way")
HAND_OVER = N_("%(name)s is added; hand over the link")


def _source(params: Params, zone: tzinfo, scope: Scope) -> tuple[Listing, Order]:
    """Whoever may see members of staff sees all of them."""
    state, role, level = params.get("state", ""), params.get("role", ""), params.get("routers", "")
    wish = Wanted(params.get("q", ""), state, role, level, params.get("sort", "use"))
    return user_list.listing(wish), wish.order


def _role(row: Any, speech: Speech) -> str:
    return str(row["role_name"] or speech.say(role_words.NAMES.get(row["role"], row["role"])))


def _level(row: Any, speech: Speech) -> str:
    return router_words.level(speech.language, router_level(row["role_level"], row["routers"]))


def factor_of(row: Any) -> str:
    """Somebody's second factor, as a msgid."""
    if row["passkeys"]:
        return N_("Passkey and codes") if row["totp_since"] else N_("Passkey")
    return N_("Codes") if row["totp_since"] else N_("none")


def _factor(row: Any, speech: Speech) -> str:
    return speech.say(factor_of(row))


def _cities_of(row: Any, speech: Speech) -> str:
    return ", ".join(row["cities"])


def _may(row: Any, speech: Speech) -> str:
    return yes_or_no(speech.language, row["active"])


TABLE = register(
    Table(
        name="staff",
        path=PATH,
        label=N_("Staff"),
        file="equipe",
        permission=StaffPermission.WRITE,
        exports=StaffPermission.WRITE,
        personal="staff",
        sort="use",
        source=_source,
        filters=(
            Filter("state", N_("State"), choices=STATES, tabs=True),
            Filter("role", N_("Role"), kind="text"),
            Filter("routers", N_("On routers"), choices=router_words.LEVELS),
        ),
        columns=(
            Column("name", N_("Name"), named("name"), "name", td="name"),
            Column("login", N_("Login"), named("login"), "login", td="mono"),
            Column("use", N_("May sign in"), _may, "use", shown=False),
            Column("role", N_("Role"), _role, "role"),
            Column("routers", N_("On routers"), _level),
            Column("factor", N_("Second factor"), _factor),
            Column("email", N_("E-mail"), named("email"), shown=False),
            Column("cities", N_("Own cities"), _cities_of, shown=False),
            Column("seen", N_("Last here"), instant("last_login_at"), "seen", align="r", td="num"),
            Column("added", N_("Made"), instant("created_at"), "added", align="r", shown=False),
        ),
    )
)


@routes.get(PATH, StaffPermission.WRITE)
async def show(request: web.Request) -> web.Response:
    """One page of them, and whether routers demand codes of them."""
    async with db.pool().acquire() as connection:
        demanded = await user_list.needs_code(connection)
    names = [(one.key, one.name or said(request, role_words.NAMES[one.key])) for one in await roles.every()]
    tally = await user_list.counts()
    seen = await read(request, TABLE, {"role": names}, of_tab(request, TABLE, tally))
    more: dict[str, Any] = {"levels": router_words.LEVELS, "level_of": router_level, "factor_of": factor_of}
    return page(request, "console/staff/page.html", seen=seen, tally=tally, states=STATES, demanded=demanded, **more)


@routes.get(PATH + ".csv", StaffPermission.WRITE)
async def as_file(request: web.Request) -> web.StreamResponse:
    """The list as a file: nothing of what opens."""
    return await download(request, TABLE)


async def _cities() -> list[str]:
    async with db.pool().acquire() as connection:
        return await within.cities(connection)


async def _form(request: web.Request, user_id: int | None, form: Filled, link: str | None = None) -> web.Response:
    """The form; ``link``: an invitation, shown this once."""
    row = await user_list.one(user_id) if user_id else None
    spoken = language(request)
    logins = [router_words.told(spoken, one) for one in await router_logins.logins(None, user_id, 10)] if row else []
    more: dict[str, Any] = {"row": row, "logins": logins, "roles": await roles.every(), "cities": await _cities()}
    choices = [(name, router_words.level(spoken, name)) for name in LEVELS]
    more |= await _owned(user_id) if user_id else {}
    more["history"] = await history(request, ("staff_user", user_id)) if row else []
    more |= {"levels": choices, "names": router_words.LEVELS, "link": link, "mails": outbox.configured()}
    return show_form(request, "console/staff/form.html", form, user_id=user_id, **more)


async def _owned(user_id: int) -> dict[str, Any]:
    """How many customers are somebody's own, and to whom they may be given."""
    async with db.pool().acquire() as connection:
        owned = await owners.count(connection, user_id)
    people = await user_list.every() if owned else []
    heirs = [(one["id"], one["name"]) for one in people if one["active"] and one["id"] != user_id]
    return {"owned": owned, "heirs": heirs}


@routes.get("/console/staff/new", StaffPermission.WRITE)
async def fresh(request: web.Request) -> web.Response:
    """An empty form."""
    return await _form(request, None, filled(request, NEW_STAFF, FRESH))


@routes.get(ID, StaffPermission.WRITE)
async def edit(request: web.Request) -> web.Response:
    """One of them in the form."""
    row = await user_list.one(int(request.match_info["id"]))
    return await _form(request, row["id"], filled(request, STAFF, row))


async def _add(request: web.Request, connection: db.Connection, values: NewStaff) -> tuple[int, str]:
    """A new one with a password nobody knows, and the invitation with which they choose their own."""
    chance, config = secrets.token_urlsafe(32), request.app[CONFIG]
    user_id = await users.add(connection, actor(request), values.login, values.name, chance, values.role)
    await users.change(connection, actor(request), user_id, _values(values))
    invited = (connection, actor(request), user_id, config.public_url, config.zone)
    return user_id, await recovery.invite(*invited)


def _values(values: StaffChange) -> UserValues:
    return UserValues(**values.model_dump(include=set(StaffChange.model_fields)))


@routes.post("/console/staff", StaffPermission.WRITE, fresh=True)
async def create(request: web.Request) -> web.Response:
    """Save a new one and invite them: by e-mail, else with the link on the answer (it is kept nowhere)."""
    made: list[tuple[int, str]] = []

    async def act(connection: db.Connection, values: NewStaff) -> Done:
        made.append(await _add(request, connection, values))
        sent = bool(values.email) and outbox.configured()
        text = said(request, ON_ITS_WAY if sent else HAND_OVER, name=values.name)
        return Done(f"/console/staff/{made[0][0]}", text)

    async def again(form: Filled) -> web.Response:
        return await _form(request, None, form)

    answer = await save(request, NEW_STAFF, act, again)
    return await _shown(request, *made[0]) or answer if made and answer.status == 303 else answer


@routes.post(ID, StaffPermission.WRITE, fresh=True)
async def change(request: web.Request) -> web.Response:
    """Save changes."""
    user_id = int(request.match_info["id"])

    async def act(connection: db.Connection, values: StaffChange) -> Done:
        old = await own_account.email(user_id)
        await users.change(connection, actor(request), user_id, _values(values))
        zone, new = request.app[CONFIG].zone, users.plain_email(values.email or "")
        await own_account.tell_old_address(connection, actor(request), user_id, old, new, zone)
        text = N_("%(name)s is saved and in force within the second")
        return Done("/console/staff", said(request, text, name=values.name))

    async def again(form: Filled) -> web.Response:
        return await _form(request, user_id, form)

    async def present() -> Any:
        return await user_list.one(user_id)

    named = {"role": {one.key: one.name for one in await roles.every() if one.name}}
    return await save(request, STAFF, act, again, Row(user_id, present, named))


async def _shown(request: web.Request, user_id: int, link: str) -> web.Response | None:
    """The page with an invitation, where it did not go by e-mail."""
    row = await user_list.one(user_id)
    if row["email"] and outbox.configured():
        return None
    return await _form(request, user_id, filled(request, STAFF, row), link)


@routes.post(ID + "/invite", StaffPermission.WRITE, fresh=True)
async def invite(request: web.Request) -> web.Response:
    """Another link with which somebody sets a password; links before it are worth nothing."""
    user_id, config = int(request.match_info["id"]), request.app[CONFIG]
    row = await user_list.one(user_id)
    async with db.transaction() as connection:
        link = await recovery.invite(connection, actor(request), user_id, config.public_url, config.zone)
    if shown := await _shown(request, user_id, link):
        return shown
    tell(request, said(request, ON_ITS_WAY, name=row["name"]))
    return back_to(request, f"/console/staff/{user_id}")


@routes.post("/console/staff/codes-on-routers", StaffPermission.WRITE, fresh=True)
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


@routes.post(ID + "/hand-over", StaffPermission.WRITE, fresh=True)
async def hand_over(request: web.Request) -> web.Response:
    """Somebody leaves, or does something else: their own customers become another's own."""
    form, user_id = await posted(request), int(request.match_info["id"])
    to = form.number("to")
    form.check()
    async with db.transaction() as connection:
        count = await owners.hand_over(connection, actor(request), user_id, to)
    tell(request, counted(request, ngettext("%(num)s customer handed over", "%(num)s customers handed over"), count))
    return back_to(request, f"/console/staff/{user_id}")


@routes.post(ID + "/remove", StaffPermission.WRITE, fresh=True)
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
