"""The list of subscribers, and the list as a file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from decimal import Decimal
from typing import Any

from aiohttp import web

from billing import subscriber_list
from billing.subscriber_list import STATUSES, Subscriber, Wanted
from oss.base.clock import today
from oss.base.listing import Listing, Order
from oss.contracts import plan_list
from oss.crm.permissions import CustomerPermission
from oss.staff.scopes import Scope
from web import formats, words
from web.auth import scope
from web.catalogues import N_
from web.console.exports import download
from web.console.subscriber import number
from web.keys import CONFIG
from web.listed import Choices, of_tab, read
from web.pages import page
from web.routing import Routes
from web.tables import Column, Filter, Params, Speech, Table, Value, register

routes = Routes()
STATUS_WORDS = {"online": N_("Online"), "offline": N_("Offline"), "held": N_("Held"), "overdue": N_("Overdue")}


def wanted(params: Params, scope: Scope) -> Wanted:
    """A list's address as a wish; what it does not know narrows nothing."""
    status = params.get("status", "")
    return Wanted(
        params.get("q", ""),
        status if status in STATUSES else "",
        number(params.get("plan")),
        params.get("city", ""),
        params.get("sort", "name"),
        scope,
    )


def _source(params: Params, zone: tzinfo, scope: Scope) -> tuple[Listing, Order]:
    wish = wanted(params, scope)
    return subscriber_list.listing(wish, today(str(zone))), wish.order


async def _complete(rows: Sequence[Any], zone: tzinfo) -> list[Subscriber]:
    return await subscriber_list.people(rows, today(str(zone)))


def _one(name: str) -> Value:
    return lambda one, speech: getattr(one, name)


def _document(one: Subscriber, speech: Speech) -> str | None:
    return one.document if speech.clear or not one.document else formats.tax_id(one.document)


def _first(name: str) -> Value:
    return lambda one, speech: one.first[name] if one.first else ""


def _logins(one: Subscriber, speech: Speech) -> str:
    return " ".join(one.first["logins"]) if one.first else ""


def _state(one: Subscriber, speech: Speech) -> str:
    return speech.say(words.SUBSCRIBER_STATES[one.state])


def _owed(one: Subscriber, speech: Speech) -> Decimal:
    return Decimal(one.owed_cents) / 100


TABLE = register(
    Table(
        name="subscribers",
        path="/console/subscribers",
        label=N_("Customers"),
        file="clientes",
        permission=CustomerPermission.READ,
        exports=CustomerPermission.EXPORT,
        personal="customers",
        sort="name",
        source=_source,
        complete=_complete,
        filters=(
            Filter("status", N_("State"), choices=STATUS_WORDS, tabs=True),
            Filter("plan", N_("Plan"), kind="id"),
            Filter("city", N_("City"), kind="text"),
        ),
        columns=(
            Column("name", N_("Name"), _one("name"), "name", td="name"),
            Column("document", N_("Document"), _document, td="num", shown=False),
            Column("state", N_("State"), _state),
            Column("login", N_("Login"), _logins),
            Column("plan", N_("Plan"), _first("plan"), td="strong"),
            Column("ip", "IPv4", _first("ip"), td="num", css="max-[1240px]:hidden"),
            Column("city", N_("City"), _one("city"), "city", css="max-[1100px]:hidden"),
            Column("owed", N_("Overdue"), _owed, "owed", align="r"),
            Column("due", N_("Overdue since"), _one("owes_since"), "due", align="r", shown=False),
            Column("since", N_("Since"), lambda one, speech: speech.at(one.since), align="r"),
            Column("contract", N_("Contract"), _first("id"), align="r", shown=False),
            Column("number", N_("Customer"), _one("id"), "added", align="r", shown=False),
        ),
    )
)


@routes.get(TABLE.path, CustomerPermission.READ)
async def show(request: web.Request) -> web.Response:
    """One page of the list."""
    day, cities = today(request.app[CONFIG].zone), await subscriber_list.cities(scope(request))
    texts: Choices = {"plan": await plan_list.names(), "city": [(city, city) for city in cities]}
    tally = await subscriber_list.counts(day, scope(request))
    seen = await read(request, TABLE, texts, of_tab(request, TABLE, tally, "everybody"))
    return page(request, "console/subscribers/page.html", seen=seen, tally=tally, views=STATUS_WORDS, day=day)


@routes.get("/console/subscribers.csv", CustomerPermission.EXPORT)
async def as_file(request: web.Request) -> web.StreamResponse:
    """The list as a file; documents leave the house, whole for who may see them whole, and who took them is noted."""
    return await download(request, TABLE)
