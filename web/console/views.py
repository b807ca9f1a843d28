"""What a person keeps of a list: views under names of their own, the columns, how close the rows stand."""

from __future__ import annotations

from aiohttp import web

from oss.staff import saved_views, table_choices
from oss.staff.permissions import StaffPermission
from oss.staff.saved_views import View
from web import words
from web.auth import USER, actor, permissions
from web.catalogues import N_
from web.console.entry import local
from web.forms import Form, posted
from web.listed import allowed
from web.notices import tell
from web.pages import back_to, language, page, said
from web.render import query_url
from web.routing import SIGNED_IN, Routes
from web.tables import Table

routes = Routes()
SHARES = StaffPermission.WRITE  # who may put a view among everybody's tabs
ONE = "/console/views/{id:\\d{1,17}}"


def _home(table: Table, query: str, tab: object = "") -> str:
    return query_url(table.path, table.read_query(query).params(), tab=tab or None)


def _form(
    request: web.Request, table: Table, values: dict[str, object], view_id: int | None, **more: str
) -> web.Response:
    return page(
        request,
        "console/views/form.html",
        status=422 if more else 200,
        table=table,
        values=values,
        view_id=view_id,
        errors=words.wrongs(language(request), more),
        may_share=SHARES in permissions(request),
        back=_home(table, str(values["query"]), view_id or ""),
    )


@routes.get("/console/views/new", SIGNED_IN)
async def fresh(request: web.Request) -> web.Response:
    """The name for a new view; without a list there is nothing to name."""
    if "list" not in request.query:
        raise web.HTTPSeeOther("/console/")
    table = allowed(request, request.query.get("list", ""))
    query = table.read_query(request.query.get("query", "")[:2000]).query()
    return _form(request, table, {"query": query}, None)


def _view(request: web.Request, form: Form, table: Table) -> View:
    """What was typed; only who may share, shares."""
    shared = form.flag("shared") and SHARES in permissions(request)
    query = table.read_query(form.text("query", most=2000)).query()
    return View(form.text("name", required=True, most=60), query, shared)


@routes.post("/console/views/new", SIGNED_IN)
async def add(request: web.Request) -> web.Response:
    """Save a list's address; the list opens as that view."""
    form = await posted(request)
    table = allowed(request, form.text("list"))
    view = _view(request, form, table)
    if form.wrong:
        return _form(request, table, {**form.values(), "query": view.query}, None, **form.wrong)
    view_id = await saved_views.add(actor(request), request[USER].id, table.name, view)
    tell(request, said(request, N_("View “%(name)s” saved"), name=view.name), f"/console/views/{view_id}/delete")
    return back_to(request, _home(table, view.query, view_id))


@routes.get(ONE, SIGNED_IN)
async def edit(request: web.Request) -> web.Response:
    """One of my own views."""
    row = await saved_views.own(request[USER].id, int(request.match_info["id"]))
    return _form(request, allowed(request, row["list"]), dict(row), row["id"])


@routes.post(ONE, SIGNED_IN)
async def change(request: web.Request) -> web.Response:
    """Rename, share, open with it, move; or keep the address as it is now (``query``)."""
    form, view_id, user_id = await posted(request), int(request.match_info["id"]), request[USER].id
    row = await saved_views.own(user_id, view_id)
    table = allowed(request, row["list"])
    view, step = _view(request, form, table), form.text("step")
    if form.wrong:
        return _form(request, table, dict(row) | form.values(), view_id, **form.wrong)
    way = {"left": -1, "right": 1}.get(step, 0)
    await saved_views.change(actor(request), user_id, view_id, view, form.flag("opens"), way)
    tell(request, said(request, N_("View “%(name)s” saved"), name=view.name))
    return back_to(request, _home(table, view.query, view_id))


@routes.post(ONE + "/delete", SIGNED_IN)
async def delete(request: web.Request) -> web.Response:
    """Take a view away, with a way back."""
    row = await saved_views.delete(actor(request), request[USER].id, int(request.match_info["id"]))
    undo = f"/console/views/{row['id']}/restore"
    tell(request, said(request, N_("View “%(name)s” deleted"), name=row["name"]), undo)
    return back_to(request, query_url(allowed(request, row["list"]).path, tab="all"))


@routes.post(ONE + "/restore", SIGNED_IN)
async def restore(request: web.Request) -> web.Response:
    """Bring a deleted view back."""
    row = await saved_views.restore(actor(request), request[USER].id, int(request.match_info["id"]))
    return back_to(request, _home(allowed(request, row["list"]), row["query"], row["id"]))


@routes.post("/console/lists/{list:[a-z_]{1,32}}/columns", SIGNED_IN)
async def columns(request: web.Request) -> web.Response:
    """Which columns, in which order. Within a saved view they are the address's, elsewhere the person's."""
    form, table = await posted(request), allowed(request, request.match_info["list"])
    chosen = () if form.flag("reset") else table.known(form.many("column"))
    state = table.read_query(form.text("query", most=2000))
    tab = form.text("tab")
    if tab.isdigit():
        kept = table.first_columns if form.flag("reset") else chosen
        return back_to(request, query_url(table.path, state.params(), cols=".".join(kept), tab=tab))
    await table_choices.set_columns(request[USER].id, table.name, () if chosen == table.first_columns else chosen)
    return back_to(request, query_url(table.path, state.params(), cols=None, tab=tab or "all"))


@routes.post("/console/lists/{list:[a-z_]{1,32}}/density", SIGNED_IN)
async def density(request: web.Request) -> web.Response:
    """How close the rows stand."""
    form, table = await posted(request), allowed(request, request.match_info["list"])
    await table_choices.set_density(request[USER].id, table.name, form.text("density"))
    return back_to(request, local(form.text("back", most=2000) or table.path))
