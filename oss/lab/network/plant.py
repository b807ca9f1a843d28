"""ONUs at work: lit, dark for want of light, or gone for want of power; configured on their OLT, or only lit.

An ONU has a number while its OLT is configured for it. One that is lit and has none is found by itself (autofind). One
that has a number and is nowhere is a row of the OLT that waits for its ONU.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from oss.lab.network import clock
from oss.lab.network.setups import Setup, begun
from oss.lab.network.shape import Device, Fate, Maker, Onu, Pon

NOWHERE_M = 0
PASSWORD_TAIL = "pw"
"""Passwords of the lab's customers are their logins and this."""


@dataclass(frozen=True, slots=True)
class Behind:
    """What dials behind an ONU: a router with this login, on a NAS of this name. ``tagged``: with its own VLAN."""

    login: str
    password: str
    nas: str
    tagged: int | None = None


@dataclass(eq=False)
class LiveOnu:
    """``last_down``: how it went the last time; ``went``: how often something took it away;
    ``loss_db``: light that a bad splice costs it; ``plugged``: there is an ONU of this serial on the fibre."""

    shape: Onu
    pon: Pon
    fate: Fate
    last_down: Fate | None = None
    went: int = 0
    loss_db: float = 0.0
    number: int | None = None
    setup: Setup | None = None
    plugged: bool = True
    behind: Behind | None = None
    up_at: float = field(default_factory=clock.now)
    down_at: float | None = None

    @property
    def lit(self) -> bool:
        return self.fate is Fate.LIT

    @property
    def serial(self) -> str:
        return self.shape.serial

    @property
    def place(self) -> int:
        """Its number on its PON. Raises LookupError where it has none."""
        if self.number is None:
            raise LookupError(f"{self.serial} is in no configuration")
        return self.number

    def goes(self, how: Fate) -> bool:
        """It goes; False where it was gone already."""
        self.went += 1
        if not self.lit:
            return False
        self.fate = self.last_down = how
        self.down_at = clock.now()
        return True

    def comes(self) -> bool:
        """It is lit again; False where it was, or where there is none."""
        if self.lit or not self.plugged:
            return False
        self.fate, self.up_at = Fate.LIT, clock.now()
        return True

    def light(self) -> float:
        """dBm at the ONU now: what its place gives, and a little that moves."""
        wave = (clock.now() / 600 + self.shape.metres) % 2
        return self.shape.light - self.loss_db + 0.15 * abs(wave - 1)


class Plant:
    """The ONUs of one OLT. ``heard``: called with the ONUs of which something changed; ``renewed``: after a change of
    the configuration."""

    def __init__(self, device: Device) -> None:
        self.device = device
        self.heard: list[Callable[[list[LiveOnu]], None]] = []
        self.renewed: list[Callable[[], None]] = []
        self._index = 0
        self.onus = {pon.number: [self._begun(one, pon) for one in pon.onus] for pon in device.pons}
        for pon in device.pons:
            for one, login in pon.waiting:
                behind = Behind(login, login + PASSWORD_TAIL, device.nas)
                self.onus[pon.number].append(LiveOnu(one, pon, Fate.LIT, behind=behind))

    def __iter__(self) -> Iterator[LiveOnu]:
        """Those that are configured."""
        return (one for some in self.onus.values() for one in some if one.number is not None)

    def on(self, pon: int | None) -> list[LiveOnu]:
        """All of one PON that are configured or plugged in, or of all. Raises ValueError."""
        if pon is None:
            return [one for some in self.onus.values() for one in some]
        if pon not in self.onus:
            known = ", ".join(map(str, self.onus)) or "none"
            raise ValueError(f"{self.device.name} has no PON {pon}; it has {known}")
        return self.onus[pon]

    def numbered(self, pon: int, number: int) -> LiveOnu | None:
        """The one that is configured there."""
        return next((one for one in self.onus.get(pon, ()) if one.number == number), None)

    def configured(self, pon: int) -> list[LiveOnu]:
        """Those of a PON by their numbers."""
        return sorted((one for one in self.onus[pon] if one.number is not None), key=lambda one: one.place)

    def known(self, serial: str) -> LiveOnu | None:
        """The one that is configured with this serial, wherever."""
        return next((one for one in self if one.serial == serial), None)

    def found(self, pon: int | None = None) -> list[LiveOnu]:
        """Lit, and in no configuration."""
        return [one for one in self.on(pon) if one.number is None and one.lit]

    def share(self, pon: int) -> float:
        """How many of its ONUs are lit, of 1."""
        some = self.onus[pon]
        return sum(one.lit for one in some) / len(some) if some else 0.0

    def free_number(self, pon: int) -> int:
        """The first that nobody has."""
        taken = {one.number for one in self.onus[pon]}
        first = 0 if self.device.maker is Maker.HUAWEI_OLT else 1
        return next(number for number in range(first, 1 << 16) if number not in taken)

    def free_index(self) -> int:
        """The first number of a service port that nobody has (Huawei counts them over the whole OLT)."""
        taken = {flow.index for one in self if one.setup for flow in one.setup.flows.values()}
        return next(index for index in range(1, 1 << 20) if index not in taken)

    # ------------------------------------------------------------ configuration

    def configure(self, pon: int, number: int, setup: Setup) -> LiveOnu:
        """The OLT knows it from now on; who calls has seen that serial and number are free."""
        one = next((one for one in self.onus[pon] if one.serial == setup.serial and one.number is None), None)
        if one is None:
            shape = Onu(number, setup.serial, NOWHERE_M, "")
            one = LiveOnu(shape, self._pon(pon), Fate.OFF, plugged=False)
            self.onus[pon].append(one)
        one.number, one.setup = number, setup
        self.changed(one)
        return one

    def forget(self, one: LiveOnu) -> None:
        """The OLT knows it no more."""
        one.number = one.setup = None
        if not one.plugged:
            self.onus[one.pon.number].remove(one)
        self.changed(one)

    def swap(self, one: LiveOnu, serial: str) -> LiveOnu:
        """Another serial in its place, all else stays."""
        number, setup = one.place, one.setup
        assert setup is not None
        self.forget(one)
        setup.serial = serial
        return self.configure(one.pon.number, number, setup)

    def changed(self, *some: LiveOnu) -> None:
        """The configuration of these was changed."""
        for act in self.renewed:
            act()
        self.tell(list(some))

    def tell(self, some: list[LiveOnu]) -> None:
        """Whoever listens hears that something about these changed."""
        for hear in self.heard:
            hear(some)

    # ------------------------------------------------------------ fibre

    def plug(self, pon: int, serial: str, metres: int, model: str, behind: Behind | None = None) -> LiveOnu:
        """An ONU is put on the fibre and lights up. Raises ValueError where one of this serial is already."""
        some = self.on(pon)
        if any(one.serial == serial and one.plugged for one in self.on(None)):
            raise ValueError(f"{serial} is plugged in already")
        waiting = next((one for one in some if one.serial == serial), None)
        shape = Onu(0, serial, metres, model)
        if waiting is None:
            waiting = LiveOnu(shape, self._pon(pon), Fate.LIT)
            some.append(waiting)
        waiting.shape, waiting.plugged, waiting.behind = shape, True, behind or waiting.behind
        waiting.fate, waiting.up_at = Fate.LIT, clock.now()
        self.changed(waiting)
        return waiting

    def unplug(self, serial: str) -> LiveOnu:
        """It is taken off the fibre. Raises ValueError where there is none."""
        one = next((one for one in self.on(None) if one.serial == serial and one.plugged), None)
        if one is None:
            raise ValueError(f"no {serial} is plugged in")
        one.goes(Fate.FIBRE)
        one.fate, one.plugged = Fate.OFF if one.last_down is None else one.last_down, False
        if one.number is None:
            self.onus[one.pon.number].remove(one)
        self.changed(one)
        return one

    def serves(self, one: LiveOnu) -> bool:
        """Whether what its customer's router sends comes to the NAS: lit, configured, on a VLAN that ends there."""
        if not one.lit or one.setup is None:
            return False
        tagged = one.behind.tagged if one.behind else None
        return bool(one.setup.carried(self.device.maker, tagged) & set(self.device.vlans))

    def _pon(self, number: int) -> Pon:
        return next(one for one in self.device.pons if one.number == number)

    def _begun(self, one: Onu, pon: Pon) -> LiveOnu:
        self._index += 1
        maker, first = self.device.maker, self.device.vlans[0]
        name = f"cliente {pon.number}/{one.number}" if maker is Maker.HUAWEI_OLT else f"ONU-{pon.number}:{one.number}"
        setup = begun(maker, one.serial, name, first, self._index, one.model)
        last = None if one.fate is Fate.LIT else one.fate
        up_at = clock.now() - 3600 * (1 + one.metres % 500)
        return LiveOnu(one, pon, one.fate, last, number=one.number, setup=setup, up_at=up_at)
