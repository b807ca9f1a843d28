"""What is set on one login of a subscriber: how many sessions it may have at once."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from billing import subscriber
from oss.access import accounts
from oss.base import db
from oss.base.problems import InvalidInput, NotFound
from oss.contracts.permissions import ContractPermission
from web import words
from web.auth import actor
from web.catalogues import N_
from web.console.subscriber import number
from web.forms import posted
from web.notices import tell
from web.pages import back_to, language, page, said
from web.routing import Routes

routes = Routes()
PATH = "/console/subscribers/{id:\\d{1,17}}/sessions"


async def _theirs(request: web.Request) -> tuple[subscriber.Contract, Any]:
    """The contract and the login of the address, if they are this customer's."""
    contract = await subscriber.contract(int(request.match_info["id"]), number(request.query.get("contract")) or 0)
    for account in contract.accounts:
        if str(account["id"]) == request.query.get("account"):
            return contract, account
    raise NotFound(thing="login")


def _home(request: web.Request, contract: subscriber.Contract) -> str:
    return f"/console/subscribers/{request.match_info['id']}?{urlencode({'contract': contract.id})}"


async def _form(request: web.Request, status: int = 200, **more: object) -> web.Response:
    contract, account = await _theirs(request)
    values = {"values": {}, "errors": {}, "contract": contract, "account": account, **more}
    values["name"] = await subscriber.name(int(request.match_info["id"]))
    back = _home(request, contract)
    return page(request, "console/subscriber/sessions.html", status=status, back=back, **values)


@routes.get(PATH, ContractPermission.WRITE)
async def ask(request: web.Request) -> web.Response:
    """The form with what is set."""
    return await _form(request)


@routes.post(PATH, ContractPermission.WRITE)
async def save(request: web.Request) -> web.Response:
    """Set it; the AAA nodes follow by themselves."""
    form, (contract, account) = await posted(request), await _theirs(request)
    most, when_full = form.number("max_sessions"), form.choice("when_full", accounts.WHEN_FULL)
    try:
        form.check()
        async with db.transaction() as connection:
            await accounts.set_sessions(connection, actor(request), account["id"], most, when_full)
    except InvalidInput as problem:
        return await _form(request, 422, values=form.values(), errors=words.wrongs(language(request), problem.fields))
    tell(request, said(request, N_("%(login)s may have %(count)s at once"), login=account["login"], count=most))
    return back_to(request, _home(request, contract))
