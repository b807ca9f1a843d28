"""What is set on one login of a subscriber: how many sessions it may have at once."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from billing import subscriber
from oss.access import accounts
from oss.base import db
from oss.base.problems import NotFound
from oss.contracts.permissions import ContractPermission
from web.auth import actor
from web.catalogues import N_
from web.console.subscriber import number
from web.form_model import ModelForm
from web.form_saving import Done, Filled, filled, save, show
from web.inputs.access_accounts import SessionsAtOnce
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
