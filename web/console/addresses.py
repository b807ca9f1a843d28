"""Who had an address, and when: asked by an address and an instant, answered from the sessions, each question noted."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from urllib.parse import urlencode

from aiohttp import web

from oss.access import address_list
from oss.access.permissions import SessionPermission
from web.auth import actor, scope
from web.catalogues import N_
from web.downloads import csv_response
from web.forms import filters
from web.pages import context, page, said
from web.routing import Routes

routes = Routes()
PATH = "/console/addresses"
NAMES = ("q", "at")
KINDS = {
    "framed_ip": N_("IPv4"),
    "framed_ipv6_prefix": N_("IPv6 of the line"),
    "delegated_ipv6_prefix": N_("Delegated IPv6"),
}
HEAD = (
    N_("Address"),
    N_("Kind"),
    N_("From"),
    N_("Until"),
    N_("Login"),
    N_("Customer"),
    N_("MAC"),
    N_("Router"),
    N_("Port"),
)


def _instant(request: web.Request, text: str) -> datetime | None:
    """As the browser's field sends it, in the provider's zone; one with a zone of its own keeps it."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=context(request).timezone)).astimezone(UTC)


@routes.get(PATH, SessionPermission.READ)
async def show(request: web.Request) -> web.Response:
    """The question, and its answer where one was asked."""
    params = filters(request, NAMES)
    address, at = address_list.read_address(params.get("q", "")), _instant(request, params.get("at", ""))
    wrong_at = bool(params.get("at")) and at is None
    found = None if address is None or wrong_at else await address_list.who(actor(request), address, at, scope(request))
    return page(
        request,
        "console/addresses/page.html",
        params=params,
        path=PATH,
        address=address,
        at=at,
        wrong_at=wrong_at,
        found=found,
        kinds=KINDS,
    )


@routes.get(f"{PATH}.csv", SessionPermission.EXPORT)
async def download(request: web.Request) -> web.StreamResponse:
    """The answer as a file; instants in UTC."""
    params = filters(request, NAMES)
    address, at = address_list.read_address(params.get("q", "")), _instant(request, params.get("at", ""))
    if address is None or (params.get("at") and at is None):
        raise web.HTTPSeeOther(f"{PATH}?{urlencode(params)}")  # the page says what is wrong
    found = await address_list.who(actor(request), address, at, scope(request))
    lines: list[Sequence[object]] = [
        (
            *(row["address"], said(request, KINDS[row["kind"]]), row["from_at"].isoformat(timespec="seconds")),
            row["until_at"].isoformat(timespec="seconds") if row["until_at"] else "",
            *(row["login"], row["customer"], row["calling_station_id"], row["nas"], row["nas_port_id"]),
        )
        for row in found.rows
    ]
    return await csv_response(request, "quem-tinha-o-endereco", [said(request, name) for name in HEAD], _once(lines))


async def _once(lines: list[Sequence[object]]) -> AsyncIterator[list[Sequence[object]]]:
    yield lines
