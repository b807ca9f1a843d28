"""What devices told by traps: kept for people, a batch a second. Nothing is decided by it.

A device may send a thousand a second; of each only so many a minute are kept, and how many were not is kept too.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from oss.base import db
from oss.base.supervisor import Health
from oss.network import configuration_nights
from snmp.trap_events import TrapEvent, clean
from snmp.trap_fold import Heard

EVERY_S: Final = 1.0
OF_A_DEVICE: Final = 300
"""Rows of one device that are kept in a minute: an OLT whose 128 ONUs of a PON go dark tells of each twice."""
MOST_WAITING: Final = 20_000
BATCH: Final = 2_000
LONGEST: Final = 200

INSERT = """insert into device_event (device_id, at, last_at, times, kind, name, subject, facts, signed_by)
select t.* from unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[], $4::int[], $5::text[], $6::text[],
  $7::text[], $8::jsonb[], $9::text[]) t(device_id, at, last_at, times, kind, name, subject, facts, signed_by)
where exists (select 1 from device where id = t.device_id)"""
OF_DEVICE = """select at, last_at, times, kind, name, subject, facts::text as facts, signed_by from device_event
where device_id = $1 order by at desc, id desc limit $2"""


class DeviceEvents:
    """``put`` from the loop that hears traps; ``run`` writes until it is cancelled."""

    def __init__(self) -> None:
        self.waiting: deque[tuple[Any, ...]] = deque()
        self.left_out = 0
        self._minute, self._counts = 0, Counter[int]()

    def put(self, heard: Heard) -> None:
        """One more; left out, and counted, where its device told too much or the database takes nothing."""
        minute = int(heard.last_at // 60)
        if minute != self._minute:
            self._minute, self._counts = minute, Counter()
        self._counts[heard.source] += 1
        if self._counts[heard.source] > OF_A_DEVICE or len(self.waiting) >= MOST_WAITING:
            self.left_out += 1
            return
        self.waiting.append(row(heard))

    async def run(self, health: Health) -> None:
        """A batch a second."""
        while True:
            while self.waiting:
                await self.flush()
            health.beat()
            await asyncio.sleep(EVERY_S)

    async def flush(self) -> None:
        """Write one batch; it leaves the queue when it is written."""
        batch = [self.waiting[place] for place in range(min(BATCH, len(self.waiting)))]
        if batch:
            await db.execute(INSERT, *(list(column) for column in zip(*batch, strict=True)))
            await configuration_nights.happened((one[0], one[5]) for one in batch)
        for _ in batch:
            self.waiting.popleft()


def row(heard: Heard) -> tuple[Any, ...]:
    """What is kept of a trap, in the columns' order."""
    event = heard.event
    moments = (datetime.fromtimestamp(at, UTC) for at in (heard.first_at, heard.last_at))
    words = (event.kind.value, event.name or event.trap, event.subject, json.dumps(_facts(event)), heard.user)
    return heard.source, *moments, heard.count, *words


def _facts(event: TrapEvent) -> dict[str, str | int]:
    """The values that a maker's file has names for, and the others by their OID."""
    found: dict[str, str | int] = {name: _bounded(value) for name, value in event.values.items()}
    for one in event.varbinds:
        if one.value is not None:
            found[one.oid] = _bounded(clean(one.value))
    return found


def _bounded(value: str | int) -> str | int:
    """Text without what PostgreSQL does not hold; numbers that are none of JSON's as text."""
    if isinstance(value, str):
        return value.replace("\0", "")[:LONGEST]
    return value if abs(value) < 2**53 else str(value)


async def of_device(connection: db.Connection, device_id: int, most: int = 200) -> Sequence[Mapping[str, Any]]:
    """What a device told, the newest first."""
    rows = await connection.fetch(OF_DEVICE, device_id, most)
    return [{**row, "facts": json.loads(row["facts"])} for row in rows]
