"""Every route declares what it takes to call it, and what changes something is not for everybody (invariant 10)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from aiohttp import web

from oss.base import config, secrets
from oss.base.supervisor import HealthBoard
from oss.staff.permissions import known
from web import app as application
from web import gate
from web.keys import PERMISSIONS
from web.routing import PUBLIC, SIGNED_IN, Routes

# What may be called without a sign-in although it changes something, and why.
PUBLIC_CHANGES = {
    "POST /login": "somebody signs in",
    "POST /setup/{token}": "the one-time link is the permission",
    "POST /login/code": "the second step of somebody who has typed the right password",
    "POST /login/passkey": "somebody signs in",
    "POST /login/passkey/options": "a challenge for who is about to sign in",
    "POST /recover": "somebody forgot a password; the answer is the same for everybody",
    "POST /recover/{token}": "the link of an e-mail, good once, is the permission",
    "POST /invite/{token}": "the link of an invitation, good once, is the permission",
    "POST /password-hint": "nothing is kept: how strong a password is while it is typed",
    "POST /preferences": "language and theme of a visitor are kept in the visitor's own cookies",
}
# What only reads, and is sent like a change so that it is noted and never pre-fetched; or arranges one's own screen.
NOTED_READS = {
    "POST /console/audit/verify": "the chain is walked, which takes a while; who wanted it is written down",
    "POST /console/board": "somebody's own board is arranged, which nobody else sees",
    "POST /console/board/add": "the same: the undo of what was taken off",
    "POST /console/board/order": "the same: the order after a drag",
    "POST /console/nas/{id}/doctor": "a router is asked what changes nothing; who wanted it is written down",
    "POST /console/nas/{id}/doctor/watch": "what comes from a router is shown for a minute; who looked is written down",
    "POST /console/subscribers/{id}/disclose": "a password is shown, and that it was is written down",
}
# What asks for a person, whatever the role.
FOR_ANY_STAFF = {
    "GET /console",
    "GET /console/live",
    "GET /console/preferences",
    "GET /api/v1/tokens/current",
    "POST /logout",
    # each search asks for the permission of what it finds
    "GET /console/search",
    "POST /console/search/opened",
    "GET /api/v1/search",
    # what somebody was told is their own
    "GET /console/notices",
    "POST /console/notices/{id}",
    "POST /console/notices/read",
    "GET /console/style",
    # what somebody has for routers is their own
    "GET /console/own-access",
    "POST /console/own-access/router-password",
    # so are their password, address, sessions and second factor
    "GET /console/account",
    "POST /console/account/password",
    "POST /console/account/email",
    "POST /console/account/sessions/{handle}/end",
    "POST /console/account/sessions/end-all",
    "GET /console/account/second-factor",
    "POST /console/account/second-factor/codes",
    "POST /console/account/second-factor/codes/confirm",
    "POST /console/account/second-factor/codes/remove",
    "POST /console/account/second-factor/passkeys/options",
    "POST /console/account/second-factor/passkeys",
    "POST /console/account/second-factor/passkeys/{id}/remove",
    "POST /console/account/second-factor/recovery-codes",
    # and the proof that it is still them
    "GET /console/prove",
    "POST /console/prove",
    "POST /console/prove/passkey",
    # so are the views, columns and files of lists; each asks for the list's own permission
    "GET /console/views/new",
    "POST /console/views/new",
    "GET /console/views/{id}",
    "POST /console/views/{id}",
    "POST /console/views/{id}/delete",
    "POST /console/views/{id}/restore",
    "POST /console/lists/{list}/columns",
    "POST /console/lists/{list}/density",
    "GET /console/exports",
    "POST /console/exports",
    "GET /console/exports/{id}",
    "POST /console/exports/{id}/cancel",
    "GET /console/exports/news",
}
# What is asked inside pages, or is the gate of pages still to come.
ASKED_INSIDE = {"audit.read", "audit.export", "board.read", "settings.write"}
SAFE = ("GET", "HEAD", "OPTIONS")


@pytest.fixture
def app(tmp_path: Path, sealer: secrets.Sealer) -> web.Application:
    """The whole application, without a database."""
    settings = config.load({"MILHA_DATA_DIR": str(tmp_path)})
    return application.create_app(settings, sealer, HealthBoard(), lambda: None, dict, "Prova")


def named(route: web.AbstractRoute) -> str:
    path = route.resource.canonical if route.resource else "?"
    return f"{route.method} {path}"


def undeclared(routes: Mapping[str, str | None]) -> Iterator[str]:
    """Routes without a permission anybody could have."""
    for name, permission in routes.items():
        if permission not in known() and permission not in (PUBLIC, SIGNED_IN):
            yield f"{name}: {permission}"


def open_changes(routes: Mapping[str, str | None]) -> Iterator[str]:
    """Routes that change something and ask for nothing, or only for a sign-in, without being listed here."""
    for name, permission in routes.items():
        if name.split()[0] in SAFE:
            continue
        if (permission == PUBLIC and name not in PUBLIC_CHANGES) or (
            permission == SIGNED_IN and name not in FOR_ANY_STAFF
        ):
            yield f"{name}: {permission}"


def declared(app: web.Application) -> dict[str, str | None]:
    return {named(route): app[PERMISSIONS].get(route) for route in app.router.routes()}


def test_every_route_declares_a_known_permission(app: web.Application) -> None:
    assert list(undeclared(declared(app))) == []


def test_what_changes_something_is_not_open_to_everybody(app: web.Application) -> None:
    assert list(open_changes(declared(app))) == []


def test_every_listed_exception_is_a_route(app: web.Application) -> None:
    routes = declared(app)
    assert set(PUBLIC_CHANGES) <= {name for name, permission in routes.items() if permission == PUBLIC}
    assert {name for name, permission in routes.items() if permission == SIGNED_IN and "HEAD" not in name} == (
        FOR_ANY_STAFF
    )


def test_a_route_that_reads_asks_for_reading_and_one_that_changes_for_more(app: web.Application) -> None:
    """A GET that wants a write permission shows a form; a change that wants only reading is a mistake."""
    found = [
        f"{name}: {permission}"
        for name, permission in declared(app).items()
        if name.split()[0] not in SAFE and permission in known() and str(permission).endswith(".read")
    ]
    assert [one.partition(": ")[0] for one in found] == list(NOTED_READS)


def test_every_permission_opens_some_route(app: web.Application) -> None:
    assert set(known()) - set(declared(app).values()) <= ASKED_INSIDE


def test_a_scoped_route_with_an_id_passes_the_gate(app: web.Application) -> None:
    """What names a record that is some customer's is known to `web.gate`; ids of other scopes are 404 there."""
    found = []
    for name, permission in declared(app).items():
        path = name.split()[1]
        names = dict.fromkeys(re.findall(r"{(\w+)}", path), "1")
        scoped = permission in known() and known()[str(permission)].scoped
        if scoped and names and not list(gate.things(path, names)):
            found.append(name)
    assert found == []


def test_no_two_features_answer_the_same_address() -> None:
    addresses = [(one.method, one.path) for routes in application.feature_routes() for one in routes.routes]
    assert len(addresses) > 30 and len(addresses) == len(set(addresses))


def test_a_route_without_a_permission_cannot_be_written() -> None:
    async def show(request: web.Request) -> web.Response:
        return web.Response()

    with pytest.raises(ValueError, match="no permission"):
        Routes().get("/console/secret", "moon.read")(show)


def test_what_breaks_a_rule_is_found() -> None:
    routes = {
        "GET /a": "plans.read",
        "GET /b": None,
        "GET /c": "moon.read",
        "POST /d": PUBLIC,
        "DELETE /e": SIGNED_IN,
        "POST /login": PUBLIC,
        "PUT /f": "plans.write",
    }
    assert list(undeclared(routes)) == ["GET /b: None", "GET /c: moon.read"]
    assert list(open_changes(routes)) == ["POST /d: public", "DELETE /e: signed-in"]
