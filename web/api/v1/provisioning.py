"""API: provisioning of ONUs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from billing.whose import ACCOUNT
from oss.access import provision, provision_list
from oss.access.permissions import ProvisionPermission
from oss.access.provision import Asked
from oss.base.problems import InvalidInput
from oss.crm import within
from oss.crm.permissions import CustomerPermission
from oss.staff.scopes import NONE, Scope
from web import auth
from web.api.fields import Id, Query, Resource, Text
from web.api.paging import ById, Page, page
from web.api.typed import Call, Operations
from web.inputs.plant import Serial
from web.inputs.provisioning import Decision, NewRun

routes = Operations("provisioning", "ONUs made known to OLTs: who waits, what was done, what differs.")


class Candidate(Resource):
    """A login an ONU may be for. ``how``: serial (its row says so) or planned (it is awaited on this PON)."""

    account_id: int
    login: str
    how: str
    box: str | None
    box_port: int | None


class WaitingOnu(Resource):
    """An ONU that lights up and is in no configuration."""

    device_id: int
    pon: str
    serial: str
    model: str
    found_at: datetime
    seen_at: datetime
    candidates: list[Candidate] = Field(description="Of the customers that one may see")


class WaitingOnus(Resource):
    """All of them, as they were last seen."""

    items: list[WaitingOnu]


class Step(Resource):
    """A command of a run. ``state``: waiting, said, done, refused, unknown; ``back``: commands of its way back said."""

    command: str
    view: list[str]
    state: str
    back: int
    answer: str


class Run(Resource):
    """An act on an OLT."""

    id: int
    kind: str
    state: str = Field(description="planned, running, done, rolled-back, stuck or settled")
    device_id: int
    pon: str
    number: int | None
    serial: str
    account_id: int | None = Field(description="null, as login is empty, of customers whom one may not see")
    login: str
    onu_id: int | None
    made_by: str
    made_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    problem: str | None = Field(description="What went wrong first, in a sentence")
    note: str


class RunWithSteps(Run):
    """A run and its steps, as far as they are planned."""

    steps: list[Step]


class DryRun(Resource):
    """A dry run: what would be said."""

    commands: list[str]


class ActQuery(Query):
    """An act on an ONU, as it would be asked for."""

    kind: Literal["authorise", "deauthorise", "replace", "move", "reboot"]
    onu_id: Id | None = None
    device_id: Id | None = None
    pon: Annotated[str, Text(40)] | None = None
    serial: Serial | None = None
    account_id: Id | None = None


class RunQuery(ById):
    """Filters of the list of runs."""

    state: str | None = None
    device_id: Id | None = None
    onu_id: Id | None = None


class DriftQuery(ById):
    """Filters of the list of what differs."""

    kind: str | None = None
    device_id: Id | None = None


class Drift(Resource):
    """One difference between an OLT and our rows."""

    id: int
    kind: str = Field(description="stranger, ended, absent, elsewhere or different")
    device_id: int
    pon: str
    number: int | None
    serial: str
    onu_id: int | None
    account_id: int | None = Field(description="null of customers whom one may not see")
    facts: dict[str, Any]
    found_at: datetime
    seen_at: datetime


def _run(row: Any) -> dict[str, Any]:
    problem = json.loads(row["problem"])["text"] if row["problem"] else None
    return {**dict(row), "problem": problem}


@routes.read("/provisioning/waiting", ProvisionPermission.READ)
async def list_waiting(call: Call) -> WaitingOnus:
    """List the ONUs that wait on all OLTs."""
    rows = await provision_list.waiting()
    known = await provision_list.candidates([row["device_id"] for row in rows], _customers(call))
    return WaitingOnus(items=[_waiting(row, known.get((row["device_id"], row["serial"]), [])) for row in rows])


def _waiting(row: Any, known: Sequence[Any]) -> WaitingOnu:
    return WaitingOnu(**dict(row), candidates=[Candidate(**dict(one)) for one in known])


@routes.read("/provisioning/runs", ProvisionPermission.READ)
async def list_runs(call: Call, query: RunQuery) -> Page[Run]:
    """List runs, in the order they were made."""
    customers = _customers(call)
    found = await provision_list.run_page(call.connection, query.cursor, query.limit, customers, **query.filters())
    return page(Run, replace(found, rows=[_run(row) for row in found.rows]))


@routes.read("/provisioning/runs/{run_id}", ProvisionPermission.READ)
async def get_run(call: Call, run_id: Id) -> RunWithSteps:
    """Read one run with its steps."""
    told = await provision_list.told(run_id, _customers(call))
    steps = told.run.course.steps if told.run.course else ()
    pairs = zip(steps, told.marks, strict=False)
    shown = [
        {"command": one.command, "view": list(one.view), "state": mark.state, "back": mark.back, "answer": mark.answer}
        for one, mark in pairs
    ]
    return RunWithSteps.model_validate(_run(told.run.row) | {"steps": shown})


def _customers(call: Call) -> Scope:
    """Whose lines the caller may see; an ONU may become no other's."""
    held = CustomerPermission.READ in auth.permissions(call.request)
    return auth.scope(call.request, CustomerPermission.READ) if held else NONE


async def _asked(call: Call, body: NewRun) -> Asked:
    if body.kind == "authorise":
        if body.device_id is None or body.pon is None or body.serial is None or body.account_id is None:
            raise InvalidInput({"kind": "needs device_id, pon, serial and account_id"})
        if not await within.only(call.connection, _customers(call), ACCOUNT, [body.account_id]):
            raise InvalidInput({"account_id": "does not exist"})
        return await provision.authorise(call.connection, body.device_id, body.pon, body.serial, body.account_id)
    if body.onu_id is None:
        raise InvalidInput({"onu_id": "must not be empty"})
    if body.kind == "replace":
        return await provision.exchange(call.connection, body.onu_id, body.serial or "")
    if body.kind == "move":
        if body.device_id is None or body.pon is None:
            raise InvalidInput({"pon": "must not be empty"})
        return await provision.move(call.connection, body.onu_id, body.device_id, body.pon)
    return await (provision.reboot if body.kind == "reboot" else provision.deauthorise)(call.connection, body.onu_id)


@routes.create("/provisioning/runs", ProvisionPermission.RUN, location="/provisioning/runs/{id}")
async def create_run(call: Call, body: NewRun) -> RunWithSteps:
    """Begin an act on an OLT; the same asked twice is one run."""
    run = await provision.begin(call.connection, call.actor, await _asked(call, body))
    row = await provision_list.kept_run(call.connection, run, _customers(call))
    return RunWithSteps.model_validate(_run(row) | {"steps": []})


@routes.read("/provisioning/plan", ProvisionPermission.RUN)
async def plan_run(call: Call, query: ActQuery) -> DryRun:
    """What would be said for an act; nothing is changed."""
    asked = await _asked(call, NewRun(**query.model_dump()))
    if asked.kind == "reboot":
        return DryRun(commands=[])
    return DryRun(commands=(await provision.preview(asked, call.actor.name)).commands)


@routes.create("/provisioning/runs/{run_id}/decision", ProvisionPermission.SETTLE)
async def decide_run(call: Call, run_id: Id, body: Decision) -> Run:
    """End a run that is stuck: continue, take back, or note that it was settled by hand."""
    if body.wants == "settled":
        await provision.settle(call.connection, call.actor, run_id, body.note)
    else:
        await provision.decide(call.connection, call.actor, run_id, body.wants)
    row = await provision_list.kept_run(call.connection, run_id, _customers(call))
    return Run.model_validate(_run(row))


@routes.read("/provisioning/drift", ProvisionPermission.READ)
async def list_drift(call: Call, query: DriftQuery) -> Page[Drift]:
    """List what differs between OLTs and what is written here."""
    customers = _customers(call)
    found = await provision_list.drift_page(call.connection, query.cursor, query.limit, customers, **query.filters())
    return page(Drift, found)
