"""When, from where and with what each role may sign in."""

from __future__ import annotations

from datetime import time
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

from oss.base import clock, db
from oss.base.problems import InvalidInput, Problem
from oss.staff import factors, sign_in_rules
from oss.staff.roles import ROLES
from oss.staff.sign_in_rules import Hours, SignInRules
from web import words
from web.auth import USER, actor, remote_ip
from web.catalogues import N_
from web.forms import Form, posted
from web.keys import CONFIG
from web.notices import tell
from web.pages import back_to, language, page, said
from web.render import tell as sentence
from web.routing import Routes

routes = Routes()
PATH = "/console/staff/rules"
DAYS = (N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun"))


async def _page(request: web.Request, failed: str | None = None, **values: Any) -> web.Response:
    rules = await sign_in_rules.every()
    given: dict[str, Any] = {"errors": {}, "warning": None, "typed": {}, "days": DAYS} | values
    told = [(role, _shown(rules.get(role, sign_in_rules.FREE))) for role in ROLES]
    shown = [(role, given["typed"] if role == failed else value) for role, value in told]
    status = 422 if failed else 200
    more = {"ip": remote_ip(request), "zone": request.app[CONFIG].zone, "failed": failed}
    return page(request, "console/staff/rules.html", status=status, roles=shown, **given, **more)


def _shown(rules: SignInRules) -> dict[str, Any]:
    """The rules as the form's fields."""
    span = rules.hours
    return {
        "needs_second_factor": rules.needs_second_factor,
        "days": sorted(span.days) if span else [],
        "from": f"{span.begin:%H:%M}" if span else "",
        "to": f"{span.end:%H:%M}" if span else "",
        "networks": "\n".join(str(one) for one in rules.networks),
    }


def _time(form: Form, name: str) -> time:
    try:
        return time.fromisoformat(form.text(name))
    except ValueError:
        form.wrong[name] = "must be a time such as 08:00"
        return time()


def _hours(form: Form) -> Hours | None:
    """None where no day is ticked and no time typed: always."""
    days = frozenset(int(day) for day in form.many("days") if day in "0123456" and len(day) == 1)
    if not days and not form.text("from") and not form.text("to"):
        return None
    if not days:
        form.wrong["days"] = "choose at least one"
    return Hours(days, _time(form, "from"), _time(form, "to"))


def _rules(form: Form) -> SignInRules:
    hours = _hours(form)
    try:
        networks = sign_in_rules.parse_networks(form.text("networks", most=4000))
    except InvalidInput as problem:
        form.wrong |= problem.fields
        networks = ()
    form.check()
    return SignInRules(form.flag("needs_second_factor"), hours, networks)


@routes.get(PATH, "staff.write")
async def show(request: web.Request) -> web.Response:
    """Every role's."""
    return await _page(request)


@routes.post(PATH, "staff.write", fresh=True)
async def save(request: web.Request) -> web.Response:
    """One role's; whoever would shut themselves out is asked twice."""
    form = await posted(request)
    role = form.choice("role", list(ROLES))
    typed = {name: form.text(name, most=4000) for name in ("from", "to", "networks")}
    typed_days = [int(day) for day in form.many("days") if day.isdigit()]
    typed |= {"days": typed_days, "needs_second_factor": form.flag("needs_second_factor")}  # type: ignore[dict-item]
    try:
        rules = _rules(form)
    except InvalidInput as problem:
        return await _page(request, role, typed=typed, errors=words.wrongs(language(request), problem.fields))
    against = await _shuts_out(request, role, rules)
    if against is not None and not form.flag("knowingly"):
        return await _page(request, role, typed=typed, warning=sentence(language(request), against))
    async with db.transaction() as connection:
        await sign_in_rules.save(connection, actor(request), role, rules)
    tell(request, said(request, N_("The rules are saved and hold from now on")))
    return back_to(request, PATH)


async def _shuts_out(request: web.Request, role: str, rules: SignInRules) -> Problem | None:
    """What these rules would have against whoever saves them, here and now."""
    if request[USER].role != role:
        return None
    if rules.needs_second_factor and not (await factors.standing(request[USER].id)).any:
        return sign_in_rules.NoFactorYourself()
    local = clock.now().astimezone(ZoneInfo(request.app[CONFIG].zone))
    return sign_in_rules.refusal(rules, local, remote_ip(request))
