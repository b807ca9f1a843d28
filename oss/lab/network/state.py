"""What a device is at this moment: its own time, its ports and its ONUs. Whoever answers reads it, orders change it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from oss.lab.network import clock
from oss.lab.network.clock import Uptime
from oss.lab.network.plant import Plant
from oss.lab.network.port import LivePort, ports_of
from oss.lab.network.shape import Device

DAY_S = 86_400


@dataclass
class State:
    """``boots``: starts so far; ``heat``: degrees more than usual."""

    device: Device
    uptime: Uptime
    ports: list[LivePort]
    plant: Plant
    boots: int = 1
    heat: float = 0.0

    def ticks(self) -> int:
        """sysUpTime, hundredths of a second."""
        return int(self.uptime.seconds() * 100)

    def port(self, name: str) -> LivePort:
        """By its name. Raises ValueError."""
        found = [one for one in self.ports if one.name == name]
        if not found:
            known = ", ".join(one.name for one in self.ports)
            raise ValueError(f"{self.device.name} has no port {name!r}; it has {known}")
        return found[0]

    def wave(self, least: float, most: float, period_s: float, mark: int = 0) -> float:
        """A value that goes up and down between two, at another time in each device."""
        turn = clock.now() / period_s + (self.device.seed + mark * 7) % 1000 / 1000
        return least + (most - least) * (0.5 + 0.5 * math.sin(math.tau * turn))

    def restart(self) -> None:
        """As after a power cut: time and counters begin at nothing."""
        self.uptime.restart()
        self.boots += 1
        for one in self.ports:
            one.discontinuity = 0
            one.restart()


def state_of(device: Device) -> State:
    """A device that has been running for some days."""
    seconds = (3 + device.seed % 200) * DAY_S
    state = State(device, Uptime(seconds), ports_of(device), Plant(device))
    for port in state.ports:
        for one in port.counters.values():
            one.show(one.mean * seconds)
    for pon in device.pons:
        next(port for port in state.ports if port.index == pon.index).set(share=state.plant.share(pon.number))
    return state
