"""The NAS doctor: examine a router, watch what comes from it, and paste what it needs."""

from __future__ import annotations

import dataclasses
from typing import Any

from aiohttp import web

from oss.access import exams, nas, nas_list, nas_paste
from oss.access.doctor import STATES_FIRST
from oss.access.exams import Exam
from oss.access.permissions import NasPermission
from oss.base import db
from web.auth import actor
from web.console import doctor_words
from web.console.paste_values import paste_values
from web.keys import CONFIG, SEALER
from web.pages import back_to, context, page
from web.render import RenderContext, render
from web.routing import Routes

routes = Routes()
PATH = "/console/nas/{id:\\d{1,17}}/doctor"


def _id(request: web.Request) -> int:
    return int(request.match_info["id"])


def _told(rc: RenderContext, exam: Exam | None) -> list[doctor_words.Told]:
    """The checks in words, what is wrong first."""
    checks = sorted(exam.checks if exam else (), key=lambda one: STATES_FIRST.index(one.state))
    return [doctor_words.told(rc, one) for one in checks]


async def _watch(request: web.Request) -> dict[str, Any]:
    rc, seen = context(request), await exams.watched(_id(request))
    lines = [doctor_words.row(rc, **dataclasses.asdict(one)) for one in seen.lines] if seen else []
    return {"nas_id": _id(request), "watch": seen, "lines": lines[:30]}


async def _exam(request: web.Request) -> dict[str, Any]:
    exam, rc = await exams.newest(db.pool(), _id(request)), context(request)
    return {"nas_id": _id(request), "exam": exam, "told": _told(rc, exam)}


async def _show(request: web.Request, secret: str | None = None) -> web.Response:
    row, rc = await nas_list.one(_id(request)), context(request)
    pastes = nas_paste.pastes(paste_values(request, row, secret))
    wanted = request.query.get("for", nas_paste.FROM_VENDOR.get(row["vendor"], "table"))
    return page(
        request,
        "console/nas_doctor/page.html",
        row=row,
        **await _exam(request),
        **{name: value for name, value in (await _watch(request)).items() if name != "nas_id"},
        history=await _history(rc, row["id"]),
        apart=False,
        pastes=pastes,
        paste=next((one for one in pastes if one.key == wanted), pastes[-1]),
        shown=secret is not None,
        host=request.app[CONFIG].radius_host,
    )


async def _history(rc: RenderContext, nas_id: int) -> list[tuple[Exam, list[str]]]:
    """The examinations kept, each with the names of what was wrong."""
    kept = await exams.history(db.pool(), nas_id)
    return [(one, [doctor_words.told(rc, each).name for each in one.wrong]) for one in kept]


@routes.get(PATH, NasPermission.READ)
async def show(request: web.Request) -> web.Response:
    """The last examination, what comes now, those before, and what to paste."""
    return await _show(request)


@routes.post(PATH, NasPermission.READ)
async def examine(request: web.Request) -> web.Response:
    """Have it examined; the page follows by itself."""
    async with db.transaction() as connection:
        await exams.ask(connection, actor(request), _id(request))
    return back_to(request, f"/console/nas/{_id(request)}/doctor")


@routes.get(PATH + "/exam", NasPermission.READ)
async def exam_part(request: web.Request) -> web.Response:
    """The examination alone, asked for while it runs; once it is done, the list with it beside."""
    rc, values = context(request), await _exam(request)
    html = render("console/nas_doctor/_exam.html", rc, **values)
    if values["exam"] is not None and values["exam"].done:
        history = await _history(rc, _id(request))
        html += render("console/nas_doctor/_history.html", rc, history=history, apart=True)
    return web.Response(text=html, content_type="text/html")


@routes.post(PATH + "/watch", NasPermission.READ)
async def watch(request: web.Request) -> web.Response:
    """See for a minute what comes from it."""
    async with db.transaction() as connection:
        await exams.watch(connection, actor(request), _id(request))
    return back_to(request, f"/console/nas/{_id(request)}/doctor#watch")


@routes.get(PATH + "/watch", NasPermission.READ)
async def watch_part(request: web.Request) -> web.Response:
    """What came, asked for each second of that minute."""
    html = render("console/nas_doctor/_watch.html", context(request), **await _watch(request))
    return web.Response(text=html, content_type="text/html")


@routes.post(PATH + "/paste", NasPermission.WRITE, fresh=True)
async def paste(request: web.Request) -> web.Response:
    """The configuration with the secret in it; who looked is noted."""
    async with db.transaction() as connection:
        secret = await nas.reveal(connection, request.app[SEALER], actor(request), _id(request))
    return await _show(request, secret)
