"""Every route of the application as an address that can be asked, and what it takes to ask it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from aiohttp import web

from web.keys import PERMISSIONS

STREAMS = (
    *("/console/live", "/console/wall/live"),
    "/console/bandwidth/lines/{account_id}/live",
    "/console/subscribers/{id}/line/{account_id}/live",
    *(
        "/console/provisioning/live",
        "/console/provisioning/runs/{id}/live",
        "/console/devices/{id}/router/traffic/live",
    ),
)
# What ends the very session that walks, or asks routers by packets: walked last, or with an id that is nobody's.
LAST = {"POST /logout", "POST /console/account/sessions/end-all"}
VALUES = {
    "credit_id": "999999",
    "id": "999999",
    "home": "999999",
    "act": "0123456789abcdef",
    "configuration": "1",
    "configuration_id": "1",
    "table": "queues",
    "handle": "0000000000000000",
    "device": "999999",
    "serial": "HWTC00000000",
    "run_id": "999999",
    "account_id": "999999",
    "list": "nothing",
    "name": "session_history",
    "key": "nobody",
    "kind": "sensor",
    "token": "x",
    "reason": "manual",
    "nas_id": "999999",
    **dict.fromkeys(("site_id", "device_id", "link_id", "pon_id", "box_id", "onu_id", "window_id"), "999999"),
    **dict.fromkeys(("incident_id", "rule_id", "step"), "999999"),
    "plan_id": "999999",
    "token_id": "999999",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One route: its address with every parameter filled, as it is written, and the permission it declares."""

    method: str
    path: str
    written: str
    permission: str

    @property
    def name(self) -> str:
        return f"{self.method} {self.written}"

    @property
    def is_api(self) -> bool:
        return self.path.startswith("/api/")


def steps(app: web.Application, values: Mapping[str, str]) -> Iterator[Step]:
    """All of them; ``values`` by parameter go before VALUES, ``subscriber`` is the id of a subscriber's page."""
    for route, permission in app[PERMISSIONS].items():
        assert route.resource is not None
        written = route.resource.canonical
        if route.method == "HEAD" or f"{route.method} {written}" in LAST:
            continue
        known = {**VALUES, **values}
        if written.startswith("/console/subscribers/{id}"):
            known["id"] = values.get("subscriber", known["id"])
        if written.startswith("/console/onus/{id}/"):
            known["kind"] = "reboot"
        yield Step(route.method, written.format(**known), written, str(permission))
