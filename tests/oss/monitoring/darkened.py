"""A provider with a drawn network whose lines hang on ONUs, and what goes wrong in it, told by hand."""

from __future__ import annotations

from datetime import datetime, timedelta

from oss.access import drops
from oss.access.drops import Drop
from oss.base import clock, db, secrets
from oss.monitoring.causes import Last, Thing
from oss.monitoring.kinds import NAS, ONU, PING
from oss.monitoring.samples import NAN, Sample, write
from oss.monitoring.watch import Watch
from tests.conftest import TESTER, Seed
from tests.oss.network.drawn import Drawn, draw


async def drawn_for(seed: Seed, sealer: secrets.Sealer) -> Drawn:
    """A network with an ONU for each login, all on the first PON."""
    async with db.transaction() as connection:
        drawn = await draw(connection, sealer, onu_count=len(seed.logins))
        for login, onu in zip(seed.logins, drawn.onus, strict=True):
            account = await drops.account_of(connection, login)
            await drops.tie(connection, TESTER, account or 0, Drop(onu_id=onu))
    return drawn


async def darken(drawn: Drawn, away: int, last: Last = Last.LIGHT, ago: timedelta = timedelta(minutes=12)) -> Watch:
    """The first ``away`` ONUs are lost so long ago, by the real watch."""
    watch = Watch()
    await watch.load(db.pool())
    at = (clock.now() - ago).timestamp()
    watch.observe("onu", at - 60, drawn.onus, {"state": [1.0] * len(drawn.onus)})
    for onu in drawn.onus[:away]:
        watch.last_word(Thing("onu", onu), last, at)
    for moment in (at, at + 30, at + 60):
        watch.observe("onu", moment, drawn.onus[:away], {"state": [0.0] * away})
        watch.tick(moment)
        await watch.settle(moment)
    return watch


async def lit(drawn: Drawn, powers: list[float], away: int = 0, at: datetime | None = None) -> None:
    """The OLT's poll: the first ``away`` ONUs are dark, the others receive ``powers`` (dBm, in turn)."""
    metrics: list[float] = []
    for place in range(len(drawn.onus)):
        dark, power = place < away, powers[place % len(powers)]
        metrics += [NAN if dark else power, NAN, NAN if dark else power - 1.5, 1_200.0 + place, 0.0 if dark else 1.0]
    when = (at or clock.now()).timestamp() - 5
    await put(Sample(when, drawn.devices["olt"], ONU, drawn.onus, metrics))


async def put(*samples: Sample) -> None:
    async with db.pool().acquire() as connection:
        await write(connection, list(samples))


async def carried(nas: int, down_bps: float, up_bps: float) -> None:
    """What a router carries now."""
    await put(Sample(clock.now().timestamp() - 5, nas, NAS, (nas,), (3.0, up_bps, down_bps)))


async def unreachable(*devices: int, ago: timedelta = timedelta(minutes=5)) -> None:
    """Devices that have answered no echo for so long."""
    watch = Watch()
    await watch.load(db.pool())
    at = (clock.now() - ago).timestamp()
    for moment in (at, at + 30, at + 60):
        watch.observe("ping", moment, devices, {"loss_pct": [100.0] * len(devices)})
        watch.tick(moment)
        await watch.settle(moment)


async def echoed(device: int, count: int = 60) -> None:
    """An hour of echoes."""
    now = clock.now().timestamp()
    await put(*(Sample(now - 60 * n, device, PING, (device,), (4.0 + n % 3, 0.0)) for n in range(count, 0, -1)))
