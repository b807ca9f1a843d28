"""An interface at work: whether it is up, and what it counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from oss.lab.network.shape import Device, Pon
from oss.lab.network.traffic import Counter

ETHERNET, GPON = 6, 250
"""ifType (IANAifType-MIB)."""
PON_BPS: Final = 2_488_000_000
PON_LOAD: Final = 0.15
UPLOAD: Final = 0.18
"""Octets that customers send for each that they receive."""
ERRORS_A_SECOND: Final = 0.002


@dataclass
class LivePort:
    """``towards``: octets flow in from where the internet is, as on an uplink; else they flow out to customers."""

    index: int
    name: str
    alias: str
    speed_bps: int
    kind: int
    mac: bytes
    load: float
    towards: bool = True
    up: bool = True
    share: float = 1.0
    discontinuity: int = 0
    counters: dict[str, Counter] = field(default_factory=dict)

    def __post_init__(self) -> None:
        down = self.speed_bps / 8 * self.load
        means = (down, down * UPLOAD) if self.towards else (down * UPLOAD, down)
        self.counters = {
            "in_octets": Counter(means[0], self.index),
            "out_octets": Counter(means[1], self.index + 1),
            **{name: Counter(ERRORS_A_SECOND * self.load, self.index) for name in ERRORS},
        }

    def set(self, *, up: bool | None = None, share: float | None = None) -> None:
        """Up or down; how much of the usual flows through it when it is up."""
        self.up = self.up if up is None else up
        self.share = self.share if share is None else share
        for one in self.counters.values():
            one.flow(self.share if self.up else 0.0)

    def restart(self) -> None:
        """All its counters begin at nothing."""
        for one in self.counters.values():
            one.show(0)

    def show_octets(self, value: float) -> None:
        """Both octet counters go on from here."""
        for name in ("in_octets", "out_octets"):
            self.counters[name].show(value)


ERRORS = ("in_errors", "out_errors", "in_discards", "out_discards")


def ports_of(device: Device) -> list[LivePort]:
    """Its Ethernet ports, then its PONs."""
    found = [
        LivePort(one.index, one.name, one.alias, one.speed_bps, ETHERNET, device.mac(one.index), one.load)
        for one in device.ports
    ]
    return found + [_of_pon(device, one) for one in device.pons]


def _of_pon(device: Device, pon: Pon) -> LivePort:
    load = PON_LOAD * len(pon.onus) / 64
    return LivePort(pon.index, pon_name(pon), "", PON_BPS, GPON, device.mac(pon.number), load, towards=False)


def pon_name(pon: Pon) -> str:
    """As ifName has it: ZTE writes what the port is in front."""
    return pon.name if pon.name.startswith("GPON") else f"gpon_{pon.name}"
