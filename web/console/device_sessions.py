"""The session with a device: tried, its new key believed, and what was said in it."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

from aiohttp import web

from oss.base import db
from oss.drivers.links import Link
from oss.drivers.problems import DeviceProblem
from oss.drivers.registry import Driver
from oss.network import device_keys, device_links, device_list, session_list
from oss.network.permissions import NetworkPermission
from oss.network.session_list import Wish
from web.auth import actor
from web.catalogues import N_
from web.console.subscriber import number
from web.form_saving import Done, once
from web.forms import filters, posted
from web.pages import context, language, page, said
from web.render import tell
from web.routing import Routes

routes = Routes()
HOME = "/console/devices"
ID = HOME + "/{id:\\d{1,17}}"
NAMES = ("q", "by", "since", "until")
TRY_S = 20.0

# What commands are said for, as acts call themselves (`oss.network.device_links.do`); any other is shown as it is.
SAID_FOR = (
    *(N_("configuration"), N_("configuration of an ONU"), N_("all ONUs"), N_("unprovisioned ONUs"), N_("one ONU")),
    *(N_("an ONU"), N_("a session"), N_("sessions"), N_("settings"), N_("kick"), N_("login"), N_("keep-alive")),
    *(N_("save"), N_("traffic of an interface"), N_("the limit of a session"), N_("ping"), N_("traceroute")),
    *(N_("interfaces"), N_("queues"), N_("address lists")),
    *(N_("plan authorise"), N_("plan deauthorise"), N_("plan replace"), N_("plan move"), N_("plan reboot")),
)


async def shown(request: web.Request, row: Any) -> dict[str, Any]:
    """What the card of the session tells: how it is, what went wrong in words, the last commands."""
    may_read = context(request).may(NetworkPermission.TRANSCRIPTS)
    found = await session_list.session(row["id"])
    problem = found.problem if found is not None else None
    return {
        "session": found,
        "is_told": found is not None and session_list.is_told(found),
        "problem": tell(language(request), problem) if problem is not None else None,
        "said": (await session_list.said(row["id"], Wish(), most=8)).rows if may_read else [],
        "keys": {name: session_list.key_name(row[name]) for name in device_keys.SEEN},
        "seen": {name: session_list.key_name(key) for name, key in (found.seen if found else {}).items()},
    }


async def _open(driver: Driver, link: Link) -> None:
    """Log in by every way that there is."""
    try:
        await link.api()
    except DeviceProblem as problem:
        if problem.code != "not-offered":
            raise
        await link.shell()


@routes.post(ID + "/session/try", NetworkPermission.WRITE)
async def attempt(request: web.Request) -> web.Response:
    """Log in now, and say how it went."""
    row = await device_list.one(int(request.match_info["id"]))
    try:
        await device_links.do(row["id"], _open, deadline_s=TRY_S, what="login", asked_by=actor(request).name)
        text = said(request, N_("%(name)s let us in"), name=row["name"])
    except DeviceProblem as problem:
        text = tell(language(request), problem)

    async def effect(connection: db.Connection) -> Done:
        return Done(f"{HOME}/{row['id']}?tab=session", text)

    return await once(request, await request.post(), effect)


@routes.post(ID + "/key", NetworkPermission.KEYS, fresh=True)
async def accept(request: web.Request) -> web.Response:
    """Believe the key that it shows now, if it is still the one that was looked at."""
    row = await device_list.one(int(request.match_info["id"]))
    form = await posted(request)
    column, key = form.choice("column", tuple(device_keys.SEEN)), form.text("key", required=True, most=4000)
    form.check()

    async def effect(connection: db.Connection) -> Done:
        await device_keys.accept(connection, actor(request), row["id"], column, key)
        text = said(request, N_("The new key of %(name)s is believed"), name=row["name"])
        return Done(f"{HOME}/{row['id']}?tab=session", text)

    return await once(request, await request.post(), effect)


@routes.get(ID + "/transcripts", NetworkPermission.TRANSCRIPTS)
async def transcripts(request: web.Request) -> web.Response:
    """What was said to a device: searched by command, by who asked, by day."""
    row = await device_list.one(int(request.match_info["id"]))
    params = filters(request, NAMES)
    zone, ends = context(request).timezone, (params.get("since"), params.get("until"))
    wanted = Wish(params.get("q", ""), params.get("by", ""), _day(ends[0], zone, 0), _day(ends[1], zone, 1))
    found = await session_list.said(row["id"], wanted, number(request.query.get("before")))
    more: dict[str, Any] = {"params": params, "home": f"{HOME}/{row['id']}"}
    return page(request, "console/devices/transcripts.html", row=row, found=found, **more)


@routes.get(ID + "/transcripts/{act:[0-9a-f]{16}}", NetworkPermission.TRANSCRIPTS)
async def transcript(request: web.Request) -> web.Response:
    """All of one turn."""
    row = await device_list.one(int(request.match_info["id"]))
    entries = await session_list.act(row["id"], request.match_info["act"])
    return page(request, "console/devices/transcript.html", row=row, entries=entries, home=f"{HOME}/{row['id']}")


def _day(text: str | None, zone: Any, later: int) -> datetime | None:
    """The beginning of a day in a zone, or of the day behind it."""
    try:
        day = datetime.fromisoformat(text or "").date() + timedelta(days=later)
    except (ValueError, OverflowError):
        return None
    return datetime.combine(day, time(), zone).astimezone(UTC)
