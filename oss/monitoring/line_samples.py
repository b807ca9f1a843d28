"""What each line carries, every five minutes, out of the rates that accounting tells: the history of one customer.

Only who is online is written; a row is a router's lines together (`oss.monitoring.samples`).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

from oss.base import db
from oss.base.jobs import periodic
from oss.monitoring.kinds import LINE
from oss.monitoring.objects import names
from oss.monitoring.samples import Known, Sample, write

EVERY_S: Final = 300
CARRIED: Final = """select nas_id, array_agg(account_id::int order by account_id) as accounts,
  array_agg(output_bps order by account_id) as down, array_agg(input_bps order by account_id) as up
from (select distinct on (account_id) account_id, nas_id, output_bps, input_bps from session_open
  where account_id is not null order by account_id, started_at desc) s group by nas_id"""
CALLED: Final = "select id, login from access_account where id = any($1::bigint[])"
_known = Known()


@periodic(every_s=EVERY_S, lane="bulk")
async def sample(connection: db.Connection) -> None:
    """One sample of every line that is online."""
    now, samples = time.time(), []
    for row in await connection.fetch(CARRIED):
        samples.append(Sample(now, row["nas_id"], LINE, row["accounts"], _flat(row["down"], row["up"])))
        await asyncio.sleep(0)
    if samples:
        await write(connection, samples, _known)


def _flat(down: Sequence[int], up: Sequence[int]) -> list[float]:
    """Metrics one object after the other."""
    found = [0.0] * (2 * len(down))
    found[::2], found[1::2] = down, up
    return found


@names(LINE)
async def _logins(connection: db.Connection, ids: Sequence[int]) -> Mapping[int, str]:
    rows: Sequence[Any] = await connection.fetch(CALLED, list(ids))
    return {row["id"]: row["login"] for row in rows}
