"""Runs of provisioning: the list, one with its steps as they are said, and what a person decides where it is stuck."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from typing import Any

from aiohttp import web

from oss.access import provision, provision_list
from oss.access.permissions import ProvisionPermission
from oss.access.provision_list import Told, Wanted
from oss.base import db
from oss.base.listing import Listing, Order
from oss.base.problems import InvalidInput
from oss.crm.permissions import CustomerPermission
from oss.network import device_list
from oss.staff.scopes import Scope
from web import auth
from web.auth import actor
from web.catalogues import N_
from web.console import provision_words
from web.console.audit_history import history
from web.console.exports import download
from web.console.provision_live import stream_of
from web.console.provisioning import HOME as WAITING
from web.console.subscriber import number
from web.form_saving import Done, once
from web.listed import read
from web.pages import context, language, page, said
from web.render import render
from web.routing import Routes
from web.tables import Column, Filter, Params, Speech, Table, instant, named, register

routes = Routes()
HOME = WAITING + "/runs"
ID = HOME + "/{id:\\d{1,17}}"


def _source(params: Params, zone: tzinfo, scope: Scope) -> tuple[Listing, Order]:
    text, view, kind = params.get("q", ""), params.get("view", ""), params.get("kind", "")
    wanted = Wanted(text, view, kind, number(params.get("olt")), params.get("sort", "-made"))
    return provision_list.runs(wanted, scope)


def _place(row: Any, speech: Speech) -> str:
    return f"{row['pon']}:{row['number']}" if row["number"] is not None else str(row["pon"])


TABLE = register(
    Table(
        name="provision_runs",
        path=HOME,
        label=N_("Runs of provisioning"),
        file="provisionamentos",
        permission=ProvisionPermission.READ,
        whose=CustomerPermission.READ,
        exports=ProvisionPermission.EXPORT,
        personal="network",
        sort="-made",
        source=_source,
        filters=(
            Filter("view", N_("View"), choices=provision_words.RUN_VIEWS, tabs=True),
            Filter("kind", N_("Act"), choices=provision_words.KINDS),
            Filter("olt", "OLT", kind="id"),
        ),
        columns=(
            Column("serial", N_("Serial number"), named("serial"), "serial", td="name mono"),
            Column("kind", N_("Act"), lambda row, speech: speech.say(provision_words.KINDS[row["kind"]]), "kind"),
            Column(
                "state", N_("State"), lambda row, speech: speech.say(provision_words.STATES[row["state"]][1]), "state"
            ),
            Column("device", "OLT", named("device"), "device"),
            Column("place", N_("Place"), _place, td="num"),
            Column("login", N_("Login"), named("login")),
            Column("by", N_("Who"), named("made_by"), css="max-[1100px]:hidden"),
            Column("made", N_("When"), instant("made_at"), "made", align="r"),
            Column("ended", N_("Ended"), instant("ended_at"), align="r", shown=False),
        ),
    )
)


@routes.get(HOME, ProvisionPermission.READ)
async def show_all(request: web.Request) -> web.Response:
    """One page of the list."""
    seen = await read(request, TABLE, {"olt": await device_list.names("olt")})
    tally = await provision_list.run_counts()
    return page(request, "console/provisioning/runs.html", seen=seen, tally=tally, words=provision_words)


@routes.get(HOME + ".csv", ProvisionPermission.EXPORT)
async def as_file(request: web.Request) -> web.StreamResponse:
    """The list as a file."""
    return await download(request, TABLE)


async def _told(request: web.Request) -> Told:
    """The run of the address; of customers whom this person does not see, without their login."""
    return await provision_list.told(int(request.match_info["id"]), auth.scope(request, CustomerPermission.READ))


def _values(request: web.Request, told: Told) -> Mapping[str, Any]:
    problem = provision_words.sentence(language(request), told.run.problem, told.run.device)
    steps = told.run.course.steps if told.run.course else ()
    pairs = [
        (step, mark, provision_words.step_state(position, mark.state, mark.back, told.in_force))
        for position, (step, mark) in enumerate(zip(steps, told.marks, strict=False))
    ]
    return {"told": told, "run": told.run, "steps": pairs, "problem": problem, "words": provision_words, "home": HOME}


@routes.get(ID, ProvisionPermission.READ)
async def show(request: web.Request) -> web.Response:
    """One run."""
    told = await _told(request)
    values = _values(request, told)
    past = await history(request, ("provision_run", told.run.id))
    return page(request, "console/provisioning/run.html", history=past, **values)


@routes.get(ID + "/live", ProvisionPermission.READ)
async def live(request: web.Request) -> web.StreamResponse:
    """Its steps anew, each time one of them was said."""
    await _told(request)

    async def told() -> str:
        values = _values(request, await _told(request))
        return render("console/provisioning/_run.html", context(request), **values)

    return await stream_of(request, "run", told)


@routes.get(ID + "/decide", ProvisionPermission.SETTLE)
async def ask(request: web.Request) -> web.Response:
    """Continue, take back, or settled by hand: with what exactly would be said."""
    told = await _told(request)
    wants = request.query.get("wants", "take-back")
    return page(request, "console/provisioning/decide.html", wants=wants, **_values(request, told))


@routes.post(ID + "/decide", ProvisionPermission.SETTLE)
async def decide(request: web.Request) -> web.Response:
    """A stuck run is ended one way or another."""
    run_id, form = int(request.match_info["id"]), await request.post()
    wants, note = str(form.get("wants", "")), str(form.get("note", ""))
    if wants not in ("go-on", "take-back", "settled"):
        raise InvalidInput({"wants": "is not known"})

    async def effect(connection: db.Connection) -> Done:
        if wants == "settled":
            await provision.settle(connection, actor(request), run_id, note)
            return Done(f"{HOME}/{run_id}", said(request, N_("It is noted as settled by hand")))
        await provision.decide(connection, actor(request), run_id, wants)
        return Done(f"{HOME}/{run_id}", said(request, N_("It goes on")))

    return await once(request, form, effect)
