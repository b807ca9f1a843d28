"""The dry run: what is kept, what a purge would take, and what another policy would take. Nothing is changed.

Months are counted by the server's own statistics, small tables exactly, large ones from a bounded part of their
pages: the reading takes the same time however much is kept.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from oss.base import clock, db, purge, retention
from oss.base.places import Place, Sampled, octets_of, places_of, sample
from oss.base.purge import Progress
from oss.base.retention import Subject

SIZES = """select coalesce(sum(pg_total_relation_size(to_regclass(name))), 0)::bigint as octets
from unnest($1::text[]) name"""
NEXT = "select next_at from periodic where name = 'oss.base.purge.daily'"
LAST = """select at, actor, action, object_id as subject, detail::text as detail from audit where object = 'retention'
order by id desc limit $1"""
SHOWN = 6  # lines of what was purged last
SURE_OCTETS = 1 << 20  # a month so small is counted instead of trusting statistics


@dataclass(slots=True)
class Going:
    """What a purge would take. ``before``: the limit, None where nothing ever goes; octets are approximate for rows."""

    before: datetime | None
    rows: int = 0
    octets: int = 0
    partitions: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Kept:
    """One subject as it stands. ``exact``: the rows were counted; ``days`` is its policy, None for ever."""

    subject: Subject
    days: int | None
    going: Going
    rows: int = 0
    octets: int = 0
    exact: bool = True
    oldest: datetime | None = None
    newest: datetime | None = None
    changed_by: str | None = None
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """A line of what purges took: rows or one month, of records before a day."""

    at: datetime
    actor: str
    subject: str
    rows: int
    partition: str | None
    before: str | None


@dataclass(frozen=True, slots=True)
class Overview:
    """All that the screen shows. ``waits_since``: a purge was asked for; ``next_at``: when the daily one comes."""

    kept: list[Kept]
    expiring: list[Kept]
    never_octets: int
    progress: Progress | None
    waits_since: datetime | None
    next_at: datetime | None
    done: list[Done]


async def overview(connection: db.Connection) -> Overview:
    """Everything there is to know of what is kept."""
    return Overview(
        await survey(connection, retention.policies()),
        await survey(connection, [one for one in retention.SUBJECTS.values() if one.fixed]),
        await never_purged(connection),
        await purge.progress(connection),
        await purge.waits_since(connection),
        await connection.fetchval(NEXT),
        [_done(row) for row in await connection.fetch(LAST, SHOWN)],
    )


def _done(row: Any) -> Done:
    detail = json.loads(row["detail"])
    told = (detail.get("rows", 0), detail.get("partition"), detail.get("before"))
    return Done(row["at"], row["actor"], row["subject"], *told)


async def survey(connection: db.Connection, subjects: Sequence[Subject]) -> list[Kept]:
    """Every one of these, by its own policy."""
    return await _looked(connection, subjects, await retention.days_of_all(connection, subjects))


async def look(connection: db.Connection, subject: Subject, days: int | None) -> Kept:
    """One subject, as if its policy were ``days``."""
    return (await _looked(connection, [subject], [days]))[0]


async def _looked(connection: db.Connection, subjects: Sequence[Subject], days: Sequence[int | None]) -> list[Kept]:
    found = await places_of(connection, [one.name for one in subjects])
    changes = await retention.last_changes(connection, subjects)
    looked = []
    for subject, policy in zip(subjects, days, strict=True):
        change = changes.get(subject.name, {"actor": None, "at": None})
        kept = Kept(subject, policy, Going(retention.before(policy)), octets=octets_of(found[subject.name]))
        kept.changed_by, kept.changed_at = change["actor"], change["at"]
        for place in found[subject.name]:
            await _count(connection, kept, place)
        if not subject.partitions and not kept.exact:
            await _extremes(connection, kept)
        looked.append(kept)
    return looked


async def _count(connection: db.Connection, kept: Kept, place: Place) -> None:
    """Add a place to what is kept and to what would go."""
    if place.heap_octets == 0:
        if _is_old(kept, place):
            kept.going.partitions.append(place.name)
        return
    if trusted := place.ends is not None and place.heap_octets > SURE_OCTETS and place.tuples > 0:
        seen = Sampled(round(place.tuples), 0, place.begins, min(place.ends or clock.now(), clock.now()))
    else:
        limit = kept.going.before or retention.FAR_BACK
        seen = await sample(connection, place, kept.subject.column, kept.subject.old, limit)
    kept.rows += seen.rows
    kept.exact = kept.exact and not trusted and place.is_small
    kept.oldest = min(filter(None, (kept.oldest, seen.oldest)), default=None)
    kept.newest = max(filter(None, (kept.newest, seen.newest)), default=None)
    if _is_old(kept, place):
        kept.going.partitions.append(place.name)
        kept.going.rows, kept.going.octets = kept.going.rows + seen.rows, kept.going.octets + place.octets
    elif place.ends is None and seen.rows:
        kept.going.rows += seen.fulfil
        kept.going.octets += place.octets * seen.fulfil // seen.rows


def _is_old(kept: Kept, place: Place) -> bool:
    return place.ends is not None and kept.going.before is not None and place.ends <= kept.going.before


async def _extremes(connection: db.Connection, kept: Kept) -> None:
    """The oldest and newest row of a large table, by its index."""
    column = kept.subject.column  # names are constants of a room
    row = await connection.fetchrow(f"select min({column}) as low, max({column}) as high from {kept.subject.name}")
    kept.oldest, kept.newest = row["low"], row["high"]


async def never_purged(connection: db.Connection) -> int:
    """What the audit and the ledger take on disk, in octets."""
    return int(await connection.fetchval(SIZES, list(retention.NEVER_PURGED)))
