"""What a device says unasked: the standard traps, and those of its maker about ONUs.

ZTE's and Huawei's published traps are of their EPON cards; those of GPON are in no public MIB, so the lab uses the
former for both. Huawei has none for a dying gasp: there the last words are in the table alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from oss.lab import traps
from oss.lab.network.plant import LiveOnu
from oss.lab.network.port import LivePort
from oss.lab.network.shape import Fate, Maker
from oss.lab.network.state import State
from snmp.ber import INTEGER, OCTETS, Varbind

HUAWEI, HUAWEI_PLACE = "1.3.6.1.4.1.2011.5.25.179.1.7", "1.3.6.1.4.1.2011.5.25.179.1.6"
H_LOS, H_LOS_OVER, H_ONLINE, H_OFFLINE = 1, 2, 6, 7
ZTE_LOS, ZTE_LOS_OVER = "1.3.6.1.4.1.3902.1015.1010.1.10.1.30", "1.3.6.1.4.1.3902.1015.1010.1.10.1.31"


class Voice:
    """Sends from the device's address to where traps go; says nothing while it is mute, or nobody wants to hear.

    ``sign``: makes a message of v3 of one of v2c.
    """

    def __init__(self, state: State, to: tuple[str, int] | None, community: bytes) -> None:
        self._state, self.mute = state, False
        self.sign: Callable[[bytes], bytes] | None = None
        self._sender = None if to is None else traps.Device(to, state.device.address, community)
        if self._sender is not None:
            self._sender.began -= state.uptime.seconds()

    @property
    def sent(self) -> int:
        """Datagrams so far."""
        return self._sender.sent if self._sender else 0

    def close(self) -> None:
        """Give the socket back."""
        if self._sender is not None:
            self._sender.close()

    def restart(self) -> None:
        """Its time begins at nothing."""
        if self._sender is not None:
            self._sender.began += self._sender.uptime() / 100

    def cold_start(self) -> None:
        """It came up."""
        self._standard(traps.COLD_START)

    def refused(self) -> None:
        """Somebody asked in a community that it has not."""
        self._standard(traps.AUTHENTICATION_FAILURE)

    def link(self, port: LivePort) -> None:
        """linkUp or linkDown."""
        if not 0 < port.index < 2**31:
            return  # Huawei's numbers of PON ports are no InterfaceIndex, and go into no INTEGER
        bindings = (
            Varbind(f"{traps.IF_INDEX}.{port.index}", INTEGER, port.index),
            Varbind(f"{traps.IF_DESCR}.{port.index}", OCTETS, port.name.encode()),
            Varbind(f"{traps.IF_OPER}.{port.index}", INTEGER, 1 if port.up else 2),
        )
        self._standard(traps.LINK_UP if port.up else traps.LINK_DOWN, bindings)

    def light(self, pon: int, dark: bool) -> None:
        """The OLT sees no light on a whole PON, or sees it again."""
        one = next(one for one in self._state.device.pons if one.number == pon)
        if self._state.device.maker is Maker.HUAWEI_OLT:
            self._say(f"{HUAWEI}.{H_LOS if dark else H_LOS_OVER}", _huawei_place(one.name))
        else:
            self._say(ZTE_LOS if dark else ZTE_LOS_OVER, _row(one.index))

    def onus(self, some: Iterable[LiveOnu]) -> None:
        """What became of each: gasped and gone, gone, or back."""
        listed = [one for one in some if one.number is not None]
        if self._state.device.maker is Maker.HUAWEI_OLT:
            for one in listed:
                number = H_ONLINE if one.lit else H_OFFLINE
                self._say(f"{HUAWEI}.{number}", (*_huawei_place(one.pon.name), _place(4, one.place)))
            return
        for one in listed:
            if one.fate is Fate.POWER:
                self._say(traps.ZTE_ONU_DYING_GASP, _row(one.pon.row + one.place))
        for one in listed:
            what = traps.ZTE_ONU_ONLINE if one.lit else traps.ZTE_ONU_OFFLINE
            self._say(what, _row(one.pon.row + one.place))

    def _standard(self, kind: int, bindings: tuple[Varbind, ...] = ()) -> None:
        if self._sender is not None and not self.mute:
            self._send(self._sender.generic(kind, bindings))

    def _say(self, trap: str, bindings: tuple[Varbind, ...]) -> None:
        if self._sender is not None and not self.mute:
            self._send(self._sender.trap(trap, bindings))

    def _send(self, octets: bytes) -> None:
        if self._sender is not None:
            self._sender.send(octets if self.sign is None else self.sign(octets))


def _row(index: int) -> tuple[Varbind, ...]:
    return (Varbind(f"{traps.IF_INDEX}.{index}", INTEGER, index),)


def _place(column: int, value: int) -> Varbind:
    return Varbind(f"{HUAWEI_PLACE}.{column}.0", INTEGER, value)


def _huawei_place(name: str) -> tuple[Varbind, ...]:
    """Slot, card and port of "GPON 0/1/3"."""
    _, slot, port = name.removeprefix("GPON ").split("/")
    return _place(1, int(slot)), _place(2, 0), _place(3, int(port))
