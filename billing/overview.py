"""The first page: what needs a person, then the state of the network, then what just happened."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from billing import attention, happenings
from oss.access import hold_list, login_rates, nas_list
from oss.base import clock, db
from oss.base.remembered import MANY, Remembered

WINDOW = timedelta(minutes=60)
NORMAL = timedelta(days=7)
COUNTS = "select (select count(*) from contract where status = 'active'), (select count(*) from session_open)"


@dataclass(frozen=True, slots=True)
class Logins:
    """Logins of the last hour beside the week's normal, with the reasons of those refused."""

    present: login_rates.Share
    normal: login_rates.Share
    reasons: list[Any]
    unknown: Any
    crowd: Any | None


@dataclass(frozen=True, slots=True)
class Overview:
    """All of the page."""

    matters: list[attention.Matter]
    curve: login_rates.Curve
    logins: Logins
    contracts: int
    online: int
    holds: Mapping[str, int]
    routers: list[Any]
    lines: Sequence[happenings.Happening]


async def logins() -> Logins:
    """The last hour's logins."""
    now = clock.now()
    since = now - WINDOW
    return Logins(
        *await asyncio.gather(
            login_rates.share(since, now),
            login_rates.share(now - NORMAL, since),
            login_rates.reasons(since),
            login_rates.unknown_routers(since),
            login_rates.crowd(since),
        )
    )


async def _counts() -> Any:
    """Contracts that run, and sessions."""
    return await db.fetchrow(COUNTS)


_counts_lately = Remembered(_counts, lambda found: max(found) >= MANY)


async def read() -> Overview:
    """Everything the page opens with; what does not wait for another is asked at the same time."""
    (routers, matters), curve, lately, (contracts, online), holds, (lines, _) = await asyncio.gather(
        _routers(),
        login_rates.curve(clock.now()),
        logins(),
        _counts_lately(),
        hold_list.counts(),
        happenings.lately(),
    )
    return Overview(matters, curve, lately, contracts, online, holds, routers, lines)


async def _routers() -> tuple[list[Any], list[attention.Matter]]:
    routers = await nas_list.every()
    return routers, await attention.matters(routers)
