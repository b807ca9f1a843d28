"""What may stand on the board (``/console/board``): every room registers its own widgets, web asks the registry.

A widget is a key, the permission that opens it, the sizes it may have, and a function that reads its figures. Its
words and its drawing lie in web, under the same key. A feature that has no widget shows nothing: the board has no
place-holders.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar

from oss.base import db

T = TypeVar("T")
SIZES = ("s", "m", "l")  # a third, two thirds, all of the board's width


@dataclass(frozen=True, slots=True)
class Asked:
    """For which instant figures are asked, and which day that is in the provider's zone."""

    now: datetime
    today: date
    shared: dict[str, Any] = field(default_factory=dict)

    async def once(self, key: str, read: Callable[[], Awaitable[T]]) -> T:
        """What several widgets of one board need is read once."""
        if key not in self.shared:
            self.shared[key] = await read()
        found: T = self.shared[key]
        return found


Read = Callable[[db.Connection, Asked], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Widget:
    """One of them. ``rank`` orders the board of whoever has not arranged it; ``sizes`` begins with its usual one."""

    key: str
    permission: str
    sizes: Sequence[str]
    rank: int
    read: Read


WIDGETS: dict[str, Widget] = {}


def widget(key: str, permission: str, *, sizes: Sequence[str], rank: int) -> Callable[[Read], Read]:
    """Register ``async def figures(connection, asked)`` as a widget."""

    def register(read: Read) -> Read:
        known = WIDGETS.get(key)
        if known is not None and known.read.__module__ != read.__module__:
            raise ValueError(f"widget {key!r} is registered twice")
        if not sizes or any(size not in SIZES for size in sizes):
            raise ValueError(f"widget {key!r}: sizes are of {SIZES}")
        WIDGETS[key] = Widget(key, permission, tuple(sizes), rank, read)
        return read

    return register


def allowed(permissions: frozenset[str]) -> list[Widget]:
    """The widgets that somebody with these permissions may have, in their usual order."""
    return sorted((one for one in WIDGETS.values() if one.permission in permissions), key=lambda one: one.rank)
