"""Health: parts of all nodes, lags, queues, dead jobs, what runs by the clock, the database; and the mass-cut brake."""

from __future__ import annotations

from decimal import Decimal

from aiohttp import web

from billing import brake
from oss.access import certificate_list
from oss.base import job_list
from oss.base.problems import InvalidInput
from oss.staff.permissions import HealthPermission
from web import words
from web.auth import actor
from web.catalogues import N_
from web.console import health_words
from web.forms import posted
from web.notices import tell
from web.pages import back_to, counted, language, page, said
from web.routing import Routes
from web.words import ngettext

routes = Routes()


async def _page(request: web.Request, status: int = 200, **errors: str) -> web.Response:
    return page(
        request,
        "console/health/page.html",
        status=status,
        nodes=await job_list.nodes(),
        lanes=await job_list.lanes(),
        dead=await job_list.dead(),
        failing=await job_list.failing(),
        periodic=await job_list.periodic(),
        database=await job_list.database(),
        tables=await job_list.tables(),
        brake=await brake.read(),
        certificates=await certificate_list.every(),
        said_of=health_words,
        errors=words.wrongs(language(request), errors),
    )


@routes.get("/console/health", HealthPermission.READ)
async def show(request: web.Request) -> web.Response:
    """How every part does."""
    return await _page(request)


@routes.post("/console/health/jobs/{id:\\d{1,17}}/retry", HealthPermission.WRITE)
async def retry(request: web.Request) -> web.Response:
    """Give a dead job its turns back."""
    await job_list.retry(actor(request), int(request.match_info["id"]))
    tell(request, said(request, N_("The job runs again")))
    return back_to(request, "/console/health#dead")


@routes.post("/console/health/jobs/{id:\\d{1,17}}/drop", HealthPermission.WRITE)
async def drop(request: web.Request) -> web.Response:
    """Give a dead job up for good."""
    await job_list.drop(actor(request), int(request.match_info["id"]))
    tell(request, said(request, N_("The job is dropped; what it was stays in the audit")))
    return back_to(request, "/console/health#dead")


@routes.post("/console/health/jobs/retry", HealthPermission.WRITE)
async def retry_all(request: web.Request) -> web.Response:
    """Give every dead job its turns back."""
    count = await job_list.retry_all(actor(request))
    tell(request, counted(request, ngettext("%(num)s job runs again", "%(num)s jobs run again"), count))
    return back_to(request, "/console/health#dead")


@routes.post("/console/health/brake", HealthPermission.WRITE, fresh=True)
async def set_brake(request: web.Request) -> web.Response:
    """From which share of the contracts on a person is asked before a mass cut."""
    form = await posted(request)
    share, minimum = form.decimal("share") / Decimal(100), form.number("minimum")
    try:
        form.check()
        await brake.write(actor(request), float(share), minimum)
    except InvalidInput as problem:
        return await _page(request, 422, **problem.fields)
    tell(request, said(request, N_("The brake is set")))
    return back_to(request, "/console/health#brake")
