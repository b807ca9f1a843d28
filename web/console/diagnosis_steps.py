"""The next steps of a diagnosis as buttons: each is an act that is there already, for who may do it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

from billing.permissions import PaymentPermission
from oss.access.permissions import HoldPermission, NasPermission, ProvisionPermission, SessionPermission
from oss.contracts.permissions import ContractPermission
from oss.monitoring.diagnosis import Diagnosis
from oss.monitoring.diagnosis_causes import Cause
from oss.monitoring.permissions import IncidentPermission
from oss.network.permissions import NetworkPermission
from web.console.diagnosis_words import STEPS
from web.render import RenderContext, translate

ICONS: Final = {
    "contract": "file-check",
    "switch_on": "circle-check",
    "promise": "handshake",
    "pay": "hand-coins",
    "reapply": "refresh-cw",
    "release": "lock-open",
    "incident": "bell-ring",
    "plant": "share-2",
    "onu": "router",
    "provision": "plug",
    "doctor": "heart-pulse",
    "access": "key-round",
    "accept_line": "check",
    "forget_line": "undo-2",
    "disconnect": "zap",
    "other": "users",
    "links": "network",
    "plan": "arrow-up-right",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One button. ``posts``: it is a form that is sent at once; ``sheet``: its page opens over this one."""

    key: str
    label: str
    icon: str
    href: str
    posts: bool = False
    sheet: bool = False
    fields: Mapping[str, str] = field(default_factory=dict)


def steps(rc: RenderContext, found: Diagnosis, one: Cause) -> list[Step]:
    """What this person may do about a cause, the best first."""
    made = []
    for key in one.steps:
        permission, make = MAKERS[key]
        if not rc.may(permission):
            continue
        how = make(found, one)
        if how is not None:
            made.append(Step(key, translate(rc.language, STEPS[key]), ICONS[key], **how))
    return made


How = dict[str, Any]


def _home(found: Diagnosis, part: str = "", **more: Any) -> str:
    query = {"contract": found.line.contract_id, **more}
    return f"/console/subscribers/{found.line.customer_id}{part}?{urlencode(query)}"


def _account(found: Diagnosis, part: str, **more: Any) -> str:
    return _home(found, part, account=found.line.account_id, **more)


def _promise(found: Diagnosis, one: Cause) -> How | None:
    hold = found.facts.account.hold if found.facts.account else None
    if hold is None or hold.masked_until is not None:
        return None  # one promise a debt
    return {"href": _home(found, "/promise"), "sheet": True}


def _pay(found: Diagnosis, one: Cause) -> How | None:
    debt = found.facts.debt
    if debt is None or debt.invoice_id is None:
        return None
    return {"href": _home(found, "/pay", invoice=debt.invoice_id), "sheet": True}


def _release(found: Diagnosis, one: Cause) -> How | None:
    hold = found.facts.account.hold if found.facts.account else None
    return {"href": _home(found, "/release", reason=hold.reason), "sheet": True} if hold else None


def _reapply(found: Diagnosis, one: Cause) -> How:
    fields = {"contract": str(found.line.contract_id)}
    return {"href": "/console/enforcement/reapply", "posts": True, "fields": fields}


def _incident(found: Diagnosis, one: Cause) -> How | None:
    return {"href": f"/console/incidents/{one.incident}"} if one.incident else None


def _plant(found: Diagnosis, one: Cause) -> How | None:
    plant = found.facts.plant
    return {"href": f"/console/pons/{plant.pon_id}"} if plant and plant.pon_id else None


def _onu(found: Diagnosis, one: Cause) -> How | None:
    plant = found.facts.plant
    return {"href": f"/console/onus/{plant.onu_id}"} if plant else None


def _provision(found: Diagnosis, one: Cause) -> How:
    run = one.facts.get("run")
    return {"href": f"/console/provisioning/runs/{run}" if run else "/console/provisioning"}


def _doctor(found: Diagnosis, one: Cause) -> How | None:
    router = found.facts.router
    return {"href": f"/console/nas/{router.id}/doctor"} if router else None


def _accept(found: Diagnosis, one: Cause) -> How | None:
    line = one.facts.get("line")
    if not line:
        return None
    return {"href": _account(found, "/line", seen=json.dumps(line)), "posts": True}


MAKERS: Final[Mapping[str, tuple[str, Callable[[Diagnosis, Cause], How | None]]]] = {
    "contract": (ContractPermission.WRITE, lambda found, one: {"href": _home(found, "/contract")}),
    "switch_on": (
        ContractPermission.WRITE,
        lambda found, one: {"href": _account(found, "/login", enable=1), "posts": True},
    ),
    "promise": (HoldPermission.WRITE, _promise),
    "pay": (PaymentPermission.WRITE, _pay),
    "reapply": (SessionPermission.WRITE, _reapply),
    "release": (HoldPermission.WRITE, _release),
    "incident": (IncidentPermission.READ, _incident),
    "plant": (NetworkPermission.READ, _plant),
    "onu": (NetworkPermission.READ, _onu),
    "provision": (ProvisionPermission.READ, _provision),
    "doctor": (NasPermission.READ, _doctor),
    "access": (ContractPermission.WRITE, lambda found, one: {"href": _account(found, "/access")}),
    "accept_line": (ContractPermission.WRITE, _accept),
    "forget_line": (ContractPermission.WRITE, lambda found, one: {"href": _account(found, "/forget"), "posts": True}),
    "disconnect": (SessionPermission.WRITE, lambda found, one: {"href": _home(found, "/reconnect"), "sheet": True}),
    "other": (
        SessionPermission.READ,
        lambda found, one: (
            {"href": "/console/sessions?" + urlencode({"q": one.facts["other"]})} if one.facts.get("other") else None
        ),
    ),
    "links": (NetworkPermission.READ, lambda found, one: {"href": "/console/network"}),
    "plan": (ContractPermission.WRITE, lambda found, one: {"href": _home(found, "/plan"), "sheet": True}),
}
