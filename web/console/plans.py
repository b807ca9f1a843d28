"""Plans: the list and the form."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from oss.base import db
from oss.base.problems import Conflict, InvalidInput
from oss.contracts import plan_list, plans
from oss.contracts.permissions import PlanPermission
from oss.contracts.plans import BINDING_KEYS, BINDINGS, PlanValues
from web import formats, words
from web.auth import actor
from web.catalogues import N_
from web.console.audit_history import history
from web.forms import Form, posted
from web.notices import tell
from web.pages import back_to, language, page, said
from web.routing import Routes

routes = Routes()
RATES = ("down_kbps", "up_kbps", "reduced_down_kbps", "reduced_up_kbps")
FIELDS = {"price_cents": "price", **{rate: rate.removesuffix("_kbps") for rate in RATES}}
FRESH = {"reduced_down": "1", "reduced_up": "0,5", "active": "1"}


@routes.get("/console/plans", PlanPermission.READ)
async def show(request: web.Request) -> web.Response:
    """All plans with what they carry."""
    return page(request, "console/plans/page.html", plans=await plan_list.every())


def _form(request: web.Request, plan_id: int | None, values: dict[str, Any], row: Any, **more: Any) -> web.Response:
    told = {"errors": {}, "history": [], **more}
    return page(request, "console/plans/form.html", plan_id=plan_id, values=values, row=row, **told)


@routes.get("/console/plans/new", PlanPermission.WRITE)
async def fresh(request: web.Request) -> web.Response:
    """An empty form."""
    return _form(request, None, dict(FRESH), None)


@routes.get("/console/plans/{id:\\d{1,17}}", PlanPermission.READ)
async def edit(request: web.Request) -> web.Response:
    """One plan in the form, rates in Mbps, price in reais."""
    row, spoken = await plan_list.one(int(request.match_info["id"])), language(request)
    values = {name.removesuffix("_kbps"): formats.rate(row[name], spoken).split(formats.NBSP)[0] for name in RATES}
    price = formats.money(row["price_cents"], spoken).replace("R$", "").strip()
    values |= {"name": row["name"], "pool": row["pool"] or "", "active": "1" if row["active"] else "", "price": price}
    values |= {"binding": row["binding"], "keys": row["binding_keys"].split()}
    return _form(request, row["id"], values, row, history=await history(request, ("plan", row["id"])))


def _values(form: Form) -> PlanValues:
    values = PlanValues(
        name=form.text("name", most=80),
        down_kbps=form.kbps("down"),
        up_kbps=form.kbps("up"),
        price_cents=form.cents("price"),
        reduced_down_kbps=form.kbps("reduced_down"),
        reduced_up_kbps=form.kbps("reduced_up"),
        pool=form.text("pool", most=64) or None,
        active=form.flag("active"),
        binding=form.choice("binding", BINDINGS, "off"),
        binding_keys=" ".join(key for key in BINDING_KEYS if key in form.many("keys")) or "mac",
    )
    form.check()
    return values


async def _save(request: web.Request, plan_id: int | None) -> web.Response:
    form = await posted(request)
    try:
        values = _values(form)
        async with db.transaction() as connection:
            await plans.save(connection, actor(request), values, plan_id)
    except (InvalidInput, Conflict) as problem:
        told = problem.fields if isinstance(problem, InvalidInput) else {"name": "already taken"}
        wrong = {FIELDS.get(name, name): message for name, message in told.items()}
        row = await plan_list.one(plan_id) if plan_id else None
        typed = {**form.values(), "keys": form.many("keys")}
        return _form(request, plan_id, typed, row, errors=words.wrongs(language(request), wrong), status=422)
    tell(request, said(request, N_("%(name)s is saved; live sessions follow by themselves"), name=values.name))
    return back_to(request, "/console/plans")


@routes.post("/console/plans", PlanPermission.WRITE)
async def create(request: web.Request) -> web.Response:
    """Save a new one."""
    return await _save(request, None)


@routes.post("/console/plans/{id:\\d{1,17}}", PlanPermission.WRITE)
async def change(request: web.Request) -> web.Response:
    """Save changes; the network follows."""
    return await _save(request, int(request.match_info["id"]))
