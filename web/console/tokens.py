"""API tokens: who may call, what each is kept to; made with at most what its maker may do, shown once, revoked."""

from __future__ import annotations

from datetime import tzinfo
from typing import Any

from aiohttp import web

from oss.base import db
from oss.base.listing import Listing, Order
from oss.base.problems import InvalidInput
from oss.crm import within
from oss.staff import roles, token_list, tokens
from oss.staff.permissions import TokenPermission
from oss.staff.scopes import Scope
from oss.staff.token_list import Wanted
from oss.staff.tokens import Limits, Made
from web.auth import actor, held, permissions
from web.catalogues import N_
from web.console import role_words
from web.console.exports import download
from web.form_model import ModelForm
from web.form_saving import Done, Filled, filled, save
from web.form_saving import show as show_form
from web.inputs.tokens import TokenForm
from web.keys import CONFIG
from web.listed import read
from web.notices import tell
from web.pages import back_to, page, said
from web.routing import Routes
from web.tables import Column, Filter, Params, Speech, Table, instant, named, register

routes = Routes()
PATH = "/console/tokens"
ONE = PATH + "/{id:\\d{1,17}}"
STATES = {"active": N_("In force"), "ended": N_("Ended"), "anywhere": N_("Good from anywhere")}
DAYS = ("30", "90", "365", "0")  # 0: for good
FRESH = {"role": "reader", "days": "90", "part": False, "networks": [], "cities": [], "permissions": []}
TOKEN = ModelForm(
    "token",
    TokenPermission.WRITE,
    TokenForm,
    labels={
        "name": N_("Name"),
        "days": N_("Works for"),
        "role": N_("Role"),
        "part": N_("Of this role"),
        "permissions": N_("Of this role"),
        "cities": N_("Own cities"),
        "networks": N_("Addresses or networks"),
    },
)


def _source(params: Params, zone: tzinfo, scope: Scope) -> tuple[Listing, Order]:
    """Tokens are no customer's: whoever may see them sees all of them."""
    wish = Wanted(params.get("q", ""), params.get("state", ""), params.get("role", ""), params.get("sort", "-made"))
    return token_list.listing(wish), wish.order


def _role(row: Any, speech: Speech) -> str:
    return str(row["role_name"] or speech.say(role_words.NAMES.get(row["role"], row["role"])))


def _acts(row: Any, speech: Speech) -> str:
    return " ".join(row["permissions"] or ())


def _from(row: Any, speech: Speech) -> str:
    return " ".join(row["networks"] or ())


TABLE = register(
    Table(
        name="tokens",
        path=PATH,
        label=N_("API tokens"),
        file="tokens",
        permission=TokenPermission.WRITE,
        exports=TokenPermission.WRITE,
        personal="tokens",
        sort="-made",
        source=_source,
        filters=(
            Filter("state", N_("State"), choices=STATES, tabs=True),
            Filter("role", N_("Role"), kind="text"),
        ),
        columns=(
            Column("name", N_("Name"), named("name"), "name", td="name"),
            Column("role", N_("May do"), _role, "role"),
            Column("acts", N_("Only these acts"), _acts, shown=False),
            Column("from", N_("From"), _from, td="num"),
            Column("by", N_("Made by"), named("made_by"), "by", css="max-[1100px]:hidden"),
            Column("made", N_("Made"), instant("created_at"), "made", align="r", css="max-[1240px]:hidden"),
            Column("until", N_("Works"), instant("expires_at"), "until", align="r"),
            Column("used", N_("Last used"), instant("last_used_at"), "used", align="r"),
        ),
    )
)


@routes.get(PATH, TokenPermission.WRITE)
async def show(request: web.Request) -> web.Response:
    """One page of the list."""
    names = [(one.key, one.name or said(request, role_words.NAMES[one.key])) for one in await roles.every()]
    seen = await read(request, TABLE, {"role": names})
    return page(request, "console/tokens/page.html", seen=seen, tally=await token_list.counts(), states=STATES)


@routes.get(PATH + ".csv", TokenPermission.WRITE)
async def as_file(request: web.Request) -> web.StreamResponse:
    """The list as a file: everything but what opens."""
    return await download(request, TABLE)


async def _form(request: web.Request, form: Filled) -> web.Response:
    async with db.pool().acquire() as connection:
        cities = await within.cities(connection)
    mine = permissions(request)
    groups = [(one.label, [act for act in one.acts if act in mine]) for one in role_words.groups()]
    more: dict[str, Any] = {"roles": await roles.every(), "groups": groups, "cities": cities, "days": DAYS}
    return show_form(request, "console/tokens/form.html", form, notes=role_words.NOTES, path=PATH, **more)


@routes.get(PATH + "/new", TokenPermission.WRITE)
async def ask(request: web.Request) -> web.Response:
    """A name, a role, the part of it, from where, for how long."""
    return await _form(request, filled(request, TOKEN, FRESH))


def _limits(values: TokenForm) -> Limits:
    if values.part and not values.permissions:
        raise InvalidInput({"permissions": "choose at least one"})
    return Limits(values.permissions if values.part else None, values.networks or None, values.cities)


@routes.post(PATH, TokenPermission.WRITE, fresh=True)
async def create(request: web.Request) -> web.Response:
    """Make it, and show it this once: sent again, the same form leads to the list and shows nothing."""
    fresh: list[Made] = []

    async def act(connection: db.Connection, values: TokenForm) -> Done:
        days, whose = int(values.days) or None, held(request)
        made = await tokens.make(connection, actor(request), values.name, values.role, days, _limits(values), whose)
        fresh.append(made)
        return Done(PATH, said(request, N_("The token %(name)s is made"), name=values.name))

    async def again(form: Filled) -> web.Response:
        return await _form(request, form)

    answer = await save(request, TOKEN, act, again)
    if not fresh:
        return answer
    row, base = await token_list.one(fresh[0].id), request.app[CONFIG].public_url
    return page(request, "console/tokens/made.html", status=201, row=row, token=fresh[0].token, path=PATH, base=base)


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
