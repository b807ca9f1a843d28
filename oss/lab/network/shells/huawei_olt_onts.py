"""ONTs on Huawei's command line: found, added, changed, deleted, shown."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from oss.lab.network.cli.line import Refused, says
from oss.lab.network.plant import LiveOnu
from oss.lab.network.setups import Setup
from oss.lab.network.shape import Fate
from oss.lab.network.shells import huawei_olt_answers as answers

if TYPE_CHECKING:
    from oss.lab.network.cli.talk import Talk
    from oss.lab.network.state import State

SOME, CONFIG, GPON = ("privileged", "config", "gpon"), "config", "gpon"
MOST, NAME_MOST = 127, 64
KNOWN_PROFILES = frozenset(str(number) for number in (*range(1, 31), *range(100, 131), 500))
SERIAL = re.compile(r"(?:[0-9A-F]{16}|[A-Z0-9]{4}-?[0-9A-F]{8})")
NO_ONT = "  Failure: The ONT does not exist"


def serial_of(typed: str) -> str:
    """Sixteen hex digits, or letters and hex, as people read it. Raises Refused."""
    said = typed.upper()
    if not SERIAL.fullmatch(said):
        raise Refused("  Failure: Parameter error, the SN is invalid")
    if len(said) == 16:
        return bytes.fromhex(said[:8]).decode("latin-1") + said[8:]
    return said.replace("-", "")


class Onts:
    """``profiles``: numbers of line and service profiles that this OLT has."""

    state: State
    profiles = KNOWN_PROFILES

    def _pon(self, frame: int, slot: int, port: int) -> int:
        """A PON by its place. Raises Refused."""
        for pon in self.state.device.pons:
            if pon.name == f"GPON {frame}/{slot}/{port}":
                return pon.number
        raise Refused("  Failure: The port does not exist")

    def _here(self, talk: Talk, port: int) -> int:
        """A PON of the board that the view is of."""
        frame, slot = talk.at.split("/")
        return self._pon(int(frame), int(slot), port)

    def _ont(self, pon: int, number: int) -> LiveOnu:
        found = self.state.plant.numbered(pon, number)
        if found is None:
            raise Refused(NO_ONT)
        return found

    # ------------------------------------------------------------ changes

    @says("ont add <port:int> <number:int> sn-auth <serial> omci <rest...>", views=(GPON,))
    @says("ont add <port:int> sn-auth <serial> omci <rest...>", views=(GPON,))
    @says("ont confirm <port:int> ontid <number:int> sn-auth <serial> omci <rest...>", views=(GPON,))
    @says("ont confirm <port:int> sn-auth <serial> omci <rest...>", views=(GPON,))
    def add(self, talk: Talk, port: int, serial: str, rest: str, number: int | None = None) -> str:
        """An ONT comes into the configuration."""
        pon, plant = self._here(talk, port), self.state.plant
        setup = self._setup(serial_of(serial), rest)
        if plant.known(setup.serial) is not None:
            raise Refused("  Failure: SN already exists")
        chosen = plant.free_number(pon) if number is None else number
        if chosen > MOST:
            raise Refused("  Failure: The ONT ID is out of range or the number of ONTs reaches the maximum")
        if plant.numbered(pon, chosen) is not None:
            raise Refused("  Failure: The ONT ID has already existed")
        plant.configure(pon, chosen, setup)
        return f"  Number of ONTs that can be added: 1, success: 1\n  PortID :{port}, ONTID :{chosen}"

    def _setup(self, serial: str, rest: str) -> Setup:
        """``ont-lineprofile-id 100 ont-srvprofile-id 100 desc NAME``. Raises Refused."""
        try:
            words = shlex.split(rest, posix=True)
        except ValueError:
            raise Refused("  % Parameter error, the error locates at '^'") from None
        said = dict(zip(words[::2], words[1::2], strict=False))
        wanted = {"ont-lineprofile-id", "ont-srvprofile-id"}
        if len(words) % 2 or not wanted <= set(said) or set(said) - wanted - {"desc"}:
            raise Refused("  % Parameter error, the error locates at '^'")
        for name, what in (("ont-lineprofile-id", "line"), ("ont-srvprofile-id", "service")):
            if said[name] not in self.profiles:
                raise Refused(f"  Failure: The {what} profile does not exist")
        name = said.get("desc", "")
        if len(name) > NAME_MOST or not name.isascii():
            raise Refused("  Failure: The description is invalid")
        return Setup(serial, name, said["ont-lineprofile-id"], said["ont-srvprofile-id"])

    @says("ont delete <port:int> <number:int>", views=(GPON,))
    def delete(self, talk: Talk, port: int, number: int) -> str:
        """An ONT goes out of the configuration, once nothing hangs on it."""
        one = self._ont(self._here(talk, port), number)
        if one.setup and one.setup.flows:
            raise Refused("  Failure: This configured object has some service virtual ports")
        self.state.plant.forget(one)
        return "  Number of ONTs that can be deleted: 1, success: 1"

    @says("ont modify <port:int> <number:int> sn <serial>", views=(GPON,))
    def modify_serial(self, talk: Talk, port: int, number: int, serial: str) -> str:
        """Another ONT in its place."""
        one, wanted = self._ont(self._here(talk, port), number), serial_of(serial)
        if self.state.plant.known(wanted) not in (None, one):
            raise Refused("  Failure: SN already exists")
        self.state.plant.swap(one, wanted)
        return ""

    @says("ont modify <port:int> <number:int> ont-lineprofile-id <profile>", views=(GPON,))
    def modify_line(self, talk: Talk, port: int, number: int, profile: str) -> str:
        """Another line profile."""
        one = self._ont(self._here(talk, port), number)
        if profile not in self.profiles:
            raise Refused("  Failure: The line profile does not exist")
        assert one.setup is not None
        one.setup.line_profile = profile
        self.state.plant.changed(one)
        return ""

    @says("ont modify <port:int> <number:int> desc <name...>", views=(GPON,))
    def modify_name(self, talk: Talk, port: int, number: int, name: str) -> str:
        """Another description."""
        one = self._ont(self._here(talk, port), number)
        assert one.setup is not None
        one.setup.name = name.strip('"')
        self.state.plant.changed(one)
        return ""

    @says(
        "ont port native-vlan <port:int> <number:int> eth <eth:int> vlan <vlan:int> priority <level:int>", views=(GPON,)
    )
    @says("ont port native-vlan <port:int> <number:int> eth <eth:int> vlan <vlan:int>", views=(GPON,))
    def native(self, talk: Talk, port: int, number: int, eth: int, vlan: int, level: int = 0) -> str:
        """The VLAN that is untagged at an Ethernet port."""
        one = self._ont(self._here(talk, port), number)
        if not 1 <= vlan <= 4094 or not 1 <= eth <= 24:
            raise Refused("  % Parameter error, the error locates at '^'")
        assert one.setup is not None
        one.setup.ports[f"eth {eth}"] = vlan
        self.state.plant.changed(one)
        return ""

    @says("undo ont port native-vlan <port:int> <number:int> eth <eth:int>", views=(GPON,))
    def no_native(self, talk: Talk, port: int, number: int, eth: int) -> str:
        """As it was: VLAN 1."""
        one = self._ont(self._here(talk, port), number)
        assert one.setup is not None
        one.setup.ports.pop(f"eth {eth}", None)
        self.state.plant.changed(one)
        return ""

    @says("ont activate <port:int> <number:int>", views=(GPON,))
    def activate(self, talk: Talk, port: int, number: int) -> str:
        """It may work."""
        return self._let(talk, port, number, True)

    @says("ont deactivate <port:int> <number:int>", views=(GPON,))
    def deactivate(self, talk: Talk, port: int, number: int) -> str:
        """It stays configured, and does nothing."""
        return self._let(talk, port, number, False)

    def _let(self, talk: Talk, port: int, number: int, active: bool) -> str:
        one = self._ont(self._here(talk, port), number)
        assert one.setup is not None
        one.setup.active = active
        self.state.plant.changed(one)
        return ""

    @says("ont reset <port:int> <number:int>", views=(GPON,))
    async def reset(self, talk: Talk, port: int, number: int) -> str:
        """It starts anew: away and back."""
        one = self._ont(self._here(talk, port), number)
        if not one.lit:
            raise Refused("  Failure: The ONT is not online")
        if await talk.confirmed("  Are you sure to reset the ONT(s)? (y/n)[n]:"):
            one.goes(Fate.OFF)
            self.state.plant.tell([one])
            one.comes()
            self.state.plant.tell([one])
        return ""

    # ------------------------------------------------------------ shown

    @says("display ont autofind all", views=SOME, more="{ <cr>||<K> }:")
    def autofind(self, talk: Talk) -> str:
        """What is lit and nobody knows."""
        return self._found(self.state.plant.found())

    @says("display ont autofind <port:int>", views=(GPON,), more="{ <cr>||<K> }:")
    def autofind_here(self, talk: Talk, port: int) -> str:
        """The same of one port."""
        return self._found(self.state.plant.found(self._here(talk, port)))

    def _found(self, some: list[LiveOnu]) -> str:
        if not some:
            raise Refused("  Failure: The automatically found ONTs do not exist")
        return answers.found(some)

    @says("display ont info <frame:int> <slot:int> <port:int> all", views=SOME, more="{ <cr>||<K> }:")
    def infos(self, talk: Talk, frame: int, slot: int, port: int) -> str:
        """All of a port."""
        return self._infos(self._pon(frame, slot, port), f"{frame}/{slot:>2}/{port}")

    @says("display ont info <frame:int> all", views=SOME, more="{ <cr>||<K> }:")
    def infos_of_all(self, talk: Talk, frame: int) -> str:
        """All of the whole OLT, port by port."""
        ports = [(pon, self.state.plant.configured(pon.number)) for pon in self.state.device.pons]
        told = [answers.table(some, answers.spaced(some[0])) for _, some in ports if some]
        if not told:
            raise Refused("  Failure: The required ONT does not exist")
        return "\n".join(told)

    @says("display ont info <port:int> all", views=(GPON,))
    def infos_here(self, talk: Talk, port: int) -> str:
        """All of a port of this board."""
        frame, slot = talk.at.split("/")
        return self._infos(self._here(talk, port), f"{frame}/{slot:>2}/{port}")

    def _infos(self, pon: int, where: str) -> str:
        some = self.state.plant.configured(pon)
        if not some:
            raise Refused("  Failure: The required ONT does not exist")
        return answers.table(some, where)

    @says("display ont info <frame:int> <slot:int> <port:int> <number:int>", views=SOME, more="{ <cr>||<K> }:")
    def info(self, talk: Talk, frame: int, slot: int, port: int, number: int) -> str:
        """One."""
        return answers.one(self._ont(self._pon(frame, slot, port), number))

    @says("display ont info <port:int> <number:int>", views=(GPON,))
    def info_here(self, talk: Talk, port: int, number: int) -> str:
        """One of this board."""
        return answers.one(self._ont(self._here(talk, port), number))

    @says("display ont info by-sn <serial>", views=SOME, more="{ <cr>||<K> }:")
    def by_serial(self, talk: Talk, serial: str) -> str:
        """One, wherever it is."""
        found = self.state.plant.known(serial_of(serial))
        if found is None:
            raise Refused("  Failure: The required ONT does not exist")
        return answers.one(found)

    @says("display ont optical-info <port:int> all", views=(GPON,))
    def optics(self, talk: Talk, port: int) -> str:
        """Light of all of a port."""
        return answers.optics(self.state.plant.configured(self._here(talk, port)))

    @says("display ont optical-info <port:int> <number:int>", views=(GPON,))
    def optic(self, talk: Talk, port: int, number: int) -> str:
        """Light of one."""
        one = self._ont(self._here(talk, port), number)
        if not one.lit:
            raise Refused("  Failure: The ONT is not online")
        return answers.optic(one)

    @says("display ont port vlan <port:int> <number:int> eth <eth:int>", views=(GPON,))
    @says("display ont port attribute <port:int> <number:int> eth <eth:int>", views=(GPON,))
    def port_facts(self, talk: Talk, port: int, number: int, eth: int) -> str:
        """The VLAN of an Ethernet port."""
        one = self._ont(self._here(talk, port), number)
        vlan = one.setup.ports.get(f"eth {eth}", 1) if one.setup else 1
        return answers.boxed("  ONT-ID  ONT-port-ID  Native-VLAN", f"  {number:<7} {eth:<12} {vlan}")


def configured_words(one: LiveOnu) -> list[str]:
    """The lines of the configuration that make this ONT, in its board."""
    setup = one.setup
    assert setup is not None
    port = one.pon.number
    serial = answers.hexed(setup.serial)
    lines = [f' ont add {port} {one.place} sn-auth "{serial}" omci ont-lineprofile-id {setup.line_profile}']
    lines.append(f" ont-srvprofile-id {setup.service_profile}" + (f' desc "{setup.name}"' if setup.name else ""))
    lines += [
        f" ont port native-vlan {port} {one.place} {eth} vlan {vlan} priority 0"
        for eth, vlan in sorted(setup.ports.items())
    ]
    return lines if setup.active else [*lines, f" ont deactivate {port} {one.place}"]
