"""The newest polls of what is being watched, each read once however many watch."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from oss.base import db
from oss.monitoring.kinds import BY_NUMBER, Kind
from oss.monitoring.stored import instant

LOOK_BACK_S = 120.0  # of an owner that nobody watched until now
AT_MOST = 30  # polls of one owner in one look

# Each owner by its own index entry: a look costs what is watched, not what is sampled.
NEW = f"""select w.owner_id, w.kind, extract(epoch from s.at)::float8 as at, s.objects, s.metrics
from unnest($1::int[], $2::smallint[], $3::timestamptz[]) w(owner_id, kind, since) cross join lateral (
  select at, objects, metrics from sample_raw
  where owner_id = w.owner_id and kind = w.kind and at > w.since order by at limit {AT_MOST}) s order by s.at"""
OWNERS = "select distinct owner_id from sample_object where kind = $1 and object_id = any($2)"


@dataclass(frozen=True, slots=True)
class Poll:
    """One poll as it was. Seconds since the epoch."""

    at: float
    kind: Kind
    owner_id: int
    objects: list[int]
    metrics: list[float]

    def values(self, wanted: Iterable[int], metrics: Iterable[str]) -> dict[str, float | None]:
        """``<object>:<metric>`` -> value, as far as this poll tells of them."""
        found: dict[str, float | None] = {}
        places = {number: place * self.kind.width for place, number in enumerate(self.objects)}
        for number in wanted:
            if number in places:
                for name in metrics:
                    metric = self.kind.metric(name)
                    value = self.metrics[places[number] + self.kind.place(name)]
                    found[f"{number}:{name}"] = round(value, metric.digits) if value == value else None
        return found


@dataclass(slots=True)
class Watched:
    """Owners somebody watches, by (owner, kind), with how many do and the last poll that was read."""

    watchers: dict[tuple[int, int], int] = field(default_factory=dict)
    since: dict[tuple[int, int], float] = field(default_factory=dict)

    async def add(self, connection: db.Connection, kind: Kind, objects: Iterable[int]) -> list[tuple[int, int]]:
        """Somebody watches these objects; returns what `drop` is to be given."""
        rows = await connection.fetch(OWNERS, kind.number, list(objects))
        keys = [(row["owner_id"], kind.number) for row in rows]
        for key in keys:
            self.watchers[key] = self.watchers.get(key, 0) + 1
            self.since.setdefault(key, time.time() - LOOK_BACK_S)
        return keys

    def drop(self, keys: Iterable[tuple[int, int]]) -> None:
        """One watches no more."""
        for key in keys:
            self.watchers[key] -= 1
            if not self.watchers[key]:
                del self.watchers[key], self.since[key]

    async def read(self, connection: db.Connection) -> list[Poll]:
        """What came since the last look, oldest first."""
        if not self.since:
            return []
        owners, kinds = map(list, zip(*self.since, strict=True))
        since = [instant(at) for at in self.since.values()]
        rows: list[Any] = await connection.fetch(NEW, owners, kinds, since)
        for row in rows:
            key = (row["owner_id"], row["kind"])
            if key in self.since:
                self.since[key] = max(self.since[key], row["at"])
        return [
            Poll(row["at"], BY_NUMBER[row["kind"]], row["owner_id"], row["objects"], row["metrics"]) for row in rows
        ]
