"""Waiting for what happens elsewhere: in another task, another process, the database."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import Any

POLL_S = 0.01


async def eventually(condition: Callable[[], Any | Awaitable[Any]], within_s: float = 15.0) -> Any:
    """The first true answer of ``condition``; TimeoutError if there is none within ``within_s`` seconds."""
    async with asyncio.timeout(within_s):
        while True:
            found = condition()
            if inspect.isawaitable(found):
                found = await found
            if found:
                return found
            await asyncio.sleep(POLL_S)
