"""A router from inside: who is on it, its tables, ping and traceroute from it, its traffic each second.

The page stands at once; each part is asked of the router behind it, and says so where it does not answer.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from aiohttp import web

from oss.access import router_acts, router_limits, router_sessions
from oss.access.permissions import SessionPermission
from oss.base.problems import Problem
from oss.drivers import registry
from oss.drivers.links import Link
from oss.drivers.registry import Driver
from oss.network import device_links, device_list
from oss.network.interface_live import Interfaces, Watched
from oss.network.permissions import NetworkPermission
from web.auth import actor, scope
from web.catalogues import N_
from web.console import router_tables
from web.console.live import HEARTBEAT_S, event
from web.console.streams import Hearing, Seats
from web.form_saving import Done, asked_once
from web.forms import posted
from web.pages import context, html_response, language, page, said
from web.render import RenderContext, render, tell
from web.routing import Routes

HOME = "/console/devices"
ROUTER = HOME + "/{id:\\d{1,17}}/router"
MOST_ROWS = 300
PINGS = 5
LAST_HOP, SILENT_HOPS = 30, 5
LONGEST = 100
INTERFACES = web.AppKey("interfaces", Interfaces)
SEATS = web.AppKey("streams of interfaces", Seats)


class RouterRoutes(Routes):
    """Streams of interfaces share what is read."""

    def mount(self, app: web.Application) -> None:
        app[INTERFACES], app[SEATS] = Interfaces(), Seats()
        super().mount(app)


routes = RouterRoutes()


async def device_of(request: web.Request) -> Any:
    """The device's row. Raises NotFound."""
    return await device_list.one(int(request.match_info["id"]))


def driver_of(row: Any) -> Driver | None:
    """Who speaks to it, as far as its row tells."""
    names = [row[name] for name in ("maker", "model", "sys_descr") if row[name]]
    return registry.chosen("olt" if row["role"] == "olt" else "router", row["sys_object_id"] or "", names)


def sees_all(request: web.Request) -> bool:
    """Whether everybody's sessions may be seen: some tables tell of customers without telling whose they are."""
    return scope(request, SessionPermission.READ).is_all


def tabs(request: web.Request, rc: RenderContext) -> list[tuple[str, str]]:
    """Parts of the page, by key, as far as one may see them."""
    found, everybody = [("sessions", N_("Sessions"))] if rc.may(SessionPermission.READ) else [], sees_all(request)
    found += [(key, one.label) for key, one in router_tables.TABLES.items() if everybody or not one.of_customers]
    return found + ([("tools", N_("Tools"))] if rc.may(NetworkPermission.TOOLS) else [])


@routes.get(ROUTER, NetworkPermission.READ)
async def show(request: web.Request) -> web.Response:
    """The page without what the router says."""
    row, rc = await device_of(request), context(request)
    known = tabs(request, rc)
    wanted = request.query.get("tab", "")
    tab = wanted if wanted in dict(known) else known[0][0]
    query = request.query.get("q", "")[:LONGEST]
    values = {"row": row, "driver": driver_of(row), "known": known, "tab": tab, "q": query}
    return page(request, "console/router/page.html", **values, home=f"{HOME}/{row['id']}")


async def part(request: web.Request, template: str, read: Any) -> web.Response:
    """What ``read`` gives, or the sentence of why it cannot be had."""
    began = time.monotonic()
    try:
        values = await read()
    except Problem as problem:
        told = {"problem": tell(language(request), problem), "again": request.path_qs}
        return html_response(request, render("console/router/_failed.html", context(request), **told))
    took = time.monotonic() - began
    return html_response(request, render(template, context(request), took_ms=round(1000 * took), **values))


@routes.get(ROUTER + "/sessions", NetworkPermission.READ)
async def sessions(request: web.Request) -> web.Response:
    """Who is on it, what differs from ours first."""
    device_id, query = int(request.match_info["id"]), request.query.get("q", "")[:LONGEST].casefold()

    async def read() -> dict[str, Any]:
        found = await router_sessions.read(device_id, actor(request).name, scope(request, SessionPermission.READ))
        held = [one for one in found.all if not query or query in one.login.casefold()]
        uids = [one.ours["uid"] for one in held[:MOST_ROWS] if one.ours is not None]
        limits = await router_limits.of_sessions(uids)
        return {"found": found, "pairs": held[:MOST_ROWS], "count": len(held), "limits": limits, "device_id": device_id}

    return await part(request, "console/router/_sessions.html", read)


@routes.get(ROUTER + "/table/{table:[a-z]+}", NetworkPermission.READ)
async def table(request: web.Request) -> web.Response:
    """One of its tables."""
    shown = router_tables.TABLES.get(request.match_info["table"])
    if shown is None or (shown.of_customers and not sees_all(request)):
        raise web.HTTPNotFound
    device_id, text = int(request.match_info["id"]), request.query.get("q", "")[:LONGEST]

    async def act(driver: Driver, link: Link) -> Any:
        return await shown.read(router_sessions.router_of(driver), link)

    async def read() -> dict[str, Any]:
        found = await device_links.do(device_id, act, what=shown.label, asked_by=actor(request).name)
        if shown.watch and not sees_all(request):
            found = [one for one in found if not one.dynamic]
        cells, count = router_tables.rows(context(request), shown, found, text)
        return {"shown": shown, "cells": cells, "count": count, "all": len(found), "device_id": device_id}

    return await part(request, "console/router/_table.html", read)


# ---------------------------------------------------------------- tools


@routes.get(ROUTER + "/ping", NetworkPermission.TOOLS)
async def ping(request: web.Request) -> web.Response:
    """One packet, and the place where the next one's answer comes."""
    device_id, target = int(request.match_info["id"]), request.query.get("target", "").strip()[:LONGEST]
    number = _number(request, "n", PINGS)

    async def act(driver: Driver, link: Link) -> Any:
        return await router_sessions.router_of(driver).ping(link, target, 1)

    async def read() -> dict[str, Any]:
        found = await device_links.do(device_id, act, deadline_s=20, what="ping", asked_by=actor(request).name)
        more = number + 1 if number < PINGS else None
        return {"target": target, "number": number, "ping": found, "next": more, "device_id": device_id}

    return await part(request, "console/router/_ping.html", read)


@routes.get(ROUTER + "/traceroute", NetworkPermission.TOOLS)
async def traceroute(request: web.Request) -> web.Response:
    """One hop, and the place where the next one comes."""
    device_id, target = int(request.match_info["id"]), request.query.get("to", "").strip()[:LONGEST]
    number, silent = _number(request, "n", LAST_HOP), _number(request, "silent", SILENT_HOPS) - 1

    async def act(driver: Driver, link: Link) -> Any:
        return await router_sessions.router_of(driver).traceroute(link, target, number, number)

    async def read() -> dict[str, Any]:
        hops = await device_links.do(device_id, act, deadline_s=30, what="traceroute", asked_by=actor(request).name)
        quiet = 0 if hops and hops[0].address else silent + 1
        ends = not hops or hops[0].reached or number == LAST_HOP or quiet >= SILENT_HOPS
        values = {"target": target, "hop": hops[0] if hops else None, "number": number, "device_id": device_id}
        return values | {"next": None if ends else number + 1, "silent": quiet + 1}

    return await part(request, "console/router/_hop.html", read)


def _number(request: web.Request, name: str, most: int) -> int:
    text = request.query.get(name, "1")
    return min(most, max(1, int(text))) if text.isdecimal() and len(text) < 4 else 1


# ---------------------------------------------------------------- kick


@routes.get(ROUTER + "/kick", NetworkPermission.TOOLS)
async def ask(request: web.Request) -> web.Response:
    """End this session?"""
    row = await device_of(request)
    fields = {name: request.query.get(name, "")[:253] for name in ("login", "session")}
    return page(request, "console/router/kick.html", row=row, fields=fields, home=f"{HOME}/{row['id']}/router")


@routes.post(ROUTER + "/kick", NetworkPermission.TOOLS)
async def kick(request: web.Request) -> web.Response:
    """End it on the router."""
    row, form = await device_of(request), await posted(request)
    login, wanted = form.text("login", required=True, most=253), form.text("session", required=True, most=253)
    form.check()

    async def end() -> Done:
        await router_acts.kick(actor(request), row["id"], login, wanted, scope(request, SessionPermission.WRITE))
        text = said(request, N_("%(login)s is off the router, and may dial again"), login=login)
        return Done(f"{HOME}/{row['id']}/router?tab=sessions", text)

    return await asked_once(request, await request.post(), end)


# ---------------------------------------------------------------- traffic


@routes.get(ROUTER + "/traffic", NetworkPermission.READ)
async def traffic(request: web.Request) -> web.Response:
    """An interface's traffic, each second."""
    row, name = await device_of(request), request.query.get("interface", "")[:LONGEST]
    return page(request, "console/router/traffic.html", row=row, interface=name, home=f"{HOME}/{row['id']}/router")


@routes.get(ROUTER + "/traffic/live", NetworkPermission.READ)
async def live(request: web.Request) -> web.StreamResponse:
    """Its newest readings, until the page is left, the server stops, or a quarter of an hour is over."""
    device_id, name = (await device_of(request))["id"], request.query.get("interface", "")[:LONGEST]
    asker = actor(request).name
    await router_sessions.see_port(device_id, name, asker, scope(request, SessionPermission.READ))
    interfaces = request.app[INTERFACES].watching(device_id, name, asker)
    async with interfaces as watched, request.app[SEATS].taking(request) as response:
        await _follow(request, response, watched)
    return response


async def _follow(request: web.Request, response: web.StreamResponse, watched: Watched) -> None:
    rc, hearing = context(request), Hearing(request)
    while await hearing.goes_on():
        changed = watched.changed
        problem = tell(language(request), watched.problem) if watched.problem is not None else None
        html = render("console/router/_traffic.html", rc, watched=watched, problem=problem)
        await response.write(event("traffic", html))
        try:
            await asyncio.wait_for(changed.wait(), HEARTBEAT_S)
        except TimeoutError:
            await response.write(b": still here\n\n")
