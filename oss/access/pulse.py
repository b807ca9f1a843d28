"""The provider's pulse: what all AAA nodes together do at this second, read from their ``node`` rows."""

from __future__ import annotations

from dataclasses import dataclass

from oss.base import db

# A node that has not reported for ten seconds tells nothing of the present.
ALIVE = "n.seen_at > now() - interval '10 seconds' and n.stats ? 'aaa'"
READ = f"""select (select name from company order by id limit 1) as provider,
  count(*) as nodes, coalesce(sum((n.stats->'aaa'->>'online')::int), 0)::bigint as online,
  coalesce(sum((n.stats->'aaa'->>'accepted')::bigint), 0)::bigint as accepted,
  coalesce(sum((n.stats->'aaa'->>'rejected')::bigint), 0)::bigint as rejected,
  coalesce(sum((n.stats->'aaa'->'counters'->>'requests')::bigint), 0)::bigint as requests,
  max((n.stats->'aaa'->>'p99_us')::bigint) as p99_us,
  coalesce(sum((n.stats->'aaa'->>'lag_records')::bigint), 0)::bigint as lag_records,
  extract(epoch from clock_timestamp())::float8 as at
from node n where {ALIVE}"""
DRIFTING = "select count(*) from session_open where drift_since < now() - interval '3 seconds'"


@dataclass(frozen=True, slots=True)
class Pulse:
    """Counts since the nodes started (logins ``accepted`` and ``rejected``, ``requests`` of any kind), and what is
    so now. ``at``: seconds since the epoch."""

    provider: str
    nodes: int
    online: int
    accepted: int
    rejected: int
    requests: int
    p99_us: int | None
    lag_records: int
    drifting: int
    at: float

    def per_second(self, earlier: Pulse | None) -> tuple[float, float] | None:
        """Requests and logins a second since an earlier pulse; None where a node came or went in between."""
        if earlier is None or self.at <= earlier.at or self.nodes != earlier.nodes or not self.nodes:
            return None
        requests = self.requests - earlier.requests
        logins = self.accepted + self.rejected - earlier.accepted - earlier.rejected
        return (
            (requests / (self.at - earlier.at), logins / (self.at - earlier.at)) if min(requests, logins) >= 0 else None
        )


async def read() -> Pulse:
    """The pulse of this moment."""
    row = await db.fetchrow(READ)
    return Pulse(
        provider=row["provider"] or "",
        nodes=row["nodes"],
        online=row["online"],
        accepted=row["accepted"],
        rejected=row["rejected"],
        requests=row["requests"],
        p99_us=row["p99_us"],
        lag_records=row["lag_records"],
        drifting=await db.fetchval(DRIFTING),
        at=row["at"],
    )
