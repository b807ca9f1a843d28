"""API: samples over time."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from oss.base import clock
from oss.base.problems import InvalidInput
from oss.monitoring import kinds, series
from oss.monitoring.kinds import KINDS
from oss.monitoring.permissions import MonitoringPermission
from web.api.fields import Flag, Instant, Query, Resource, Text, Whole
from web.api.typed import Call, Operations

routes = Operations("series", "What is sampled of the network, over time: means, peaks, percentiles, totals.")
MOST_ID = 2**31 - 1
Several = Annotated[str, Text(700, spaces=False)]
KindName = Literal["interface", "device", "sensor", "onu", "ping", "server", "nas"]
assert set(KINDS) == set(KindName.__args__)  # type: ignore[attr-defined]


class SeriesLine(Resource):
    """One metric of one object; an item for each of ``times``, null where nothing is known."""

    object_id: int = Field(description="0: all of them together")
    metric: str
    unit: str
    mean: list[float | None]
    peak: list[float | None] = Field(description="The worst within each point; of optical power the lowest")
    last: float | None
    average: float | None
    worst: float | None
    p95: float | None = Field(description="Of the means of five minutes; null where only hours are kept")
    total: float | None = Field(description="The sum of value times seconds: of bps the bits")


class SeriesAnswer(Resource):
    """Lines over the same times."""

    kind: str
    source: str = Field(description="What it was read from: raw, 5m or 1h")
    step_s: float
    times: list[float] = Field(description="Beginning of each point, seconds since the epoch")
    lines: list[SeriesLine]


class SeriesQuery(Query):
    """What is to be told."""

    kind: KindName
    objects: Several = Field(description="Ids, with commas between", examples=["7,8"])
    metrics: Several = Field(description="Names of metrics, with commas between", examples=["in_bps,out_bps"])
    since: Instant | None = Field(default=None, description="A day ago where it is not given")
    until: Instant | None = Field(default=None, description="Now where it is not given")
    points: Annotated[int, Whole(2, series.MOST_POINTS)] = 500
    together: Flag = Field(default=False, description="The sum of the objects")


@routes.read("/series", MonitoringPermission.READ)
async def read_series(call: Call, query: SeriesQuery) -> SeriesAnswer:
    """Read samples of up to 64 objects over time, as fine as is asked for and kept."""
    kind, until = kinds.named(query.kind), query.until or clock.now()
    found = await series.read(
        call.connection,
        series.Request(
            kind,
            _numbers(query.objects),
            query.metrics.split(","),
            query.since or until - timedelta(days=1),
            until,
            query.points,
            query.together,
        ),
    )
    lines = [_line(one) for one in found.lines]
    return SeriesAnswer(kind=kind.name, source=found.source, step_s=found.step_s, times=found.times, lines=lines)


def _numbers(text: str) -> list[int]:
    parts = text.split(",")
    if not all(part.isascii() and part.isdecimal() and len(part) < 11 and int(part) <= MOST_ID for part in parts):
        raise InvalidInput({"objects": "must be whole numbers with commas between"})
    return [int(part) for part in parts]


def _line(line: series.Line) -> SeriesLine:
    stats = line.stats
    return SeriesLine(
        object_id=line.object_id,
        metric=line.metric.name,
        unit=line.metric.unit,
        mean=line.mean,
        peak=line.peak,
        last=stats.last,
        average=stats.mean,
        worst=stats.worst,
        p95=stats.p95,
        total=stats.total,
    )
