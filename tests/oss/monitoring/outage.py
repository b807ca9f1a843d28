"""A PON that goes dark, by real code: a watch that observes samples of ONUs whose lines are customers'."""

from __future__ import annotations

from dataclasses import dataclass

from oss.access import drops
from oss.access.drops import Drop
from oss.base import clock, db, secrets
from oss.monitoring.causes import Last, Thing
from oss.monitoring.watch import Watch
from tests.conftest import TESTER
from tests.oss.network.drawn import Drawn, draw


@dataclass
class Outage:
    """A drawn network with a line at each ONU of the first PON, and the watch over it."""

    drawn: Drawn
    watch: Watch
    now: float

    async def onus(self, state: float, some: slice = slice(None), polls: int = 2) -> None:
        """Two polls, half a minute apart: what lasts is told."""
        for _ in range(polls):
            self.now += 30
            chosen = self.drawn.onus[some]
            self.watch.observe("onu", self.now, chosen, {"state": [state] * len(chosen)})
            self.watch.tick(self.now)
            await self.watch.settle(self.now)

    async def cut(self) -> int:
        """The fibre of the first PON breaks; returns the incident."""
        for onu in self.drawn.onus:
            self.watch.last_word(Thing("onu", onu), Last.LIGHT, self.now)
        await self.onus(0.0)
        return int(await db.fetchval("select max(id) from incident where ended_at is null"))

    async def repair(self) -> None:
        """All are back."""
        await self.onus(1.0)


async def drawn_outage(sealer: secrets.Sealer, logins: list[str], ago_s: float = 600) -> Outage:
    """The network of `draw` with one ONU a login, all of them lit since a while ago."""
    async with db.transaction() as connection:
        drawn = await draw(connection, sealer, onu_count=len(logins))
        for login, onu in zip(logins, drawn.onus, strict=True):
            account = await drops.account_of(connection, login)
            await drops.tie(connection, TESTER, account or 0, Drop(onu_id=onu))
    watch = Watch()
    await watch.load(db.pool())
    found = Outage(drawn, watch, clock.now().timestamp() - ago_s)
    await found.onus(1.0)
    return found
