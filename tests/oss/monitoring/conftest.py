"""What tests of samples share: days made, samples of simple shape, and one day's rows."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest_asyncio

from oss.base import db, partitions, secrets
from oss.monitoring.kinds import Kind
from oss.monitoring.samples import Sample, write
from tests.conftest import Seed
from tests.oss.monitoring import darkened
from tests.oss.monitoring.staged import LIT, Staged, staged

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


@pytest_asyncio.fixture(loop_scope="session")
async def stage(seed: Seed, sealer: secrets.Sealer, database: str, tmp_path: Path) -> AsyncIterator[Staged]:
    """All five lines on one PON, all lit; the router stands in the core."""
    drawn = await darkened.drawn_for(seed, sealer)
    await darkened.lit(drawn, LIT)
    await db.execute("update nas set device_id = $1", drawn.devices["core"])
    async with staged(seed, drawn, sealer, database, tmp_path) as found:
        yield found
