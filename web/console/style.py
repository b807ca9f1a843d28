"""The living style page: every macro in its states and every token with its contrast, in both themes."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from oss.access.permissions import SessionPermission
from oss.base.listing import COUNTED, Listing, Order, Page
from oss.monitoring.kinds import SERVER
from oss.monitoring.objects import Object
from oss.staff.table_choices import Choice
from web import colours
from web.catalogues import N_
from web.console import graph_words
from web.listed import Shown
from web.pages import context, page
from web.routing import SIGNED_IN, Routes
from web.tables import Column, Filter, Table, named

routes = Routes()


@routes.get("/console/style", SIGNED_IN)
async def show(request: web.Request) -> web.Response:
    """All of it; nothing here is a customer's."""
    return page(request, "console/style/page.html", tokens=tokens(), pairs=pairs(), seen=listed(), graph=drawn(request))


def drawn(request: web.Request) -> dict[str, Any]:
    """A graph of this process's own logins."""
    server = Object(SERVER, 1, "milha-1")
    return graph_words.graph(context(request), SERVER, [server], ["accepts_s", "rejects_s"])


def listed() -> Shown:
    """A list with a search, a saved view and some rows, none of them anybody's; it is known to no page but this."""
    table = Table(
        name="style",
        path="/console/style",
        label=N_("Sessions"),
        file="style",
        permission=SessionPermission.READ,
        exports=SessionPermission.EXPORT,
        sort="login",
        source=lambda params, zone, scope: (Listing("", "", ""), Order("", "")),
        filters=(Filter("state", N_("State"), choices={"stuck": N_("Stuck"), "held": N_("Held")}),),
        columns=(
            Column("login", N_("Login"), named("login"), "login", td="name"),
            Column("plan", N_("Plan"), named("plan")),
            Column("nas", N_("Router"), named("nas"), shown=False),
        ),
    )
    view = {"id": 1, "user_id": 0, "owner": "", "name": "LAV-02", "query": "state=held"}
    rows = [
        {"login": "marlene.penedo", "plan": "Fibra 700", "state": "degraded"},
        {"login": "ivone.camargos", "plan": "Fibra 500", "state": "online"},
    ]
    found = Page(rows, 1, None, "x", 0.041, COUNTED + 1)
    state = table.read({"q": "fibra", "state": "stuck"})
    return Shown(table, state, Choice(), [view], 0, True, found=found, tallies={1: 318})


def tokens() -> dict[str, list[dict[str, Any]]]:
    """Theme -> its colours: name and how CSS writes it."""
    return {
        theme: [{"name": name, "css": colours.spelled(colour)} for name, colour in colours.tokens(theme).items()]
        for theme in colours.THEMES
    }


def pairs() -> dict[str, list[dict[str, Any]]]:
    """Theme -> what stands upon what, with the contrast it has and the one it needs, the tightest first."""
    return {theme: sorted(_pairs(theme), key=lambda row: float(row["has"]) / row["need"]) for theme in colours.THEMES}


def _pairs(theme: str) -> list[dict[str, Any]]:
    known = colours.tokens(theme)
    return [
        {"on": a, "ground": b, "need": need, "has": colours.contrast(known[a], known[b])}
        | {"ink": colours.spelled(known[a]), "paper": colours.spelled(known[b])}
        for a, b, need in colours.pairs()
    ]
