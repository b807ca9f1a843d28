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
from oss.contracts.permissions import ContractPermission
from oss.contracts.records import first_plan
from oss.crm import customers, disclosure, reading, records
from oss.crm.permissions import CustomerPermission
from oss.staff import companies
from oss.staff.scopes import Scope
from web.auth import actor, permissions, scope, sees_personal
from web.catalogues import N_
from web.form_model import Ask, ModelForm
from web.form_saving import Done, Filled, Row, filled, save, show
from web.inputs.customers import NewCustomer, UnseenCustomer
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
CUSTOMER = ModelForm(
    "customer", CustomerPermission.WRITE, CustomerForm, WHO, table="customer", choices=KINDS, asks=ASKS
)
SUBSCRIBER = ModelForm(
    "subscriber", CustomerPermission.WRITE, NewSubscriber, WHO | WHAT, choices=KINDS, asks=ASKS | LOGIN, taken="login"
)
UNSEEN = ModelForm("customer-unseen", CustomerPermission.WRITE, UnseenCustomer, WHO, table="customer")
CONNECTION = ModelForm("connection", ContractPermission.WRITE, NewConnection, WHAT, asks=LOGIN, taken="login")


async def offered(inside: Scope) -> dict[str, Any]:
    """What a contract may be of: plans on sale, companies; and the places that customers of a scope live in."""
    return {
        "plans": await plan_list.on_sale(),
        "companies": await companies.names(),
        "states": STATES,
        "cities": await subscriber_list.cities(inside),
    }


def _customer(values: BaseModel) -> customers.NewCustomer:
    return customers.NewCustomer(**values.model_dump(include=set(NewCustomer.model_fields)))


def order(values: NewConnection) -> Order:
    """What is ordered, from a form."""
    return Order(values.plan_id, values.due_day, values.login, values.password, values.company_id)


# ------------------------------------------------------------ a new one


def _new_form(request: web.Request) -> ModelForm[Any]:
    """With contract and login where the person may make these too."""
    return SUBSCRIBER if ContractPermission.WRITE in permissions(request) else CUSTOMER


async def _new(request: web.Request, form: Filled | None = None) -> web.Response:
    fresh = {"kind": "person", "due_day": 10, "plan_id": await first_plan()}
    form = form or filled(request, _new_form(request), fresh)
    values = {**form.values, "password": new_subscriber.password()}
    made = replace(form, values=values)
    more: dict[str, Any] = {"connects": form.form is SUBSCRIBER, "personal": True}
    return show(request, "console/subscriber/new.html", made, **more, **await offered(scope(request)))


@routes.get(HOME + "/new", CustomerPermission.WRITE)
async def ask(request: web.Request) -> web.Response:
    """An empty form with a password that was made up."""
    return await _new(request)


@routes.post(HOME, CustomerPermission.WRITE)
async def create(request: web.Request) -> web.Response:
    """Make the customer, and what is ordered with it."""

    async def act(connection: db.Connection, values: CustomerForm) -> Done:
        wanted = order(values) if isinstance(values, NewConnection) else None
        sealer = request.app[SEALER]
        made, _ = await new_subscriber.add(
            connection,
            sealer,
            actor(request),
            _customer(values),
            wanted,
            scope(request),
            scope(request, ContractPermission.WRITE),
        )
        text = N_("%(name)s is made; the login works within the second") if wanted else N_("%(name)s is made")
        return Done(f"{HOME}/{made}", said(request, text, name=values.name))

    return await save(request, _new_form(request), act, lambda form: _new(request, form))


# ------------------------------------------------------------ a customer that is there


async def _present(customer_id: int) -> Mapping[str, Any]:
    row = dict(await records.customer(db.pool(), customer_id))
    return {**row, "kind": "company" if len(row["document"] or "") == 14 else "person"}


def _form(request: web.Request) -> ModelForm[Any]:
    """Without ``personal.read`` there is nothing of document, telephone and e-mail in it, and they stay."""
    return CUSTOMER if sees_personal(request) else UNSEEN


async def _edit(request: web.Request, customer_id: int, form: Filled | None = None) -> web.Response:
    row = await _present(customer_id)
    form = form or filled(request, _form(request), row)
    personal = form.form is CUSTOMER
    return show(
        request, "console/subscriber/edit.html", form, row=row, personal=personal, **await offered(scope(request))
    )


@routes.get(ID + "/edit", CustomerPermission.WRITE)
async def edit(request: web.Request) -> web.Response:
    """One customer in the form; personal data in clear, and that they were, is noted."""
    customer_id = int(request.match_info["id"])
    await reading.opened(actor(request), customer_id)
    if sees_personal(request):
        await disclosure.disclose(actor(request), customer_id)
    return await _edit(request, customer_id)


@routes.post(ID + "/edit", CustomerPermission.WRITE)
async def change(request: web.Request) -> web.Response:
    """Save what changed."""
    customer_id = int(request.match_info["id"])

    async def act(connection: db.Connection, values: UnseenCustomer) -> Done:
        named = values.model_dump(exclude={"kind"})
        await customers.change(connection, actor(request), customer_id, named, scope(request))
        return Done(f"{HOME}/{customer_id}", said(request, N_("%(name)s is saved"), name=values.name))

    row: Row[Any] = Row(customer_id, lambda: _present(customer_id))
    return await save(request, _form(request), act, lambda form: _edit(request, customer_id, form), row)
