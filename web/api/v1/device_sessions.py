"""API: the session with a device, the key it shows, and what was said to it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from oss.network import device_keys, device_list, session_list
from oss.network.permissions import NetworkPermission
from oss.network.session_list import Wish
from web.api.fields import Body, Id, Instant, Resource, Text
from web.api.paging import ById, Page, page
from web.api.typed import Call, Operations

routes = Operations("device-sessions", "Sessions with routers and OLTs: how they are, and what was said in them.")
Column = Literal["ssh_host_key", "tls_fingerprint"]


class DeviceBudget(Resource):
    """What a device is asked at most, and was. ``waiting``: acts that wait for a token."""

    per_minute: int
    burst: int
    last_minute: int
    most: int = Field(description="Of the fullest minute")
    total: int
    waiting: int


class ShownKey(Resource):
    """A key that the device shows and nobody believed yet; until then nothing is said to it."""

    column: Column
    key: str = Field(description="As it is believed: see the PATCH beneath it")
    fingerprint: str


class DeviceSession(Resource):
    """How a session is; all null where none was needed yet."""

    device_id: int
    node: str | None = Field(description="Which process keeps it, if it told of it lately")
    open_since: datetime | None
    busy: bool
    waiting: int
    done_at: datetime | None
    failed_at: datetime | None
    problem: str | None = Field(description="What went wrong last; null since it went well")
    budget: dict[str, DeviceBudget] = Field(description="By cli and snmp")
    shown_keys: list[ShownKey]


class BelievedKey(Body):
    """The key that was looked at: it is believed if the device still shows it."""

    column: Column
    key: Annotated[str, Text(4000)]


class Said(Resource):
    """One command, secrets masked."""

    id: int
    at: datetime
    act: str = Field(description="What was said in one turn has one act")
    what: str
    asked_by: str
    via: str
    command: str
    begins: str = Field(description="The first 120 letters of the answer")
    letters: int
    took_ms: int
    failure: str = Field(description="A problem's code; empty: it went well")


class SaidWhole(Resource):
    """One command with its whole answer."""

    id: int
    at: datetime
    via: str
    command: str
    answer: str
    took_ms: int
    failure: str


class Turn(Resource):
    """All that was said in one turn."""

    act: str
    what: str
    asked_by: str
    items: list[SaidWhole]


class SaidQuery(ById):
    """Filters of a device's transcript: the newest first."""

    text: Annotated[str, Text(100, least=0)] = ""
    asked_by: Annotated[str, Text(80, least=0)] = ""
    since: Instant | None = None
    until: Instant | None = None


@routes.read("/devices/{device_id}/session", NetworkPermission.READ)
async def get_device_session(call: Call, device_id: Id) -> DeviceSession:
    """Read how the session with a device is."""
    await device_list.one(device_id)
    return await _session(call, device_id)


async def _session(call: Call, device_id: int) -> DeviceSession:
    one = await session_list.session(device_id, call.connection)
    if one is None:
        empty = dict.fromkeys(("node", "open_since", "done_at", "failed_at", "problem"))
        return DeviceSession(device_id=device_id, busy=False, waiting=0, budget={}, shown_keys=[], **empty)
    keys: list[Any] = [(column, key, session_list.key_name(key)) for column, key in one.seen.items()]
    told = session_list.is_told(one)
    return DeviceSession(
        device_id=device_id,
        node=one.node if told else None,
        open_since=one.open_since if told else None,
        busy=one.busy and told,
        waiting=one.waiting if told else 0,
        done_at=one.done_at,
        failed_at=one.failed_at,
        problem=str(one.problem) if one.problem else None,
        budget={name: DeviceBudget.model_validate(spent) for name, spent in one.budget.items()},
        shown_keys=[ShownKey(column=column, key=key, fingerprint=name) for column, key, name in keys],
    )


@routes.change("/devices/{device_id}/session/key", NetworkPermission.KEYS)
async def believe_device_key(call: Call, device_id: Id, body: BelievedKey) -> DeviceSession:
    """Believe the key that a device shows instead of the one that is kept. Compare it first with its console."""
    await device_keys.accept(call.connection, call.actor, device_id, body.column, body.key)
    return await _session(call, device_id)


@routes.read("/devices/{device_id}/transcript", NetworkPermission.TRANSCRIPTS)
async def list_transcript(call: Call, device_id: Id, query: SaidQuery) -> Page[Said]:
    """List what was said to a device, the newest first."""
    await device_list.one(device_id)
    wanted = Wish(query.text, query.asked_by, query.since, query.until)
    before = query.cursor[0] if query.cursor else None
    return page(Said, await session_list.said(device_id, wanted, before, query.limit))


@routes.read("/devices/{device_id}/transcript/{act}", NetworkPermission.TRANSCRIPTS)
async def get_transcript_turn(call: Call, device_id: Id, act: Annotated[str, Field(pattern="^[0-9a-f]{16}$")]) -> Turn:
    """Read all that was said in one turn."""
    rows = await session_list.act(device_id, act)
    head = {name: rows[0][name] for name in ("act", "what", "asked_by")}
    names = SaidWhole.model_fields
    return Turn(**head, items=[SaidWhole(**{name: row[name] for name in names}) for row in rows])
