"""Routes declare a permission or ``public`` where they are written; one without cannot be added (invariant 10)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from oss.staff.permissions import known
from web.keys import FRESH, PERMISSIONS

PUBLIC = "public"
SIGNED_IN = "signed-in"  # any member of staff, whatever the role
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Route:
    """One address: method, path, what it takes to call it, who answers, and (API) its types.

    ``fresh``: whoever calls it from the console has proven who they are in the last minutes (`web.fresh`).
    """

    method: str
    path: str
    permission: str
    handler: Handler
    spec: Any = None
    fresh: bool = False


@dataclass(slots=True)
class Routes:
    """A feature's routes, gathered by decorators: ``@routes.get("/console/nas", NasPermission.READ)``."""

    routes: list[Route] = field(default_factory=list)

    def add(
        self, method: str, path: str, permission: str, handler: Handler, spec: Any = None, fresh: bool = False
    ) -> None:
        if permission not in (PUBLIC, SIGNED_IN) and permission not in known():
            raise ValueError(f"{method} {path}: no permission {permission!r}")
        self.routes.append(Route(method, path, permission, handler, spec, fresh))

    def get(self, path: str, permission: str) -> Callable[[Handler], Handler]:
        return self._register("GET", path, permission)

    def post(self, path: str, permission: str, fresh: bool = False) -> Callable[[Handler], Handler]:
        return self._register("POST", path, permission, fresh)

    def _register(self, method: str, path: str, permission: str, fresh: bool = False) -> Callable[[Handler], Handler]:
        def register(handler: Handler) -> Handler:
            self.add(method, path, permission, handler, fresh=fresh)
            return handler

        return register

    def mount(self, app: web.Application) -> None:
        """Add all routes to the application and note what each asks for."""
        for one in self.routes:
            added = app.router.add_route(one.method, one.path, one.handler)
            app[PERMISSIONS][added] = one.permission
            if one.fresh:
                app[FRESH].add(added)
            if one.method == "GET":
                head = app.router.add_route("HEAD", one.path, one.handler)
                app[PERMISSIONS][head] = one.permission
