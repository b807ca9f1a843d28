"""When configurations are read: each night every device that can be spoken to, and soon after a trap told of a change.

Who keeps the links reads; each device is claimed, so that several processes never read one at a time.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from oss.base import clock, db
from oss.base.problems import Problem
from oss.base.secrets import Sealer
from oss.base.supervisor import Health
from oss.drivers.problems import DeviceProblem, NotOffered
from oss.network import configurations, device_reach, device_settings
from oss.network.configurations import Why
from oss.network.device_links import Priority

log = logging.getLogger(__name__)
NIGHT_HOUR: Final = 3
NIGHT_LASTS_H: Final = 3
"""What could not be read is tried again until six o'clock, and then the next night."""
AGAIN_S: Final = 1200.0
LOOK_S: Final = 5.0
AT_ONCE: Final = 6
CLAIM_S: Final = configurations.READ_S + 240.0
"""A reading and that of the settings after it; who has not ended by then is dead, and another one reads."""
SETTLED_S: Final = 20.0
"""A person who changes one thing changes another: a trap is waited out so long."""
CHANGE_TRAPS: Final = (
    "1.3.6.1.4.1.9.9.43.2.0.1",  # CISCO-CONFIG-MAN-MIB ciscoConfigManEvent
    "1.3.6.1.4.1.9.9.43.2.0.2",  # ccmCLIRunningConfigChanged
    "1.3.6.1.4.1.2011.5.25.191.3.1",  # HUAWEI-CONFIG-MAN-MIB hwCfgManEventlog
)
DUE: Final = """with due as (
  select d.id, r.due_at from device d left join device_configuration_read r on r.device_id = d.id
  where d.enabled and d.role in ('router', 'olt', 'switch') and d.cli_protocol <> 'off' and d.management is not null
    and (r.claimed_until is null or r.claimed_until < now())
    and (r.due_at <= now() or r.claimed_until < now()
      or $1::timestamptz is not null and (r.tried_at is null or r.tried_at < $1
        or r.problem <> '' and (r.read_at is null or r.read_at < $1)
          and r.tried_at < now() - make_interval(secs => $2)))
  order by r.due_at nulls last, r.tried_at nulls first, d.id limit $3),
claimed as (insert into device_configuration_read as r (device_id, claimed_until)
  select id, now() + make_interval(secs => $4) from due order by id
  on conflict (device_id) do update set claimed_until = excluded.claimed_until,
    due_at = case when r.due_at > now() then r.due_at end
  where r.claimed_until is null or r.claimed_until < now()
  returning device_id)
select device_id, coalesce(due.due_at <= now(), false) as happened from claimed join due on due.id = device_id"""
"""What is due is so no more once it is claimed: what happens while it is read makes it due again."""
ASK: Final = """insert into device_configuration_read (device_id, due_at)
select id, now() + make_interval(secs => $2) from device where id = any($1::bigint[])
on conflict (device_id) do update set due_at = coalesce(device_configuration_read.due_at, excluded.due_at)"""


def night(now: datetime, zone: ZoneInfo) -> datetime | None:
    """When tonight began, in the provider's zone; None: it is day."""
    here = now.astimezone(zone)
    began = here.replace(hour=NIGHT_HOUR, minute=0, second=0, microsecond=0)
    return began if began <= here < began + timedelta(hours=NIGHT_LASTS_H) else None


async def happened(traps: Iterable[tuple[int, str]]) -> int:
    """Traps came (device, OID); the configurations of those that tell of a change are read soon. How many tell."""
    ids = sorted({device_id for device_id, trap in traps if trap in CHANGE_TRAPS})
    if ids:
        await db.execute(ASK, ids, SETTLED_S)
    return len(ids)


async def read_due(sealer: Sealer, since: datetime | None) -> int:
    """Read what is due now, a few at a time; returns how many were tried. ``since``: when the night began."""
    rows = await db.fetch(DUE, since, AGAIN_S, AT_ONCE, CLAIM_S)
    await asyncio.gather(*(_one(sealer, row["device_id"], "trap" if row["happened"] else "night") for row in rows))
    return len(rows)


async def _one(sealer: Sealer, device_id: int, why: Why) -> None:
    try:
        taken = await configurations.take(sealer, device_id, why)
        with suppress(NotOffered):
            await device_settings.take(sealer, device_id, "system:configurations", Priority.SWEEP)
    except DeviceProblem as problem:
        # Written down for the page; a device without a driver is no news each night.
        level = logging.DEBUG if isinstance(problem, device_reach.NoDriver) else logging.INFO
        log.log(level, "configuration not read", extra={"facts": {"device": device_id, "why": str(problem)}})
    except Problem as problem:
        log.info("configuration not read", extra={"facts": {"device": device_id, "why": str(problem)}})
    else:
        if taken.new and taken.changes:
            log.info("configuration changed", extra={"facts": {"device": device_id, **taken.changes}})


async def nightly(sealer: Sealer, zone: ZoneInfo, health: Health) -> None:
    """Until cancelled."""
    while True:
        try:
            while await read_due(sealer, night(clock.now(), zone)):
                health.beat()
            health.beat()
        except db.AWAY as problem:
            health.fail(problem)
        await asyncio.sleep(LOOK_S)
