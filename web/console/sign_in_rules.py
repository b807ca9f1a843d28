"""When, from where and with what a role may sign in, as a part of the role's form."""

from __future__ import annotations

from datetime import time
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

from oss.base import clock
from oss.base.problems import InvalidInput
from oss.staff import factors, sign_in_rules
from oss.staff.sign_in_rules import Hours, SignInRules
from web.auth import USER, remote_ip
from web.catalogues import N_
from web.forms import Form
from web.keys import CONFIG
from web.pages import language
from web.render import tell

DAYS = (N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun"))


def shown(rules: SignInRules) -> dict[str, Any]:
    """The rules as the form's fields."""
    span = rules.hours
    return {
        "needs_second_factor": rules.needs_second_factor,
        "days": sorted(span.days) if span else [],
        "from": f"{span.begin:%H:%M}" if span else "",
        "to": f"{span.end:%H:%M}" if span else "",
        "networks": "\n".join(str(one) for one in rules.networks),
    }


def typed(form: Form) -> dict[str, Any]:
    """The fields as they were typed, to be shown again."""
    told: dict[str, Any] = {name: form.text(name, most=4000) for name in ("from", "to", "networks")}
    days = [int(day) for day in form.many("days") if day.isdigit() and len(day) == 1]
    return told | {"days": days, "needs_second_factor": form.flag("needs_second_factor")}


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


def read(form: Form) -> SignInRules:
    """What was typed; what is wrong is noted in the form, and raised."""
    hours = _hours(form)
    try:
        networks = sign_in_rules.parse_networks(form.text("networks", most=4000))
    except InvalidInput as problem:
        form.wrong |= problem.fields
        networks = ()
    form.check()
    return SignInRules(form.flag("needs_second_factor"), hours, networks)


async def warning(request: web.Request, role: str, rules: SignInRules) -> str | None:
    """What these rules would have against whoever saves them, here and now, in words."""
    if request[USER].role != role:
        return None
    if rules.needs_second_factor and not (await factors.standing(request[USER].id)).any:
        return tell(language(request), sign_in_rules.NoFactorYourself())
    local = clock.now().astimezone(ZoneInfo(request.app[CONFIG].zone))
    against = sign_in_rules.refusal(rules, local, remote_ip(request))
    return tell(language(request), against) if against else None
