"""Holds: the list; and holding or releasing the chosen, or everybody of a search, after a look at what it touches."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Any

from aiohttp import web

from billing import subscriber_list
from billing.whose import CONTRACT
from oss.access import hold_acts, hold_list
from oss.access.hold_acts import BY_HAND, MANY
from oss.access.hold_list import Wanted
from oss.access.holds import EFFECTS
from oss.access.permissions import HoldPermission
from oss.base import db
from oss.base.listing import Listing, Order
from oss.base.problems import InvalidInput
from oss.crm import within
from oss.crm.permissions import CustomerPermission
from oss.staff.scopes import Scope
from web import fresh, words
from web.auth import SESSION, actor, scope
from web.bulk import back_of, chosen
from web.catalogues import N_
from web.console import subscribers
from web.console.entry import local
from web.console.exports import download
from web.console.subscriber_acts import undo_address
from web.forms import Form, posted
from web.listed import of_tab, read, zone_of
from web.notices import tell
from web.pages import back_to, counted, language, page
from web.routing import Routes
from web.tables import Column, Filter, Params, Speech, Table, instant, named, register
from web.words import ngettext

routes = Routes()
AGE_WORDS = {"day": N_("more than a day"), "week": N_("more than a week"), "month": N_("more than a month")}
REASON_TABS = {**words.HOLD_REASONS, "promised": N_("Open on a promise")}


def wanted(params: Params, scope: Scope) -> Wanted:
    """A list's address as a wish."""
    reason, sort = params.get("reason", ""), params.get("sort", "-placed")
    return Wanted(params.get("q", ""), reason, params.get("effect", ""), params.get("age", ""), sort, scope)


def _source(params: Params, zone: tzinfo, scope: Scope) -> tuple[Listing, Order]:
    wish = wanted(params, scope)
    return hold_list.listing(wish), wish.order


def _reason(row: Any, speech: Speech) -> str:
    return speech.say(words.HOLD_REASONS.get(row["reason"], row["reason"]))


def _effect(row: Any, speech: Speech) -> str:
    return speech.say(words.HOLD_EFFECTS.get(row["effect"], row["effect"]))


def _logins(row: Any, speech: Speech) -> str:
    return " ".join(row["logins"] or [])


TABLE = register(
    Table(
        name="holds",
        path="/console/holds",
        label=N_("Holds"),
        file="bloqueios",
        permission=HoldPermission.READ,
        exports=CustomerPermission.EXPORT,
        personal="holds",
        sort="-placed",
        source=_source,
        filters=(
            Filter("reason", N_("Reason"), choices=REASON_TABS, tabs=True),
            Filter("effect", N_("Effect"), choices=words.HOLD_EFFECTS),
            Filter("age", N_("Age"), choices=AGE_WORDS),
        ),
        columns=(
            Column("customer", N_("Customer"), named("customer"), "customer", td="name"),
            Column("contract", N_("Contract"), named("contract_id"), align="r", shown=False),
            Column("login", N_("Login"), _logins),
            Column("plan", N_("Plan"), named("plan"), "plan", css="max-[1180px]:hidden"),
            Column("effect", N_("Effect"), _effect, "effect", td="strong"),
            Column("reason", N_("Reason"), _reason, "reason"),
            Column("note", N_("Note"), named("note"), css="max-[1100px]:hidden"),
            Column("by", N_("By"), named("placed_by"), "by", css="max-[1240px]:hidden"),
            Column("promise", N_("Promise until"), instant("masked_until"), align="r", shown=False),
            Column("sessions", N_("Sessions"), named("sessions"), align="r"),
            Column("placed", N_("Since"), instant("placed_at"), "placed", align="r"),
        ),
    )
)
LISTS = {TABLE.name: TABLE, subscribers.TABLE.name: subscribers.TABLE}


@routes.get(TABLE.path, HoldPermission.READ)
async def show(request: web.Request) -> web.Response:
    """One page of the list."""
    tally = await hold_list.counts(scope(request))
    seen = await read(request, TABLE, total=of_tab(request, TABLE, tally))
    return page(request, "console/holds/page.html", seen=seen, tally=tally, tabs=REASON_TABS)


@routes.get("/console/holds.csv", CustomerPermission.EXPORT)
async def as_file(request: web.Request) -> web.StreamResponse:
    """The list as a file."""
    return await download(request, TABLE)


async def _contracts(request: web.Request, form: Form) -> tuple[list[int], dict[str, object]]:
    """The contracts a form means, and the fields that say so: of holds or customers ticked, of all that a search finds,
    or (of no list) contracts themselves."""
    table = LISTS.get(form.text("list"))
    if table is None:
        ids = sorted({int(one) for one in form.many("chosen") if one.isdigit() and len(one) < 18})
        mine = await within.only(db.pool(), scope(request), CONTRACT, ids)
        return mine, {"chosen": form.many("chosen")}
    wish = chosen(form, table, zone_of(request), scope(request))
    of = hold_list.contracts_of if table is TABLE else subscriber_list.contracts_of_customers
    return await of(await wish.ids()), wish.fields()


def _back(form: Form) -> str:
    """The list the act came from, with its search."""
    return back_of(form, LISTS.get(form.text("list"), TABLE))


@routes.post("/console/holds/preview", HoldPermission.WRITE)
async def preview(request: web.Request) -> web.Response:
    """How many contracts and sessions, on which routers; with the fields the act still needs."""
    form = await posted(request)
    return await _preview(request, form)


async def _preview(request: web.Request, form: Form, status: int = 200, **errors: str) -> web.Response:
    (contracts, carried), act = await _contracts(request, form), form.choice("act", ("place", "lift"))
    reason = form.choice("reason", BY_HAND, "manual")
    if not contracts:
        raise InvalidInput({"chosen": "choose at least one"})
    found = await hold_list.preview(contracts, act, reason)
    return page(
        request,
        "console/holds/preview.html",
        status=status,
        found=found,
        carried=carried,
        many=found.contracts if found.contracts > MANY else None,
        values=form.values(),
        errors=words.wrongs(language(request), errors),
        back=_back(form),
    )


def _dangerous(request: web.Request, contracts: list[int]) -> None:
    """Many at once are asked for a proof first."""
    if len(contracts) > MANY:
        fresh.demand(request[SESSION])


@routes.post("/console/holds/place", HoldPermission.WRITE)
async def place(request: web.Request) -> web.Response:
    """Hold them all, in one transaction."""
    form = await posted(request)
    (contracts, _), reason = await _contracts(request, form), form.choice("reason", BY_HAND)
    _dangerous(request, contracts)
    effect, note = form.choice("effect", EFFECTS), form.text("note", required=True)
    if form.wrong:
        return await _preview(request, form, 422, **form.wrong)
    done = await hold_acts.place(actor(request), contracts, reason, effect, note, form.number("number", 0))
    return _done(request, form, "place", reason, done, ngettext("%(num)s contract held", "%(num)s contracts held"))


@routes.post("/console/holds/lift", HoldPermission.WRITE)
async def lift(request: web.Request) -> web.Response:
    """Lift one reason's hold from them all, in one transaction."""
    form = await posted(request)
    (contracts, _), reason = await _contracts(request, form), form.choice("reason", BY_HAND)
    _dangerous(request, contracts)
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


@routes.post("/console/holds/undo", HoldPermission.WRITE)
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
