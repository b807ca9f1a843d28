"""Holds: the list; and holding or releasing the chosen, or everybody of a search, after a look at what it touches."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from urllib.parse import parse_qsl

from aiohttp import web

from billing import subscriber_list
from oss.access import hold_acts, hold_list
from oss.access.hold_acts import BY_HAND, MANY
from oss.access.hold_list import Wanted
from oss.access.holds import EFFECTS
from oss.base.clock import today
from oss.base.problems import InvalidInput
from oss.crm import disclosure
from web import words
from web.auth import actor
from web.catalogues import N_
from web.console import subscribers
from web.console.entry import local
from web.console.subscriber_acts import undo_address
from web.downloads import csv_response
from web.forms import Form, filters, posted
from web.keys import CONFIG
from web.notices import tell
from web.pages import back_to, counted, language, page, said
from web.routing import Routes
from web.words import ngettext

routes = Routes()
NAMES = ("q", "reason", "effect", "age", "sort")
PLACES = {"holds": "/console/holds", "subscribers": "/console/subscribers"}
HEAD = (
    N_("Contract"),
    N_("Customer"),
    N_("Logins"),
    N_("Reason"),
    N_("Effect"),
    N_("Note"),
    N_("Since"),
    N_("By"),
    N_("Promise until"),
)


def wanted(params: dict[str, str]) -> Wanted:
    """A list's address as a wish."""
    reason, sort = params.get("reason", ""), params.get("sort", "-placed")
    return Wanted(params.get("q", ""), reason, params.get("effect", ""), params.get("age", ""), sort)


@routes.get("/console/holds", "holds.read")
async def show(request: web.Request) -> web.Response:
    """One page of the list."""
    params = filters(request, NAMES)
    wish = wanted(params)
    found = await hold_list.read(wish, request.query.get("after"), request.query.get("before"))
    tally = await hold_list.counts()
    return page(request, "console/holds/page.html", found=found, wish=wish, params=params, tally=tally)


@routes.get("/console/holds.csv", "holds.read")
async def download(request: web.Request) -> web.StreamResponse:
    """The list as a file."""
    params = filters(request, NAMES)
    await disclosure.note_export(actor(request), "holds", **params)
    return await csv_response(request, "bloqueios", [said(request, name) for name in HEAD], _lines(wanted(params)))


async def _lines(wish: Wanted) -> AsyncIterator[list[Sequence[object]]]:
    async for rows in hold_list.chunks(wish):
        yield [
            (
                *(row["contract_id"], row["customer"], " ".join(row["logins"] or []), row["reason"], row["effect"]),
                *(row["note"], row["placed_at"].isoformat(timespec="seconds"), row["placed_by"]),
                row["masked_until"].isoformat(timespec="seconds") if row["masked_until"] else "",
            )
            for row in rows
        ]


async def _contracts(request: web.Request, form: Form) -> list[int]:
    """The contracts a form means: those ticked, those of ticked customers, or all of the search it carries."""
    search = dict(parse_qsl(form.text("search", most=2000)))
    if form.flag("everybody") and form.text("of") == "subscribers":
        return await subscriber_list.contracts_of(subscribers.wanted(search), today(request.app[CONFIG].zone))
    if form.flag("everybody"):
        return await hold_list.contracts_of(wanted(search))
    ids = sorted({int(one) for one in form.many("chosen") if one.isdigit() and len(one) < 18})
    return await subscriber_list.contracts_of_customers(ids) if form.text("of") == "subscribers" else ids


def _back(form: Form) -> str:
    """The list the act came from, with its search."""
    path, search = PLACES.get(form.text("of"), PLACES["holds"]), form.text("search", most=2000)
    return f"{path}?{search}" if search else path


@routes.post("/console/holds/preview", "holds.write")
async def preview(request: web.Request) -> web.Response:
    """How many contracts and sessions, on which routers; with the fields the act still needs."""
    form = await posted(request)
    return await _preview(request, form)


async def _preview(request: web.Request, form: Form, status: int = 200, **errors: str) -> web.Response:
    contracts, act = await _contracts(request, form), form.choice("act", ("place", "lift"))
    reason = form.choice("reason", BY_HAND, "manual")
    if not contracts:
        raise InvalidInput({"chosen": "choose at least one"})
    found = await hold_list.preview(contracts, act, reason)
    carried = {name: form.text(name, most=2000) for name in ("of", "search", "everybody")}
    return page(
        request,
        "console/holds/preview.html",
        status=status,
        found=found,
        carried=carried,
        chosen=[] if carried["everybody"] else form.many("chosen"),
        many=found.contracts if found.contracts > MANY else None,
        values=form.values(),
        errors=words.wrongs(language(request), errors),
        back=_back(form),
    )


@routes.post("/console/holds/place", "holds.write")
async def place(request: web.Request) -> web.Response:
    """Hold them all, in one transaction."""
    form = await posted(request)
    contracts, reason = await _contracts(request, form), form.choice("reason", BY_HAND)
    effect, note = form.choice("effect", EFFECTS), form.text("note", required=True)
    if form.wrong:
        return await _preview(request, form, 422, **form.wrong)
    done = await hold_acts.place(actor(request), contracts, reason, effect, note, form.number("number", 0))
    return _done(request, form, "place", reason, done, ngettext("%(num)s contract held", "%(num)s contracts held"))


@routes.post("/console/holds/lift", "holds.write")
async def lift(request: web.Request) -> web.Response:
    """Lift one reason's hold from them all, in one transaction."""
    form = await posted(request)
    contracts, reason = await _contracts(request, form), form.choice("reason", BY_HAND)
    form.check()
    done = await hold_acts.lift(actor(request), contracts, reason, form.number("number", 0))
    return _done(
        request, form, "lift", reason, done, ngettext("%(num)s contract released", "%(num)s contracts released")
    )


def _done(
    request: web.Request, form: Form, act: str, reason: str, done: hold_acts.Done, forms: tuple[str, str]
) -> web.Response:
    back = _back(form)
    undo = undo_address(act, reason, done.at, back) if done.contracts else None
    tell(request, counted(request, forms, len(done.contracts)), undo)
    return back_to(request, back)


@routes.post("/console/holds/undo", "holds.write")
async def undo(request: web.Request) -> web.Response:
    """Take the last act back, within ten minutes."""
    query = request.query
    try:
        at = datetime.fromisoformat(query.get("at", ""))
    except ValueError:
        raise InvalidInput({"at": "must be a day"}) from None
    if at.tzinfo is None or query.get("act") not in ("place", "lift"):
        raise InvalidInput({"act": "is not known"})
    changed = await hold_acts.undo(actor(request), query["act"], query.get("reason", ""), at)
    forms = ngettext("Taken back for %(num)s contract", "Taken back for %(num)s contracts")
    tell(request, counted(request, forms, len(changed)))
    return back_to(request, local(query.get("back", "/console/holds")))
