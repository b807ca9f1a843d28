"""What tests of samples share: days made, samples of simple shape, and one day's rows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime

from oss.base import db, partitions
from oss.monitoring.kinds import Kind
from oss.monitoring.samples import Sample, write

DAY = date(2026, 3, 14)  # over long ago
NOON = datetime(2026, 3, 14, 12, tzinfo=UTC).timestamp()
MIDNIGHT = NOON - 43_200


async def take(connection: db.Connection, samples: Iterable[Sample]) -> None:
    """Write samples into their days' partitions."""
    found = list(samples)
    for day in sorted({datetime.fromtimestamp(one.at, UTC).date() for one in found}):
        await partitions.ensure_days(connection, "sample_raw", day, day)
        await partitions.ensure_months(connection, "sample_5m", day, day)
    await write(connection, found)


def steady(
    kind: Kind, owner: int, objects: Iterable[int], metrics: Iterable[float], at: float, count: int, every_s: float = 60
) -> list[Sample]:
    """``count`` polls of the same figures."""
    numbers, values = tuple(objects), list(metrics)
    return [Sample(at + n * every_s, owner, kind, numbers, values * len(numbers)) for n in range(count)]
