"""Which subscribers: logins numbered from one to another, as the command lines and the control port name them."""

from __future__ import annotations

import re

_SPAN = re.compile(r"(\d+)-(\d+)")


def numbered(prefix: str, first: str, last: str) -> list[str]:
    """`prefix` with each number from `first` to `last`, as wide as `first` is written ("007" gives 007 .. 123)."""
    return [f"{prefix}{number:0{len(first)}d}" for number in range(int(first), int(last) + 1)]


def parse_spans(prefix: str, spans: str) -> list[str]:
    """Logins of "011-179,183-194" and the like. Raises ValueError."""
    logins: list[str] = []
    for span in spans.split(","):
        match = _SPAN.fullmatch(span)
        if match is None or int(match[1]) > int(match[2]):
            raise ValueError(f"{span!r} is not FROM-TO")
        logins += numbered(prefix, match[1], match[2])
    return logins
