"""States of PON ports: glyph, words, and what stands in a cell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from oss.monitoring import pon_state
from oss.monitoring.pon_state import HIGHEST_DBM, LOWEST_DBM, Pon
from web import formats
from web.catalogues import N_

# state -> glyph, words
STATES = {
    "out": ("offline", N_("Half or more is away")),
    "some": ("degraded", N_("Some are away")),
    "weak": ("overdue", N_("Weak light")),
    "unread": ("unknown", N_("No reading")),
    "well": ("online", N_("All lit")),
    "empty": ("open", N_("Carries nothing")),
}


def glyph(one: Pon) -> str:
    return STATES[one.state][0]


def words(one: Pon) -> str:
    return STATES[one.state][1]


def light(language: str, powers: Sequence[float]) -> dict[str, Any] | None:
    """How the light of a PON's ONUs is spread, as ``ui.histogram`` wants it; None where nothing was told."""
    if not powers:
        return None
    counts = pon_state.distribution(powers)
    top, weak = max(counts), int(pon_state.WEAK_DBM - LOWEST_DBM)
    buckets = [(count / top, "degraded" if place < weak else "chart-2") for place, count in enumerate(counts)]
    span = HIGHEST_DBM - LOWEST_DBM
    marks = [LOWEST_DBM, pon_state.WEAK_DBM, -22, -17, HIGHEST_DBM]
    return {
        "buckets": buckets,
        "labels": [((mark - LOWEST_DBM) / span, formats.number(round(mark), language)) for mark in marks],
        "best": max(powers),
        "worst": min(powers),
        "mean": sum(powers) / len(powers),
        "weak": sum(1 for power in powers if power < pon_state.WEAK_DBM),
    }
