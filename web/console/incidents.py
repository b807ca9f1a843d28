"""Incidents: the list, and one with whom it touches, what was said of it, and what is done about it."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from typing import Any

from aiohttp import web

from oss.base import db
from oss.base.listing import Listing, Order
from oss.crm.permissions import CustomerPermission
from oss.monitoring import incident_acts, incident_list, incident_page, rule_forms
from oss.monitoring.causes import Thing
from oss.monitoring.incident_list import Wanted
from oss.monitoring.permissions import IncidentPermission
from oss.monitoring.telling import cost_an_hour
from oss.network.permissions import NetworkPermission
from oss.staff.scopes import Scope
from web import formats
from web.auth import USER, actor, permissions, scope
from web.catalogues import N_
from web.console import incident_heads, incident_words
from web.console.alert_channel_words import failure
from web.console.exports import download
from web.form_model import ModelForm
from web.form_saving import Done, Filled, Row, filled, once, save, show
from web.forms import posted
from web.inputs.alerts import NoteForm
from web.listed import read, zone_of
from web.pages import context, page, said
from web.routing import Routes
from web.tables import Column, Filter, Params, Speech, Table, instant, named, register

routes = Routes()
HOME = "/console/incidents"
ID = HOME + "/{id:\\d{1,17}}"
NOTE = ModelForm(
    "incident-note",
    IncidentPermission.WRITE,
    NoteForm,
    table="incident",
    labels={"note_to_customers": N_("What they read"), "expected_at": N_("Expected back")},
    taken="note_to_customers",
)


def _source(params: Params, zone: tzinfo, scope: Scope) -> tuple[Listing, Order]:
    names = ("state", "why", "severity", "place")
    asked = {name: params.get(name, "") for name in names}
    wish = Wanted(params.get("q", ""), **asked, sort=params.get("sort", "first"))
    return incident_list.listing(wish), wish.order


def _head(row: Any, speech: Speech) -> str:
    return incident_words.head(speech.language, row)


def _cost(row: Any, speech: Speech) -> str:
    return formats.money(cost_an_hour(row["monthly_cents"]), speech.language)


def _word(words: dict[str, str], name: str) -> Any:
    return lambda row, speech: speech.say(words.get(row[name], row[name]))


def _holder(row: Any, speech: Speech) -> str:
    return incident_words.standing(speech.language, row)


TABLE = register(
    Table(
        name="incidents",
        path=HOME,
        label=N_("Incidents"),
        file="incidentes",
        permission=IncidentPermission.READ,
        exports=NetworkPermission.EXPORT,
        personal="network",
        sort="first",
        source=_source,
        filters=(
            Filter("state", N_("State"), choices=incident_words.STATES, tabs=True),
            Filter("why", N_("Cause"), choices=incident_heads.WHYS),
            Filter("severity", N_("Severity"), choices=incident_words.SEVERITIES),
            Filter("place", N_("Place"), choices=incident_words.PLACES),
        ),
        columns=(
            Column("what", N_("What"), _head, "what", td="name"),
            Column("severity", N_("Severity"), _word(incident_words.SEVERITIES, "severity"), "severity"),
            Column("why", N_("Cause"), _word(incident_heads.WHYS, "why"), css="max-[1340px]:hidden"),
            Column("began", N_("Since"), instant("began_at"), "began", align="r"),
            Column("ended", N_("Until"), instant("ended_at"), "ended", align="r", css="max-[1240px]:hidden"),
            Column("lasted", N_("Lasted"), named("lasted_s"), "lasted", align="r"),
            Column("customers", N_("Customers"), named("customers"), "customers", align="r"),
            Column("money", N_("R$ an hour"), _cost, "money", align="r"),
            Column("holder", N_("In hand of"), _holder, "first"),
            Column("rule", N_("Rule"), named("rule_name"), shown=False),
            Column("lines", N_("Lines"), named("lines"), align="r", shown=False),
        ),
    )
)


@routes.get(HOME, IncidentPermission.READ)
async def show_all(request: web.Request) -> web.Response:
    """One page of the list."""
    seen = await read(request, TABLE)
    tally, ended = await incident_list.tally(), await incident_list.ended_count()
    return page(request, "console/incidents/page.html", seen=seen, tally=tally, ended=ended, words=incident_words)


@routes.get(HOME + ".csv", NetworkPermission.EXPORT)
async def as_file(request: web.Request) -> web.StreamResponse:
    """The list as a file."""
    return await download(request, TABLE)


def _id(request: web.Request) -> int:
    return int(request.match_info["id"])


@routes.get(ID, IncidentPermission.READ)
async def show_one(request: web.Request) -> web.Response:
    """One incident."""
    rc = context(request)
    async with db.pool().acquire() as connection:
        row = await incident_page.one(connection, _id(request))
        way = await incident_page.way(connection, Thing(row["at_kind"], row["at_id"]))
        members = await incident_page.members(connection, row["id"])
        entries = await incident_page.entries(connection, row["id"])
        told = await incident_page.messages(connection, row["id"])
        parts = await incident_page.parts(connection, row["id"])
        rule = await rule_forms.one(connection, row["rule_id"]) if row["rule_id"] else None
    return page(
        request,
        "console/incidents/incident.html",
        row=row,
        rule=rule,
        members=members,
        told=told,
        parts=parts,
        lines=await _lines(request, row["id"]),
        cause=incident_words.cause(rc.language, row, way, *((rule["subject"], rule["metric"]) if rule else ())),
        stations=incident_words.stations(rc, row, way, members),
        moments=incident_words.moments(rc, entries),
        words=incident_words,
        failure=failure,
    )


async def _lines(request: web.Request, incident_id: int) -> Any:
    """A page of the lines that this person may see; None for who may see no customers."""
    if CustomerPermission.READ not in permissions(request):
        return None
    mine, asked = scope(request, CustomerPermission.READ), request.query
    return await incident_page.lines_page(incident_id, mine, asked.get("after"), asked.get("before"))


# ------------------------------------------------------------ what is done about it


@routes.post(ID + "/acknowledge", IncidentPermission.WRITE)
async def acknowledge(request: web.Request) -> web.Response:
    """Take it in hand: nobody else is told."""
    key, user = _id(request), request[USER].id

    async def effect(connection: db.Connection) -> Done:
        await incident_acts.acknowledge(connection, actor(request), key, user)
        text = said(request, N_("It is in your hand; nobody else is told of it"))
        return Done(f"{HOME}/{key}", text, f"{HOME}/{key}/give-back")

    return await once(request, await request.post(), effect)


@routes.post(ID + "/give-back", IncidentPermission.WRITE)
async def give_back(request: web.Request) -> web.Response:
    """It is in nobody's hand any more."""
    key = _id(request)

    async def effect(connection: db.Connection) -> Done:
        await incident_acts.give_back(connection, actor(request), key)
        return Done(f"{HOME}/{key}", said(request, N_("It is in nobody's hand; the next step is told when it is due")))

    return await once(request, await request.post(), effect)


@routes.post(ID + "/comments", IncidentPermission.WRITE)
async def comment(request: web.Request) -> web.Response:
    """Say what was found or done."""
    key, form = _id(request), await posted(request)
    text = form.text("text", required=True, most=incident_acts.LONGEST_COMMENT)
    form.check()

    async def effect(connection: db.Connection) -> Done:
        await incident_acts.comment(connection, actor(request), key, text)
        return Done(f"{HOME}/{key}#timeline", said(request, N_("The comment is in the timeline")))

    return await once(request, await request.post(), effect)


async def _present(request: web.Request, key: int) -> dict[str, Any]:
    """The note as its form holds it: the time in the provider's zone."""
    row = await incident_page.one(db.pool(), key)
    at: datetime | None = row["expected_at"]
    return {**row, "expected_at": at.astimezone(zone_of(request)).strftime("%Y-%m-%dT%H:%M") if at else None}


async def _note(request: web.Request, form: Filled | None = None) -> web.Response:
    row = await _present(request, _id(request))
    form = form or filled(request, NOTE, row)
    return show(request, "console/incidents/note.html", form, row=row, words=incident_words)


@routes.get(ID + "/note", IncidentPermission.WRITE)
async def edit_note(request: web.Request) -> web.Response:
    """What is told to the customers it touches, in the form."""
    return await _note(request)


@routes.post(ID + "/note", IncidentPermission.WRITE)
async def save_note(request: web.Request) -> web.Response:
    """Tell them, or take it back."""
    key, zone = _id(request), zone_of(request)

    async def act(connection: db.Connection, values: NoteForm) -> Done:
        typed = values.expected_at
        at = datetime.fromisoformat(typed).replace(tzinfo=zone).astimezone(UTC) if typed else None
        await incident_acts.write_to_customers(connection, actor(request), key, values.note_to_customers, at)
        return Done(f"{HOME}/{key}", said(request, N_("The customers it touches read it from now on")))

    return await save(request, NOTE, act, lambda form: _note(request, form), Row(key, lambda: _present(request, key)))
