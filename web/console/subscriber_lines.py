"""What a login of a subscriber proves itself with, and the line it must come from: the form, accept, forget."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from billing import subscriber
from oss.access import accounts, binding_acts, nas_list, new_subscriber
from oss.access.lines import KEYS
from oss.base import db
from oss.base.problems import InvalidInput, NotFound
from oss.contracts.permissions import ContractPermission
from web.auth import actor
from web.catalogues import N_
from web.console.line_words import shown
from web.console.subscriber import number
from web.form_model import ModelForm
from web.form_saving import Done, Filled, Row, filled, save, show
from web.inputs.access_accounts import LoginForm
from web.keys import SEALER
from web.notices import tell
from web.pages import back_to, said
from web.routing import Routes

routes = Routes()
PATH = "/console/subscribers/{id:\\d{1,17}}"
PLAN = "plan"  # as the plan says
LOGIN = ModelForm(
    "login",
    ContractPermission.WRITE,
    LoginForm,
    table="access_account",
    taken="login",
    labels={
        "kind": N_("It logs in"),
        "login": N_("Login, MAC or circuit"),
        "password": N_("Password"),
        "binding": N_("It may come"),
        "binding_keys": N_("What is learned"),
        "mac": "MAC",
        "nas": N_("Router"),
        "port": N_("Port"),
        "vlan": "VLAN",
        "circuit": N_("Circuit (Option 82)"),
    },
    choices={
        "kind": {
            "password": N_("With a login and a password"),
            "mac": N_("By its MAC"),
            "circuit": N_("By its circuit"),
        },
        "binding": {
            PLAN: N_("As the plan says"),
            "off": N_("From any line"),
            "learn": N_("From the line of its first login"),
            "fixed": N_("Only from the line set here"),
        },
    },
    asks={"login": new_subscriber.login_taken},
)


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
    """The fields of what is set."""
    if account is None:
        return {"kind": "password", "binding": PLAN}
    bound = json.loads(account["bound"])
    values = {key: shown(key, bound.get(key, "")) for key in KEYS}
    keys = account["keys"] if account["binding"] else ""
    known = {"kind": account["kind"], "binding": account["binding"] or PLAN, "version": account["version"]}
    return {**values, **known, "binding_keys": keys}


async def _form(request: web.Request, form: Filled | None = None) -> web.Response:
    contract, account = await _theirs(request)
    form = form or filled(request, LOGIN, _present(account))
    more: dict[str, Any] = {"contract": contract, "account": account, "routers": await nas_list.names()}
    name = await subscriber.name(int(request.match_info["id"]))
    return show(request, "console/subscriber/access.html", form, back=_home(request, contract), name=name, **more)


@routes.get(f"{PATH}/access", ContractPermission.WRITE)
async def ask(request: web.Request) -> web.Response:
    """The form of a login: a new one's, or what is set of one."""
    return await _form(request)


@routes.post(f"{PATH}/access", ContractPermission.WRITE)
async def set_login(request: web.Request) -> web.Response:
    """Make the login or change it; the AAA nodes follow by themselves."""
    contract, account = await _theirs(request)

    async def act(connection: db.Connection, values: LoginForm) -> Done:
        login = await _save(connection, request, values, contract, account)
        text = said(request, N_("%(login)s is saved and in use within the second"), login=login)
        return Done(_home(request, contract), text)

    async def present() -> Mapping[str, Any]:
        return _present((await _theirs(request))[1])

    row: Row[LoginForm] | None = Row(account["id"], present) if account is not None else None
    return await save(request, LOGIN, act, lambda form: _form(request, form), row)


async def _save(
    connection: db.Connection,
    request: web.Request,
    values: LoginForm,
    contract: subscriber.Contract,
    account: Any | None,
) -> str:
    """The login with its line, in the caller's transaction; returns the login."""
    who, sealer, password = actor(request), request.app[SEALER], values.password
    keys = (values.binding_keys or "").split() if values.binding == "learn" else None
    if keys == []:
        raise InvalidInput({"binding_keys": "choose at least one"})
    if account is None:
        login = accounts.spelled(values.login or "", values.kind)
        made = await accounts.add(connection, sealer, who, contract.id, login, password, values.kind)
    else:
        login, made = account["login"], account["id"]
        if password and account["kind"] == "password":
            await accounts.set_password(connection, sealer, who, made, password)
    await binding_acts.set_policy(connection, who, made, None if values.binding == PLAN else values.binding, keys)
    line = {key: str(value) for key in KEYS if (value := getattr(values, key))}
    await binding_acts.set_line(connection, who, made, line)
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
