"""What a login of a subscriber proves itself with, and the line it must come from: the form, accept, forget."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from billing import subscriber
from oss.access import accounts, binding_acts, nas_list
from oss.access.lines import KEYS, KINDS, POLICIES
from oss.base import db
from oss.base.problems import Conflict, InvalidInput, NotFound
from oss.contracts.permissions import ContractPermission
from web import words
from web.auth import actor
from web.catalogues import N_
from web.console.line_words import shown
from web.console.subscriber import number
from web.forms import Form, posted
from web.keys import SEALER
from web.notices import tell
from web.pages import back_to, language, page, said
from web.routing import Routes

routes = Routes()
PATH = "/console/subscribers/{id:\\d{1,17}}"
PLAN = "plan"  # as the plan says


async def _theirs(request: web.Request) -> tuple[subscriber.Contract, Any | None]:
    """The contract and the login of the address, if they are this customer's; no login for a new one."""
    contract = await subscriber.contract(int(request.match_info["id"]), number(request.query.get("contract")) or 0)
    asked = request.query.get("account")
    account = next((one for one in contract.accounts if str(one["id"]) == asked), None)
    if account is None and asked:
        raise NotFound(thing="login")
    return contract, account


def _home(request: web.Request, contract: subscriber.Contract) -> str:
    return f"/console/subscribers/{request.match_info['id']}?{urlencode({'contract': contract.id})}"


def _present(account: Any | None) -> dict[str, Any]:
    """The form of what is set."""
    if account is None:
        return {"kind": "password", "binding": PLAN}
    bound = json.loads(account["bound"])
    values = {key: shown(key, bound.get(key, "")) for key in KEYS}
    keys = (account["keys"] if account["binding"] else "").split()
    return {**values, "kind": account["kind"], "binding": account["binding"] or PLAN, "keys": keys}


async def _form(request: web.Request, status: int = 200, **more: Any) -> web.Response:
    contract, account = await _theirs(request)
    values = {"values": _present(account), "errors": {}, "contract": contract, "account": account, **more}
    values["name"] = await subscriber.name(int(request.match_info["id"]))
    values["routers"] = await nas_list.names()
    return page(request, "console/subscriber/access.html", status=status, back=_home(request, contract), **values)


@routes.get(f"{PATH}/access", ContractPermission.WRITE)
async def ask(request: web.Request) -> web.Response:
    """The form of a login: a new one's, or what is set of one."""
    return await _form(request)


@routes.post(f"{PATH}/access", ContractPermission.WRITE)
async def save(request: web.Request) -> web.Response:
    """Make the login or change it; the AAA nodes follow by themselves."""
    form, (contract, account) = await posted(request), await _theirs(request)
    try:
        login = await _save(request, form, contract, account)
    except (InvalidInput, Conflict) as problem:
        wrong = problem.fields if isinstance(problem, InvalidInput) else {"login": "already taken"}
        typed = {**form.values(), "keys": form.many("keys")}
        return await _form(request, 422, values=typed, errors=words.wrongs(language(request), wrong))
    tell(request, said(request, N_("%(login)s is saved and in use within the second"), login=login))
    return back_to(request, _home(request, contract))


async def _save(request: web.Request, form: Form, contract: subscriber.Contract, account: Any | None) -> str:
    """Everything or nothing; returns the login."""
    kind = form.choice("kind", KINDS, "password") if account is None else account["kind"]
    binding = form.choice("binding", (*POLICIES, PLAN), PLAN)
    keys = form.many("keys") if binding == "learn" else None
    line = {key: form.text(key, most=128) for key in KEYS}
    login, password = form.text("login", most=128), form.secret("password")
    form.check(**({"binding_keys": "choose at least one"} if keys == [] else {}))
    who, sealer = actor(request), request.app[SEALER]
    async with db.transaction() as connection:
        if account is None:
            login = accounts.spelled(login, kind)
            made = await accounts.add(connection, sealer, who, contract.id, login, password, kind)
        else:
            login, made = account["login"], account["id"]
            if password and kind == "password":
                await accounts.set_password(connection, sealer, who, made, password)
        await binding_acts.set_policy(connection, who, made, None if binding == PLAN else binding, keys)
        await binding_acts.set_line(connection, who, made, {key: value for key, value in line.items() if value})
    return login


async def _one(request: web.Request) -> tuple[subscriber.Contract, Any]:
    contract, account = await _theirs(request)
    if account is None:
        raise NotFound(thing="login")
    return contract, account


def _line(text: str) -> dict[str, str]:
    """A line out of an address."""
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise InvalidInput({"line": "is not known"})
    return found


def _undo(request: web.Request, contract: subscriber.Contract, account: Any, before: dict[str, str]) -> str:
    again = {"contract": contract.id, "account": account["id"], "line": json.dumps(before)}
    return f"/console/subscribers/{request.match_info['id']}/line?{urlencode(again)}"


@routes.post(f"{PATH}/line", ContractPermission.WRITE)
async def accept(request: web.Request) -> web.Response:
    """This line from now on: the one that was refused (``seen``), or the one before it (``line``: the undo)."""
    contract, account = await _one(request)
    query = request.query
    async with db.transaction() as connection:
        if "line" in query:
            before = await binding_acts.set_line(connection, actor(request), account["id"], _line(query["line"]))
        else:
            seen = _line(query.get("seen", ""))
            before = await binding_acts.accept_line(connection, actor(request), account["id"], seen)
    text = N_("%(login)s comes from this line from now on") if "seen" in query else N_("The line of %(login)s is back")
    undo = _undo(request, contract, account, before) if "seen" in query else None
    tell(request, said(request, text, login=account["login"]), undo)
    return back_to(request, _home(request, contract))


@routes.post(f"{PATH}/forget", ContractPermission.WRITE)
async def forget(request: web.Request) -> web.Response:
    """The line is forgotten; with a policy that learns, the next login's is learned."""
    contract, account = await _one(request)
    async with db.transaction() as connection:
        before = await binding_acts.set_line(connection, actor(request), account["id"], {})
    text = N_("The line of %(login)s is forgotten")
    tell(request, said(request, text, login=account["login"]), _undo(request, contract, account, before))
    return back_to(request, _home(request, contract))
