"""A graph as ``ui.graph`` draws it: its addresses, its words, and what is sent of a series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from oss.monitoring.kinds import Kind
from oss.monitoring.objects import Object
from oss.monitoring.series import TOGETHER, Line, Series
from web import formats
from web.catalogues import N_
from web.render import RenderContext, translate

HOME = "/console/graphs"
# key -> seconds, short words
RANGES = {
    "1h": (3_600, N_("1 h")),
    "6h": (21_600, N_("6 h")),
    "24h": (86_400, N_("24 h")),
    "7d": (604_800, N_("7 d")),
    "30d": (2_592_000, N_("30 d")),
    "1y": (31_536_000, N_("1 year")),
}
COMPARED = {"": (0, N_("Alone")), "day": (86_400, N_("The day before")), "week": (604_800, N_("The week before"))}
DEFAULT = "24h"
FIRST_POINTS = 1_200  # of the first drawing, which is asked for before the page knows its width
WORDS = {
    "last": N_("Last"),
    "mean": N_("Average"),
    "highest": N_("Highest"),
    "lowest": N_("Lowest"),
    "p95": N_("95 %"),
    "total": N_("Total"),
    "before": N_("before"),
    "sum": N_("Together"),
    "failed": N_("The graph was not answered. It shows what was last read."),
    "empty": N_("Nothing was sampled in this time."),
    "live": N_("Live"),
    "peak": N_("peak"),
}


def address(kind: Kind, ids: Sequence[int], metrics: Sequence[str], part: str = "", **more: str) -> str:
    """Of a graph's page, or of its ``data``, ``csv`` or ``live``."""
    query = {"object": ",".join(map(str, ids)), "metric": ",".join(metrics), **more}
    return f"{HOME}/{kind.name}{'/' + part if part else ''}?{urlencode(query, safe=',')}"


def graph(
    rc: RenderContext,
    kind: Kind,
    objects: Sequence[Object],
    metrics: Sequence[str],
    span: str = DEFAULT,
    together: bool = False,
    compare: str = "",
) -> dict[str, Any]:
    """What ``ui.graph`` takes."""
    ids, more = [one.id for one in objects], {"sum": "1"} if together else {}
    data, end = address(kind, ids, metrics, "data", **more), int(rc.now.timestamp())
    first = {"start": end - RANGES[span][0], "end": end, "points": FIRST_POINTS}
    return {
        "data": data,
        "first": first,
        "preload": f"{data}&{urlencode(first)}",
        "csv": address(kind, ids, metrics, "csv", **more),
        "live": "" if together else address(kind, ids, metrics, "live"),
        "page": address(kind, ids, metrics, "", **more),
        "range": span,
        "seconds": RANGES[span][0],
        "ranges": _choices(rc, RANGES),
        "compare": compare,
        "compares": _choices(rc, COMPARED),
        "words": {key: translate(rc.language, words) for key, words in WORDS.items()},
        "title": ", ".join(one.name for one in objects[:3]) + (f" +{len(objects) - 3}" if len(objects) > 3 else ""),
        "subtitle": ", ".join(translate(rc.language, kind.metric(name).label) for name in metrics),
    }


def _choices(rc: RenderContext, of: Mapping[str, tuple[int, str]]) -> list[dict[str, Any]]:
    return [{"key": key, "seconds": s, "label": translate(rc.language, words)} for key, (s, words) in of.items()]


def sent(rc: RenderContext, series: Series, objects: Sequence[Object]) -> dict[str, Any]:
    """A series as the page's script reads it. ``peak`` is left out where it is the mean."""
    names = {one.id: one.name for one in objects} | {TOGETHER: translate(rc.language, WORDS["sum"])}
    lines = [_line(rc, line, names.get(line.object_id, "")) for line in series.lines]
    return {"source": series.source, "step": series.step_s, "times": series.times, "lines": lines}


def _line(rc: RenderContext, line: Line, name: str) -> dict[str, Any]:
    metric, stats = line.metric, line.stats
    return {
        "key": f"{line.object_id}:{metric.name}",
        "object": name,
        "metric": translate(rc.language, metric.label),
        "unit": metric.unit,
        "digits": metric.digits,
        "low": metric.low,
        "adds": metric.adds,
        "mean": line.mean,
        "peak": None if line.peak is line.mean else line.peak,
        "stats": {name: getattr(stats, name) for name in stats.__slots__},
    }


def bits(language: str, bps: float | None) -> tuple[str, str] | None:
    """A rate as figure and unit: ``("4,2", "Gbps")``."""
    if bps is None:
        return None
    for limit, unit in ((1e12, "Tbps"), (1e9, "Gbps"), (1e6, "Mbps"), (1e3, "kbps")):
        if bps >= limit:
            scaled = bps / limit
            return formats.number(scaled, language, 1 if scaled < 100 else 0), unit
    return formats.number(round(bps), language), "bps"
