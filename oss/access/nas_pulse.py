"""What each NAS does, as this node hears it: taken from the counters of its peer, written by the scribe.

Counters only grow while a node lives; what is new in them since the last round goes into rows of five minutes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from oss.access.nas_clock import Clocks
from oss.base import clock, db
from radius.peers import Peer

SLOT_S = 300

TALLIES = """insert into nas_tally as t (nas_id, slot, what, count, first_at, last_at)
select q.nas_id, $1, q.what, q.count, $2, $2 from unnest($3::bigint[], $4::text[], $5::bigint[]) q(nas_id, what, count)
on conflict (nas_id, slot, what) do update set count = t.count + excluded.count, last_at = excluded.last_at"""
STATES = """insert into nas_state as s (nas_id, node, heard_at, per_second, skew_ms, skew_at)
select q.nas_id, $1, q.heard_at, q.per_second, q.skew_ms, case when q.skew_ms is not null then $2::timestamptz end
from unnest($3::bigint[], $4::timestamptz[], $5::int[], $6::bigint[]) q(nas_id, heard_at, per_second, skew_ms)
on conflict (nas_id, node) do update set heard_at = excluded.heard_at,
  per_second = excluded.per_second, skew_ms = coalesce(excluded.skew_ms, s.skew_ms),
  skew_at = coalesce(excluded.skew_at, s.skew_at)"""


class Heard(NamedTuple):
    """One NAS at this round: when it was heard last, how many requests a second, and what is new of it by counter."""

    nas_id: int
    heard_at: float
    per_second: int
    new: dict[str, int]


class NasPulse:
    """Rounds of one node; lives in the AAA loop."""

    def __init__(self, peers: Mapping[int, Peer], clocks: Clocks, now: Callable[[], float] = time.time) -> None:
        self._peers, self._clocks, self._now = peers, clocks, now
        self._written: dict[int, dict[str, int]] = {}
        self._heard_at: dict[int, float] = {}
        self._busy: set[int] = set()  # who asked in the round that was written last
        self._at = now()
        self._present: tuple[float, dict[int, dict[str, int]], set[int]] = (self._at, {}, set())

    async def write(self, connection: db.Connection, node: str) -> None:
        """What is new, in the caller's transaction; ``written`` says that it was committed."""
        now = self._now()
        heard = self._look(now)
        if not heard:
            return
        at, slot = clock.from_timestamp(now), clock.from_timestamp(now // SLOT_S * SLOT_S)
        tallies = [(one.nas_id, what, count) for one in heard for what, count in one.new.items() if count > 0]
        if tallies:
            await connection.execute(TALLIES, slot, at, *map(list, zip(*tallies, strict=True)))
        skews = self._clocks.skews_ms()
        await connection.execute(
            STATES,
            node,
            at,
            [one.nas_id for one in heard],
            [clock.from_timestamp(one.heard_at) for one in heard],
            [one.per_second for one in heard],
            [skews.get(one.nas_id) for one in heard],
        )

    def _look(self, now: float) -> list[Heard]:
        """Who asked since the last round, and who has fallen silent since."""
        seconds = max(now - self._at, 0.001)
        found, seen, busy = [], {}, set()
        for nas_id, peer in self._peers.items():
            before = self._written.get(nas_id, {})
            asked = peer.counters["requests"] - before.get("requests", 0)
            if asked:
                self._heard_at[nas_id] = now
                busy.add(nas_id)
            elif nas_id not in self._busy:
                continue
            present = seen[nas_id] = {**peer.counters, "unsigned": peer.unsigned}
            new = {what: count - before.get(what, 0) for what, count in present.items()}
            found.append(Heard(nas_id, self._heard_at[nas_id], round(asked / seconds), new))
        self._present = (now, seen, busy)
        return found

    def written(self) -> None:
        """The round is in the database."""
        self._at, seen, self._busy = self._present
        self._written |= seen
