"""The SLA report: a month's availability by contract, PON, device and site; credits proposed, accepted, refused."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from billing import outage_credits
from billing.permissions import InvoicePermission
from oss.base import clock, db
from oss.crm.permissions import CustomerPermission
from oss.monitoring import sla, sla_list
from oss.monitoring.permissions import MonitoringPermission
from oss.network.permissions import NetworkPermission
from web.auth import actor, permissions, scope
from web.catalogues import N_
from web.console import sla_tables
from web.console.exports import download
from web.console.sla_tables import CONTRACTS, CREDITS, DEVICES, HOME, MONTHS, PONS, SITES
from web.form_saving import Done, once
from web.listed import of_tab, read, zone_of
from web.pages import page, said
from web.routing import Routes
from web.tables import Table

routes = Routes()
CREDIT = HOME + "/credits/{credit_id:\\d{1,17}}"


async def _report(request: web.Request, table: Table, **more: Any) -> web.Response:
    """One list of a month, with the months to choose from and the other lists as tabs."""
    today = clock.today(str(zone_of(request)))
    seen = await read(request, table)
    month = sla_tables.month_of(seen.params.get("month", ""), today)
    return page(
        request,
        "console/sla/page.html",
        seen=seen,
        month=month,
        months=sla.months(today, MONTHS),
        words=sla_tables,
        running=month == today.replace(day=1),
        may_contracts=CustomerPermission.READ in permissions(request),
        **{"figures": None, **more},
    )


@routes.get(HOME, MonitoringPermission.READ)
async def contracts(request: web.Request) -> web.Response:
    """Contracts, for who may see customers; PON ports for others."""
    if CustomerPermission.READ not in permissions(request):
        raise web.HTTPSeeOther(PONS.path)
    when = sla_tables.period(request.query.get("month", ""), str(zone_of(request)))
    figures = await sla_list.contract_figures(when, scope(request, CustomerPermission.READ))
    return await _report(request, CONTRACTS, figures=figures)


@routes.get(PONS.path, MonitoringPermission.READ)
async def pons(request: web.Request) -> web.Response:
    """PON ports."""
    return await _report(request, PONS)


@routes.get(DEVICES.path, MonitoringPermission.READ)
async def devices(request: web.Request) -> web.Response:
    """Devices."""
    return await _report(request, DEVICES)


@routes.get(SITES.path, MonitoringPermission.READ)
async def sites(request: web.Request) -> web.Response:
    """Sites."""
    return await _report(request, SITES)


@routes.get(CREDITS.path, CustomerPermission.READ)
async def credits(request: web.Request) -> web.Response:
    """Credits of all months."""
    tally = await sla_list.credit_counts(scope(request, CustomerPermission.READ))
    seen = await read(request, CREDITS, total=of_tab(request, CREDITS, tally))
    states = sla_tables.CREDIT_STATES
    return page(request, "console/sla/credits.html", seen=seen, tally=tally, states=states)


@routes.get(CONTRACTS.path + ".csv", CustomerPermission.EXPORT)
async def contracts_file(request: web.Request) -> web.StreamResponse:
    """Contracts as a file."""
    return await download(request, CONTRACTS)


@routes.get(PONS.path + ".csv", NetworkPermission.EXPORT)
async def pons_file(request: web.Request) -> web.StreamResponse:
    """PON ports as a file."""
    return await download(request, PONS)


@routes.get(DEVICES.path + ".csv", NetworkPermission.EXPORT)
async def devices_file(request: web.Request) -> web.StreamResponse:
    """Devices as a file."""
    return await download(request, DEVICES)


@routes.get(SITES.path + ".csv", NetworkPermission.EXPORT)
async def sites_file(request: web.Request) -> web.StreamResponse:
    """Sites as a file."""
    return await download(request, SITES)


@routes.get(CREDITS.path + ".csv", CustomerPermission.EXPORT)
async def credits_file(request: web.Request) -> web.StreamResponse:
    """Credits as a file."""
    return await download(request, CREDITS)


@routes.post(CREDIT + "/accept", InvoicePermission.WRITE)
async def accept(request: web.Request) -> web.Response:
    """Owe it to the customer: the next invoice is less by it."""
    key = int(request.match_info["credit_id"])

    async def effect(connection: db.Connection) -> Done:
        await outage_credits.accept(connection, actor(request), key)
        return Done(CREDITS.path, said(request, N_("Accepted: the next invoice is less by it")))

    return await once(request, await request.post(), effect)


@routes.post(CREDIT + "/refuse", InvoicePermission.WRITE)
async def refuse(request: web.Request) -> web.Response:
    """Nothing is owed."""
    key = int(request.match_info["credit_id"])

    async def effect(connection: db.Connection) -> Done:
        await outage_credits.refuse(connection, actor(request), key)
        return Done(CREDITS.path, said(request, N_("Refused: nothing is taken off")))

    return await once(request, await request.post(), effect)
