"""Cells of another system's tables, whatever its columns' types were: text, numbers, times, addresses."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from datetime import datetime, tzinfo
from functools import lru_cache
from typing import Any

Row = Mapping[str, Any]
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
QUOTES = "'\"`"


def text(row: Row, *names: str) -> str:
    """The first of these columns that holds something, without the spaces around it."""
    for name in names:
        value = row.get(name)
        if value is not None and (found := str(value).strip()):
            return found
    return ""


def raw(row: Row, name: str) -> str:
    """A cell as it stands: spaces may be part of a password."""
    value = row.get(name)
    return "" if value is None else str(value)


def number(row: Row, name: str) -> int | None:
    """A whole number; None where there is none."""
    try:
        return int(text(row, name))
    except ValueError:
        return None


def time(row: Row, name: str, zone: tzinfo) -> datetime | None:
    """An instant; one without a zone (as MySQL keeps them) is read in ``zone``. None: none, or MySQL's zero date."""
    value = row.get(name)
    if not isinstance(value, datetime):
        try:
            value = datetime.fromisoformat(str(value or "").strip())
        except ValueError:
            return None
    return value if value.tzinfo else value.replace(tzinfo=zone)


def day(value: str, zone: tzinfo) -> datetime | None:
    """The instant an Expiration names ("30 Nov 2026", "November 30 2026 10:00:00", ISO 8601); None: not understood."""
    words = value.replace(",", " ").split()
    month = next((word for word in words[:2] if word[:3].lower() in MONTHS), None)
    if month is None or len(words) < 3:
        return time({"value": value}, "value", zone)
    date = next(word for word in words[:2] if word != month)
    number_of = MONTHS.index(month[:3].lower()) + 1
    clock = words[3] if len(words) > 3 else "00:00"
    return time({"value": f"{words[2]}-{number_of:02}-{date.zfill(2)}T{clock}"}, "value", zone)


@lru_cache(100_000)
def address(value: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """An address; None for what is none, and for 0.0.0.0 and ::, which say that there was none."""
    try:
        found = ipaddress.ip_interface(value).ip
    except ValueError:
        return None
    return None if found.is_unspecified else found


def prefix(value: str) -> str | None:
    """An IPv6 prefix in its usual spelling; None for what is none."""
    try:
        found = ipaddress.IPv6Interface(value).network
    except ValueError:
        return None
    return None if found.network_address.is_unspecified else str(found)


def unquoted(value: str) -> str:
    """A value as FreeRADIUS reads it from SQL: one that is quoted from end to end loses its quotes."""
    if len(value) > 1 and value[0] == value[-1] and value[0] in QUOTES:
        return value[1:-1]
    return value


def kind(value: str) -> str:
    """What sort of value this is, in a word; a report may say that much of any value."""
    if not value.strip():
        return "empty"
    if "%{" in value or value[0] == "`":
        return "expression"
    if value.strip().isdigit():
        return "number"
    if "/" in value and prefix(value.strip()):
        return "prefix"
    return "address" if address(value.strip()) else "text"
