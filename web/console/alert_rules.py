"""Alert rules: what there is, one in the form, switched on and off, and tried on the last thirty days."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from oss.base import db
from oss.base.problems import InvalidInput
from oss.monitoring import rule_forms, trial
from oss.monitoring.permissions import AlertPermission
from oss.network import device_list, site_list
from web.auth import actor
from web.catalogues import N_
from web.console import alert_rule_words, incident_words, network_words
from web.console.audit_history import history
from web.console.subscriber import number
from web.form_model import ModelForm
from web.form_saving import Done, Filled, Row, come_back, filled, once, save, show
from web.inputs.alerts import RuleForm
from web.pages import context, language, page, said
from web.routing import Routes

routes = Routes()
HOME = "/console/alert-rules"
ID = HOME + "/{id:\\d{1,17}}"
RULE = ModelForm(
    "alert-rule",
    AlertPermission.WRITE,
    RuleForm,
    table="alert_rule",
    labels={
        "name": N_("Name"),
        "looks_at": N_("What is looked at"),
        "kind": N_("What is looked for"),
        "limit": N_("Limit"),
        "side": N_("Side of the limit"),
        "window_s": N_("Over (seconds)"),
        "margin": N_("Over when back by"),
        "severity": N_("Severity"),
        "is_loss": N_("It is away while this holds"),
        "site_id": N_("Only at the site"),
        "device_id": N_("Only at the device"),
        "role": N_("Only at devices of the role"),
        "linked": N_("Only where a link of ours ends"),
        "raise_s": N_("Must last (seconds)"),
        "clear_s": N_("Must be well for (seconds)"),
        "flaps": N_("Changes that are flapping"),
        "flap_window_s": N_("Within (seconds)"),
        "settle_s": N_("Settled after (seconds)"),
        "enabled": N_("Switched on"),
        "note": N_("Note"),
    },
    choices={
        "kind": {name: words for name, (words, _) in alert_rule_words.KIND_WORDS.items()},
        "severity": incident_words.SEVERITIES,
        "side": {"above": N_("above"), "below": N_("below")},
        "role": network_words.MANY_ROLES,
    },
    asks={"name": rule_forms.taken},
)
FRESH = {
    "looks_at": "device.cpu_pct",
    "kind": "threshold",
    "limit": 90.0,
    "side": "above",
    "margin": 10.0,
    "window_s": 3_600,
    "severity": "warning",
    "raise_s": 300,
    "clear_s": 300,
    "flaps": 6,
    "flap_window_s": 600,
    "settle_s": 600,
    "enabled": True,
}


def _present(row: Any) -> dict[str, Any]:
    """A rule's fields as its form holds them."""
    facts, narrowing = json.loads(row["condition"]), json.loads(row["narrowing"])
    looked = f"{row['subject']}.{row['metric']}" if row["metric"] else row["subject"]
    asked = {name: facts.get(name, default) for name, default in (("limit", 0.0), ("side", "above"), ("margin", 0.0))}
    where = {"site_id": narrowing.get("site"), "device_id": narrowing.get("device"), "role": narrowing.get("role")}
    where["linked"] = bool(narrowing.get("linked"))
    return {
        **row,
        **asked,
        **where,
        "looks_at": looked,
        "kind": facts["kind"],
        "window_s": int(facts.get("window_s", 0)),
    }


@routes.get(HOME, AlertPermission.WRITE)
async def show_all(request: web.Request) -> web.Response:
    """All rules, those that are on first."""
    rules = await rule_forms.every()
    return page(request, "console/alert_rules/page.html", rules=rules, words=alert_rule_words, incidents=incident_words)


async def _form(request: web.Request, rule_id: int | None, form: Filled | None = None, **more: Any) -> web.Response:
    row = await rule_forms.one(db.pool(), rule_id) if rule_id else None
    form = form or filled(request, RULE, _present(row) if row else FRESH)
    choices = {"sites": await site_list.names(), "devices": await device_list.names()}
    spoken = language(request)
    return show(
        request,
        "console/alert_rules/form.html",
        form,
        status=200 if more else None,
        rule_id=rule_id,
        row=row,
        looks_at=alert_rule_words.looks_at(spoken),
        history=await history(request, ("alert_rule", rule_id)) if rule_id else [],
        words=alert_rule_words,
        incidents=incident_words,
        network=network_words,
        **{"trial": None, **more},
        **choices,
    )


@routes.get(HOME + "/new", AlertPermission.WRITE)
async def fresh(request: web.Request) -> web.Response:
    """An empty form."""
    return await _form(request, None)


@routes.get(ID, AlertPermission.WRITE)
async def edit(request: web.Request) -> web.Response:
    """One rule in the form."""
    return await _form(request, int(request.match_info["id"]))


async def _save(request: web.Request, rule_id: int | None) -> web.Response:
    async def act(connection: db.Connection, values: RuleForm) -> Done:
        await rule_forms.save(connection, actor(request), values.values(), rule_id)
        return Done(HOME, said(request, N_("%(name)s is saved"), name=values.name))

    async def again(form: Filled) -> web.Response:
        return await _form(request, rule_id, form)

    async def present() -> Any:
        return _present(await rule_forms.one(db.pool(), rule_id or 0))

    return await save(request, RULE, act, again, Row(rule_id, present) if rule_id else None)


@routes.post(HOME, AlertPermission.WRITE)
async def create(request: web.Request) -> web.Response:
    """Save a new one."""
    return await _save(request, None)


@routes.post(ID, AlertPermission.WRITE)
async def change(request: web.Request) -> web.Response:
    """Save changes."""
    return await _save(request, int(request.match_info["id"]))


@routes.post(HOME + "/try", AlertPermission.WRITE)
async def attempt(request: web.Request) -> web.Response:
    """Try what stands in the form on the past; nothing is saved."""
    form, rc = await request.post(), context(request)
    rule_id = number(request.query.get("rule"))
    try:
        values = RULE.read(form, rc.language).values()
        found = await trial.run(db.pool(), values)
    except InvalidInput as problem:
        came = come_back(request, RULE, form, problem.fields)
        return await _form(request, rule_id, came, trial={"wrong": came.errors})
    rows = [alert_rule_words.would(rc, one) for one in found.incidents[: alert_rule_words.SHOWN]]
    told: dict[str, Any] = {
        "text": alert_rule_words.summary(rc, found),
        "read": alert_rule_words.read(rc, found),
        "rows": rows,
    }
    told |= {"count": len(found.incidents), "drawn": alert_rule_words.drawn(rc, found), "cut": found.cut}
    return await _form(request, rule_id, come_back(request, RULE, form), trial=told)


@routes.post(ID + "/switch", AlertPermission.WRITE)
async def switch(request: web.Request) -> web.Response:
    """Switch it on (``on``), or off."""
    rule_id, on = int(request.match_info["id"]), request.query.get("on") == "1"

    async def effect(connection: db.Connection) -> Done:
        name = await rule_forms.switch(connection, actor(request), rule_id, on)
        words = N_("%(name)s is on") if on else N_("%(name)s is off; what it had found is over")
        text = said(request, words, name=incident_words.rule_name(language(request), name))
        return Done(HOME, text, f"{HOME}/{rule_id}/switch?on={0 if on else 1}")

    return await once(request, await request.post(), effect)


@routes.get(ID + "/remove", AlertPermission.WRITE)
async def ask(request: web.Request) -> web.Response:
    """Delete it?"""
    row = await rule_forms.one(db.pool(), int(request.match_info["id"]))
    name = incident_words.rule_name(language(request), row["name"])
    return page(request, "console/alert_rules/remove.html", name=name, home=f"{HOME}/{row['id']}", open=row["open"])


@routes.post(ID + "/remove", AlertPermission.WRITE)
async def remove(request: web.Request) -> web.Response:
    """Delete a rule; its incidents stay in the history."""
    rule_id = int(request.match_info["id"])

    async def effect(connection: db.Connection) -> Done:
        name = await rule_forms.remove(connection, actor(request), rule_id)
        text = said(request, N_("%(name)s is deleted"), name=incident_words.rule_name(language(request), name))
        return Done(HOME, text)

    return await once(request, await request.post(), effect)
