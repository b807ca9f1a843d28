"""Time: aware UTC everywhere; the company's zone only at the edge (invariant 8)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


def now() -> datetime:
    """The present instant, aware, UTC."""
    return datetime.now(UTC)


def from_timestamp(seconds: float) -> datetime:
    """An aware UTC instant from seconds since the epoch."""
    return datetime.fromtimestamp(seconds, UTC)


def today(zone: str) -> date:
    """The calendar day it is now in an IANA zone such as ``America/Sao_Paulo``."""
    return datetime.now(ZoneInfo(zone)).date()


def day(at: datetime, zone: str) -> date:
    """The calendar day of an instant in an IANA zone."""
    return at.astimezone(ZoneInfo(zone)).date()
