"""Customers made and edited: the person, and with the contract and the login at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from aiohttp import web
from pydantic import BaseModel

from billing import subscriber_list
from oss.access import new_subscriber
from oss.access.new_subscriber import Order
from oss.base import db
from oss.contracts import plan_list
from oss.contracts.records import first_plan
from oss.crm import customers, disclosure, records
from oss.staff import companies
from web.auth import actor, permissions
from web.catalogues import N_
from web.form_model import Ask, ModelForm
from web.form_saving import Done, Filled, Row, filled, save, show
from web.inputs.customers import NewCustomer
from web.inputs.kinds import STATES
from web.inputs.subscribers import CustomerForm, NewConnection, NewSubscriber
from web.keys import SEALER
from web.pages import said
from web.routing import Routes

routes = Routes()
HOME = "/console/subscribers"
ID = HOME + "/{id:\\d{1,17}}"
WHO = {
    "kind": N_("Kind"),
    "name": N_("Name"),
    "document": N_("CPF or CNPJ"),
    "email": N_("E-mail"),
    "phone": N_("Telephone"),
    "postcode": N_("CEP"),
    "street": N_("Street"),
    "number": N_("Number"),
    "complement": N_("Complement"),
    "district": N_("District"),
    "city": N_("City"),
    "state": N_("State"),
}
WHAT = {
    "plan_id": N_("Plan"),
    "due_day": N_("Due day"),
    "company_id": N_("Company"),
    "login": N_("Login"),
    "password": N_("Password"),
}
KINDS = {"kind": {"person": N_("Person"), "company": N_("Company")}}


async def _document_known(connection: db.Connection, document: str, customer_id: int | None) -> str | None:
    return "is already a customer's" if await customers.same_document(connection, document, customer_id) else None


ASKS: dict[str, Ask] = {"document": _document_known}
LOGIN: dict[str, Ask] = {"login": new_subscriber.login_taken}
CUSTOMER = ModelForm("customer", "customers.write", CustomerForm, WHO, table="customer", choices=KINDS, asks=ASKS)
SUBSCRIBER = ModelForm(
    "subscriber", "customers.write", NewSubscriber, WHO | WHAT, choices=KINDS, asks=ASKS | LOGIN, taken="login"
)
CONNECTION = ModelForm("connection", "contracts.write", NewConnection, WHAT, asks=LOGIN, taken="login")


async def offered() -> dict[str, Any]:
    """What a contract may be of: plans on sale, companies."""
    return {
        "plans": await plan_list.on_sale(),
        "companies": await companies.names(),
        "states": STATES,
        "cities": await subscriber_list.cities(),
    }


def _customer(values: BaseModel) -> customers.NewCustomer:
    return customers.NewCustomer(**values.model_dump(include=set(NewCustomer.model_fields)))


def order(values: NewConnection) -> Order:
    """What is ordered, from a form."""
    return Order(values.plan_id, values.due_day, values.login, values.password, values.company_id)


# ------------------------------------------------------------ a new one


def _new_form(request: web.Request) -> ModelForm[Any]:
    """With contract and login where the person may make these too."""
    return SUBSCRIBER if "contracts.write" in permissions(request) else CUSTOMER


async def _new(request: web.Request, form: Filled | None = None) -> web.Response:
    fresh = {"kind": "person", "due_day": 10, "plan_id": await first_plan()}
    form = form or filled(request, _new_form(request), fresh)
    values = {**form.values, "password": new_subscriber.password()}
    made = replace(form, values=values)
    return show(request, "console/subscriber/new.html", made, connects=form.form is SUBSCRIBER, **await offered())


@routes.get(HOME + "/new", "customers.write")
async def ask(request: web.Request) -> web.Response:
    """An empty form with a password that was made up."""
    return await _new(request)


@routes.post(HOME, "customers.write")
async def create(request: web.Request) -> web.Response:
    """Make the customer, and what is ordered with it."""

    async def act(connection: db.Connection, values: CustomerForm) -> Done:
        wanted = order(values) if isinstance(values, NewConnection) else None
        sealer = request.app[SEALER]
        made, _ = await new_subscriber.add(connection, sealer, actor(request), _customer(values), wanted)
        text = N_("%(name)s is made; the login works within the second") if wanted else N_("%(name)s is made")
        return Done(f"{HOME}/{made}", said(request, text, name=values.name))

    return await save(request, _new_form(request), act, lambda form: _new(request, form))


# ------------------------------------------------------------ a customer that is there


async def _present(customer_id: int) -> Mapping[str, Any]:
    row = dict(await records.customer(db.pool(), customer_id))
    return {**row, "kind": "company" if len(row["document"] or "") == 14 else "person"}


async def _edit(request: web.Request, customer_id: int, form: Filled | None = None) -> web.Response:
    row = await _present(customer_id)
    form = form or filled(request, CUSTOMER, row)
    return show(request, "console/subscriber/edit.html", form, row=row, **await offered())


@routes.get(ID + "/edit", "customers.write")
async def edit(request: web.Request) -> web.Response:
    """One customer in the form; whoever may change it sees it in clear."""
    customer_id = int(request.match_info["id"])
    await disclosure.disclose(actor(request), customer_id)
    return await _edit(request, customer_id)


@routes.post(ID + "/edit", "customers.write")
async def change(request: web.Request) -> web.Response:
    """Save what changed."""
    customer_id = int(request.match_info["id"])

    async def act(connection: db.Connection, values: CustomerForm) -> Done:
        named = values.model_dump(exclude={"kind"})
        await customers.change(connection, actor(request), customer_id, named)
        return Done(f"{HOME}/{customer_id}", said(request, N_("%(name)s is saved"), name=values.name))

    row: Row[CustomerForm] = Row(customer_id, lambda: _present(customer_id))
    return await save(request, CUSTOMER, act, lambda form: _edit(request, customer_id, form), row)
