"""Plans: the list and the form."""

from __future__ import annotations

from datetime import tzinfo
from decimal import Decimal
from typing import Any

from aiohttp import web

from oss.base import db
from oss.base.listing import Listing, Order
from oss.contracts import plan_list, plans
from oss.contracts.permissions import PlanPermission
from oss.contracts.plan_list import Wanted
from oss.contracts.plans import PlanValues
from oss.monitoring import sla
from oss.staff.scopes import Scope
from web import formats
from web.auth import actor
from web.catalogues import N_
from web.console.audit_history import history
from web.console.exports import download
from web.form_model import ModelForm
from web.form_saving import Done, Filled, Row, filled, save, show
from web.inputs.plans import PlanForm
from web.listed import of_tab, read
from web.pages import page, said
from web.routing import Routes
from web.tables import Column, Filter, Params, Speech, Table, Value, instant, named, register
from web.words import yes_or_no

routes = Routes()
HOME = "/console/plans"
ID = HOME + "/{id:\\d{1,17}}"
STATES = {"sold": N_("On sale"), "ended": N_("Not on sale")}
BINDINGS = {
    "off": N_("From any line"),
    "learn": N_("From the line of its first login"),
    "fixed": N_("Only from the line that is set for it"),
}
PLAN = ModelForm(
    "plan",
    PlanPermission.WRITE,
    PlanForm,
    table="plan",
    labels={
        "name": N_("Name"),
        "down_kbps": N_("Download (Mbps)"),
        "up_kbps": N_("Upload (Mbps)"),
        "price_cents": N_("Price a month"),
        "reduced_down_kbps": N_("Download while held (Mbps)"),
        "reduced_up_kbps": N_("Upload while held (Mbps)"),
        "pool": N_("Address pool"),
        "active": N_("On sale"),
        "binding": N_("A login may come"),
        "binding_keys": N_("What is learned"),
        "sla": N_("Availability promised"),
    },
    choices={"binding": BINDINGS},
    asks={"name": plans.taken},
)
FRESH = {"reduced_down_kbps": 1000, "reduced_up_kbps": 500, "active": True, "binding": "off", "binding_keys": "mac"}


def _source(params: Params, zone: tzinfo, scope: Scope) -> tuple[Listing, Order]:
    """Plans are no customer's: whoever may see them sees all of them."""
    state, binding, pool = params.get("state", ""), params.get("binding", ""), params.get("pool", "")
    wish = Wanted(params.get("q", ""), state, binding, pool, params.get("sort", "sale"))
    return plan_list.listing(wish), wish.order


def _rate(name: str) -> Value:
    """With its unit, as the page has it; a plain space before it, which people look for."""
    return lambda row, speech: formats.rate(row[name], speech.language).replace("\u00a0", " ")


def _money(name: str) -> Value:
    return lambda row, speech: Decimal(row[name]) / 100


def _binding(row: Any, speech: Speech) -> str:
    return speech.say(BINDINGS[row["binding"]])


def _sold(row: Any, speech: Speech) -> str:
    return yes_or_no(speech.language, row["active"])


TABLE = register(
    Table(
        name="plans",
        path=HOME,
        label=N_("Plans"),
        file="planos",
        permission=PlanPermission.READ,
        exports=PlanPermission.READ,
        personal="plans",
        sort="sale",
        source=_source,
        filters=(
            Filter("state", N_("State"), choices=STATES, tabs=True),
            Filter("binding", N_("A login may come"), choices=BINDINGS),
            Filter("pool", N_("Address pool"), kind="text"),
        ),
        columns=(
            Column("name", N_("Plan"), named("name"), "name", td="name"),
            Column("sale", N_("On sale"), _sold, "sale", shown=False),
            Column("down", N_("Down"), _rate("down_kbps"), "down", align="r"),
            Column("up", N_("Up"), _rate("up_kbps"), "up", align="r"),
            Column("reduced", N_("When overdue"), _rate("reduced_down_kbps"), "reduced", align="r"),
            Column("pool", N_("Pool"), named("pool"), "pool"),
            Column("price", N_("Price"), _money("price_cents"), "price", align="r", td="strong"),
            Column("contracts", N_("Contracts"), named("contracts"), "contracts", align="r", css="w-56"),
            Column("month", N_("A month"), _money("monthly_cents"), "month", align="r"),
            Column("binding", N_("A login may come"), _binding, shown=False),
            Column("added", N_("Made"), instant("created_at"), "added", align="r", shown=False),
        ),
    )
)


@routes.get(HOME, PlanPermission.READ)
async def show_all(request: web.Request) -> web.Response:
    """One page of the plans with what they carry."""
    tally = await plan_list.counts()
    pools = [(one, one) for one in await plan_list.pools()]
    seen = await read(request, TABLE, {"pool": pools}, of_tab(request, TABLE, tally))
    more: dict[str, Any] = {"states": STATES, "bindings": BINDINGS}
    return page(request, "console/plans/page.html", seen=seen, tally=tally, **more)


@routes.get(HOME + ".csv", PlanPermission.READ)
async def as_file(request: web.Request) -> web.StreamResponse:
    """The list as a file."""
    return await download(request, TABLE)


async def _present(plan_id: int) -> dict[str, Any]:
    """A plan as its form holds it, with what it promises."""
    return {**await plan_list.one(plan_id), "sla": await sla.target(db.pool(), plan_id)}


async def _form(request: web.Request, plan_id: int | None, form: Filled | None = None) -> web.Response:
    row = await _present(plan_id) if plan_id else None
    form = form or filled(request, PLAN, row or FRESH)
    past = await history(request, ("plan", plan_id)) if plan_id else []
    return show(request, "console/plans/form.html", form, plan_id=plan_id, row=row, history=past)


@routes.get(HOME + "/new", PlanPermission.WRITE)
async def fresh(request: web.Request) -> web.Response:
    """An empty form."""
    return await _form(request, None)


@routes.get(ID, PlanPermission.READ)
async def edit(request: web.Request) -> web.Response:
    """One plan in the form, rates in Mbps, price in reais."""
    return await _form(request, int(request.match_info["id"]))


async def _save(request: web.Request, plan_id: int | None) -> web.Response:
    async def act(connection: db.Connection, values: PlanForm) -> Done:
        wanted = PlanValues(**values.model_dump(exclude={"sla"}))
        saved = await plans.save(connection, actor(request), wanted, plan_id)
        await sla.set_target(connection, actor(request), saved, values.sla)
        text = N_("%(name)s is saved; live sessions follow by themselves")
        return Done(HOME, said(request, text, name=values.name))

    async def again(form: Filled) -> web.Response:
        return await _form(request, plan_id, form)

    row: Row[PlanForm] | None = Row(plan_id, lambda: _present(plan_id)) if plan_id else None
    return await save(request, PLAN, act, again, row)


@routes.post(HOME, PlanPermission.WRITE)
async def create(request: web.Request) -> web.Response:
    """Save a new one."""
    return await _save(request, None)


@routes.post(ID, PlanPermission.WRITE)
async def change(request: web.Request) -> web.Response:
    """Save changes; the network follows."""
    return await _save(request, int(request.match_info["id"]))
