"""Who asks in vain, for a screen: strangers that may be a new router, and routers whose secret is not ours."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from oss.base import audit, clock, db

SHOWN = 20
LATELY = timedelta(days=1)

KNOCKS = """select k.ip, k.count, k.first_at, k.last_at, k.callers, k.ignored_at,
  coalesce((select array_agg(n.nas_identifier) from nas n where n.active and n.network::inet >>= k.ip::inet), '{}')
    as known
from nas_knock k where k.last_at > now() - interval '1 day' and (k.ignored_at is not null) = $1
order by k.last_at desc limit 200"""
NAMES = "select id, name from nas where active"
IGNORED = "select count(*) from nas_knock where ignored_at is not null and last_at > now() - interval '1 day'"


@dataclass(frozen=True, slots=True)
class Asker:
    """One caller behind an address. ``nas_id`` and ``nas``: the router whose secret it does not use; else None.

    ``ports``: auth, acct or both; ``vendor``: guessed from what it sent, '' where nothing told.
    """

    ip: str
    kind: str
    identifier: str
    vendor: str
    ports: tuple[str, ...]
    count: int
    first_at: datetime
    last_at: datetime
    nas_id: int | None = None
    nas: str | None = None


async def askers(ignored: bool = False) -> list[Asker]:
    """Who asked in vain during the last day and would do so again, the last heard first."""
    names = {row["id"]: row["name"] for row in await db.fetch(NAMES)}
    found = [one for row in await db.fetch(KNOCKS, ignored) for one in _of(row, names)]
    return sorted(found, key=lambda one: one.last_at, reverse=True)[:SHOWN]


async def ignored() -> int:
    """How many addresses somebody wants to hear no more of."""
    return int(await db.fetchval(IGNORED))


def _of(row: Any, names: dict[int, str]) -> Iterator[Asker]:
    """The callers of an address; who would be known by now is left out, and who has not come for a day."""
    callers = json.loads(row["callers"])
    if not callers and not row["known"]:  # an older node tells no more than that
        yield Asker(row["ip"], "unknown", "", "", (), row["count"], row["first_at"], row["last_at"])
    for one in callers:
        last_at = clock.from_timestamp(one["last_at"])
        wrong = one["kind"] == "wrong_secret"
        known = "" in row["known"] or one["identifier"] in row["known"]
        if last_at < clock.now() - LATELY or (one["nas"] not in names if wrong else known):
            continue
        yield Asker(
            row["ip"],
            one["kind"],
            one["identifier"],
            one["vendor"],
            tuple(one["ports"]),
            one["count"],
            clock.from_timestamp(one["first_at"]),
            last_at,
            one["nas"] or None,
            names.get(one["nas"]),
        )


async def ignore(actor: audit.Actor, ip: str) -> None:
    """Somebody looked at an address and wants to hear no more of it."""
    await _set(actor, ip, "nas.knock_ignored", "now()", "ignored_at is null")


async def heed(actor: audit.Actor, ip: str) -> None:
    """Hear of it again."""
    await _set(actor, ip, "nas.knock_heeded", "null", "ignored_at is not null")


async def _set(actor: audit.Actor, ip: str, action: str, value: str, unless: str) -> None:
    async with db.transaction() as connection:
        sql = f"update nas_knock set ignored_at = {value} where ip = $1 and {unless}"
        if await connection.execute(sql, ip) == "UPDATE 1":
            await audit.note(connection, actor, action, "nas_knock", ip)
