"""What differs between OLTs and our rows: the list, and a comparison asked for now."""

from __future__ import annotations

import json
from datetime import tzinfo
from typing import Any

from aiohttp import web

from oss.access import olt_looks, provision_list
from oss.access.permissions import ProvisionPermission
from oss.access.provision_list import Wanted
from oss.base import db
from oss.base.listing import Listing, Order
from oss.crm.permissions import CustomerPermission
from oss.network import device_list
from oss.staff.scopes import Scope
from web.catalogues import N_
from web.console import provision_words
from web.console.exports import download
from web.console.provisioning import HOME as WAITING
from web.console.subscriber import number
from web.form_saving import Done, once
from web.listed import read
from web.pages import language, page, said
from web.routing import Routes
from web.tables import Column, Filter, Params, Speech, Table, instant, named, register

routes = Routes()
HOME = WAITING + "/drift"


def _source(params: Params, zone: tzinfo, scope: Scope) -> tuple[Listing, Order]:
    olt, sort = number(params.get("olt")), params.get("sort", "-found")
    return provision_list.drifts(Wanted(params.get("q", ""), params.get("view", ""), "", olt, sort), scope)


def _place(row: Any, speech: Speech) -> str:
    return f"{row['pon']}:{row['number']}" if row["number"] is not None else str(row["pon"])


def _told(value: Any, say: Any) -> str:
    return (
        say(N_("yes") if value else N_("no")) if isinstance(value, bool) else "–" if value in (None, "") else str(value)
    )


def detail(row: Any, say: Any) -> str:
    """What exactly differs."""
    facts = json.loads(row["facts"]) if isinstance(row["facts"], str) else row["facts"]
    if row["kind"] == "different":
        wanted, seen = facts["wanted"], facts["seen"]
        wanted["user_vlan"] = wanted["user_vlan"] or wanted["vlan"]  # what nobody said is passed on as it comes
        named = [(say(provision_words.FIELDS[one]), one) for one in facts["fields"]]
        return "; ".join(f"{name} {_told(seen[one], say)} ({_told(wanted[one], say)})" for name, one in named)
    if row["kind"] == "elsewhere" and facts.get("pon"):
        return f"{facts['pon']}:{facts['number']}"
    return str(facts.get("name", ""))


TABLE = register(
    Table(
        name="olt_drift",
        path=HOME,
        label=N_("What differs on OLTs"),
        file="divergencias",
        permission=ProvisionPermission.READ,
        whose=CustomerPermission.READ,
        exports=ProvisionPermission.EXPORT,
        personal="network",
        sort="-found",
        source=_source,
        filters=(
            Filter("view", N_("View"), choices=provision_words.DRIFT_VIEWS, tabs=True),
            Filter("olt", "OLT", kind="id"),
        ),
        columns=(
            Column("serial", N_("Serial number"), named("serial"), "serial", td="name mono"),
            Column("kind", N_("What"), lambda row, speech: speech.say(provision_words.DRIFTS[row["kind"]][1])),
            Column("device", "OLT", named("device"), "device"),
            Column("place", N_("Place"), _place, td="num"),
            Column("login", N_("Login"), named("login")),
            Column(
                "detail",
                N_("In detail"),
                lambda row, speech: detail(row, speech.say),
                css="max-[1100px]:hidden",
                td="wrap",
            ),
            Column("found", N_("Since"), instant("found_at"), "found", align="r"),
            Column("seen", N_("Last seen"), instant("seen_at"), align="r", shown=False),
        ),
    )
)


@routes.get(HOME, ProvisionPermission.READ)
async def show(request: web.Request) -> web.Response:
    """One page of the list, and when each OLT was compared."""
    seen = await read(request, TABLE, {"olt": await device_list.names("olt")})
    speak = language(request)
    olts = [
        {**one, "problem": provision_words.sentence(speak, one["sweep_problem"])} for one in await provision_list.olts()
    ]
    more: dict[str, Any] = {"tally": await provision_list.drift_counts(), "olts": olts, "detail": detail}
    return page(request, "console/provisioning/drift.html", seen=seen, words=provision_words, home=HOME, **more)


@routes.get(HOME + ".csv", ProvisionPermission.EXPORT)
async def as_file(request: web.Request) -> web.StreamResponse:
    """The list as a file."""
    return await download(request, TABLE)


@routes.post(HOME + "/sweep", ProvisionPermission.RUN)
async def sweep(request: web.Request) -> web.Response:
    """Compare an OLT soon, behind everything else that wants it."""
    form = await request.post()
    device = await device_list.one(number(str(form.get("olt", ""))) or 0)

    async def effect(connection: db.Connection) -> Done:
        await olt_looks.sweep_soon(connection, device["id"])
        return Done(HOME, said(request, N_("%(name)s is compared now, behind everything else"), name=device["name"]))

    return await once(request, form, effect)
