"""Refused logins over time as a page draws them: bars on each other, the table behind them, a legend that counts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from oss.access.reject_list import DAY, TOP, Graph, Series
from web import formats
from web.catalogues import N_
from web.console.reject_words import hint, short
from web.render import RenderContext, query_url, translate

LABELS = {"1h": "minute", DAY: "hour", "7d": "weekday", "90d": "day"}
OTHERS = "chart-ghost"
# A reason keeps its colour whatever its rank; a state's colour only where the refusal is that state.
COLOURS = {
    "wrong_password": "offline",
    "slowed": "degraded",
    "overdue": "blocked",
    "session_open": "chart-2",
    "unknown_login": "chart-5",
    "no_method": "chart-1",
    "needs_clear_password": "chart-1",
    "needs_nt_hash": "chart-1",
    "account_disabled": "chart-3",
    "manual": "chart-6",
    "fraud": "chart-6",
    "pause": "unknown",
    "contract_ended": "chart-4",
    "eap_certificate_refused": "chart-3",
    "eap_client_certificate": "chart-3",
    "eap_failed": "chart-1",
    "eap_lost": "unknown",
}
Named = tuple[Series, str, str]  # a series with its name and its colour


def drawn(rc: RenderContext, graph: Graph, by: str, span: str, path: str, params: dict[str, str]) -> dict[str, Any]:
    """What the page's template takes: ``chart``, ``columns`` and ``lines`` behind it, ``bars`` beside it."""
    named = [(one, *_face(rc.language, by, place, one)) for place, one in enumerate(graph.series)]
    columns = [translate(rc.language, N_("From")), *(name for _, name, _ in named)]
    bars = [_bar(rc.language, by, one, path, params) for one in named]
    chart = _chart(rc.language, graph, named, span)
    return {"chart": chart, "columns": columns, "lines": _lines(rc, graph, span), "bars": bars}


def _face(spoken: str, by: str, place: int, one: Series) -> tuple[str, str]:
    if by == "nas":
        return one.name or translate(spoken, N_("Unknown router")), f"chart-{place + 1}" if place < TOP else OTHERS
    return short(spoken, one.key), COLOURS.get(one.key, "unknown") if place < TOP else OTHERS


def _chart(spoken: str, graph: Graph, named: Sequence[Named], span: str) -> dict[str, Any]:
    """As ``ui.chart`` wants it; what is not among the first ones is one series."""
    series = [{"values": one.values, "colour": colour, "name": name, "bars": True} for one, name, colour in named[:TOP]]
    if graph.others:
        series.append({"values": graph.others, "colour": OTHERS, "name": translate(spoken, N_("others")), "bars": True})
    x, scale = [int(at.timestamp()) for at in graph.at], {"min": 0, "digits": 0}
    return {"x": x, "series": series, "y": scale, "labels": LABELS[span], "stacked": True}


def _lines(rc: RenderContext, graph: Graph, span: str) -> list[list[object]]:
    """The bars in which somebody was refused, the newest first."""
    bars = zip(graph.at, *(one.values for one in graph.series), strict=True)
    return [[_when(rc, at, span), *values] for at, *values in bars if any(values)][::-1]


def _when(rc: RenderContext, at: datetime, span: str) -> str:
    day = formats.day(at.astimezone(rc.timezone).date(), rc.today, rc.language)
    return day if span == "90d" else f"{day}, {formats.clock(at, rc.timezone)}"


def _bar(spoken: str, by: str, named: Named, path: str, params: dict[str, str]) -> dict[str, Any]:
    """How many of one kind, what to do about it, and the list of it alone."""
    one, name, colour = named
    href = query_url(path, params, **{by: one.key})
    told = hint(spoken, one.key) if by == "reason" else ""
    return {"label": name, "value": one.total, "colour": colour, "hint": told, "href": href}
