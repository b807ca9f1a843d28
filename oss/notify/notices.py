"""Notices to members of staff: written by features in their own transaction, read in the console.

A notice is a kind with facts (the web has its words) and the address that helps. What repeats has a ``key``: while a
notice with that key is younger than ``quiet``, another is not written.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from oss.base import db
from oss.base.problems import NotFound

QUIET = timedelta(days=1)
SHOWN = 50

ADD = """insert into notice (user_id, kind, facts, href, key)
select q.id, $2, $3::jsonb, $4, $5 from unnest($1::bigint[]) q(id)
where $5::text is null or not exists (
  select 1 from notice n where n.user_id = q.id and n.key = $5 and n.at > now() - $6::interval)"""
NEWEST = """select id, kind, facts::text as facts, href, at, read_at from notice
where user_id = $1 and ($2::bigint is null or id < $2) and (not $3 or read_at is null) order by id desc limit $4"""
UNREAD = "select user_id, count(*) as unread from notice where read_at is null group by user_id"

Holders = Callable[[db.Connection, str], Awaitable[Sequence[int]]]
_HOLDERS: list[Holders] = []


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice as its reader sees it; ``facts`` are what its sentence is made of."""

    id: int
    kind: str
    facts: dict[str, Any]
    href: str
    at: datetime
    read_at: datetime | None


def holders(find: Holders) -> Holders:
    """Register who holds a permission: the room of staff knows, and lies above this one."""
    _HOLDERS[:] = [find]
    return find


async def add(
    connection: db.Connection,
    to: Sequence[int] | str,
    kind: str,
    facts: Mapping[str, Any],
    href: str = "",
    *,
    key: str | None = None,
    quiet: timedelta = QUIET,
) -> None:
    """Tell some users, or everybody with a permission, in the caller's transaction.

    ``facts`` must be fit for JSON and hold no secret; ``href`` is an address of ours (``/console/...``).
    """
    people = [one for find in _HOLDERS for one in await find(connection, to)] if isinstance(to, str) else list(to)
    if people:
        await connection.execute(ADD, people, kind, json.dumps(facts, default=str), href, key, quiet)


async def newest(user_id: int, before: int | None = None, unread: bool = False, most: int = SHOWN) -> list[Notice]:
    """A user's notices, the newest first, behind the one numbered ``before``."""
    rows = await db.fetch(NEWEST, user_id, before, unread, most)
    return [
        Notice(row["id"], row["kind"], json.loads(row["facts"]), row["href"], row["at"], row["read_at"]) for row in rows
    ]


async def unread() -> dict[int, int]:
    """How many each user has not read; who has none is left out."""
    return {row["user_id"]: row["unread"] for row in await db.fetch(UNREAD)}


async def read(user_id: int, notice_id: int) -> str:
    """Mark one as read; returns where it leads. Another's is not found."""
    sql = "update notice set read_at = coalesce(read_at, now()) where id = $1 and user_id = $2 returning href"
    href = await db.fetchval(sql, notice_id, user_id)
    if href is None:
        raise NotFound(thing="notice")
    return str(href)


async def read_all(user_id: int, up_to: int) -> None:
    """Mark all as read that were shown: none newer than ``up_to``."""
    await db.execute(
        "update notice set read_at = now() where user_id = $1 and id <= $2 and read_at is null", user_id, up_to
    )
