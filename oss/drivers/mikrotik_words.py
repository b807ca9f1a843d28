"""How RouterOS spells values in its API: durations, speeds, flags (its manual, "API" and "Scripting: data types")."""

from __future__ import annotations

import re
from collections.abc import Mapping

from oss.drivers.reading import address, whole

Row = Mapping[str, str]
_DURATION = re.compile(
    r"(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+)s)?(?:(\d+)ms)?(?:(\d+)us)?", re.ASCII
)
_CLOCK = re.compile(r"(?:(\d+)w)?(?:(\d+)d)?(\d+):(\d\d):(\d\d)", re.ASCII)
_UNITS_MS = (604_800_000, 86_400_000, 3_600_000, 60_000, 1_000, 1, 0.001)
_SPEED = re.compile(r"(\d{1,15})([kMG]?)", re.ASCII)
_THOUSANDS = {"": 1, "k": 1_000, "M": 1_000_000, "G": 1_000_000_000}
_SESSION_ID = re.compile(r"0x([0-9a-fA-F]{1,16})")


def said(row: Row, name: str) -> str:
    """A word that must be there."""
    if name not in row:
        raise ValueError(f"no {name} in {' '.join(row)}")
    return row[name]


def flag(row: Row, name: str, unsaid: str | None = None) -> bool:
    """``true`` or ``false``; ``unsaid``: what it is where the router leaves it out."""
    value = said(row, name) if unsaid is None else row.get(name, unsaid)
    if value not in ("true", "false", "yes", "no"):
        raise ValueError(f"{name}={value}")
    return value in ("true", "yes")


def milliseconds(text: str) -> float:
    """``1w2d3h4m5s``, ``12ms300us``, ``00:05:00`` or ``1d02:03:04``."""
    clock, units = _CLOCK.fullmatch(text), _DURATION.fullmatch(text)
    if clock:
        weeks, days, hours, minutes, seconds = (int(part or 0) for part in clock.groups())
        return ((weeks * 7 + days) * 86_400 + hours * 3_600 + minutes * 60 + seconds) * 1_000.0
    if units is None or not text:
        raise ValueError(text)
    return sum(int(part) * unit for part, unit in zip(units.groups(), _UNITS_MS, strict=True) if part)


def seconds(text: str) -> int | None:
    """A duration in whole seconds; ``never``, ``none`` and nothing are None."""
    return None if text in ("", "never", "none") else int(milliseconds(text) // 1_000)


def speed(text: str) -> int:
    """``10M``, ``512k`` or plain bit/s."""
    found = _SPEED.fullmatch(text)
    if found is None:
        raise ValueError(text)
    return int(found[1]) * _THOUSANDS[found[2]]


def pair(text: str) -> tuple[int, int]:
    """``up/down`` as a simple queue says it, of its target's view."""
    up, slash, down = text.partition("/")
    if not slash:
        raise ValueError(text)
    return speed(up), speed(down)


def session_id(text: str) -> str:
    """``0x81700001`` -> the Acct-Session-Id that the router sends, ``81700001``."""
    found = _SESSION_ID.fullmatch(text)
    if found is None:
        raise ValueError(text)
    return found[1]


def port(row: Row, name: str) -> int:
    """A port that must be there."""
    number = whole(said(row, name))
    if not 0 < number < 65_536:
        raise ValueError(row[name])
    return number


def host(row: Row, name: str = "address") -> str | None:
    """An address; None where none is said."""
    return address(row[name]) if row.get(name) else None
