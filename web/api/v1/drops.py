"""API: where a login's line ends, and the way from there up to the core."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from oss.access import affected, drops, planned_drops
from oss.access.drops import Drop
from oss.crm.permissions import CustomerPermission
from web.api.fields import Id, Resource
from web.api.typed import Call, Operations
from web.inputs.plant import DropSet, PlannedDrop

routes = Operations("drops", "Where a login's line ends in the network: at an ONU, or at a device itself.")


class Hop(Resource):
    """One station on the way from a customer to the core."""

    kind: str = Field(description="onu, box, pon, device or link")
    id: int
    name: str


class LineEnd(Resource):
    """Where a login's line ends; all null where nobody said."""

    account_id: int
    login: str
    onu_id: int | None
    device_id: int | None
    interface_id: int | None
    since_at: datetime | None
    path: list[Hop] = Field(description="From the end up to the core")


@routes.read("/access-accounts/{account_id}/drop", CustomerPermission.READ)
async def get_drop(call: Call, account_id: Id) -> LineEnd:
    """Read where a login's line ends."""
    return await _end(call, account_id)


@routes.change("/access-accounts/{account_id}/drop", CustomerPermission.WRITE)
async def set_drop(call: Call, account_id: Id, body: DropSet) -> LineEnd:
    """Say where a login's line ends: an ONU or a device. An empty object says that nobody knows."""
    if body.onu_id is None and body.device_id is None:
        await drops.untie(call.connection, call.actor, account_id)
    else:
        await drops.tie(call.connection, call.actor, account_id, Drop(**body.model_dump()))
    return await _end(call, account_id)


class PlannedLineEnd(Resource):
    """Where a login's ONU is to be put; all null where nothing is planned. It goes when the ONU is authorised."""

    account_id: int
    login: str
    box: str | None
    box_port: int | None
    olt: str | None
    pon: str | None
    planned_at: datetime | None


@routes.read("/access-accounts/{account_id}/planned-drop", CustomerPermission.READ)
async def get_planned_drop(call: Call, account_id: Id) -> PlannedLineEnd:
    """Read where a login's ONU is to be put."""
    return await _plan(call, account_id)


@routes.change("/access-accounts/{account_id}/planned-drop", CustomerPermission.WRITE)
async def set_planned_drop(call: Call, account_id: Id, body: PlannedDrop) -> PlannedLineEnd:
    """Say where a login's ONU is to be put: provisioning offers this login for what lights up there. An empty object
    says that nothing is planned."""
    if body.box is None:
        await planned_drops.forget(call.connection, call.actor, account_id)
    else:
        await planned_drops.plan(call.connection, call.actor, account_id, body.box, body.box_port)
    return await _plan(call, account_id)


async def _plan(call: Call, account_id: int) -> PlannedLineEnd:
    row = await planned_drops.one(call.connection, account_id)
    return PlannedLineEnd(**{name: row[name] for name in PlannedLineEnd.model_fields})


async def _end(call: Call, account_id: int) -> LineEnd:
    row = dict(await drops.one(call.connection, account_id))
    hops = [Hop(kind=one.kind, id=one.id, name=one.name) for one in await affected.path(call.connection, account_id)]
    return LineEnd(path=hops, **{name: row[name] for name in LineEnd.model_fields if name != "path"})
