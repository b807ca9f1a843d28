"""What is known of one login's line is gathered, not imported: each room registers its facts, the diagnosis asks.

A room's ``line_facts.py`` registers by being there (`oss.app.register_features` imports every module)::

    @tells_of_line("debt", rank=20)
    async def debt(connection, line): ...  # one statement; None: nothing is known

Facts are asked for in the order of their ranks over one connection, so that a later one may build on what an earlier
one told (``line.told``). One that takes too long is left out and named, and the others are shown.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from oss.base import db

log = logging.getLogger(__name__)
PATIENCE_S: Final = 1.0  # of one provider; a page has to stand in a third of it


@dataclass(frozen=True, slots=True)
class Line:
    """Whose line is asked about, at which instant; ``told``: what the providers before have answered, by key.

    ``scope``: whose customers the reader may see (`oss.staff.scopes`; None: all), for what is told of other lines.
    """

    account_id: int
    login: str
    contract_id: int
    customer_id: int
    now: datetime
    told: dict[str, Any] = field(default_factory=dict)
    scope: Any = None


Read = Callable[[db.Connection, Line], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Provider:
    """One room's facts."""

    key: str
    rank: int
    read: Read


@dataclass(frozen=True, slots=True)
class Gathered:
    """What was told, by key; ``late``: providers that were not waited for."""

    told: Mapping[str, Any]
    late: tuple[str, ...] = ()


PROVIDERS: dict[str, Provider] = {}


def tells_of_line(key: str, *, rank: int = 50) -> Callable[[Read], Read]:
    """Register what a room knows of a line."""

    def register(read: Read) -> Read:
        known = PROVIDERS.get(key)
        if known is not None and known.read.__module__ != read.__module__:
            raise ValueError(f"facts of a line {key!r} are registered twice")
        PROVIDERS[key] = Provider(key, rank, read)
        return read

    return register


async def gather(connection: db.Connection, line: Line) -> Gathered:
    """All that is stored about a line, one statement a provider."""
    late = []
    for one in sorted(PROVIDERS.values(), key=lambda each: (each.rank, each.key)):
        try:
            async with asyncio.timeout(PATIENCE_S):
                line.told[one.key] = await one.read(connection, line)
        except TimeoutError:
            log.warning("facts of a line were not waited for", extra={"facts": {"provider": one.key}})
            late.append(one.key)
    return Gathered(line.told, tuple(late))
