"""The command lines and APIs of a network's devices, at the same ports of each device's address.

From one port on: SSH, telnet, the RouterOS API, the same by TLS. What a device has of these is as its maker's have.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal

from oss.lab.nas import Nas
from oss.lab.network.callers import OfNas
from oss.lab.network.cli.doors import Doors, opened
from oss.lab.network.cli.line import CommandLine
from oss.lab.network.equipment import Equipment
from oss.lab.network.routeros.doors import RouterDoors, served
from oss.lab.network.routeros.router import RouterOs
from oss.lab.network.shape import Device, Maker
from oss.lab.network.shells.huawei_olt import HuaweiOlt
from oss.lab.network.shells.ios import Ios
from oss.lab.network.shells.vrp import Vrp
from oss.lab.network.shells.vsol import Vsol
from oss.lab.network.shells.zte import ZteC300, ZteC600
from oss.lab.network.state import State
from oss.lab.network.whims import Whims

SSH, TELNET, API, API_TLS = range(4)
"""Added to the first port."""
USER: Final = "milha"
PASSWORD: Final = "lab-comando"
LINES: Final[dict[Maker, Callable[[State], CommandLine]]] = {
    Maker.HUAWEI_OLT: HuaweiOlt,
    Maker.ZTE_C300: ZteC300,
    Maker.ZTE_C600: ZteC600,
    Maker.VSOL: Vsol,
    Maker.HUAWEI: Vrp,
}
CISCO: Final = ("ASR", "ISR", "CSR")
"""How models of routers begin that speak IOS; the lab has no tables of their own for them."""
BY_TELNET: Final = (Maker.ZTE_C300, Maker.VSOL)
"""Whose older devices have nothing else."""

Protocol = Literal["off", "ssh", "telnet", "api"]


def spoken(device: Device) -> tuple[Protocol, int]:
    """How a device of the lab is spoken to, and what is added to the first port."""
    if device.maker is Maker.MIKROTIK:
        return "api", API
    if spoken_line(device) is None:
        return "off", 0
    return ("telnet", TELNET) if device.maker in BY_TELNET else ("ssh", SSH)


def spoken_line(device: Device) -> Callable[[State], CommandLine] | None:
    """Its command line; None: it has none here."""
    if device.model.startswith(CISCO):
        return Ios
    return LINES.get(device.maker)


@dataclass
class Face:
    """One device's ways in."""

    whims: Whims
    doors: Doors | RouterDoors
    line: CommandLine | RouterOs

    def settle(self, away: bool) -> None:
        """Nobody gets in while it is without power or cut off."""
        self.doors.away(away)

    async def change_key(self) -> None:
        """Another SSH host key, and another certificate where it has one."""
        await self.doors.change_key()


@asynccontextmanager
async def shown(
    devices: Mapping[str, Equipment], first_port: int, nas: Mapping[str, Nas]
) -> AsyncIterator[dict[str, Face]]:
    """The faces of all devices that have one, by name, while inside. Raises OSError where a port is taken."""
    async with AsyncExitStack() as stack:
        faces: dict[str, Face] = {}
        for name, one in devices.items():
            face = await _opened(stack, one, first_port, nas.get(name))
            if face is not None:
                faces[name] = face
                one.faces.append(face.settle)
                face.whims.reboot = partial(_reboot, one, face)
        yield faces


def _reboot(one: Equipment, face: Face) -> None:
    one.reboot(announce=True)
    face.doors.reboot(face.whims.away_s)


async def _opened(stack: AsyncExitStack, one: Equipment, port: int, nas: Nas | None) -> Face | None:
    device = one.device
    if device.maker is Maker.MIKROTIK:
        router = RouterOs(one.state)
        if nas is not None:
            router.callers = OfNas(nas)
        doors = await stack.enter_async_context(served(router, device.address, port + API, port + API_TLS, port + SSH))
        return Face(router.whims, doors, router)
    made = spoken_line(device)
    if made is None:
        return None
    line = made(one.state)
    if isinstance(line, Vrp | Ios) and nas is not None:
        line.callers = OfNas(nas)
    ssh = None if device.maker in BY_TELNET else port + SSH
    shell = await stack.enter_async_context(opened(line, device.address, ssh, port + TELNET))
    return Face(line.whims, shell, line)
