"""API: why a line is down, slow or well; and what each step of it is asked with."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from oss.access.permissions import SessionPermission
from oss.crm.permissions import CustomerPermission
from oss.monitoring import bandwidth, diagnosis
from oss.monitoring.bandwidth import Carried, Talker
from oss.monitoring.diagnosis import Diagnosis
from oss.monitoring.diagnosis_causes import Cause as Found
from oss.monitoring.diagnosis_causes import Severity
from web.api.fields import Id, Query, Resource, Whole
from web.api.typed import Call, Operations
from web.auth import permissions
from web.console import diagnosis_words
from web.pages import context
from web.render import RenderContext

routes = Operations("diagnosis", "Why a line is down, slow or well, from what is stored; who carries how much now.")
Language = Literal["pt-BR", "en"]


class DiagnosisStep(Resource):
    """Something that can be done about a cause, and the operation of this API that does it."""

    key: str
    method: str | None = Field(description="Null: nothing to ask for, somebody goes and looks")
    path: str | None


class DiagnosisCause(Resource):
    """One cause. ``facts`` are what its sentence is made of."""

    key: str
    severity: Severity
    sentence: str = Field(description="What is so, in the language asked for")
    step: str = Field(description="The next step, in the language asked for")
    facts: dict[str, Any]
    incident_id: int | None
    steps: list[DiagnosisStep]


class LineDiagnosis(Resource):
    """A line's causes, the likely one first; there is always one."""

    account_id: int
    login: str
    customer_id: int
    contract_id: int
    at: datetime
    online: bool
    causes: list[DiagnosisCause]
    late: list[str] = Field(description="Facts that were not waited for")


class DiagnosisQuery(Query):
    """In which language the sentences are."""

    language: Language = "pt-BR"


@routes.read("/diagnosis/{account_id}", CustomerPermission.READ)
async def diagnose_line(call: Call, account_id: Id, query: DiagnosisQuery) -> LineDiagnosis:
    """Say why a login's line is as it is, from what is stored; no device is asked."""
    async with _connection(call) as connection:
        found = await diagnosis.read(connection, account_id, call.scope)
    rc = replace(context(call.request), language=query.language)
    return LineDiagnosis(
        account_id=account_id,
        login=found.line.login,
        customer_id=found.line.customer_id,
        contract_id=found.line.contract_id,
        at=found.line.now,
        online=found.facts.online,
        causes=[_cause(rc, found, one) for one in found.causes],
        late=list(found.late),
    )


def _connection(call: Call) -> Any:
    """Reads are answered from the pool; all facts of a line come over one connection of it."""
    return call.connection.acquire()


def _cause(rc: RenderContext, found: Diagnosis, one: Found) -> DiagnosisCause:
    said = diagnosis_words.cause(rc, one)
    return DiagnosisCause(
        key=one.key,
        severity=one.severity,
        sentence=said.sentence,
        step=said.step,
        facts=_plain(one.facts),
        incident_id=one.incident,
        steps=[_step(found, one, key) for key in one.steps],
    )


def _plain(facts: Any) -> dict[str, Any]:
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in facts.items()}


# step -> the operation that does it; {contract}, {account} and so on are filled where they are known.
OPERATIONS: dict[str, tuple[str, str]] = {
    "contract": ("POST", "/contracts"),
    "switch_on": ("PATCH", "/access-accounts/{account}"),
    "promise": ("POST", "/contracts/{contract}/promise"),
    "pay": ("POST", "/payments"),
    "release": ("DELETE", "/contracts/{contract}/holds/{reason}"),
    "incident": ("GET", "/incidents/{incident}"),
    "plant": ("GET", "/pon-ports/{pon}"),
    "onu": ("GET", "/onus/{onu}"),
    "provision": ("GET", "/provisioning/runs/{run}"),
    "doctor": ("POST", "/nas/{nas}/doctor"),
    "access": ("PATCH", "/access-accounts/{account}"),
    "accept_line": ("PATCH", "/access-accounts/{account}"),
    "forget_line": ("PATCH", "/access-accounts/{account}"),
    "disconnect": ("DELETE", "/sessions/{session}"),
    "reapply": ("DELETE", "/sessions/{session}"),
    "plan": ("PATCH", "/contracts/{contract}"),
    "other": ("GET", "/sessions?login={other}"),
}


def _step(found: Diagnosis, one: Found, key: str) -> DiagnosisStep:
    facts, plant, router = found.facts, found.facts.plant, found.facts.router
    hold = facts.account.hold if facts.account else None
    known = {
        "contract": found.line.contract_id,
        "account": found.line.account_id,
        "reason": hold.reason if hold else None,
        "incident": one.incident,
        "pon": plant.pon_id if plant else None,
        "onu": plant.onu_id if plant else None,
        "nas": router.id if router else None,
        "run": one.facts.get("run"),
        "session": facts.sessions[0].uid if facts.sessions else None,
        "other": one.facts.get("other") or None,  # empty: of a customer whom one may not see
    }
    method, path = OPERATIONS.get(key, (None, None))
    filled = {name: str(value) for name, value in known.items() if value is not None}
    try:
        address = f"/api/v1{path.format(**filled)}" if path else None
    except KeyError:
        method, address = None, None
    return DiagnosisStep(key=key, method=method, path=address)


# ------------------------------------------------------------ bandwidth


class CarriedNow(Resource):
    """A POP or a router with what it carries, bit/s from its customers' view; null where nobody told lately."""

    id: int
    name: str
    down_bps: float | None
    up_bps: float | None
    sessions: int


class LineNow(Resource):
    """A line with what it carries and the limit in force."""

    account_id: int | None
    login: str
    customer_id: int | None
    contract_id: int | None
    nas_id: int
    down_bps: int
    up_bps: int
    limit_kbps: int | None
    share: float | None = Field(description="The part of its limit that is used, 0 to 1 and beyond")
    seen_at: datetime


class Bandwidth(Resource):
    """Who carries how much at this moment."""

    down_bps: float | None
    up_bps: float | None
    pops: list[CarriedNow]
    routers: list[CarriedNow]
    lines: list[LineNow] = Field(description="Those that carry most to their customers")


class BandwidthQuery(Query):
    """Of one router alone, and how many lines."""

    nas_id: Id | None = None
    most: Annotated[int, Whole(1, bandwidth.MOST_TOP)] = bandwidth.TOP


@routes.read("/bandwidth", SessionPermission.READ)
async def read_bandwidth(call: Call, query: BandwidthQuery) -> Bandwidth:
    """Read what POPs, routers and the fullest lines carry now.

    POPs and routers are told to whom sees all customers' sessions, or the network's graphs.
    """
    found = await bandwidth.now(call.connection)
    lines = await bandwidth.talkers(call.connection, call.scope, query.nas_id, query.most)
    whole = call.scope.is_all or "monitoring.read" in permissions(call.request)
    return Bandwidth(
        down_bps=found.down_bps if whole else None,
        up_bps=found.up_bps if whole else None,
        pops=[_carried(one) for one in found.pops] if whole else [],
        routers=[_carried(one) for one in found.routers] if whole else [],
        lines=[_line(one) for one in lines],
    )


def _carried(one: Carried) -> CarriedNow:
    return CarriedNow(id=one.id, name=one.name, down_bps=one.down_bps, up_bps=one.up_bps, sessions=one.sessions)


def _line(one: Talker) -> LineNow:
    share = round(one.share, 4) if one.share is not None else None
    names = [name for name in LineNow.model_fields if name != "share"]
    return LineNow(share=share, **{name: getattr(one, name) for name in names})
