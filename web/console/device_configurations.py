"""A device's configurations: when they changed and how, the way back, the file; and whether it is set as we need it."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from oss.access import router_compliance
from oss.access.permissions import NasPermission
from oss.access.router_compliance import Us
from oss.base import db
from oss.base.problems import Problem
from oss.network import configurations, device_list, device_settings
from oss.network.permissions import NetworkPermission
from web.auth import actor
from web.catalogues import N_
from web.console.paste_values import SECRET
from web.console.subscriber import number
from web.keys import CONFIG, SEALER
from web.notices import tell as notice
from web.pages import back_to, context, language, page, said
from web.render import tell
from web.routing import Routes

routes = Routes()
HOME = "/console/devices"
LIST = HOME + "/{id:\\d{1,17}}/configurations"
ONE = LIST + "/{configuration:\\d{1,17}}"
RULES = {
    "used": N_("It asks RADIUS who may come in"),
    "server": N_("We are its RADIUS server"),
    "secret": N_("The shared secret is the same"),
    "accounting": N_("It tells of sessions (accounting)"),
    "interim": N_("It tells as often as we expect"),
    "coa": N_("It takes our orders (CoA) at the port where we give them"),
    "ntp": N_("Its clock follows NTP"),
}
KINDS = {"added": N_("added"), "removed": N_("removed"), "changed": N_("changed"), "moved": N_("moved")}
WHYS = {"night": N_("in the night"), "asked": N_("because somebody asked"), "trap": N_("after a trap")}


def us(request: web.Request) -> Us:
    """Where this installation answers RADIUS."""
    config = request.app[CONFIG]
    return Us(config.radius_host, config.radius_auth_port, config.radius_acct_port)


async def _compliance(request: web.Request, row: Any) -> list[router_compliance.Examined]:
    if row["role"] != "router" or not context(request).may(NasPermission.READ):
        return []
    values = (request.app[SEALER], row["id"], us(request), said(request, SECRET))
    async with db.pool().acquire() as connection:
        return await router_compliance.examined(connection, *values)


@routes.get(LIST, NetworkPermission.CONFIGURATIONS)
async def show(request: web.Request) -> web.Response:
    """The kept ones, the newest first, and the golden configuration."""
    row = await device_list.one(int(request.match_info["id"]))
    reading = await configurations.reading_of(row["id"])
    return page(
        request,
        "console/router/configurations.html",
        row=row,
        home=f"{HOME}/{row['id']}",
        kept=await configurations.history(row["id"]),
        reading=reading,
        examined=await _compliance(request, row),
        rules=RULES,
        kinds=KINDS,
        whys=WHYS,
    )


@routes.post(LIST, NetworkPermission.WRITE)
async def read(request: web.Request) -> web.Response:
    """Read it now, and the settings with it."""
    device_id, sealer, name = int(request.match_info["id"]), request.app[SEALER], actor(request).name
    row = await device_list.one(device_id)
    try:
        taken = await configurations.take(sealer, device_id, "asked", name)
        text = said(request, N_("It differs from the one before") if taken.new else N_("Nothing changed since"))
        if row["role"] == "router":
            await device_settings.take(sealer, device_id, name)
    except Problem as problem:
        text = tell(language(request), problem)
    notice(request, text)
    return back_to(request, f"{HOME}/{device_id}/configurations")


@routes.get(ONE, NetworkPermission.CONFIGURATIONS)
async def one(request: web.Request) -> web.Response:
    """What changed, against the one before or another; the whole text below, its secrets as marks."""
    row = await device_list.one(int(request.match_info["id"]))
    wanted, sealer = int(request.match_info["configuration"]), request.app[SEALER]
    found = await configurations.difference(sealer, row["id"], wanted, number(request.query.get("against")))
    _, text = await configurations.shown(sealer, row["id"], wanted)
    home = f"{HOME}/{row['id']}"
    kept = [other for other in await configurations.history(row["id"]) if other["id"] != wanted]
    values: dict[str, Any] = {"found": found, "text": text, "kept": kept, "kinds": KINDS, "whys": WHYS}
    return page(request, "console/router/configuration.html", row=row, home=home, **values)


@routes.post(ONE + "/file", NetworkPermission.CONFIGURATIONS_CLEAR, fresh=True)
async def download(request: web.Request) -> web.Response:
    """The text with its secrets, as a file; noted."""
    row = await device_list.one(int(request.match_info["id"]))
    wanted = int(request.match_info["configuration"])
    async with db.transaction() as connection:
        text = await configurations.clear(connection, request.app[SEALER], actor(request), row["id"], wanted)
    name = "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in row["name"])
    headers = {"Content-Disposition": f'attachment; filename="{name}-{wanted}.txt"', "Cache-Control": "no-store"}
    return web.Response(text=text, content_type="text/plain", headers=headers)
