"""ONUs at work: lit, dark for want of light, or gone for want of power."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from oss.lab.network import clock
from oss.lab.network.shape import Device, Fate, Onu, Pon


@dataclass
class LiveOnu:
    """``last_down``: how it went the last time; ``went``: how often something took it away;
    ``loss_db``: light that a bad splice costs it."""

    shape: Onu
    pon: Pon
    fate: Fate
    last_down: Fate | None = None
    went: int = 0
    loss_db: float = 0.0

    @property
    def lit(self) -> bool:
        return self.fate is Fate.LIT

    def goes(self, how: Fate) -> bool:
        """It goes; False where it was gone already."""
        self.went += 1
        if not self.lit:
            return False
        self.fate = self.last_down = how
        return True

    def comes(self) -> bool:
        """It is lit again; False where it was."""
        if self.lit:
            return False
        self.fate = Fate.LIT
        return True

    def light(self) -> float:
        """dBm at the ONU now: what its place gives, and a little that moves."""
        wave = (clock.now() / 600 + self.shape.metres) % 2
        return self.shape.light - self.loss_db + 0.15 * abs(wave - 1)


class Plant:
    """The ONUs of one OLT."""

    def __init__(self, device: Device) -> None:
        self.device = device
        self.onus = {pon.number: [_begun(one, pon) for one in pon.onus] for pon in device.pons}

    def __iter__(self) -> Iterator[LiveOnu]:
        return (one for some in self.onus.values() for one in some)

    def on(self, pon: int | None) -> list[LiveOnu]:
        """Those of one PON, or all. Raises ValueError."""
        if pon is None:
            return list(self)
        if pon not in self.onus:
            known = ", ".join(map(str, self.onus)) or "none"
            raise ValueError(f"{self.device.name} has no PON {pon}; it has {known}")
        return self.onus[pon]

    def share(self, pon: int) -> float:
        """How many of its ONUs are lit, of 1."""
        some = self.onus[pon]
        return sum(one.lit for one in some) / len(some) if some else 0.0


def _begun(one: Onu, pon: Pon) -> LiveOnu:
    return LiveOnu(one, pon, one.fate, None if one.fate is Fate.LIT else one.fate)
