"""Counts that are dear at size, told again for some seconds while they are counted anew behind the page.

A small provider's counts cost nothing and are always of this moment: only what its own value calls ``many`` is
remembered. A count that nobody asked for in a minute is waited for, so that what is told is never older.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from oss.base import db

T = TypeVar("T")
MANY = 20_000  # rows that are counted in some milliseconds; more are dear beside 500 requests a second
KEPT_S, OLD_S = 5.0, 60.0


@dataclass(slots=True)
class _Told(Generic[T]):
    value: T
    at: float
    behind: asyncio.Task[None] | None = None


class Remembered(Generic[T]):
    """``read`` again and again; ``many`` says of its value whether it was dear."""

    def __init__(self, read: Callable[..., Awaitable[T]], many: Callable[[T], bool]) -> None:
        self._read, self._many = read, many
        self._told: dict[tuple[Any, ...], _Told[T]] = {}

    async def __call__(self, *args: Any) -> T:
        """The value of this moment, or where that is dear one of the last seconds."""
        key = (id(db.pool()), *args)
        known, now = self._told.get(key), time.monotonic()
        if known is None or not self._many(known.value) or now - known.at > OLD_S:
            return await self._renew(key, args)
        if now - known.at > KEPT_S and (known.behind is None or known.behind.done()):
            known.behind = asyncio.create_task(self._behind(key, args))
        return known.value

    async def _behind(self, key: tuple[Any, ...], args: tuple[Any, ...]) -> None:
        with suppress(*db.AWAY):  # what was told stays until somebody may wait
            await self._renew(key, args)

    async def _renew(self, key: tuple[Any, ...], args: tuple[Any, ...]) -> T:
        value = await self._read(*args)
        if len(self._told) >= 16:  # a new day, another database
            self._told.clear()
        self._told[key] = _Told(value, time.monotonic())
        return value
