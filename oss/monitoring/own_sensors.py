"""Our own processes and the routers' sessions as sensors, so that graphs and alerts see them as they see a device.

A process tells of itself each ten seconds from the counters it has anyway; what the routers carry is summed once a
minute from the open sessions, whose rates come with accounting.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any

from oss.base import db
from oss.base.jobs import periodic
from oss.base.supervisor import Health
from oss.monitoring.kinds import NAS, SERVER
from oss.monitoring.samples import NAN, Sample, write
from oss.monitoring.writer import Writer

EVERY_S, NAS_EVERY_S = 10.0, 60
# Requests that got no answer (radius.peers.COUNTERS); duplicates got theirs.
DROPS = (
    *("malformed", "unexpected_code", "bad_authenticator", "bad_message_authenticator", "dropped", "failed"),
    *("missing_message_authenticator", "unknown_nas", "unanswerable", "limited", "put_off", "garbled"),
)

NUMBER = """with made as (insert into sample_server (name) values ($1) on conflict (name) do nothing returning id)
select id from made union all select id from sample_server where name = $1 limit 1"""
SESSIONS = """select n.id, count(s.uid) as sessions, coalesce(sum(s.input_bps), 0)::float8 as into,
  coalesce(sum(s.output_bps), 0)::float8 as out
from nas n left join session_open s on s.nas_id = n.id group by 1"""


class Rates:
    """Counters that only grow, as rates since the last look; a counter that fell began again, and tells nothing."""

    def __init__(self) -> None:
        self._at = 0.0
        self._counts: dict[str, float] = {}

    def take(self, at: float, counts: Mapping[str, float]) -> dict[str, float]:
        """The rate of each counter since the last look; NaN where it is not known."""
        seconds, before = at - self._at, self._counts
        self._at, self._counts = at, dict(counts)
        return {
            name: (count - before[name]) / seconds if seconds > 0 and count >= before.get(name, count + 1) else NAN
            for name, count in counts.items()
        }


def figures(rates: Rates, at: float, stats: Mapping[str, Any], dropped: int) -> list[float]:
    """A process's figures (`oss.app.Process.stats`) as the metrics of its kind. ``at``: monotonic seconds."""
    aaa = stats.get("aaa") or {}
    counts: dict[str, float] = {"sample_drops_s": dropped}
    if aaa:
        packets = aaa["counters"]
        counts |= {"requests_s": packets.get("requests", 0), "drops_s": sum(packets.get(name, 0) for name in DROPS)}
        counts |= {"accepts_s": aaa["accepted"], "rejects_s": aaa["rejected"]}
    known = rates.take(at, counts) | {"main_lag_ms": 1000 * stats["main_lag_s"]}
    if aaa:
        known |= {"aaa_lag_ms": 1000 * aaa["loop_lag_s"], "journal_lag": aaa["lag_records"]}
        known["p99_ms"] = aaa["p99_us"] / 1000 if aaa["p99_us"] else NAN  # nobody has logged in this minute
    return [known.get(metric.name, NAN) for metric in SERVER.metrics]


async def report(name: str, stats: Callable[[], Mapping[str, Any]], writer: Writer, health: Health) -> None:
    """Sample this process until cancelled."""
    number, rates = int(await db.fetchval(NUMBER, name)), Rates()
    while True:
        found = figures(rates, time.monotonic(), stats(), writer.dropped)
        writer.put(Sample(time.time(), number, SERVER, (number,), found))
        health.beat()
        await asyncio.sleep(EVERY_S)


@periodic(every_s=NAS_EVERY_S, lane="bulk")
async def routers(connection: db.Connection) -> None:
    """What each router carries, once a minute across all processes."""
    rows = await connection.fetch(SESSIONS)
    now = time.time()
    samples = [Sample(now, r["id"], NAS, (r["id"],), (r["sessions"], r["into"], r["out"])) for r in rows]
    if samples:
        await write(connection, samples)
