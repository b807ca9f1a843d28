"""API: routers from inside, asked while the request waits; problems of the device are answered as such."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from oss.access import router_acts, router_limits, router_sessions
from oss.access.permissions import SessionPermission
from oss.base.problems import NotFound
from oss.drivers.links import Link
from oss.drivers.registry import Driver
from oss.drivers.router import Router
from oss.network import device_links
from oss.network.permissions import NetworkPermission
from web import auth
from web.api.fields import Id, Resource, Uid
from web.api.typed import Call, Operations

routes = Operations(
    "device-routers", "What a router says of itself now: sessions, queues, tables; ping and traceroute."
)
Target = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[0-9A-Za-z.:_-]+$")]
Known = Literal["both", "router", "us"]


class RouterSession(Resource):
    """A session as the router has it, as we have it, or both."""

    known_by: Known = Field(description="Who knows it: both, the router alone, or us alone")
    login: str
    id: str | None = Field(description="How the router names it; null where it does not have it")
    uid: uuid.UUID | None = Field(description="Ours; null where we do not have it")
    address: str | None
    mac: str | None
    interface: str
    uptime_s: int | None


class RouterSessions(Resource):
    """All of a router's, what differs first."""

    items: list[RouterSession]


class Rows(Resource):
    """Rows of a table as the driver reads them (`oss.drivers.router`)."""

    items: list[dict[str, Any]]


class Ping(BaseModel):
    """What to send."""

    target: Target
    count: int = Field(default=4, ge=1, le=20)


class PingResult(Resource):
    """Milliseconds; null where nothing came back."""

    target: str
    sent: int
    received: int
    min_ms: float | None
    avg_ms: float | None
    max_ms: float | None


class Trace(BaseModel):
    """Where to."""

    target: Target


class Kick(BaseModel):
    """Whose session, and how the router names it."""

    login: Annotated[str, Field(min_length=1, max_length=253, pattern=r"^[^\u0000]*$")]
    id: Annotated[str, Field(min_length=1, max_length=253, pattern=r"^[^\u0000]*$")]


class Limit(Resource):
    """What a router really does to a session."""

    uid: uuid.UUID
    state: Literal["same", "differs", "gone", "unread"]
    down_bps: int | None
    up_bps: int | None
    by_queue: str
    problem: str
    wanted: str
    read_at: datetime


async def _asked(call: Call, device_id: int, what: str, read: Callable[[Router, Link], Awaitable[Any]]) -> Any:
    async def act(driver: Driver, link: Link) -> Any:
        return await read(router_sessions.router_of(driver), link)

    return await device_links.do(device_id, act, deadline_s=60, what=what, asked_by=call.actor.name)


async def _customers(
    call: Call, device_id: int, what: str, read: Callable[[Router, Link], Awaitable[Sequence[Any]]]
) -> Rows:
    """A table that tells of customers without telling whose they are: for whom sees all sessions."""
    if not auth.scope(call.request, SessionPermission.READ).is_all:
        raise NotFound(thing="table")
    return await _rows(call, device_id, what, read)


async def _rows(
    call: Call, device_id: int, what: str, read: Callable[[Router, Link], Awaitable[Sequence[Any]]]
) -> Rows:
    found = await _asked(call, device_id, what, read)
    return Rows(items=[plain(one) for one in found])


@routes.read("/devices/{device_id}/router/sessions", NetworkPermission.READ)
async def list_router_sessions(call: Call, device_id: Id) -> RouterSessions:
    """List who is on a router beside who is with us."""
    scope = auth.scope(call.request, SessionPermission.READ)
    found = await router_sessions.read(device_id, call.actor.name, scope)
    return RouterSessions(items=[_session(one) for one in found.all])


def _session(one: router_sessions.Pair) -> RouterSession:
    it, ours = one.router, one.ours
    return RouterSession(
        known_by="both" if it and ours else "router" if it else "us",
        login=one.login,
        id=it.id if it else None,
        uid=ours["uid"] if ours else None,
        address=it.address if it else (ours or {})["ip"],
        mac=it.mac if it else (ours or {})["mac"],
        interface=it.interface if it else "",
        uptime_s=it.uptime_s if it else None,
    )


@routes.create("/devices/{device_id}/router/kicks", NetworkPermission.TOOLS, asks_device=True)
async def kick_router_session(call: Call, device_id: Id, body: Kick) -> RouterSession:
    """End a session on its router; it may dial again."""
    scope = auth.scope(call.request, SessionPermission.WRITE)
    ended = await router_acts.kick(call.actor, device_id, body.login, body.id, scope)
    return _session(router_sessions.Pair(ended, None))


@routes.read("/devices/{device_id}/router/interfaces", NetworkPermission.READ)
async def list_router_interfaces(call: Call, device_id: Id) -> Rows:
    """List its interfaces; those that sessions made for whom sees all sessions."""
    scope = auth.scope(call.request, SessionPermission.READ)
    found = await router_sessions.ports(device_id, call.actor.name, scope)
    return Rows(items=[plain(one) for one in found])


@routes.read("/devices/{device_id}/router/queues", NetworkPermission.READ)
async def list_router_queues(call: Call, device_id: Id) -> Rows:
    """List its queues. Without ``sessions.read`` for all customers there is none."""
    return await _customers(call, device_id, "queues", lambda router, link: router.queues(link))


@routes.read("/devices/{device_id}/router/address-lists", NetworkPermission.READ)
async def list_router_address_lists(call: Call, device_id: Id) -> Rows:
    """List who stands on its address lists. Without ``sessions.read`` for all customers there is none."""
    return await _customers(call, device_id, "address lists", lambda router, link: router.address_lists(link))


@routes.read("/devices/{device_id}/router/arp", NetworkPermission.READ)
async def list_router_neighbours(call: Call, device_id: Id) -> Rows:
    """List its ARP table. Without ``sessions.read`` for all customers there is none."""
    return await _customers(call, device_id, "ARP", lambda router, link: router.neighbours(link))


@routes.read("/devices/{device_id}/router/leases", NetworkPermission.READ)
async def list_router_leases(call: Call, device_id: Id) -> Rows:
    """List the addresses it lent by DHCP. Without ``sessions.read`` for all customers there is none."""
    return await _customers(call, device_id, "DHCP", lambda router, link: router.leases(link))


@routes.read("/devices/{device_id}/router/nat-rules", NetworkPermission.READ)
async def list_router_nat_rules(call: Call, device_id: Id) -> Rows:
    """List its NAT rules."""
    return await _rows(call, device_id, "NAT", lambda router, link: router.nat_rules(link))


@routes.create("/devices/{device_id}/router/pings", NetworkPermission.TOOLS, asks_device=True)
async def ping_from_router(call: Call, device_id: Id, body: Ping) -> PingResult:
    """Ping from it."""
    found = await _asked(call, device_id, "ping", lambda router, link: router.ping(link, body.target, body.count))
    return PingResult.model_validate(plain(found))


@routes.create("/devices/{device_id}/router/traceroutes", NetworkPermission.TOOLS, asks_device=True)
async def trace_from_router(call: Call, device_id: Id, body: Trace) -> Rows:
    """Trace the way from it."""
    return await _rows(call, device_id, "traceroute", lambda router, link: router.traceroute(link, body.target))


@routes.create("/sessions/{uid}/limit", SessionPermission.WRITE, asks_device=True)
async def read_session_limit(call: Call, uid: Uid) -> Limit:
    """Read from the router what really limits a session."""
    await router_limits.by_button(uid, call.actor.name, call.scope)
    return Limit.model_validate(dict((await router_limits.of_sessions([uid]))[uid]))


def plain(one: Any) -> dict[str, Any]:
    """A row as JSON."""
    return {name: _plain(getattr(one, name)) for name in one.__slots__}


def _plain(value: Any) -> Any:
    return plain(value) if hasattr(value, "__slots__") and not isinstance(value, str | int | float) else value
