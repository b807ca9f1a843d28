"""Maintenance windows: what runs and comes, what was, and the form."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from oss.base import clock, db
from oss.network import device_list, maintenance, plant_list, site_list
from oss.network.maintenance import WindowValues
from oss.network.permissions import NetworkPermission
from web.auth import actor
from web.catalogues import N_
from web.console import network_words
from web.form_model import ModelForm
from web.form_saving import Done, Filled, Row, filled, once, save, show
from web.inputs.network import WindowForm
from web.listed import zone_of
from web.pages import page, said
from web.routing import Routes

routes = Routes()
HOME = "/console/maintenance"
ID = HOME + "/{id:\\d{1,17}}"
WINDOW = ModelForm(
    "maintenance",
    NetworkPermission.WRITE,
    WindowForm,
    table="maintenance_window",
    labels={
        "target": N_("What is worked on"),
        "starts_at": N_("From"),
        "ends_at": N_("Until"),
        "note": N_("What is done"),
    },
    taken="target",
)


def _local(request: web.Request, at: datetime) -> str:
    """An instant as the browser's field takes it, in the provider's zone."""
    return at.astimezone(zone_of(request)).strftime("%Y-%m-%dT%H:%M")


def _instant(request: web.Request, text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone_of(request)).astimezone(UTC)


async def _present(request: web.Request, window_id: int) -> dict[str, Any]:
    row = await maintenance.one(db.pool(), window_id)
    target = next(f"{kind}-{row[f'{kind}_id']}" for kind in ("site", "device", "pon") if row[f"{kind}_id"] is not None)
    times = {name: _local(request, row[name]) for name in ("starts_at", "ends_at")}
    return {**row, **times, "target": target, "called": row["target"]}


async def _targets() -> list[tuple[str, str]]:
    """Everything a window may be on; sites first."""
    found = [(f"site-{key}", name) for key, name in await site_list.names()]
    found += [(f"device-{key}", name) for key, name in await device_list.names()]
    return found + [(f"pon-{key}", f"PON {name}") for key, name in await plant_list.pon_names()]


@routes.get(HOME, NetworkPermission.READ)
async def show_all(request: web.Request) -> web.Response:
    """What runs and comes, and what was lately."""
    coming, past = await maintenance.coming(db.pool(), 200), await maintenance.past(db.pool(), 100)
    return page(request, "console/maintenance/page.html", coming=coming, past=past, words=network_words)


async def _form(request: web.Request, window_id: int | None, form: Filled | None = None) -> web.Response:
    row = await _present(request, window_id) if window_id else None
    start = (clock.now() + timedelta(hours=1)).replace(minute=0, second=0)
    times = {"starts_at": _local(request, start), "ends_at": _local(request, start + timedelta(hours=2))}
    form = form or filled(request, WINDOW, row or {"target": request.query.get("target", "")[:30], **times})
    more: dict[str, Any] = {"targets": await _targets(), "words": network_words}
    return show(request, "console/maintenance/form.html", form, window_id=window_id, row=row, **more)


@routes.get(HOME + "/new", NetworkPermission.WRITE)
async def fresh(request: web.Request) -> web.Response:
    """An empty form."""
    return await _form(request, None)


@routes.get(ID, NetworkPermission.WRITE)
async def edit(request: web.Request) -> web.Response:
    """One window in the form."""
    return await _form(request, int(request.match_info["id"]))


async def _save(request: web.Request, window_id: int | None) -> web.Response:
    async def act(connection: db.Connection, values: WindowForm) -> Done:
        times = _instant(request, values.starts_at), _instant(request, values.ends_at)
        wanted = WindowValues(*times, values.note, **values.on())
        await maintenance.save(connection, actor(request), wanted, window_id)
        return Done(HOME, said(request, N_("The window is planned; nothing in it raises an alarm meanwhile")))

    async def again(form: Filled) -> web.Response:
        return await _form(request, window_id, form)

    row: Row[WindowForm] | None = Row(window_id, lambda: _present(request, window_id)) if window_id else None
    return await save(request, WINDOW, act, again, row)


@routes.post(HOME, NetworkPermission.WRITE)
async def create(request: web.Request) -> web.Response:
    """Plan a new one."""
    return await _save(request, None)


@routes.post(ID, NetworkPermission.WRITE)
async def change(request: web.Request) -> web.Response:
    """Save changes."""
    return await _save(request, int(request.match_info["id"]))


@routes.post(ID + "/cancel", NetworkPermission.WRITE)
async def cancel(request: web.Request) -> web.Response:
    """Call it off, or end one that runs."""
    window_id = int(request.match_info["id"])

    async def effect(connection: db.Connection) -> Done:
        await maintenance.cancel(connection, actor(request), window_id)
        return Done(HOME, said(request, N_("The window is called off")))

    return await once(request, await request.post(), effect)
