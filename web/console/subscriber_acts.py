"""What is done to one subscriber: hold, release, promise, payment, plan, end, login, reconnect; each a page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlencode

from aiohttp import web

from billing import payments, subscriber
from billing.permissions import PaymentPermission
from oss.access import accounts, hold_acts, orders
from oss.access.holds import EFFECTS
from oss.access.permissions import HoldPermission, SessionPermission
from oss.access.session_list import uids
from oss.base import clock, db
from oss.base.problems import InvalidInput, NotFound
from oss.contracts import changes, lifecycle, plan_list
from oss.contracts.permissions import ContractPermission
from web import formats, words
from web.auth import actor
from web.catalogues import N_
from web.console.subscriber import number
from web.form_saving import answered_once
from web.forms import posted
from web.notices import tell
from web.pages import back_to, context, language, page, said
from web.routing import Handler, Routes

routes = Routes()
PATH = "/console/subscribers/{id:\\d{1,17}}"


def _ids(request: web.Request) -> tuple[int, int]:
    """Customer and contract of the address; the contract is checked to be theirs by whoever reads it."""
    return int(request.match_info["id"]), number(request.query.get("contract")) or 0


def _home(customer: int, contract: int | None = None) -> str:
    query = f"?{urlencode({'contract': contract})}" if contract else ""
    return f"/console/subscribers/{customer}{query}"


async def _form(request: web.Request, act: str, status: int = 200, **values: object) -> web.Response:
    """A form's page: first empty, then as it was typed with what is wrong."""
    customer, contract = _ids(request)
    values = {"values": {}, "errors": {}, **values}
    found = await subscriber.contract(customer, contract)
    values |= {"name": await subscriber.name(customer), "customer": customer, "contract": found}
    if act == "plan":
        values["plans"] = await plan_list.on_sale()
    if act == "pay":
        values["bill"] = await subscriber.invoice(customer, number(request.query.get("invoice")) or 0)
    return page(request, f"console/subscriber/{act}.html", status=status, back=_home(customer, contract), **values)


def act(name: str, permission: str) -> Callable[[Handler], Handler]:
    """Register a handler for the posted form of an act, and the page that asks for it."""

    def register(handler: Handler) -> Handler:
        async def ask(request: web.Request) -> web.StreamResponse:
            return await _form(request, name)

        async def do(request: web.Request) -> web.StreamResponse:
            try:
                return await answered_once(request, handler)
            except InvalidInput as problem:
                values = (await posted(request)).values()
                wrong = words.wrongs(language(request), problem.fields)
                return await _form(request, name, 422, values=values, errors=wrong)

        routes.add("GET", f"{PATH}/{name}", permission, ask)
        routes.add("POST", f"{PATH}/{name}", permission, do)
        return handler

    return register


def undo_address(act: str, reason: str, at: datetime, back: str) -> str:
    """Where the toast's "undo" is posted to."""
    return "/console/holds/undo?" + urlencode({"act": act, "reason": reason, "at": at.isoformat(), "back": back})


async def _theirs(request: web.Request) -> subscriber.Contract:
    """The contract of the address, if it is this customer's."""
    return await subscriber.contract(*_ids(request))


@act("hold", HoldPermission.WRITE)
async def hold(request: web.Request) -> web.StreamResponse:
    """Hold the contract by hand; the next person reads why."""
    form, contract = await posted(request), await _theirs(request)
    reason = form.choice("reason", hold_acts.BY_HAND, "manual")
    effect, note = form.choice("effect", EFFECTS), form.text("note", required=True)
    form.check()
    done = await hold_acts.place(actor(request), [contract.id], reason, effect, note)
    back = _home(*_ids(request))
    tell(request, said(request, N_("The contract is held")), undo_address("place", reason, done.at, back))
    return back_to(request, back)


@act("release", HoldPermission.WRITE)
async def release(request: web.Request) -> web.StreamResponse:
    """Lift a hold placed by hand."""
    form, contract = await posted(request), await _theirs(request)
    reason = form.choice("reason", hold_acts.BY_HAND)
    form.check()
    done = await hold_acts.lift(actor(request), [contract.id], reason)
    back = _home(*_ids(request))
    tell(request, said(request, N_("The hold is lifted")), undo_address("lift", reason, done.at, back))
    return back_to(request, back)


@act("promise", HoldPermission.WRITE)
async def promise(request: web.Request) -> web.StreamResponse:
    """Hide the overdue hold until the promised day ends."""
    form, contract, rc = await posted(request), await _theirs(request), context(request)
    until = form.end_of_day("until", rc.company_zone, rc.now)
    form.check()
    await hold_acts.promise(actor(request), contract.id, until)
    day = formats.deadline(form.day("until"), rc.language)
    tell(request, said(request, N_("Open until %(day)s"), day=day))
    return back_to(request, _home(*_ids(request)))


@act("pay", PaymentPermission.WRITE)
async def pay(request: web.Request) -> web.StreamResponse:
    """Register money received for one invoice; the network follows by itself."""
    form, (customer, contract) = await posted(request), _ids(request)
    bill = await subscriber.invoice(customer, number(request.query.get("invoice")) or 0)
    cents, method = form.cents("amount"), form.choice("method", payments.METHODS)
    reference, on = form.text("reference", most=120) or None, form.day("on")
    rc = context(request)
    if on > rc.company_today:
        form.wrong["on"] = "must not be in the future"
    form.check()
    noon = datetime.min.time().replace(hour=12)
    at = clock.now() if on == rc.company_today else datetime.combine(on, noon, rc.company_zone)
    values = {"invoice_id": bill["id"], "amount_cents": cents, "method": method, "reference": reference}
    async with db.transaction() as connection:
        done = await payments.register(connection, actor(request), received_at=at, **values)
    amount = formats.money(cents, rc.language)
    text = N_("%(amount)s received") if done.paid else N_("%(amount)s received, %(open)s still open")
    tell(request, said(request, text, amount=amount, open=formats.money(done.open_cents, rc.language)))
    return back_to(request, _home(customer, contract))


@act("plan", ContractPermission.WRITE)
async def plan(request: web.Request) -> web.StreamResponse:
    """Move the contract to another plan; live sessions change speed by themselves."""
    form, contract = await posted(request), await _theirs(request)
    plan_id = form.number("plan")
    form.check()
    async with db.transaction() as connection:
        await lifecycle.change_plan(connection, actor(request), contract.id, plan_id)
    tell(request, said(request, N_("The plan is changed; a live session follows within a second")))
    return back_to(request, _home(*_ids(request)))


@act("end", ContractPermission.WRITE)
async def end(request: web.Request) -> web.StreamResponse:
    """End the contract, and say why: churn is told by it."""
    form, contract = await posted(request), await _theirs(request)
    reason, day = form.choice("end_reason", lifecycle.REASONS), form.day("ended_on")
    form.check()
    async with db.transaction() as connection:
        await changes.change(connection, actor(request), contract.id, ended_on=day, end_reason=reason)
    tell(request, said(request, N_("The contract is ended; its sessions are cut within a second")))
    return back_to(request, _home(*_ids(request)))


@act("reconnect", SessionPermission.WRITE)
async def reconnect(request: web.Request) -> web.StreamResponse:
    """End the contract's sessions; the router dials again by itself."""
    form, contract = await posted(request), await _theirs(request)
    chosen = uids(form.many("session")) or [one["uid"] for one in contract.sessions]
    async with db.transaction() as connection:
        count = await orders.disconnect(connection, actor(request), chosen)
    if not count:
        tell(request, said(request, N_("The session had ended already")))
    else:
        tell(request, said(request, N_("Disconnected; the router dials again in some seconds")))
    return back_to(request, _home(*_ids(request)))


@routes.post(f"{PATH}/login", ContractPermission.WRITE)
async def login(request: web.Request) -> web.StreamResponse:
    """Switch one login on or off; reversible, so it gets an undo and no question."""
    contract, enable = await _theirs(request), request.query.get("enable") == "1"
    account = next((one for one in contract.accounts if str(one["id"]) == request.query.get("account")), None)
    if account is None:
        raise NotFound(thing="login")
    async with db.transaction() as connection:
        await accounts.set_enabled(connection, actor(request), account["id"], enable)
    back = _home(*_ids(request))
    again = {"contract": contract.id, "account": account["id"], "enable": int(not enable)}
    undo = f"/console/subscribers/{request.match_info['id']}/login?{urlencode(again)}"
    text = N_("%(login)s is switched on") if enable else N_("%(login)s is switched off")
    tell(request, said(request, text, login=account["login"]), undo)
    return back_to(request, back)
