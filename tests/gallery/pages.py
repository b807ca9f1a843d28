"""Every page there is, from the routes themselves: a new page is looked at without being listed.

Only a new kind of thing needs a line: `EXAMPLES` says where the provider of `world` keeps one. A house test finds a
page without it.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from aiohttp import web

from web.app import feature_routes
from web.routing import PUBLIC

# What answers a GET and is no page, and what it is.
NO_PAGES = {
    "/": "leads to the console",
    "/console": "the same",
    "/console/live": "a stream of events",
    "/console/exports/{id}": "a file",
    "/console/first-steps": "leads to the next step",
    "/console/first-steps/login/arrivals": "a part of the last step",
    "/console/graphs/{kind}/data": "what a graph draws",
    "/console/graphs/{kind}/csv": "a file",
    "/console/graphs/{kind}/live": "a stream of events",
    "/console/exports/news": "a part of the page of files",
    "/console/wall/live": "a stream of events",
    "/console/bandwidth/lines/{account_id}/traffic": "what a graph draws",
    "/console/bandwidth/lines/{account_id}/live": "a stream of events",
    "/console/subscribers/{id}/line/{account_id}/verdict": "a part of the customer's page",
    "/console/subscribers/{id}/line/{account_id}/light": "what a graph draws",
    "/console/subscribers/{id}/line/{account_id}/live": "a stream of events",
    "/console/provisioning/live": "a stream of events",
    "/console/provisioning/runs/{id}/live": "a stream of events",
    "/console/devices/{id}/router/sessions": "a part of the router's page",
    "/console/devices/{id}/router/table/{table}": "a part of the router's page",
    "/console/devices/{id}/router/ping": "a part of the router's page",
    "/console/devices/{id}/router/traceroute": "a part of the router's page",
    "/console/devices/{id}/router/traffic/live": "a stream of events",
    "/console/nas/{id}/doctor/exam": "a part of the doctor's page",
    "/console/nas/{id}/doctor/watch": "a part of the doctor's page",
    "/healthz": "for monitoring",
    "/readyz": "for monitoring",
    "/metrics": "for monitoring",
    "/metrics/samples": "for monitoring",
}
FILES = re.compile(r"\.(csv|json)$")
API = "/api/v1/"
API_PAGES = {"/api/v1/docs"}

OF_DEBTOR = """select {} from invoice i join contract c on c.id = i.contract_id
  join access_account a on a.contract_id = c.id where i.status = 'open' and i.due_on < current_date - 20
  and exists (select 1 from session_open s where s.contract_id = c.id) order by i.id limit 1"""
OF_ROUTER = """select max(c.id) from device_configuration c join device d on d.id = c.device_id
  where d.name = 'BNG-LAV-1'"""
# Where an example of what an address names is found: the address up to the name -> SQL.
EXAMPLES = {
    "/console/alert-channels/{id}": "select min(channel_id) from alert_step",
    "/console/alert-channels/{id}/steps/{step}": "select min(id) from alert_step",
    "/console/alert-rules/{id}": "select min(id) from alert_rule where is_loss and subject = 'onu'",
    "/console/boxes/{id}": "select min(box_id) from onu",
    "/console/devices/{id}": "select max(id) from device where role = 'olt'",
    "/console/devices/{id}/configurations/{configuration}": OF_ROUTER,
    "/console/devices/{id}/transcripts/{act}": "select min(act) from device_transcript",
    "/console/devices/find/{id}": "select min(id) from device_search",
    "/console/graphs/{kind}": "select 'nas'",
    "/console/incidents/{id}": "select min(id) from incident where ended_at is null and customers > 0",
    "/console/links/{id}": "select min(id) from network_link",
    "/console/maintenance/{id}": "select min(id) from maintenance_window",
    "/console/models/{id}": "select min(id) from device_model",
    "/console/onus/{id}": "select min(id) from onu",
    "/console/onus/{id}/{kind}": "select 'reboot'",
    "/console/provisioning/{device}": "select min(device_id) from onu_waiting",
    "/console/provisioning/{device}/{serial}": "select serial from onu_waiting order by device_id, serial limit 1",
    "/console/provisioning/rules/{id}": "select min(id) from provision_rule",
    "/console/provisioning/runs/{id}": "select max(id) from provision_run",
    "/console/pons/{id}": "select min(pon_id) from onu",
    "/console/sites/{id}": "select min(id) from site",
    "/console/audit/{id}": "select max(id) from audit where action = 'customer.changed'",
    "/console/dunning/{id}": "select max(id) from dunning_run where state = 'asked'",
    "/console/nas/{id}": "select min(id) from nas",
    "/console/plans/{id}": "select min(id) from plan",
    "/console/realms/{id}": "select min(id) from realm",
    "/console/realms/{id}/servers/{home}": "select min(id) from home_server",
    "/console/retention/{name}": "select 'session_history'",
    "/console/roles/{key}": "select 'noc'",
    "/console/staff/{id}": "select id from staff_user where login = 'noc'",
    "/console/subscribers/{id}": OF_DEBTOR.format("c.customer_id"),
    "/console/bandwidth/lines/{account_id}": OF_DEBTOR.format("a.id"),
    "/console/subscribers/{id}/line/{account_id}": OF_DEBTOR.format("a.id"),
    "/console/views/{id}": "select min(id) from saved_view",
    "/console/tokens/{id}": "select min(id) from api_token",
    "/invite/{token}": "select 'invite-of-the-gallery'",
    "/recover/{token}": "select 'recovery-of-the-gallery'",
    "/setup/{token}": "select 'set-up-of-the-gallery'",
}
# Where pages below an address are about another thing than `EXAMPLES` has: only routers have an inside.
INSTEAD = {
    f"/console/devices/{{id}}/{part}": {"id": "select id from device where name = 'BNG-LAV-1'"}
    for part in ("router", "configurations")
}
# What forms below an address are told behind the question mark.
ASKED = {
    "/console/subscribers/{id}/": {
        "contract": OF_DEBTOR.format("c.id"),
        "invoice": OF_DEBTOR.format("i.id"),
        "account": OF_DEBTOR.format("a.id"),
    },
    "/console/views/new": {"list": "select 'subscribers'", "query": "select 'status%3Doverdue'"},
    "/console/search": {"q": "select 'mour'"},
    "/console/graphs/{kind}": {"object": "select min(id) from nas"},
    "/console/devices/{id}/router/traffic": {"interface": "select 'sfp-sfpplus1'"},
    "/console/devices/{id}/router/kick": {"login": "select 'demo011'", "session": "select 'pppoe-demo011'"},
}
# Other faces of a page: what it says when something was chosen, found, or not found.
FACES = {
    "/console/devices/{id}": ("tab=session",),
    "/console/devices/{id}/router": ("tab=queues", "tab=tools"),
    "/console/devices/{id}/transcripts": ("q=zzqq",),
    "/console/pons": ("state=trouble", "q=zzqq"),
    "/console/sla": ("view=below",),
    "/console/audit": ("what=sign-in",),
    "/console/board": ("arrange=1",),
    "/console/board/contracts": ("view=ended&reason=none",),
    "/console/nas/{id}/doctor": ("for=cisco",),
    "/console/rejects": ("by=nas&range=7d",),
    "/console/roles": ("role=seller",),
    "/console/search": ("q=zzqq", "q="),
    "/console/sessions": ("q=zzqq",),
    "/console/subscribers": ("status=overdue&sort=-owed", "q=zzqq"),
}
# Other things of one kind, whose pages say something else: their addresses as SQL.
OTHERS = {
    "/console/devices/{id}": ("select id || '?tab=session' from device where name = 'BORDA-LAV-1'",),
    "/console/subscribers/{id}": (
        "select c.customer_id from session_open s join contract c on c.id = s.contract_id where s.login = 'demo020'",
        "select c.customer_id from access_account a join contract c on c.id = a.contract_id where a.login = 'demo195'",
        "select c.customer_id from access_account a join contract c on c.id = a.contract_id where a.login = 'demo003'",
    ),
}
# Pages of a provider that has nobody yet.
EMPTY_HOUSE = {"/setup/{token}"}
# Pages for who has typed a password and not yet a code.
HALF_WAY = {"/login/code"}
NAME = re.compile(r"{(\w+)}")
Value = Callable[[str], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Page:
    """One page to look at: its route as it is written, its address, and for whom it is."""

    route: str
    address: str
    public: bool
    face: str = ""

    @property
    def name(self) -> str:
        """A file's name: ``console-nas-1-doctor-for-cisco``."""
        return re.sub(r"[^\w.]+", "-", f"{self.address.partition('?')[0]} {self.face}").strip("-")


@cache
def page_routes() -> dict[str, bool]:
    """The routes of pages as they are written, and whether anybody may open them."""
    return {
        written: route.permission == PUBLIC
        for features in feature_routes()
        for route in features.routes
        if route.method == "GET" and is_page(written := as_written(route.path))
    }


def as_written(path: str) -> str:
    """``/console/nas/{id}`` of ``/console/nas/{id:\\d+}``."""
    return str(web.DynamicResource(path).canonical)


def is_page(written: str) -> bool:
    return written not in NO_PAGES and not FILES.search(written) and (API not in written or written in API_PAGES)


def named(written: str) -> Iterator[tuple[str, str]]:
    """The names in a route, each with the address up to it: ``/console/nas/{id}`` of ``/console/nas/{id}/doctor``."""
    for found in NAME.finditer(written):
        yield found[1], written[: found.end()]


def asked(written: str) -> dict[str, str]:
    """What a page is told behind the question mark, as SQL."""
    places = [place for place in ASKED if written == place or (place.endswith("/") and written.startswith(place))]
    return {name: sql for place in places for name, sql in ASKED[place].items()}


def without_example(routes: dict[str, bool]) -> list[str]:
    """Routes that name a thing of which no example is known."""
    return [route for route in routes if any(place not in EXAMPLES for _, place in named(route))]


async def pages(value: Value, routes: dict[str, bool] | None = None) -> list[Page]:
    """All pages and their other faces; ``value`` answers an SQL query of one value."""
    found = []
    for route, public in (routes or page_routes()).items():
        instead = next((given for place, given in INSTEAD.items() if route.startswith(place)), {})
        names = {name: await _there(value, instead.get(name) or EXAMPLES[place]) for name, place in named(route)}
        query = "&".join([f"{name}={await _there(value, sql)}" for name, sql in asked(route).items()])
        bare = route.format(**names)
        found.append(Page(route, f"{bare}?{query}" if query else bare, public))
        found += [Page(route, f"{bare}?{face}", public, face) for face in FACES.get(route, ())]
        found += [Page(route, NAME.sub(str(await _there(value, sql)), route), public) for sql in OTHERS.get(route, ())]
    return found


async def _there(value: Value, sql: str) -> Any:
    found = await value(sql)
    if found is None:
        raise LookupError(f"the gallery's provider has no example: {sql}")
    return found
