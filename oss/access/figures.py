"""Figures of the network for the board: how many are online. Definitions: ``docs/figures.md``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from oss.access import login_rates
from oss.base import db
from oss.base.widgets import Asked, widget

WEEK = timedelta(days=7)
ONLINE = """select (select count(*) from session_open) as sessions,
  (select contracts from figure_contracts order by month desc limit 1) as contracts"""
# A week ago, to the minute; some minutes around it, where a node was down just then.
BEFORE = """select round(avg(online))::int from (select minute, sum(online) as online from auth_minute
where minute > $1::timestamptz - interval '3 minutes' and minute <= $1::timestamptz + interval '2 minutes'
group by minute) each"""


@dataclass(frozen=True, slots=True)
class Online:
    """Sessions now and a week ago (None: not known), how many contracts could be online, and the day's curve."""

    sessions: int
    before: int | None
    contracts: int | None
    curve: login_rates.Curve

    @property
    def share(self) -> float | None:
        return 100 * self.sessions / self.contracts if self.contracts else None


@widget("online", "sessions.read", sizes=("s", "m"), rank=30)
async def online(connection: db.Connection, asked: Asked) -> Online:
    """Who is online this moment."""
    row = await connection.fetchrow(ONLINE)
    before = await connection.fetchval(BEFORE, asked.now - WEEK)
    return Online(row["sessions"], before, row["contracts"], await login_rates.curve(asked.now))
