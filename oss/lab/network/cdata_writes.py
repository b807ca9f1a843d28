"""What can be set on a C-Data OLT by SNMP: rows of gponOnuConfigTable, and the controls of an ONU (CDATA-GPON-MIB2).

A row is made at once (RowStatus createAndGo with all else in the same request), or step by step: createAndWait, then
AuthMode, Sn, LineProfileId, ServiceProfileId, then active (RFC 2579). destroy takes the ONU out of the configuration.
The VLAN stands in the line profile, which the operator keeps on the OLT: ``vlans`` of `Writes`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from oss.lab.network.makers.cdata import CARD, CONFIGURED, DEVICE
from oss.lab.network.plant import LiveOnu
from oss.lab.network.setups import ETH, Flow, Setup
from oss.lab.network.shape import Fate
from oss.lab.network.state import State
from oss.lab.network.whims import Deed, Whims

GENERAL, NO_ACCESS, WRONG_VALUE, NO_CREATION, INCONSISTENT, NOT_WRITABLE = 5, 6, 10, 11, 12, 17
GO_ON, CREATE_AND_GO, CREATE_AND_WAIT, DESTROY = 1, 4, 5, 6
Value = int | bytes
Place = tuple[int, int]


class Refusal(Exception):
    """The error-status of RFC 3416."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@dataclass
class Writes:
    """``profiles``: line profile -> VLAN; ``whims``: failures on order, counted by SET requests."""

    state: State
    profiles: Mapping[int, int]
    whims: Whims = field(default_factory=Whims)
    waiting: dict[Place, dict[int, Value]] = field(default_factory=dict)

    def put(self, wanted: Sequence[tuple[str, Value]]) -> int | None:
        """All of a request or nothing; 0: done, else an error-status; None: no answer comes."""
        deed = self.whims.next()
        if deed is Deed.REBOOT and self.whims.reboot is not None:
            self.whims.reboot()
        if deed is not None and not deed.done:
            return GENERAL if deed is Deed.REFUSE else None
        try:
            self._put(wanted)
        except Refusal as refusal:
            return refusal.status
        return 0 if deed is None else None

    def _put(self, wanted: Sequence[tuple[str, Value]]) -> None:
        by_place: dict[Place, dict[str, Value]] = {}
        for oid, value in wanted:
            column, place = self._read(oid)
            by_place.setdefault(place, {})[column] = value
        for place, columns in by_place.items():
            row = {int(name[4:]): value for name, value in columns.items() if name.startswith("1.1.")}
            if row:
                self._row(place, row)
            for name in columns.keys() & {"4.1.1", "4.1.2"}:
                self._control(self._one(place), name, columns[name])
            if "2.1.5" in columns:
                self._rename(self._one(place), columns["2.1.5"])

    def _read(self, oid: str) -> tuple[str, Place]:
        """Column and place. Raises Refusal."""
        parts = oid.removeprefix(CONFIGURED + ".").split(".")
        if not oid.startswith(CONFIGURED + ".") or len(parts) != 7:
            raise Refusal(NOT_WRITABLE)
        device, card, port, number = map(int, parts[3:])
        known = any(pon.number == port for pon in self.state.device.pons)
        if (device, card) != (DEVICE, CARD) or not known or not 1 <= number <= 128:
            raise Refusal(NO_CREATION)
        return ".".join(parts[:3]), (port, number)

    def _row(self, place: Place, row: dict[int, Value]) -> None:
        status = row.pop(2, None)
        known = self.state.plant.numbered(*place)
        if status == DESTROY:
            self.waiting.pop(place, None)
            if known is not None:
                self.state.plant.forget(known)
            return
        if status in (CREATE_AND_GO, CREATE_AND_WAIT):
            if known is not None or place in self.waiting:
                raise Refusal(INCONSISTENT)
            self.waiting[place] = row
            if status == CREATE_AND_GO:
                self._activate(place)
            return
        if place in self.waiting:
            self.waiting[place] |= row
            if status == GO_ON:
                self._activate(place)
        elif known is None:
            raise Refusal(INCONSISTENT)
        else:
            self._change(known, row)

    def _activate(self, place: Place) -> None:
        row = self.waiting.pop(place)
        try:
            setup = self._setup(row)
        except Refusal:
            self.waiting[place] = row
            raise
        self.state.plant.configure(*place, setup)

    def _setup(self, row: Mapping[int, Value]) -> Setup:
        serial, line, service = row.get(4), row.get(6), row.get(7)
        if not isinstance(serial, bytes) or not isinstance(line, int) or not isinstance(service, int):
            raise Refusal(INCONSISTENT)
        name = row.get(8, b"")
        read = serial.decode("ascii", "replace").upper()
        if len(read) != 12 or self.state.plant.known(read) is not None:
            raise Refusal(WRONG_VALUE)
        made = Setup(read, name.decode("utf-8", "replace") if isinstance(name, bytes) else "", str(line), str(service))
        self._profile(made, line)
        return made

    def _profile(self, setup: Setup, line: int) -> None:
        vlan = self.profiles.get(line)
        if vlan is None:
            raise Refusal(WRONG_VALUE)
        setup.line_profile = str(line)
        setup.flows, setup.ports = {1: Flow(vlan, vlan)}, {ETH: vlan}

    def _change(self, one: LiveOnu, row: Mapping[int, Value]) -> None:
        assert one.setup is not None
        line, service, name, serial = row.get(6), row.get(7), row.get(8), row.get(4)
        if isinstance(line, int):
            self._profile(one.setup, line)
        if isinstance(service, int):
            one.setup.service_profile = str(service)
        if isinstance(name, bytes):
            one.setup.name = name.decode("utf-8", "replace")
        self.state.plant.changed(one)
        if isinstance(serial, bytes) and serial.decode("ascii", "replace") != one.serial:
            if self.state.plant.known(serial.decode("ascii", "replace")) is not None:
                raise Refusal(WRONG_VALUE)
            self.state.plant.swap(one, serial.decode("ascii", "replace"))

    def _rename(self, one: LiveOnu, name: Value) -> None:
        self._change(one, {8: name})

    def _one(self, place: Place) -> LiveOnu:
        found = self.state.plant.numbered(*place)
        if found is None:
            raise Refusal(NO_CREATION)
        return found

    def _control(self, one: LiveOnu, name: str, value: Value) -> None:
        assert one.setup is not None
        if name == "4.1.2":
            one.setup.active = value == 0
            self.state.plant.changed(one)
        elif value == 1 and one.lit:
            one.goes(Fate.OFF)
            self.state.plant.tell([one])
            one.comes()
            self.state.plant.tell([one])
