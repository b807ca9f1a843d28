"""Contracts made and edited: another one for a customer, and plan and due day of a running one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from billing import subscriber
from oss.access import new_subscriber
from oss.base import db
from oss.contracts import changes
from oss.contracts.permissions import ContractPermission
from oss.contracts.records import first_plan
from web import formats
from web.auth import actor, scope
from web.catalogues import N_
from web.console.customer_forms import CONNECTION, HOME, ID, WHAT, offered, order
from web.console.subscriber import number
from web.form_model import ModelForm
from web.form_saving import Done, Filled, Row, filled, save, show
from web.inputs.contracts import Terms
from web.inputs.subscribers import NewConnection
from web.keys import SEALER
from web.pages import language, said
from web.routing import Routes

routes = Routes()
TERMS = ModelForm(
    "contract", ContractPermission.WRITE, Terms, {name: WHAT[name] for name in ("plan_id", "due_day")}, table="contract"
)


def _home(customer_id: int, contract_id: int | None = None) -> str:
    query = f"?{urlencode({'contract': contract_id})}" if contract_id else ""
    return f"{HOME}/{customer_id}{query}"


# ------------------------------------------------------------ another contract


async def _new(request: web.Request, form: Filled | None = None) -> web.Response:
    customer_id = int(request.match_info["id"])
    name = await subscriber.name(customer_id)
    form = form or filled(request, CONNECTION, {"due_day": 10, "plan_id": await first_plan()})
    made = replace(form, values={**form.values, "password": new_subscriber.password()})
    back = _home(customer_id)
    return show(request, "console/subscriber/connect.html", made, name=name, back=back, **await offered(scope(request)))


@routes.get(ID + "/contracts/new", ContractPermission.WRITE)
async def ask(request: web.Request) -> web.Response:
    """An empty form with a password that was made up."""
    return await _new(request)


@routes.post(ID + "/contracts", ContractPermission.WRITE)
async def create(request: web.Request) -> web.Response:
    """Start the contract today, with its login."""
    customer_id = int(request.match_info["id"])
    await subscriber.name(customer_id)

    async def act(connection: db.Connection, values: NewConnection) -> Done:
        sealer = request.app[SEALER]
        made = await new_subscriber.connect(connection, sealer, actor(request), customer_id, order(values))
        text = N_("%(login)s is made and works within the second")
        return Done(_home(customer_id, made), said(request, text, login=values.login.lower()))

    return await save(request, CONNECTION, act, lambda form: _new(request, form))


# ------------------------------------------------------------ the terms of a running one


async def _theirs(request: web.Request) -> subscriber.Contract:
    found = number(request.query.get("contract")) or 0
    return await subscriber.contract(int(request.match_info["id"]), found)


def plan_words(spoken: str, plans: list[Any]) -> dict[str, str]:
    """Plans as people choose among them, by id."""
    words = {}
    for one in plans:
        price = formats.money(one["price_cents"], spoken)
        words[str(one["id"])] = f"{one['name']} · {formats.rate(one['down_kbps'], spoken)} · {price}"
    return words


async def _plans(request: web.Request, contract: subscriber.Contract) -> dict[str, str]:
    """Those on sale, and the contract's own where it is not any more."""
    made = plan_words(language(request), (await offered(scope(request)))["plans"])
    return {str(contract.row["plan_id"]): contract.row["plan"], **made}


async def _edit(request: web.Request, form: Filled | None = None) -> web.Response:
    contract, customer_id = await _theirs(request), int(request.match_info["id"])
    form = form or filled(request, TERMS, contract.row)
    more: dict[str, Any] = {"name": await subscriber.name(customer_id), "plans": await _plans(request, contract)}
    back = _home(customer_id, contract.id)
    return show(request, "console/subscriber/contract.html", form, contract=contract, back=back, **more)


@routes.get(ID + "/contract", ContractPermission.WRITE)
async def edit(request: web.Request) -> web.Response:
    """Plan and due day in the form."""
    return await _edit(request)


@routes.post(ID + "/contract", ContractPermission.WRITE)
async def change(request: web.Request) -> web.Response:
    """Save what changed; a live session follows."""
    contract, customer_id = await _theirs(request), int(request.match_info["id"])

    async def act(connection: db.Connection, values: Terms) -> Done:
        named = values.model_dump()
        await changes.change(connection, actor(request), contract.id, **named)
        text = N_("The contract is saved; a live session follows within a second")
        return Done(_home(customer_id, contract.id), said(request, text))

    async def present() -> Mapping[str, Any]:
        row: Mapping[str, Any] = (await _theirs(request)).row
        return row

    row: Row[Terms] = Row(contract.id, present, {"plan_id": await _plans(request, contract)})
    return await save(request, TERMS, act, lambda form: _edit(request, form), row)
