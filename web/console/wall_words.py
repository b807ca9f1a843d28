"""What a wall says: the gravest incident large, the others beneath, sites and PONs by how bad they are, figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from oss.access.login_rates import Curve
from oss.monitoring import pon_state
from oss.monitoring.network_now import Wall
from oss.monitoring.pon_state import Pon
from web.console import incident_heads, pon_words
from web.console.graph_words import bits
from web.render import RenderContext

BESIDE = 4  # incidents beneath the large one
SITES = 12
PONS = 15
OLTS, CELLS = 6, 16  # rows of cells on the first view
WIDTH, HEIGHT = 600, 200
MOST_BARE = 3  # so few points are no curve


def told(rc: RenderContext, wall: Wall) -> dict[str, Any]:
    """All values of all views."""
    found = [incident_heads.spoken(rc, one) for one in wall.now.incidents if one.matters]
    large = next((one for one in found if one["unowned"] and one["state"] == "offline"), None)
    beside = [one for one in found if one is not large]
    return {
        "wall": wall,
        "large": large,
        "beside": beside[:BESIDE],
        "more": max(0, len(beside) - BESIDE),
        "waiting": sum(1 for one in beside if one["unowned"]),
        "touched": incident_heads.customers(rc.language, wall.now.customers),
        "cost": incident_heads.an_hour(rc.language, wall.now.hourly_cents),
        "sites": wall.sites[:SITES],
        "sites_more": max(0, len(wall.sites) - SITES),
        "worst": pon_state.worst(wall.pons, PONS),
        "strips": strips(wall.pons),
        "pons_well": sum(1 for one in wall.pons if one.state == "well"),
        "words": pon_words,
        "down": bits(rc.language, wall.traffic.down_bps),
        "up": bits(rc.language, wall.traffic.up_bps),
        "curve": curve(wall.curve),
        "online_before": _last(wall.curve.before),
        "devices_away": sum(len(one.away) for one in wall.sites),
        "onus_away": sum(one.away for one in wall.pons),
    }


def strips(pons: Sequence[Pon]) -> list[tuple[str, list[Pon]]]:
    """OLTs with their PONs, those with most ONUs away first."""
    found: dict[str, list[Pon]] = {}
    for one in pons:
        found.setdefault(one.olt, []).append(one)
    rows = sorted(found.items(), key=lambda row: (-sum(one.away for one in row[1]), row[0]))
    return [(name, row[:CELLS]) for name, row in rows[:OLTS]]


def curve(found: Curve) -> dict[str, Any] | None:
    """The day's sessions and those of an earlier day, as lines over one scale; None while nothing is known."""
    known = [value for value in (*found.online, *found.before) if value is not None]
    if len(known) < MOST_BARE:
        return None
    low, high = min(known), max(known)
    low, high = max(0, low - (high - low) // 8), high + max(1, (high - low) // 8)
    lines = [line(found.before, low, high), line(found.online, low, high)]
    return {"low": low, "high": high, "before": lines[0], "online": lines[1], "width": WIDTH, "height": HEIGHT}


def line(values: Sequence[int | None], low: int, high: int) -> list[str]:
    """Points of each unbroken run, in a drawing of WIDTH x HEIGHT whose foot is ``low``."""
    step = WIDTH / max(1, len(values) - 1)
    runs: list[list[str]] = [[]]
    for place, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append(f"{place * step:.1f},{HEIGHT * (high - value) / (high - low):.1f}")
    return [" ".join(run) for run in runs if run]


def _last(values: Sequence[int | None]) -> int | None:
    return values[-1] if values else None
