"""Invoices of everybody: the list, and the list as a file."""

from __future__ import annotations

from datetime import date, tzinfo
from decimal import Decimal
from typing import Any

from aiohttp import web

from billing import invoice_list, subscriber_list
from billing.invoice_list import Wanted
from billing.permissions import InvoicePermission
from oss.base.clock import today
from oss.base.listing import Listing, Order
from oss.crm.permissions import CustomerPermission
from oss.staff.scopes import Scope
from web.auth import scope
from web.catalogues import N_
from web.console.exports import download
from web.console.subscriber import number
from web.keys import CONFIG
from web.listed import of_tab, read
from web.pages import page
from web.routing import Routes
from web.tables import Column, Filter, Params, Speech, Table, Value, instant, named, register

routes = Routes()
STATES = {"open": N_("Open"), "overdue": N_("Overdue"), "paid": N_("Paid"), "void": N_("Void")}


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def wanted(params: Params, scope: Scope) -> Wanted:
    """A list's address as a wish."""
    return Wanted(
        params.get("q", ""),
        params.get("state", ""),
        _day(params.get("due_from", "")),
        _day(params.get("due_to", "")),
        params.get("city", ""),
        number(params.get("customer")),
        params.get("sort", "-due"),
        scope,
    )


def _source(params: Params, zone: tzinfo, scope: Scope) -> tuple[Listing, Order]:
    wish = wanted(params, scope)
    return invoice_list.listing(wish, today(str(zone))), wish.order


def _money(name: str) -> Value:
    return lambda row, speech: Decimal(row[name]) / 100


def _state(row: Any, speech: Speech) -> str:
    return speech.say(STATES[row["state"]])


TABLE = register(
    Table(
        name="invoices",
        path="/console/invoices",
        label=N_("Invoices"),
        file="faturas",
        permission=InvoicePermission.READ,
        exports=CustomerPermission.EXPORT,
        personal="invoices",
        sort="-due",
        source=_source,
        filters=(
            Filter("state", N_("State"), choices=STATES, tabs=True),
            Filter("due_from", N_("Due from"), kind="day"),
            Filter("due_to", N_("Due until"), kind="day"),
            Filter("city", N_("City"), kind="text"),
            Filter("customer", N_("Customer"), kind="id"),
        ),
        columns=(
            Column("number", N_("Number"), named("number"), "number", td="name"),
            Column("customer", N_("Customer"), named("customer"), "customer", td="strong"),
            Column("city", N_("City"), named("city"), "city", css="max-[1100px]:hidden"),
            Column("state", N_("State"), _state),
            Column("issued", N_("Issued"), named("issued_on"), align="r", shown=False),
            Column("due", N_("Due"), named("due_on"), "due", align="r"),
            Column("amount", N_("Amount"), _money("amount_cents"), "amount", align="r", td="strong"),
            Column("received", N_("Received"), _money("paid_cents"), align="r", css="max-[1240px]:hidden"),
            Column("paid", N_("Paid"), instant("paid_at"), "paid", align="r"),
            Column("explanation", N_("Note"), named("explanation"), shown=False),
            Column("contract", N_("Contract"), named("contract_id"), align="r", shown=False),
        ),
    )
)


@routes.get(TABLE.path, InvoicePermission.READ)
async def show(request: web.Request) -> web.Response:
    """One page of the list."""
    day = today(request.app[CONFIG].zone)
    texts = {"city": [(city, city) for city in await subscriber_list.cities(scope(request))]}
    tally = await invoice_list.counts(day, scope(request))
    seen = await read(request, TABLE, texts, of_tab(request, TABLE, tally))
    return page(request, "console/invoices/page.html", seen=seen, tally=tally, states=STATES, day=day)


@routes.get("/console/invoices.csv", CustomerPermission.EXPORT)
async def as_file(request: web.Request) -> web.StreamResponse:
    """The list as a file."""
    return await download(request, TABLE)
