"""The last logins of some accounts, accepted and refused, out of the log of every login."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from oss.base import db

# One short walk down the index (login, at desc) of each month for each login; never without both.
LAST = """select l.at, l.login, l.reason, l.calling_station_id as mac, l.nas_port_id as port, l.nas_id, n.name as nas
from unnest($1::text[]) each(login) cross join lateral (
  select * from auth_log g where g.login = each.login collate "C" and g.at >= $2 order by g.at desc limit $3) l
left join nas n on n.id = l.nas_id order by l.at desc"""


async def last(logins: Sequence[str], since: datetime, most: int = 10) -> Sequence[Any]:
    """Up to ``most`` of each login since an instant, newest first; ``reason`` is '' where it was accepted."""
    return await db.fetch(LAST, list(dict.fromkeys(logins)), since, most)
