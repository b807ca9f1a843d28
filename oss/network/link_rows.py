"""What the keeper of the links writes: how each session is, and every command with its answer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Final

from oss.base import clock, db
from oss.drivers import budget
from oss.drivers.transport.transcript import Entry

ENTRY_COLUMNS: Final = ("device_id", "at", "act", "what", "asked_by", "via", "command", "answer", "took_ms", "failure")
PUT: Final = """insert into device_session
  (device_id, node, told_at, open_since, busy, waiting, budget, done_at, failed_at, problem, facts)
select u.id, $2, now(), u.open_since, u.busy, u.waiting, u.budget, u.done_at, u.failed_at, u.problem, u.facts
from unnest($1::bigint[], $3::timestamptz[], $4::boolean[], $5::int[], $6::jsonb[], $7::timestamptz[],
  $8::timestamptz[], $9::text[], $10::jsonb[])
  u(id, open_since, busy, waiting, budget, done_at, failed_at, problem, facts)
where exists (select 1 from device d where d.id = u.id)
on conflict (device_id) do update set node = excluded.node, told_at = now(), open_since = excluded.open_since,
  busy = excluded.busy, waiting = excluded.waiting, budget = excluded.budget,
  done_at = coalesce(excluded.done_at, device_session.done_at),
  failed_at = coalesce(excluded.failed_at, device_session.failed_at),
  problem = excluded.problem, facts = excluded.facts"""
ENDED: Final = "update device_session set open_since = null, busy = false, waiting = 0 where node = $1"
MARKS: Final = """select id, md5(row(management, cli_protocol, cli_port, cli_user, ssh_host_key, ssh_port, ssh_legacy,
  cli_encoding, tls_fingerprint, cli_password_sealed, enable_password_sealed, snmp_version, snmp_port, snmp_user,
  snmp_auth, snmp_priv, snmp_community_sealed, snmp_auth_password_sealed, snmp_priv_password_sealed, role, model_id,
  sys_object_id, name, cli_per_minute, cli_burst, snmp_per_minute, snmp_burst)::text) as mark
from device where id = any($1::bigint[])"""


@dataclass(frozen=True, slots=True)
class State:
    """One session as it is told. ``problem``: the code of what went wrong last, empty since it went well."""

    device_id: int
    open_since: datetime | None = None
    busy: bool = False
    waiting: int = 0
    done_at: datetime | None = None
    failed_at: datetime | None = None
    problem: str = ""
    facts: str = "{}"
    budget: str = "{}"


@dataclass(frozen=True, slots=True)
class Said:
    """A command and who wanted it. ``act``: the same for all that was said in one turn."""

    device_id: int
    act: str
    what: str
    asked_by: str
    entry: Entry = field(repr=False)


def spent(device_id: int) -> str:
    """What a device's budget is and was, as JSON."""
    found = budget.of(device_id)
    if found is None:
        return "{}"
    return json.dumps({"cli": asdict(found.cli.shown()), "snmp": asdict(found.snmp.shown())})


async def put_states(node: str, states: Sequence[State]) -> None:
    """Tell how some sessions are."""
    columns: list[list[Any]] = [
        [getattr(one, name) for one in states]
        for name in ("open_since", "busy", "waiting", "budget", "done_at", "failed_at", "problem", "facts")
    ]
    await db.execute(PUT, [one.device_id for one in states], node, *columns)


async def put_entries(entries: Sequence[Said]) -> None:
    """Keep what was said; of devices that are gone meanwhile nothing."""
    async with db.transaction() as connection:
        rows = await connection.fetch(
            "select id from device where id = any($1::bigint[]) for key share", list({one.device_id for one in entries})
        )
        there = {row["id"] for row in rows}
        records = [_record(one) for one in entries if one.device_id in there]
        await connection.copy_records_to_table("device_transcript", records=records, columns=list(ENTRY_COLUMNS))


def _record(one: Said) -> tuple[object, ...]:
    entry = one.entry
    at = clock.from_timestamp(entry.at)
    texts = (_storable(entry.command), _storable(entry.answer))
    return (one.device_id, at, one.act, one.what, one.asked_by, entry.via, *texts, _ms(entry.seconds), entry.failure)


def _storable(text: str) -> str:
    """PostgreSQL's texts have no NUL, and no halves of letters."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _ms(seconds: float) -> int:
    return min(round(seconds * 1000), 2**31 - 1)


async def ended(node: str) -> None:
    """This process keeps no links any more."""
    await db.execute(ENDED, node)


async def marks(device_ids: Sequence[int]) -> dict[int, str]:
    """A mark of how each device is reached, which changes with it; who is gone is missing."""
    return {row["id"]: row["mark"] for row in await db.fetch(MARKS, list(device_ids))}
