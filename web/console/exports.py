"""Files of lists: asked for, followed while they are made, taken within a day; small lists are sent at once."""

from __future__ import annotations

import uuid

from aiohttp import web

from oss.base import clock
from oss.base.problems import Forbidden, NotFound
from oss.crm import disclosure
from oss.staff import exports
from oss.staff.exports import FORMATS, Wish
from web import exporter, list_files
from web.auth import USER, actor, held, permissions, sees_personal
from web.bulk import chosen
from web.catalogues import N_
from web.console.entry import local
from web.downloads import csv_response
from web.exporter import EXPORTER
from web.forms import posted
from web.listed import allowed, zone_of
from web.notices import tell
from web.pages import back_to, context, counted, language, page, said
from web.render import render_block
from web.routing import SIGNED_IN, Routes
from web.tables import TABLES, Speech, Table
from web.words import ngettext

PATH = "/console/exports"
ONE = PATH + "/{id}"


class FileRoutes(Routes):
    """The pages, and the task behind them."""

    def mount(self, app: web.Application) -> None:
        super().mount(app)
        exporter.add(app)


routes = FileRoutes()


def _id(request: web.Request) -> uuid.UUID:
    try:
        return uuid.UUID(request.match_info["id"])
    except ValueError:
        raise NotFound(thing="file") from None


def _checked(request: web.Request, name: str) -> Table:
    """A list that this person may both see and take out."""
    table = allowed(request, name)
    if table.exports not in permissions(request):
        raise Forbidden()
    return table


async def download(request: web.Request, table: Table) -> web.StreamResponse:
    """A list as CSV at once, chunk by chunk; personal data leave the house, so it is noted who took them."""
    state, whose = table.read(request.query), _checked(request, table.name).file_scope(held(request))
    await disclosure.note_export(actor(request), table.personal or table.name, **dict(state.values))
    speech = Speech(language(request), zone_of(request), sees_personal(request, whose))
    columns = table.of_file(state.columns)
    head = [said(request, column.label) for column in columns]
    return await csv_response(request, table.file, head, list_files.chunks(table, state, columns, speech, whose))


@routes.post(PATH, SIGNED_IN)
async def ask(request: web.Request) -> web.Response:
    """Have a file made of a list: of the rows ticked, or of the whole search."""
    form = await posted(request)
    table = _checked(request, form.text("list"))
    whose = table.file_scope(held(request))
    form_name = form.choice("format", tuple(FORMATS))
    form.check()
    wanted = chosen(form, table, zone_of(request), whose)
    columns = [column.key for column in table.of_file(form.text("cols").split("."))]
    total = await wanted.count()
    wish = Wish(
        *(table.name, wanted.state.query(), columns, form_name, language(request), total),
        scope=whose,
        clear=sees_personal(request, whose),
        keys=wanted.keys,
        personal=table.personal,
    )
    await exports.ask(actor(request), request[USER].id, wish)
    request.app[EXPORTER].bell.set()
    forms = ngettext("The file of %(num)s row is being made", "The file of %(num)s rows is being made")
    tell(request, counted(request, forms, total))
    return back_to(request, local(form.text("back", most=2000) or PATH))


@routes.get(PATH, SIGNED_IN)
async def show(request: web.Request) -> web.Response:
    """My files."""
    rows = await exports.mine(request[USER].id)
    working = any(row["state"] in ("waiting", "running") for row in rows)
    return page(request, "console/exports/page.html", rows=rows, tables=TABLES, working=working, path=PATH)


@routes.get(PATH + "/news", SIGNED_IN)
async def news(request: web.Request) -> web.Response:
    """What was finished since this was last asked, as toasts, each told once; and how many are still being made."""
    user, rc = request[USER].id, context(request)
    finished = await exports.news(user)
    waiting = sum(row["state"] in ("waiting", "running") for row in await exports.mine(user, 20))
    name = "console/exports/news.html"
    toasts = [render_block(name, "main", rc, row=row, table=TABLES[row["list"]]).strip() for row in finished]
    return web.json_response({"toasts": toasts, "waiting": waiting, "at": clock.now().isoformat()})


@routes.get(ONE, SIGNED_IN)
async def take(request: web.Request) -> web.StreamResponse:
    """The file, to who asked for it and may still see and take such lists."""
    row = await exports.one(request[USER].id, _id(request))
    table = _checked(request, row["list"])
    if not list_files.still(held(request), row):
        raise Forbidden()
    if row["state"] != "done":
        raise NotFound(thing="file")
    day = row["created_at"].astimezone(zone_of(request)).strftime("%Y-%m-%d")
    name = f"{table.file}-{day}.{row['format']}"
    response = web.StreamResponse(headers={"Content-Disposition": f'attachment; filename="{name}"'})
    response.headers["Content-Type"] = FORMATS[row["format"]]
    response.content_length = row["octets"]
    await response.prepare(request)
    async for data in exports.pieces(row["id"]):
        await response.write(data)
    await response.write_eof()
    return response


@routes.post(ONE + "/cancel", SIGNED_IN)
async def cancel(request: web.Request) -> web.Response:
    """Nobody needs it any more."""
    await exports.cancel(actor(request), request[USER].id, _id(request))
    tell(request, said(request, N_("The file is thrown away")))
    return back_to(request, PATH)
