"""The mass-cut brake's setting: from which share and number of contracts on a person is asked first."""

from __future__ import annotations

from dataclasses import dataclass

from billing.dunning import BRAKE_MINIMUM, BRAKE_SHARE
from oss.base import audit, db, settings
from oss.base.problems import InvalidInput


@dataclass(frozen=True, slots=True)
class Brake:
    """``share`` of the active contracts (0.05 is five percent); below ``minimum`` contracts it never asks."""

    share: float
    minimum: int
    active: int

    @property
    def percent(self) -> float | int:
        """The share as people write it: 10, 7.5."""
        value = round(100 * self.share, 2)
        return int(value) if value == int(value) else value

    @property
    def contracts(self) -> int:
        """How many contracts that is at present."""
        return max(self.minimum, int(self.share * self.active) + 1)


async def read() -> Brake:
    """The present setting, beside the number of active contracts."""
    async with db.transaction() as connection:
        share = await settings.number(connection, "dunning.brake_share", BRAKE_SHARE)
        minimum = await settings.number(connection, "dunning.brake_minimum", BRAKE_MINIMUM)
        active = await connection.fetchval("select count(*) from contract where status = 'active'")
    return Brake(share, int(minimum), active)


async def write(actor: audit.Actor, share: float, minimum: int) -> None:
    """Change it."""
    wrong = {}
    if not 0.001 <= share <= 1:
        wrong["share"] = "must be between 1 and 100"
    if not 1 <= minimum <= 1_000_000:
        wrong["minimum"] = "must be between 1 and 1000000"
    if wrong:
        raise InvalidInput(wrong)
    async with db.transaction() as connection:
        await settings.write(connection, actor, "dunning.brake_share", share)
        await settings.write(connection, actor, "dunning.brake_minimum", minimum)
