"""Plans: the list and the form."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from oss.base import db
from oss.contracts import plan_list, plans
from oss.contracts.permissions import PlanPermission
from oss.contracts.plans import PlanValues
from oss.monitoring import sla
from web.auth import actor
from web.catalogues import N_
from web.console.audit_history import history
from web.form_model import ModelForm
from web.form_saving import Done, Filled, Row, filled, save, show
from web.inputs.plans import PlanForm
from web.pages import page, said
from web.routing import Routes

routes = Routes()
HOME = "/console/plans"
ID = HOME + "/{id:\\d{1,17}}"
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
    choices={
        "binding": {
            "off": N_("From any line"),
            "learn": N_("From the line of its first login"),
            "fixed": N_("Only from the line that is set for it"),
        }
    },
    asks={"name": plans.taken},
)
FRESH = {"reduced_down_kbps": 1000, "reduced_up_kbps": 500, "active": True, "binding": "off", "binding_keys": "mac"}


@routes.get(HOME, PlanPermission.READ)
async def show_all(request: web.Request) -> web.Response:
    """All plans with what they carry."""
    return page(request, "console/plans/page.html", plans=await plan_list.every())


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
