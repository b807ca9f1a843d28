"""How RouterOS writes numbers: durations, rates, pairs of them."""

from __future__ import annotations

import re

from oss.lab.network.routeros.trap import Trap

_UNITS = (("w", 604_800), ("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))
_SPAN = re.compile(r"(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?")
_RATE = re.compile(r"(\d+)([kMG]?)")
_TIMES = {"": 1, "k": 1_000, "M": 1_000_000, "G": 1_000_000_000}


def duration(seconds: float) -> str:
    """``1w2d3h4m5s``, as print gives it over the API."""
    rest, said = int(seconds), ""
    for unit, worth in _UNITS:
        count, rest = divmod(rest, worth)
        said += f"{count}{unit}" if count else ""
    return said or "0s"


def milliseconds(ms: float) -> str:
    """``12ms345us``, as the tools of RouterOS 7 write a time."""
    whole, micros = divmod(round(ms * 1000), 1000)
    return f"{whole}ms{micros}us" if whole else f"{micros}us"


def seconds(text: str) -> int:
    """What ``5m``, ``300`` or ``1h30m`` is. Raises Trap."""
    clock = re.fullmatch(r"(\d+):(\d\d):(\d\d)", text)
    if clock:
        hours, minutes, rest = map(int, clock.groups())
        return hours * 3600 + minutes * 60 + rest
    found = _SPAN.fullmatch(text)
    if not found or not text:
        raise Trap(f"invalid value {text} for a time interval", 1)
    return sum(int(count or 0) * worth for count, (_, worth) in zip(found.groups(), _UNITS, strict=True))


def span(text: str) -> str:
    """A duration that somebody typed, as it is kept. Raises Trap."""
    return duration(seconds(text))


def rates(text: str) -> str:
    """``10M/20M`` or ``10M`` as it is kept: ``10000000/20000000``. Raises Trap."""
    parts = text.split("/")
    found = [_RATE.fullmatch(part) for part in parts]
    if len(parts) > 2 or not all(found):
        raise Trap(f"invalid value {text} for a rate", 1)
    numbers = [str(int(one[1]) * _TIMES[one[2]]) for one in found if one]
    return "/".join(numbers * 2 if len(numbers) == 1 else numbers)


def truth(value: object) -> str:
    """As print writes a yes or a no."""
    return "true" if value else "false"
