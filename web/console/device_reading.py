"""A device read at once: what it tells is shown beside what is known, and taken over only when somebody says so."""

from __future__ import annotations

from aiohttp import web

from oss.base import db
from oss.network import device_list, device_secrets, discovery, readers
from oss.network.facts import Facts
from oss.network.permissions import NetworkPermission
from web.auth import actor
from web.catalogues import N_
from web.console import network_words
from web.form_saving import Done, once
from web.keys import SEALER
from web.pages import language, page, said
from web.routing import Routes

routes = Routes()
ID = "/console/devices/{id:\\d{1,17}}"


async def _told(request: web.Request, device_id: int) -> Facts:
    """What the device says now; asked outside any transaction, because it may take seconds."""
    return await readers.read(await device_secrets.credentials(db.pool(), request.app[SEALER], device_id))


@routes.post(ID + "/read", NetworkPermission.WRITE)
async def look(request: web.Request) -> web.Response:
    """Read it, and show what would change; nothing is written."""
    row = await device_list.one(int(request.match_info["id"]))
    facts = await _told(request, row["id"])
    async with db.transaction() as connection:
        changes = await discovery.look(connection, facts)
    told = [network_words.change(language(request), one) for one in changes]
    return page(request, "console/devices/read.html", row=row, changes=told, words=network_words)


@routes.post(ID + "/read/take", NetworkPermission.WRITE)
async def take(request: web.Request) -> web.Response:
    """Read it again, and take over what it tells."""
    row = await device_list.one(int(request.match_info["id"]))
    facts = await _told(request, row["id"])

    async def effect(connection: db.Connection) -> Done:
        await discovery.discovered(connection, actor(request), facts)
        text = said(request, N_("%(name)s is read, and what it told is taken over"), name=row["name"])
        return Done(f"/console/devices/{row['id']}", text)

    return await once(request, await request.post(), effect)
