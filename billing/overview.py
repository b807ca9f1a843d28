"""The first page: what needs a person, then the state of the network, then what just happened."""

from __future__ import annotations

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
    present = await login_rates.share(now - WINDOW, now)
    normal = await login_rates.share(now - NORMAL, now - WINDOW)
    since = now - WINDOW
    reasons, unknown = await login_rates.reasons(since), await login_rates.unknown_routers(since)
    return Logins(present, normal, reasons, unknown, await login_rates.crowd(since))


async def _counts() -> Any:
    """Contracts that run, and sessions."""
    return await db.fetchrow(COUNTS)


_counts_lately = Remembered(_counts, lambda found: max(found) >= MANY)


async def read() -> Overview:
    """Everything the page opens with."""
    lines, _ = await happenings.lately()
    routers = await nas_list.every()
    contracts, online = await _counts_lately()
    return Overview(
        await attention.matters(routers),
        await login_rates.curve(clock.now()),
        await logins(),
        contracts,
        online,
        await hold_list.counts(),
        routers,
        lines,
    )
