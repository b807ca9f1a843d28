"""Rules of provisioning: which VLAN and profiles an ONU is given, by plan, OLT and PON."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from oss.access import provision_rules
from oss.access.permissions import ProvisionPermission
from oss.access.provision_rules import RuleValues
from oss.base import db
from oss.contracts import plan_list
from oss.network import device_list, plant_list
from web.auth import actor
from web.catalogues import N_
from web.console import provision_words
from web.console.audit_history import history
from web.console.provisioning import HOME as WAITING
from web.form_model import ModelForm
from web.form_saving import Done, Filled, Row, filled, once, save, show
from web.inputs.provisioning import RuleForm
from web.pages import page, said
from web.routing import Routes

routes = Routes()
HOME = WAITING + "/rules"
ID = HOME + "/{id:\\d{1,17}}"
BRIDGE = {"true": N_("Yes: a bridge"), "false": N_("No: the ONU routes")}
RULE = ModelForm(
    "provision-rule",
    ProvisionPermission.RULES,
    RuleForm,
    table="provision_rule",
    labels={"device_id": "OLT", "pon_id": "PON", "plan_id": N_("Plan")}
    | {name: provision_words.FIELDS[name] for name in provision_rules.FIELDS},
    choices={"bridge": BRIDGE},
)


@routes.get(HOME, ProvisionPermission.READ)
async def show_all(request: web.Request) -> web.Response:
    """All rules, the general ones first."""
    rules = await provision_rules.every(db.pool())
    return page(request, "console/provisioning/rules.html", rules=rules, words=provision_words, home=HOME)


async def _form(request: web.Request, rule_id: int | None, form: Filled | None = None) -> web.Response:
    row = await provision_rules.one(db.pool(), rule_id) if rule_id else None
    form = form or filled(request, RULE, dict(row) if row else {})
    more: dict[str, Any] = {"olts": await device_list.names("olt"), "pons": await plant_list.pon_names()}
    more["plans"] = await plan_list.names()
    more["history"] = await history(request, ("provision_rule", rule_id)) if rule_id else []
    more |= {"rule_id": rule_id, "home": HOME, "bridge": BRIDGE}
    return show(request, "console/provisioning/rule.html", form, row=row, words=provision_words, **more)


@routes.get(HOME + "/new", ProvisionPermission.RULES)
async def fresh(request: web.Request) -> web.Response:
    """An empty form."""
    return await _form(request, None)


@routes.get(ID, ProvisionPermission.RULES)
async def show_one(request: web.Request) -> web.Response:
    """One rule."""
    return await _form(request, int(request.match_info["id"]))


async def _save(request: web.Request, rule_id: int | None) -> web.Response:
    async def act(connection: db.Connection, values: RuleForm) -> Done:
        await provision_rules.save(connection, actor(request), RuleValues(**values.model_dump()), rule_id)
        return Done(HOME, said(request, N_("The rule is saved; it holds from the next ONU on")))

    async def again(form: Filled) -> web.Response:
        return await _form(request, rule_id, form)

    async def present() -> Any:
        return dict(await provision_rules.one(db.pool(), rule_id or 0))

    return await save(request, RULE, act, again, Row(rule_id, present) if rule_id else None)


@routes.post(HOME, ProvisionPermission.RULES)
async def create(request: web.Request) -> web.Response:
    """Save a new one."""
    return await _save(request, None)


@routes.post(ID, ProvisionPermission.RULES)
async def change(request: web.Request) -> web.Response:
    """Save changes."""
    return await _save(request, int(request.match_info["id"]))


@routes.post(ID + "/remove", ProvisionPermission.RULES)
async def remove(request: web.Request) -> web.Response:
    """Delete a rule."""
    rule_id = int(request.match_info["id"])

    async def effect(connection: db.Connection) -> Done:
        await provision_rules.remove(connection, actor(request), rule_id)
        return Done(HOME, said(request, N_("The rule is deleted")))

    return await once(request, await request.post(), effect)
