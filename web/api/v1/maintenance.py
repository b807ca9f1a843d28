"""API: maintenance windows."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from pydantic import Field

from oss.base.problems import NotFound
from oss.network import maintenance, records
from oss.network.maintenance import WindowValues
from oss.network.permissions import NetworkPermission
from web.api.fields import Id, Resource
from web.api.paging import ById, Page, page
from web.api.typed import Call, Operations
from web.inputs.network import NewWindow, WindowChange

routes = Operations("maintenance", "Who works on what, from when until when: what is down meanwhile raises no alarm.")


class Window(Resource):
    """A maintenance window as kept."""

    id: int
    site_id: int | None
    device_id: int | None
    pon_id: int | None
    target: str = Field(description="What it is on, as people call it")
    starts_at: datetime
    ends_at: datetime
    note: str
    made_by: str
    cancelled_at: datetime | None
    state: str = Field(description="planned, running, over or cancelled")
    created_at: datetime
    version: int


class WindowQuery(ById):
    """Filters of the list of maintenance windows."""

    site_id: Id | None = None
    device_id: Id | None = None
    pon_id: Id | None = None


@routes.read("/maintenance-windows", NetworkPermission.READ)
async def list_windows(call: Call, query: WindowQuery) -> Page[Window]:
    """List maintenance windows, in the order they were made."""
    return page(
        Window, await records.page(call.connection, "maintenance_window", query.cursor, query.limit, **query.filters())
    )


@routes.read("/maintenance-windows/{window_id}", NetworkPermission.READ)
async def get_window(call: Call, window_id: Id) -> Window:
    """Read one maintenance window."""
    return await _window(call, window_id)


@routes.create("/maintenance-windows", NetworkPermission.WRITE, location="/maintenance-windows/{id}")
async def create_window(call: Call, body: NewWindow) -> Window:
    """Create a maintenance window."""
    return await _window(call, await maintenance.save(call.connection, call.actor, WindowValues(**body.model_dump())))


@routes.change("/maintenance-windows/{window_id}", NetworkPermission.WRITE, row="maintenance_window")
async def change_window(call: Call, window_id: Id, body: WindowChange) -> Window:
    """Change a maintenance window; what is left out stays."""
    values = replace(
        await records.to_change(call.connection, "maintenance_window", WindowValues, window_id), **body.named()
    )
    return await _window(call, await maintenance.save(call.connection, call.actor, values, window_id))


@routes.remove("/maintenance-windows/{window_id}", NetworkPermission.WRITE)
async def cancel_window(call: Call, window_id: Id) -> None:
    """Call a window off, or end one that runs; it stays in the list."""
    await maintenance.cancel(call.connection, call.actor, window_id)


async def _window(call: Call, window_id: int) -> Window:
    row = await records.one(call.connection, "maintenance_window", window_id)
    if row is None:
        raise NotFound(thing="maintenance window")
    return Window.model_validate(dict(row))
