"""An ONU's light over time beside the middle half of its PON: a graph that tells a bad drop from a bad feeder."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import quantiles
from typing import Final

from oss.base import db
from oss.monitoring import series
from oss.monitoring.kinds import ONU
from oss.monitoring.series import MOST_OBJECTS, Request

LEAST: Final = 3
AT_ONCE: Final = 50
PON: Final = (
    "select id from onu where pon_id = (select pon_id from onu where id = $1) and id <> $1 order by id limit $2"
)


@dataclass(frozen=True, slots=True)
class Light:
    """dBm over ``times`` (epoch seconds). ``low``, ``middle``, ``high``: quartiles of the other ONUs of the PON."""

    step_s: float
    source: str
    times: Sequence[float]
    own: Sequence[float | None]
    low: Sequence[float | None]
    middle: Sequence[float | None]
    high: Sequence[float | None]


async def read(connection: db.Connection, onu_id: int, start: datetime, end: datetime, points: int) -> Light:
    """What is known of the while."""
    others = [row["id"] for row in await connection.fetch(PON, onu_id, MOST_OBJECTS - 1)]
    found = await series.read(connection, Request(ONU, [onu_id, *others], ["rx_dbm"], start, end, points))
    lines = {line.object_id: line.mean for line in found.lines}
    bands: list[tuple[float | None, float | None, float | None]] = []
    columns = [lines[one] for one in others if one in lines]
    for place in range(len(found.times)):
        bands.append(band([column[place] for column in columns]))
        if place % AT_ONCE == AT_ONCE - 1:
            await asyncio.sleep(0)
    low, middle, high = ([one[part] for one in bands] for part in range(3))
    return Light(found.step_s, found.source, found.times, lines.get(onu_id, []), low, middle, high)


def band(values: Sequence[float | None]) -> tuple[float | None, float | None, float | None]:
    """The quartiles of what is known; nothing of fewer than three."""
    known = [value for value in values if value is not None]
    if len(known) < LEAST:
        return None, None, None
    low, middle, high = (round(value, 2) for value in quantiles(known, n=4, method="inclusive"))
    return low, middle, high
