"""Sessions to devices for screens: how one is, and what was said in it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from oss.base import clock, db, keyset
from oss.base.keyset import Found
from oss.base.problems import NotFound
from oss.base.typed import anywhere
from oss.drivers.problems import DeviceProblem, restored
from oss.drivers.transport.ssh import fingerprint

STALE_S: Final = 120.0
"""A keeper that told nothing for so long is believed to have ended; while nothing changes it tells each minute."""
PAGE: Final = 50
ONE: Final = "select * from device_session where device_id = $1"
SAID: Final = """select t.id, t.at, t.act, t.what, t.asked_by, t.via, t.command, left(t.answer, 120) as begins,
  length(t.answer) as letters, t.took_ms, t.failure from device_transcript t"""
ACT: Final = """select id, at, act, what, asked_by, via, command, answer, took_ms, failure from device_transcript
where device_id = $1 and act = $2 order by id limit 500"""


@dataclass(frozen=True, slots=True)
class Session:
    """How a session is. ``problem``: what went wrong last, None since it went well; ``budget``: as `budget.Spent`."""

    node: str
    told_at: datetime
    open_since: datetime | None
    busy: bool
    waiting: int
    budget: dict[str, dict[str, int]]
    done_at: datetime | None
    failed_at: datetime | None
    problem: DeviceProblem | None
    seen: dict[str, str]
    seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class Wish:
    """Which commands: with this in them or in their answers, asked for by whom, from when on and until when."""

    text: str = ""
    asked_by: str = ""
    since: datetime | None = None
    until: datetime | None = None


async def session(device_id: int, connection: db.Connection | None = None) -> Session | None:
    """How the session with a device is; None: there was none yet."""
    row = await (connection or db.pool()).fetchrow(ONE, device_id)
    if row is None:
        return None
    seen = {"ssh_host_key": row["seen_ssh_key"], "tls_fingerprint": row["seen_tls_fingerprint"]}
    plain = ("node", "told_at", "open_since", "busy", "waiting", "done_at", "failed_at", "seen_at")
    return Session(
        **{name: row[name] for name in plain},
        budget=json.loads(row["budget"]),
        problem=restored(row["problem"], json.loads(row["facts"])) if row["problem"] else None,
        seen={name: key for name, key in seen.items() if key},
    )


async def said(device_id: int, wanted: Wish, before: int | None = None, most: int = PAGE) -> Found:
    """Commands of a device, the newest first, behind the one numbered ``before``."""
    like = anywhere(wanted.text) if wanted.text else None
    where: dict[str, object] = {
        "t.device_id = ?": device_id,
        "(t.command ilike ? or t.answer ilike ?)": like,
        "t.asked_by ilike ?": anywhere(wanted.asked_by) if wanted.asked_by else None,
        "t.at >= ?": wanted.since,
        "t.at < ?": wanted.until,
    }
    after = None if before is None else (before,)
    async with db.pool().acquire() as connection:
        return await keyset.page(
            connection, SAID, key=["t.id"], where=where, after=after, limit=most, newest_first=True
        )


async def act(device_id: int, act_id: str) -> Sequence[Any]:
    """All that was said in one turn, in its order. Raises NotFound."""
    rows = await db.fetch(ACT, device_id, act_id)
    if not rows:
        raise NotFound(thing="transcript")
    return rows


def is_told(one: Session) -> bool:
    """Whether who keeps it has told of it lately."""
    return (clock.now() - one.told_at).total_seconds() < STALE_S


def key_name(key: str | None) -> str:
    """A key as people compare it: a fingerprint."""
    return "" if not key else fingerprint(key) if " " in key else key
