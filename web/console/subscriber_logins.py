"""What is set on one login of a subscriber: how many sessions it may have at once, where its ONU is to be put."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from billing import subscriber
from oss.access import accounts, planned_drops
from oss.base import db
from oss.base.problems import NotFound
from oss.contracts.permissions import ContractPermission
from web.auth import actor
from web.catalogues import N_
from web.console.subscriber import number
from web.form_model import ModelForm
from web.form_saving import Done, Filled, filled, save, show
from web.inputs.access_accounts import SessionsAtOnce
from web.inputs.plant import PlannedDrop
from web.pages import said
from web.routing import Routes

routes = Routes()
PATH = "/console/subscribers/{id:\\d{1,17}}/sessions"
AT_ONCE = ModelForm(
    "sessions-at-once",
    ContractPermission.WRITE,
    SessionsAtOnce,
    {"max_sessions": N_("At most"), "when_full": N_("When one more asks")},
    taken="max_sessions",
)

BOX = "/console/subscribers/{id:\\d{1,17}}/box"
PLAN = ModelForm(
    "planned-drop",
    ContractPermission.WRITE,
    PlannedDrop,
    {"box": N_("Box"), "box_port": N_("Port of the box")},
    taken="box_port",
)


async def _theirs(request: web.Request) -> tuple[subscriber.Contract, Any]:
    """The contract and the login of the address, if they are this customer's."""
    contract = await subscriber.contract(int(request.match_info["id"]), number(request.query.get("contract")) or 0)
    for account in contract.accounts:
        if str(account["id"]) == request.query.get("account"):
            return contract, account
    raise NotFound(thing="login")


def _home(request: web.Request, contract: subscriber.Contract) -> str:
    return f"/console/subscribers/{request.match_info['id']}?{urlencode({'contract': contract.id})}"


async def _form(request: web.Request, form: Filled | None = None) -> web.Response:
    contract, account = await _theirs(request)
    form = form or filled(request, AT_ONCE, account)
    more = {"contract": contract, "account": account, "name": await subscriber.name(int(request.match_info["id"]))}
    return show(request, "console/subscriber/sessions.html", form, back=_home(request, contract), **more)


@routes.get(PATH, ContractPermission.WRITE)
async def ask(request: web.Request) -> web.Response:
    """The form with what is set."""
    return await _form(request)


@routes.post(PATH, ContractPermission.WRITE)
async def set_sessions(request: web.Request) -> web.Response:
    """Set it; the AAA nodes follow by themselves."""
    contract, account = await _theirs(request)

    async def act(connection: db.Connection, values: SessionsAtOnce) -> Done:
        most = values.max_sessions
        await accounts.set_sessions(connection, actor(request), account["id"], most, values.when_full)
        text = said(request, N_("%(login)s may have %(count)s at once"), login=account["login"], count=most)
        return Done(_home(request, contract), text)

    return await save(request, AT_ONCE, act, lambda form: _form(request, form))


async def _box_form(request: web.Request, form: Filled | None = None) -> web.Response:
    contract, account = await _theirs(request)
    planned = await planned_drops.one(db.pool(), account["id"])
    form = form or filled(request, PLAN, planned)
    more = {"contract": contract, "account": account, "name": await subscriber.name(int(request.match_info["id"]))}
    return show(request, "console/subscriber/box.html", form, back=_home(request, contract), planned=planned, **more)


@routes.get(BOX, ContractPermission.WRITE)
async def ask_box(request: web.Request) -> web.Response:
    """The form with what is planned."""
    return await _box_form(request)


@routes.post(BOX, ContractPermission.WRITE)
async def plan_box(request: web.Request) -> web.Response:
    """Plan it, or forget the plan; provisioning offers the login for what lights up there."""
    contract, account = await _theirs(request)

    async def act(connection: db.Connection, values: PlannedDrop) -> Done:
        if values.box is None:
            await planned_drops.forget(connection, actor(request), account["id"])
            return Done(
                _home(request, contract), said(request, N_("Nothing is planned for %(login)s"), login=account["login"])
            )
        await planned_drops.plan(connection, actor(request), account["id"], values.box, values.box_port)
        text = said(request, N_("The ONU of %(login)s is awaited in %(box)s"), login=account["login"], box=values.box)
        return Done(_home(request, contract), text)

    return await save(request, PLAN, act, lambda form: _box_form(request, form))
