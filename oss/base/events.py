"""Events: downwards you call, upwards you publish (invariant 1).

An event is a reason to look again, never an order. ``publish`` writes one job row per listener in the caller's
transaction: the outbox, the queue and the proof are one table.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from oss.base.db import Connection

LANES = ("access", "default", "bulk")
E = TypeVar("E")
Handler = Callable[[Connection, Any], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Listener:
    """Who looks again, in which lane, after which kind of event."""

    name: str
    event: type[Any]
    lane: str
    handler: Handler


LISTENERS: dict[str, Listener] = {}


def listens(event: type[E], lane: str = "default") -> Callable[[Handler], Handler]:
    """Register ``async def f(connection, event)``; the job's effects commit in the transaction it is given."""
    if lane not in LANES:
        raise ValueError(f"no lane {lane}")

    def register(handler: Handler) -> Handler:
        name = f"{handler.__module__}.{getattr(handler, '__qualname__', '')}"
        LISTENERS[name] = Listener(name, event, lane, handler)
        return handler

    return register


def listeners_of(event: type[Any]) -> list[Listener]:
    """Every registered listener of one kind of event."""
    return [one for one in LISTENERS.values() if one.event is event]


INSERT = """insert into job (lane, listener, payload, run_at, dedupe_key)
select l.lane, l.name, $3::jsonb, coalesce($4::timestamptz, clock_timestamp()), $5
from unnest($1::text[], $2::text[]) l(lane, name)
on conflict (listener, dedupe_key) where dedupe_key is not null and state = 'ready'
do update set again = true, payload = excluded.payload, run_at = least(job.run_at, excluded.run_at)"""


async def publish(connection: Connection, event: object, *, at: Any = None, dedupe_key: str | None = None) -> None:
    """Queue one job per listener in the caller's transaction; ``at`` is the earliest instant it may run.

    With a ``dedupe_key`` one that waits or runs already takes it over: it runs (again) after this transaction's
    commit, so that no reason to look is lost. Fields of an event must be plain JSON values.
    """
    assert dataclasses.is_dataclass(event)
    found = listeners_of(type(event))
    if not found:
        return
    payload = json.dumps(dataclasses.asdict(event), default=str)  # type: ignore[arg-type]
    lanes, names = [one.lane for one in found], [one.name for one in found]
    await connection.execute(INSERT, lanes, names, payload, at, dedupe_key)
    await ring(connection, lanes)


async def publish_many(connection: Connection, event: type[Any], query: str, *args: object) -> int:
    """Set-based publish: one event per row of ``query``, whose columns are the event's fields.

    The query is code of ours, never input; its values come as ``$1...`` in ``args``. Returns the jobs written.
    """
    found = listeners_of(event)
    if not found:
        return 0
    n = len(args)
    # ``query`` is our own SQL; its columns become the payload as they are.
    sql = f"""insert into job (lane, listener, payload)
        select l.lane, l.name, to_jsonb(q) from ({query}) q
        cross join unnest(${n + 1}::text[], ${n + 2}::text[]) l(lane, name)"""
    lanes = [one.lane for one in found]
    tag = await connection.execute(sql, *args, lanes, [one.name for one in found])
    await ring(connection, lanes)
    return int(tag.split()[-1])


async def ring(connection: Connection, lanes: list[str]) -> None:
    """Wake the workers of these lanes when the transaction commits (NOTIFY folds repeats)."""
    await connection.execute("select pg_notify('milha_job', lane) from unnest($1::text[]) lane", lanes)
