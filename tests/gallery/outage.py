"""What the demo's network shows of itself: light, echoes, a PON that is cut, an outage last month and its credits."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

from oss import demo
from oss.base import clock, db
from oss.monitoring import sla
from oss.monitoring.causes import Last, Thing
from oss.monitoring.kinds import DEVICE, NAS, ONU, PING
from oss.monitoring.samples import NAN, Sample, write
from oss.monitoring.watch import Watch

ZONE = "America/Sao_Paulo"
ALL_OF_A_PON = """select o.id from onu o join account_drop r on r.onu_id = o.id
where o.pon_id = (select q.pon_id from onu q join account_drop d on d.onu_id = q.id group by 1 order by count(*) desc, 1
  limit 1) group by 1 order by 1"""
TO_ONUS = "select o.id, p.device_id from onu o join pon_port p on p.id = o.pon_id order by 1"


async def furnish() -> None:
    """Everything, by the code that does it in a provider."""
    away = [row["id"] for row in await db.fetch(ALL_OF_A_PON)]
    plan = await db.fetchval(
        "select plan_id from contract where status = 'active' group by 1 order by count(*) desc limit 1"
    )
    async with db.transaction() as connection:
        await sla.set_target(connection, demo.ACTOR, plan, 9_990)
    before = sla.months(clock.today(ZONE), 2)[1]
    begun = sla.month(before, ZONE).start + timedelta(days=2)
    await _outage(away, Last.POWER, begun, begun + timedelta(hours=7))
    async with db.transaction() as connection:
        await sla.propose_month(connection, sla.month(before, ZONE))
    await _outage(away, Last.LIGHT, clock.now() - timedelta(minutes=12), None)
    async with db.pool().acquire() as connection:
        await write(connection, await _samples(set(away)))


async def _outage(onus: Sequence[int], last: Last, begins: datetime, ends: datetime | None) -> None:
    """Some ONUs are lost together, and come back."""
    watch = Watch()
    await watch.load(db.pool())
    told = [(begins.timestamp() - 60, 1.0), *((begins.timestamp() + 15 * n, 0.0) for n in range(4))]
    told += [(ends.timestamp() + 30 * n, 1.0) for n in range(3)] if ends else []
    for at, state in told:
        if state == 0.0:
            for onu in onus:
                watch.last_word(Thing("onu", onu), last, at)
        watch.observe("onu", at, onus, {"state": [state] * len(onus)})
        watch.tick(at)
        await watch.settle(at)


async def _samples(away: set[int]) -> list[Sample]:
    """An hour of echoes and loads of every device, the newest light of every ONU, what the routers carry."""
    chance, now = random.Random(11), clock.now().timestamp()
    devices = [row["id"] for row in await db.fetch("select id from device order by 1")]
    found = [
        sample
        for minute in range(60, 0, -1)
        for one in devices
        for sample in (
            Sample(now - 60 * minute, one, PING, (one,), (chance.uniform(2, 9), 0.0)),
            Sample(
                now - 60 * minute, one, DEVICE, (one,), (chance.uniform(8, 30), 41.0, chance.uniform(38, 44), 8e5, NAN)
            ),
        )
    ]
    by_olt: dict[int, list[int]] = {}
    for row in await db.fetch(TO_ONUS):
        by_olt.setdefault(row["device_id"], []).append(row["id"])
    for olt, ids in by_olt.items():
        metrics = [value for one in ids for value in _light(chance, one in away)]
        found.append(Sample(now - 20, olt, ONU, ids, metrics))
    routers = [row["id"] for row in await db.fetch("select id from nas where active")]
    return found + [
        Sample(now - 20, one, NAS, (one,), (60.0, chance.uniform(2e8, 4e8), chance.uniform(2e9, 4e9)))
        for one in routers
    ]


def _light(chance: random.Random, dark: bool) -> tuple[float, ...]:
    power = chance.gauss(-20.5, 2.4)
    return (NAN, NAN, NAN, NAN, 0.0) if dark else (power, 2.1, power - 1.4, chance.uniform(400, 6_000), 1.0)
