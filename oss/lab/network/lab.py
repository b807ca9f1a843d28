"""The network that breaks on command.

    async with network_lab(SMALL, port=16161, traps_to=("127.0.0.1", 1162)) as lab:
        await lab.cut_fibre("olt-1", pon=3)
        await lab.repair("olt-1", pon=3)

Each order can also be given through the lab's control port, and by ``milha lab network ORDER ...``.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from types import MappingProxyType
from typing import Any, Final

from oss.lab.nas import Nas
from oss.lab.network.equipment import Address, Equipment, started
from oss.lab.network.faces import shown
from oss.lab.network.hands_on import HandsOn
from oss.lab.network.lines import Lines
from oss.lab.network.orders import order
from oss.lab.network.plant import PASSWORD_TAIL, Behind, LiveOnu
from oss.lab.network.port import LivePort
from oss.lab.network.reach import reached
from oss.lab.network.shape import Fate, Link, Shape

PORT: Final = 16161
HOW: Final = {"power": Fate.POWER, "fibre": Fate.FIBRE, "off": Fate.OFF}


class NetworkLab(HandsOn):
    """The devices of one shape. Names are those of the shape, however capitalised; wrong ones raise ValueError."""

    def __init__(self, shape: Shape, port: int, devices: dict[str, Equipment]) -> None:
        super().__init__(shape, devices)
        self.port = port
        self._cut: set[Link] = set()

    def inhabit(self, logins: Sequence[str]) -> None:
        """Who dials behind which ONU."""
        ends = [
            (device.device, self._end(device, pon.number, onu.number))
            for device in self.devices.values()
            for pon in device.device.pons
            for onu in pon.in_boxes
        ]
        named = {login for one in self.shape.devices for pon in one.pons for _, login in pon.waiting}
        for (device, end), login in zip(ends, (one for one in logins if one not in named), strict=False):
            if end is not None:
                end.behind = Behind(login, login + PASSWORD_TAIL, device.nas)

    def _end(self, olt: Equipment, pon: int, number: int) -> LiveOnu | None:
        return olt.state.plant.numbered(pon, number)

    # ------------------------------------------------------------ the plant

    @order
    async def cut_fibre(self, device: str, pon: int) -> None:
        """The fibre of a PON is cut: its OLT sees no light of any ONU, and none of them says a word."""
        self._lose(device, pon, Fate.FIBRE)

    @order
    async def cut_power(self, device: str, pon: int) -> None:
        """The street behind a PON loses its power: each ONU gasps with its last charge, and is gone."""
        self._lose(device, pon, Fate.POWER)

    @order
    async def drop_onu(self, device: str, pon: int, number: int, how: str = "power") -> None:
        """One ONU goes: by power, by fibre, or off without a reason."""
        if how not in HOW:
            raise ValueError(f"how is one of {', '.join(HOW)}")
        olt = self.device(device)
        some = [one for one in olt.state.plant.on(pon) if one.number == number]
        if not some:
            raise ValueError(f"PON {pon} of {olt.device.name} has no ONU {number}")
        self._changed(olt, [one for one in some if one.goes(HOW[how])])

    @order
    async def dim(self, device: str, pon: int, loss_db: float = 8.0) -> None:
        """A bad splice: so many dB less light at each ONU of a PON; they stay lit."""
        if not 0 <= loss_db <= 60:
            raise ValueError("loss_db is 0 to 60")
        for one in self.device(device).state.plant.on(pon):
            one.loss_db = loss_db

    @order
    async def repair(self, device: str, pon: int | None = None, within_s: float = 0.0) -> None:
        """Light and power are back on a PON, or on a whole OLT; its ONUs come up one by one within so many seconds."""
        olt = self.device(device)
        for one in olt.state.plant.on(pon):
            one.loss_db = 0.0
        dark = [one for one in olt.state.plant.on(pon) if one.plugged and not one.lit]
        for number in {one.pon.number for one in dark if one.fate is Fate.FIBRE}:
            olt.voice.light(number, dark=False)
        if within_s <= 0:
            for one in dark:
                one.comes()
            self._changed(olt, dark)
            return
        for place, one in enumerate(dark, 1):
            self._later(olt, within_s * place / len(dark), partial(self._back, olt, one, one.went))

    def _back(self, olt: Equipment, one: LiveOnu, went: int) -> None:
        """It comes up, unless something broke anew meanwhile."""
        if one.went == went and one.comes():
            self._changed(olt, [one])

    def _lose(self, device: str, pon: int, how: Fate) -> None:
        olt = self.device(device)
        gone = [one for one in olt.state.plant.on(pon) if one.goes(how)]
        if how is Fate.FIBRE:
            olt.voice.light(pon, dark=True)
        self._changed(olt, gone)

    def _changed(self, olt: Equipment, some: list[LiveOnu]) -> None:
        olt.voice.onus(some)
        olt.state.plant.tell(some)
        by_index = {one.index: one for one in olt.state.ports}
        for pon in {one.pon.index: one.pon for one in some}.values():
            by_index[pon.index].set(share=olt.state.plant.share(pon.number))

    # ------------------------------------------------------------ devices and sites

    @order
    async def kill(self, device: str) -> None:
        """A device loses its power: it answers nobody, and what it was joined to sees the link go down."""
        self.device(device).dead = True
        self._settle()

    @order
    async def revive(self, device: str) -> None:
        """Its power is back: it starts anew and says so."""
        self._revive([self.device(device)])

    @order
    async def site_down(self, site: str) -> None:
        """A whole site loses its power."""
        for one in self._at(site):
            nas = self.nas.get(one.device.name)
            if nas is not None and not one.dead:
                nas.switch_off()
            one.dead = True
        self._settle()

    @order
    async def site_up(self, site: str) -> None:
        """A site has its power again."""
        self._revive(self._at(site))

    @order
    async def reboot(self, device: str, announce: bool = True) -> None:
        """sysUpTime and all counters begin at nothing, with a coldStart or without a word."""
        one = self.device(device)
        one.reboot(announce)
        face = self.faces.get(one.device.name)
        if face is not None:
            face.doors.reboot(face.whims.away_s)

    def _at(self, site: str) -> list[Equipment]:
        found = [one for one in self.devices.values() if one.device.site.lower() == site.lower()]
        if not found:
            raise ValueError(f"no site named {site!r}; there are {', '.join(one.name for one in self.shape.sites)}")
        return found

    def _revive(self, some: Iterable[Equipment]) -> None:
        back = [one for one in some if one.dead]
        for one in back:
            one.dead = False
        self._settle()
        for one in back:
            one.reboot(announce=True)
            if one.device.name in self.nas:
                self.nas[one.device.name].switch_on()

    # ------------------------------------------------------------ links

    @order
    async def cut_link(self, a: str, b: str) -> None:
        """What joins two devices is cut: both ports go down, and what is behind cannot be reached."""
        self._cut |= set(self._between(a, b))
        self._settle()

    @order
    async def mend_link(self, a: str, b: str) -> None:
        """What joins two devices is whole again."""
        self._cut -= set(self._between(a, b))
        self._settle()

    @order
    async def flap(self, device: str, port: str, times: int = 6, every_s: float = 1.0) -> None:
        """A port goes down and comes up again so many times, each change after so many seconds."""
        one = self.device(device)
        live = one.state.port(port)
        if not 1 <= times <= 10_000 or every_s < 0.01:
            raise ValueError("times is 1 to 10,000, every_s at least 0.01")
        for number in range(2 * times):
            self._later(one, number * every_s, partial(self._turn, one, live, bool(number % 2)))

    def _between(self, a: str, b: str) -> list[Link]:
        ends = {self.shape.device(a).name, self.shape.device(b).name}
        found = [one for one in self.shape.links if {one.a, one.b} == ends]
        if not found:
            raise ValueError(f"nothing joins {a} and {b}")
        return found

    def _settle(self) -> None:
        """Make ports and voices follow from what is dead and what is cut."""
        dead = {name for name, one in self.devices.items() if one.dead}
        whole = [one for one in self.shape.links if one not in self._cut]
        tops = [one.name for one in self.shape.devices if one.core]
        found = reached(tops, [(one.a, one.b) for one in whole], dead)
        for name, one in self.devices.items():
            one.cut_off = name not in found
        for device in self.devices.values():
            if not (device.dead or device.cut_off):
                device.settle()
        for link in self.shape.links:
            up = link not in self._cut and link.a not in dead and link.b not in dead
            for name, port in ((link.a, link.a_port), (link.b, link.b_port)):
                one = self.devices[name]
                self._turn(one, one.state.port(port), up)
        for device in self.devices.values():
            device.settle()

    def _turn(self, one: Equipment, port: LivePort, up: bool) -> None:
        if port.up == up:
            return
        port.set(up=up)
        one.voice.link(port)

    # ------------------------------------------------------------ manners

    @order
    async def slow(self, device: str, seconds: float = 3.0) -> None:
        """It answers, after so many seconds."""
        if not 0 <= seconds <= 3600:
            raise ValueError("seconds is 0 to 3600")
        self.device(device).agent.manner.slow_s = seconds

    @order
    async def stutter(self, device: str, copies: int = 2) -> None:
        """It says each answer so many times."""
        if not 1 <= copies <= 100:
            raise ValueError("copies is 1 to 100")
        self.device(device).agent.manner.copies = copies

    @order
    async def late(self, device: str) -> None:
        """Every other answer comes when the next request is there already."""
        self.device(device).agent.manner.late = True

    @order
    async def heat(self, device: str, degrees: float = 35.0) -> None:
        """It is so many degrees warmer than usual; 0: as usual."""
        if not -50 <= degrees <= 100:
            raise ValueError("degrees is -50 to 100")
        self.device(device).state.heat = degrees

    @order
    async def change_community(self, device: str, community: str = "outra") -> None:
        """Its community is another one: it does not answer, and sends authenticationFailure for each request."""
        self.device(device).agent.community = community.encode()

    @order
    async def behave(self, device: str) -> None:
        """It answers again as it should, in the community it had."""
        one = self.device(device)
        one.behave()
        one.agent.community = self.shape.community.encode()

    # ------------------------------------------------------------ counters

    @order
    async def reset_counters(self, device: str, said: bool = False) -> None:
        """Its counters begin at nothing while it runs on; said: ifCounterDiscontinuityTime tells of it."""
        state = self.device(device).state
        for one in state.ports:
            one.restart()
            one.discontinuity = state.ticks() if said else one.discontinuity

    @order
    async def near_wrap(self, device: str, octets: int = 50_000_000) -> None:
        """Its octet counters stand so few octets before they wrap: at 32 bits where it has no others, else at 64."""
        one = self.device(device)
        bits = 32 if one.device.narrow else 64
        for port in one.state.ports:
            port.show_octets(2**bits - octets)

    # ------------------------------------------------------------ how it stands

    @order
    async def status(self) -> dict[str, Any]:
        """Each device: where it answers, whether it is away, ports that are down, dark ONUs by PON."""
        return {name: self._told(one) for name, one in self.devices.items()}

    def _told(self, one: Equipment) -> dict[str, Any]:
        dark: dict[str, int] = {}
        for onu in one.state.plant:
            if not onu.lit:
                dark[str(onu.pon.number)] = dark.get(str(onu.pon.number), 0) + 1
        return {
            "at": f"{one.device.address}:{self.port}",
            "away": "dead" if one.dead else "cut off" if one.cut_off else None,
            "asked": one.agent.asked,
            "down": [port.name for port in one.state.ports if not port.up],
            "dark": dark,
            "up_s": round(one.state.uptime.seconds()),
        }

    def _later(self, one: Equipment, after_s: float, act: Callable[[], None]) -> None:
        def due() -> None:
            one.timers.discard(timer)
            act()

        timer = asyncio.get_running_loop().call_later(after_s, due)
        one.timers.add(timer)


@asynccontextmanager
async def network_lab(
    shape: Shape,
    port: int = PORT,
    traps_to: Address | None = None,
    cli_port: int | None = None,
    nas: Mapping[str, Nas] = MappingProxyType({}),
    logins: Sequence[str] = (),
) -> AsyncIterator[NetworkLab]:
    """The network, up while inside: each device at its address, at this UDP port (and the TCP port for echoes).

    ``traps_to``: where traps go; None: nowhere. ``cli_port``: from which on command lines and APIs answer (`faces`);
    None: there are none. ``nas``: on which customers dial, and whose sessions routers of the same names show.
    ``logins``: who dials behind the ONUs that are in boxes, in their order, but those that the shape names.
    Raises OSError where a port is taken.
    """
    async with AsyncExitStack() as stack:
        devices = {}
        for device in shape.devices:
            one = devices[device.name] = await started(device, shape, port, traps_to)
            stack.callback(one.close)
        lab = NetworkLab(shape, port, devices)
        lab.nas = dict(nas)
        lab.inhabit(logins)
        lab.lines = Lines(nas)
        stack.callback(lab.lines.close)
        for one in devices.values():
            lab.lines.watch(one.state.plant)
        if cli_port is not None:
            lab.faces = await stack.enter_async_context(shown(devices, cli_port, nas))
        yield lab
