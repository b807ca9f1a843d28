"""Orders about ONUs and command lines: what people do in the field, and what devices do to who talks to them."""

from __future__ import annotations

import zlib
from typing import Any

from oss.lab.nas import Nas
from oss.lab.network.equipment import Equipment
from oss.lab.network.faces import Face
from oss.lab.network.lines import CARRIER_S, Lines
from oss.lab.network.orders import order
from oss.lab.network.plant import PASSWORD_TAIL, Behind, LiveOnu
from oss.lab.network.shape import MODELS, SERIALS, Shape
from oss.lab.network.whims import Deed

MBPS = 1_000_000


class HandsOn:
    """``devices``: of ``shape``, by name; ``faces``: where they are spoken to; ``nas``: on which customers dial;
    ``lines``: who dials behind an ONU."""

    def __init__(self, shape: Shape, devices: dict[str, Equipment]) -> None:
        self.shape, self.devices = shape, devices
        self.faces: dict[str, Face] = {}
        self.nas: dict[str, Nas] = {}
        self.lines: Lines | None = None

    def device(self, name: str) -> Equipment:
        """One device at work. Raises ValueError."""
        return self.devices[self.shape.device(name).name]

    def face(self, name: str) -> Face:
        """Where a device is spoken to. Raises ValueError."""
        found = self.faces.get(self.device(name).device.name)
        if found is None:
            raise ValueError(f"{name} has no command line here")
        return found

    # ------------------------------------------------------------ in the field

    @order
    async def plug(self, device: str, pon: int, login: str, serial: str = "", model: str = "") -> str:
        """An ONU is put on a PON and lights up, with the router of a login behind it; says its serial."""
        olt = self.device(device)
        maker = olt.device.maker
        if maker not in SERIALS:
            raise ValueError(f"{device} is no OLT")
        chosen = serial or f"{SERIALS[maker]}{zlib.crc32(f'{device}/{login}'.encode()):08X}"
        behind = Behind(login, login + PASSWORD_TAIL, olt.device.nas)
        metres = 300 + zlib.crc32(chosen.encode()) % 7000
        one = olt.state.plant.plug(pon, chosen, metres, model or MODELS.get(maker, "F670L"), behind)
        olt.voice.onus([one])
        return chosen

    @order
    async def unplug(self, device: str, serial: str) -> None:
        """An ONU is taken off its fibre."""
        olt = self.device(device)
        olt.voice.onus([olt.state.plant.unplug(serial)])

    @order
    async def wrong_vlan(self, device: str, pon: int, number: int, vlan: int = 4000) -> None:
        """Somebody configured another VLAN for an ONU: what its customer sends comes to no NAS."""
        olt = self.device(device)
        one = _numbered(olt, pon, number)
        assert one.setup is not None
        for flow in one.setup.flows.values():
            flow.vlan = vlan
        olt.state.plant.changed(one)

    @order
    async def download(self, login: str, mbps: float = 1000.0) -> None:
        """A customer downloads so many Mbit/s, as far as he is let; 0: as usual."""
        if not 0 <= mbps <= 100_000:
            raise ValueError("mbps is 0 to 100,000")
        lines = [nas.lines[login] for nas in self.nas.values() if login in nas.lines]
        if not lines:
            raise ValueError(f"nobody called {login!r} ever dialled")
        for line in lines:
            if line.session is not None:
                line.session.use(line.session.counted_at)
            line.pull_bps = int(mbps * MBPS)

    @order
    async def carrier(self, seconds: float = CARRIER_S) -> None:
        """How long a NAS takes to notice that nothing comes from a line any more."""
        if self.lines is None:
            raise ValueError("nobody dials in this lab")
        self.lines.carrier_s = seconds

    # ------------------------------------------------------------ command lines

    @order
    async def fail_command(self, device: str, number: int = 1, how: str = "close") -> None:
        """The command of this number from now on fails: refuse, close, hang, reboot, lost, mute or fatal."""
        if how not in list(Deed):
            raise ValueError(f"how is one of {', '.join(Deed)}")
        self.face(device).whims.fail(number, Deed(how))

    @order
    async def slow_commands(self, device: str, seconds: float = 2.0, line_seconds: float = 0.0) -> None:
        """Each command takes so long, and each line of its answer."""
        whims = self.face(device).whims
        whims.latency_s, whims.line_s = seconds, line_seconds

    @order
    async def chatter(self, device: str, on: bool = True) -> None:
        """Lines of its log come between those of its answers."""
        self.face(device).whims.spam = on

    @order
    async def lock_out(self, device: str, on: bool = True) -> None:
        """No password is right."""
        self.face(device).whims.deaf = on

    @order
    async def change_host_key(self, device: str) -> None:
        """It shows another SSH key than before."""
        await self.face(device).change_key()

    @order
    async def obey_commands(self, device: str) -> None:
        """Its command line is as it should be again."""
        self.face(device).whims.forgive()

    @order
    async def commands(self, device: str, window_s: float = 1.0) -> dict[str, Any]:
        """How many commands it took so far, and the most within so many seconds."""
        meter = self.face(device).whims.meter
        return {"commands": len(meter), "most": meter.most(window_s)}

    @order
    async def onus(self, device: str, pon: int) -> list[dict[str, Any]]:
        """The ONUs of a PON: number (none: only lit), serial, fate, who is behind it, and whether he is served."""
        plant = self.device(device).state.plant
        return [
            {
                "number": one.number,
                "serial": one.serial,
                "fate": str(one.fate),
                "plugged": one.plugged,
                "login": one.behind.login if one.behind else None,
                "served": plant.serves(one),
            }
            for one in plant.on(pon)
        ]


def _numbered(olt: Equipment, pon: int, number: int) -> LiveOnu:
    olt.state.plant.on(pon)
    found = olt.state.plant.numbered(pon, number)
    if found is None:
        raise ValueError(f"PON {pon} of {olt.device.name} has no ONU {number}")
    return found
