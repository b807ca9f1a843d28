"""Samples as they are taken: one row for one poll of one owner and kind, written by COPY.

A row is ``objects`` and their metrics, one object after the other (`oss.monitoring.kinds`); NaN is what was not told.
An object that did not answer is told as NaN, not left out: which objects an owner has should seldom change.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from oss.base import copying, db
from oss.monitoring.kinds import Kind

NAN = math.nan
COLUMNS = ("at", "owner_id", "kind", "objects", "metrics")
# Whose poll tells of what; the day is renewed so that what is no longer sampled can be forgotten.
REMEMBER = """insert into sample_object as o (kind, object_id, owner_id, seen_at)
select q.kind, q.object, q.owner, $4 from unnest($1::smallint[], $2::int[], $3::int[]) q(kind, object, owner)
on conflict (kind, object_id, owner_id) do update set seen_at = excluded.seen_at
where o.seen_at < excluded.seen_at - interval '20 hours'"""


class Sample(NamedTuple):
    """One poll of one owner. ``at``: seconds since the epoch; ``metrics``: objects x those of the kind."""

    at: float
    owner_id: int
    kind: Kind
    objects: Sequence[int]
    metrics: Sequence[float]

    def columns(self) -> dict[str, Sequence[float]]:
        """Of each metric the values of the objects, in their order."""
        width = self.kind.width
        return {metric.name: self.metrics[place::width] for place, metric in enumerate(self.kind.metrics)}


def check(sample: Sample) -> None:
    """Refuse metrics that are not objects x those of the kind: they would be read as others."""
    wanted = len(sample.objects) * sample.kind.width
    if len(sample.metrics) != wanted:
        raise ValueError(f"{sample.kind.name}: {len(sample.metrics)} metrics where {wanted} are due")


def encoded(sample: Sample) -> bytes:
    """A sample as a row of COPY."""
    return copying.row(
        copying.moment(int(sample.at * 1_000_000)),
        copying.integer(sample.owner_id),
        copying.smallint(sample.kind.number),
        copying.integers(sample.objects),
        copying.reals(sample.metrics),
    )


class Known:
    """Which objects were written of which owner on which day, so that they are remembered once a day."""

    def __init__(self) -> None:
        self._seen: dict[tuple[int, int], tuple[int, tuple[int, ...]]] = {}

    def fresh(self, samples: Iterable[Sample]) -> list[tuple[int, int, int]]:
        """(kind, object, owner) not yet written today, each once."""
        found: dict[tuple[int, int, int], None] = {}
        for one in samples:
            place, present = (one.kind.number, one.owner_id), (int(one.at // 86_400), tuple(one.objects))
            day, objects = self._seen.get(place, (0, ()))
            if present == (day, objects):
                continue
            old = set(objects) if day == present[0] else set()
            found |= {(one.kind.number, wanted, one.owner_id): None for wanted in present[1] if wanted not in old}
            self._seen[place] = present
        return list(found)

    def forget(self) -> None:
        """What was to be written was not."""
        self._seen.clear()


async def write(connection: db.Connection, samples: Sequence[Sample], known: Known | None = None) -> None:
    """Write them in one transaction; it does not wait for the disk, a second of samples is not worth that."""
    known = known or Known()
    fresh = known.fresh(samples)
    try:
        async with connection.transaction():
            await connection.execute("set local synchronous_commit = off")
            await copying.copy(connection, "sample_raw", COLUMNS, map(encoded, samples))
            if fresh:
                kinds, objects, owners = map(list, zip(*fresh, strict=True))
                newest = datetime.fromtimestamp(max(one.at for one in samples), UTC)
                await connection.execute(REMEMBER, kinds, objects, owners, newest)
    except BaseException:
        known.forget()
        raise
