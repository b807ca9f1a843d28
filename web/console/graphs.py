"""Graphs of what is sampled: the list of what there is, one graph as a page, its data and its file."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from aiohttp import web

from oss.base import clock, db
from oss.base.problems import InvalidInput
from oss.monitoring import kinds, objects, series
from oss.monitoring.kinds import KINDS, Kind
from oss.monitoring.objects import Object
from oss.monitoring.permissions import MonitoringPermission
from oss.monitoring.series import MOST_POINTS, Request, Series
from web.console import graph_words
from web.console.graph_words import COMPARED, DEFAULT, HOME, RANGES
from web.downloads import csv_response
from web.pages import context, page
from web.routing import Routes

routes = Routes()
ONE = HOME + "/{kind:[a-z_]{1,20}}"
POINTS = 800
ROWS_AT_ONCE = 100
AT_ONCE = 2_000  # numbers of JSON between two turns of the loop: under a millisecond


@routes.get(HOME, MonitoringPermission.READ)
async def show(request: web.Request) -> web.Response:
    """What is sampled: the kinds, and the objects of one of them."""
    kind = kinds.named(request.query.get("kind") or "interface")
    async with db.pool().acquire() as connection:
        found, counts = await objects.sampled(connection, kind), await objects.counts(connection)
    links = {one.id: graph_words.address(kind, [one.id], shown(kind)) for one in found}
    return page(request, "console/graphs/page.html", kinds=KINDS, kind=kind, found=found, tallies=counts, links=links)


def shown(kind: Kind) -> list[str]:
    """The metrics of a kind that a graph begins with: its first, and the second where they are of one unit."""
    first, *rest = kind.metrics
    return [first.name, *(one.name for one in rest[:1] if one.unit == first.unit)]


@routes.get(ONE, MonitoringPermission.READ)
async def one(request: web.Request) -> web.Response:
    """One graph; of nothing, the list of what may be chosen."""
    if not request.query.get("object"):
        raise web.HTTPSeeOther(f"{HOME}?kind={kinds.named(request.match_info['kind']).name}")
    kind, ids, metrics = what(request)
    span, compare = request.query.get("range", DEFAULT), request.query.get("compare", "")
    async with db.pool().acquire() as connection:
        named = await objects.named(connection, kind, ids)
    asked = (span if span in RANGES else DEFAULT, "sum" in request.query, compare if compare in COMPARED else "")
    drawn = graph_words.graph(context(request), kind, named, metrics, *asked)
    return page(request, "console/graphs/graph.html", graph=drawn, kind=kind, metrics=metrics, ids=ids, asked=asked)


@routes.get(ONE + "/data", MonitoringPermission.READ)
async def data(request: web.Request) -> web.Response:
    """The numbers of a graph, as fine as it is drawn."""
    found, named = await _read(request, _number(request, "points", POINTS))
    text = await as_json(graph_words.sent(context(request), found, named))
    response = web.Response(text=text, content_type="application/json")
    response.enable_compression()
    return response


@routes.get(ONE + "/csv", MonitoringPermission.READ)
async def as_csv(request: web.Request) -> web.StreamResponse:
    """The same as a file: a line a point, times in UTC."""
    found, named = await _read(request, MOST_POINTS)
    names = {one.id: one.name for one in named}
    heads = [f"{names.get(line.object_id, '')} {line.metric.name}".strip() for line in found.lines]
    columns = ["time", *(f"{head} {part}" for head in heads for part in ("mean", "peak"))]
    return await csv_response(request, found.kind.name, columns, _rows(found))


async def _rows(found: Series) -> AsyncIterator[list[Sequence[object]]]:
    values = [part for line in found.lines for part in (line.mean, line.peak)]
    for first in range(0, len(found.times), ROWS_AT_ONCE):
        span = range(first, min(first + ROWS_AT_ONCE, len(found.times)))
        yield [[_at(int(found.times[at])).isoformat(), *(_cell(some[at]) for some in values)] for at in span]


def _cell(value: float | None) -> object:
    return None if value is None else Decimal(str(value))


def what(request: web.Request) -> tuple[Kind, list[int], list[str]]:
    """Kind, objects and metrics of an address."""
    kind = kinds.named(request.match_info["kind"])
    ids = [text for text in request.query.get("object", "").split(",") if text]
    if not ids or len(ids) > series.MOST_OBJECTS or not all(text.isdecimal() and len(text) < 10 for text in ids):
        raise InvalidInput({"object": f"must be 1 to {series.MOST_OBJECTS} numbers"})
    metrics = [text for text in request.query.get("metric", "").split(",") if text] or shown(kind)
    if len(metrics) > series.MOST_METRICS:
        raise InvalidInput({"metric": f"must be at most {series.MOST_METRICS}"})
    return kind, [int(text) for text in ids], [kind.metric(name).name for name in metrics]


async def _read(request: web.Request, points: int) -> tuple[Series, Sequence[Object]]:
    kind, ids, metrics = what(request)
    now = clock.now().timestamp()
    end = _number(request, "end", int(now))
    start = _number(request, "start", end - RANGES[DEFAULT][0])
    asked = Request(kind, ids, metrics, _at(start), _at(end), points, "sum" in request.query)
    async with db.pool().acquire() as connection:
        return await series.read(connection, asked), await objects.named(connection, kind, ids)


def _at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _number(request: web.Request, name: str, default: int) -> int:
    text = request.query.get(name, "")
    if not text:
        return default
    if not text.isdecimal() or len(text) > 10:
        raise InvalidInput({name: "must be a whole number"})
    return int(text)


async def as_json(found: dict[str, Any]) -> str:
    """As `json.dumps`, with the long lists in pieces (invariant 6)."""
    lines, times = found.pop("lines"), found.pop("times")
    parts = [json.dumps(found)[:-1], ', "times": ', await _numbers(times), ', "lines": [']
    for place, line in enumerate(lines):
        long = {name: line.pop(name) for name in ("mean", "peak")}
        parts.append((", " if place else "") + json.dumps(line)[:-1])
        for name, values in long.items():
            parts += [f', "{name}": ', await _numbers(values)]
        parts.append("}")
    return "".join([*parts, "]}"])


async def _numbers(values: Sequence[float | None] | None) -> str:
    if values is None:
        return "null"
    pieces = []
    for first in range(0, len(values), AT_ONCE):
        pieces.append(json.dumps(values[first : first + AT_ONCE])[1:-1])
        await asyncio.sleep(0)
    return "[" + ", ".join(pieces) + "]"
