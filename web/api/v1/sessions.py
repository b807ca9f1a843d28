"""API: open sessions, with what is wanted and what their NAS is known to do (invariant 3)."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated

from pydantic import Field

from oss.access import orders, records
from oss.access.permissions import SessionPermission
from web.api.fields import Address, Flag, Id, Login, Resource, Text, Uid
from web.api.paging import ListQuery, Page, UidCursor, page
from web.api.typed import Call, Operations

routes = Operations("sessions", "Who is online: each open session with the desired and the applied profile.")


class Session(Resource):
    """An open session. Octets are as RADIUS counts them: input comes from the customer, output goes to them."""

    uid: uuid.UUID
    nas_id: int
    acct_session_id: str
    login: str
    account_id: int | None
    contract_id: int | None
    started_at: datetime
    last_seen_at: datetime
    session_s: int = Field(description="Its length in seconds, by its NAS")
    framed_ip: str | None
    framed_ipv6_prefix: str | None
    delegated_ipv6_prefix: str | None
    calling_station_id: str | None
    nas_port_id: str | None
    input_octets: int
    output_octets: int
    input_bps: int
    output_bps: int
    desired: str | None = Field(description="The profile it should have", examples=["full:500000/250000"])
    applied: str | None = Field(description="The profile its NAS is known to use; null when not known")
    drift_since: datetime | None = Field(description="Since when the two differ")
    drift_cause: str | None
    attempts: int = Field(description="Tries so far to make its NAS obey")
    next_try_at: datetime | None


class Disconnecting(Resource):
    """A session whose NAS is being asked to end it."""

    uid: uuid.UUID
    login: str


class SessionQuery(ListQuery):
    """Filters of the list of sessions."""

    cursor: UidCursor = None
    login: Login | None = None
    nas_id: Id | None = None
    contract_id: Id | None = None
    acct_session_id: Annotated[str, Text(253)] | None = None
    framed_ip: Address | None = None
    drifting: Flag | None = Field(default=None, description="True lists those whose NAS does not do what is wanted")


@routes.read("/sessions", SessionPermission.READ)
async def list_sessions(call: Call, query: SessionQuery) -> Page[Session]:
    """List open sessions."""
    return page(
        Session, await records.sessions(call.connection, query.cursor, query.limit, scope=call.scope, **query.filters())
    )


@routes.read("/sessions/{uid}", SessionPermission.READ)
async def get_session(call: Call, uid: Uid) -> Session:
    """Read one open session."""
    return Session.model_validate(dict(await records.session(call.connection, uid)))


@routes.remove("/sessions/{uid}", SessionPermission.WRITE, status=202)
async def disconnect_session(call: Call, uid: Uid) -> Disconnecting:
    """Disconnect a session.

    Answered when its NAS is asked (RFC 5176); the session leaves the list when the NAS has ended it. A login in good
    standing may dial again at once: to keep it out, place a hold.
    """
    found = Disconnecting.model_validate(dict(await records.session(call.connection, uid)))
    await orders.disconnect(call.connection, call.actor, [uid])
    return found
