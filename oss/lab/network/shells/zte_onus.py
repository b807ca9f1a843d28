"""An ONU on ZTE's command line: added, told what it is to carry, told what to do itself.

The C300 has service ports in the ONU's interface, the C600 in that of a virtual port.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from oss.lab.network.cli.line import Refused, says
from oss.lab.network.plant import LiveOnu
from oss.lab.network.setups import Flow, Gem, Setup
from oss.lab.network.shape import Fate, Pon
from oss.lab.network.shells.zte_words import MNG, ONU, VPORT, Dialect

if TYPE_CHECKING:
    from oss.lab.network.cli.talk import Talk
    from oss.lab.network.state import State

MOST = 128
NO_PARENT = "%Code 32356-GPONSRV : The parent object does not exist."
BAD_SERIAL = "%Code 32331-GPONSRV : Invalid serial number."


class OnuInterface:
    """``types``, ``profiles``: ONU types and T-CONT profiles that this OLT has; None: any name will do."""

    state: State
    dialect: ClassVar[Dialect]
    types: frozenset[str] | None = None
    profiles: frozenset[str] | None = None

    def pon(self, name: str) -> Pon:
        """The PON that an interface is of. Raises Refused."""
        place = self.dialect.place(name)
        for one in self.state.device.pons:
            if place and one.name == place[0]:
                return one
        raise Refused("%Error 20229: The interface does not exist.")

    def onu(self, name: str) -> LiveOnu:
        """The ONU that an interface is of. Raises Refused."""
        place, pon = self.dialect.place(name), self.pon(name)
        found = self.state.plant.numbered(pon.number, place[1]) if place and place[1] is not None else None
        if found is None:
            raise Refused(self.dialect.no_onu)
        return found

    def added(self, pon: Pon, number: int, kind: str, serial: str) -> str:
        """``onu 5 type X sn Y``. Raises Refused."""
        if not 1 <= number <= MOST:
            raise Refused("%Error 20202: Invalid input detected at '^' marker.Invalid parameter")
        if self.types is not None and kind not in self.types:
            raise Refused("%Code 32327-GPONSRV : The ONU type does not exist.")
        self._free(serial)
        if self.state.plant.numbered(pon.number, number) is not None:
            raise Refused("%Code 32348-GPONSRV : The ONU already exists.")
        name = f"ONU-{pon.name.rsplit('/', 1)[1]}:{number}"
        self.state.plant.configure(pon.number, number, Setup(_serial(serial), name, kind=kind))
        return self.dialect.successful

    def _free(self, serial: str) -> None:
        if self.state.plant.known(_serial(serial)) is not None:
            raise Refused("%Code 32335-GPONSRV : The SN already exists.")

    def _setup(self, talk: Talk) -> tuple[LiveOnu, Setup]:
        one = self.onu(talk.at)
        assert one.setup is not None
        return one, one.setup

    def _known(self, profile: str) -> None:
        if self.profiles is not None and profile not in self.profiles:
            raise Refused("%Code 32357-GPONSRV : The profile does not exist.")

    # ------------------------------------------------------------ its interface

    @says("name <text...>", views=(ONU,))
    def named(self, talk: Talk, text: str) -> None:
        """Its name."""
        one, setup = self._setup(talk)
        setup.name = text.strip('"')
        self.state.plant.changed(one)

    @says("description <text...>", views=(ONU,))
    def described(self, talk: Talk, text: str) -> None:
        """A further text."""
        one, setup = self._setup(talk)
        setup.words = [line for line in setup.words if not line.startswith("description ")] + [f"description {text}"]
        self.state.plant.changed(one)

    @says("registration-method sn <serial>", views=(ONU,))
    def registered(self, talk: Talk, serial: str) -> None:
        """Another ONU in its place."""
        one, setup = self._setup(talk)
        if _serial(serial) != setup.serial:
            self._free(serial)
            self.state.plant.swap(one, _serial(serial))

    @says("sn-bind enable sn", "sn-bind disable", "vport-mode manual", "vport-mode gemport", views=(ONU,))
    def kept(self, talk: Talk) -> None:
        """Taken note of."""

    @says("tcont <number:int> profile <profile>", "tcont <number:int> name <name> profile <profile>", views=(ONU,))
    def tcont(self, talk: Talk, number: int, profile: str, name: str = "") -> None:
        """What it may send."""
        one, setup = self._setup(talk)
        self._known(profile)
        setup.tconts[number] = profile
        self.state.plant.changed(one)

    @says("no tcont <number:int>", views=(ONU,))
    def no_tcont(self, talk: Talk, number: int) -> None:
        """It may not send."""
        one, setup = self._setup(talk)
        if any(gem.tcont == number for gem in setup.gems.values()):
            raise Refused("%Code 32358-GPONSRV : The object is in use.")
        _gone(setup.tconts, number)
        self.state.plant.changed(one)

    @says("gemport <number:int> tcont <tcont:int>", "gemport <number:int> name <name> tcont <tcont:int>", views=(ONU,))
    def gemport(self, talk: Talk, number: int, tcont: int, name: str = "") -> None:
        """A stream within a T-CONT."""
        one, setup = self._setup(talk)
        if tcont not in setup.tconts:
            raise Refused(NO_PARENT)
        setup.gems[number] = Gem(tcont, name)
        self.state.plant.changed(one)

    @says("gemport <number:int> traffic-limit upstream <up> downstream <down>", views=(ONU,))
    def limits(self, talk: Talk, number: int, up: str, down: str) -> None:
        """How fast it is at most."""
        one, setup = self._setup(talk)
        if number not in setup.gems:
            raise Refused(NO_PARENT)
        self._known(up)
        self._known(down)
        setup.gems[number].up, setup.gems[number].down = up, down
        self.state.plant.changed(one)

    @says("gemport <number:int> traffic-limit downstream <down>", views=(ONU,))
    def limit(self, talk: Talk, number: int, down: str) -> None:
        """The same towards the customer alone."""
        one, setup = self._setup(talk)
        if number not in setup.gems:
            raise Refused(NO_PARENT)
        self._known(down)
        setup.gems[number].down = down
        self.state.plant.changed(one)

    @says("no gemport <number:int>", views=(ONU,))
    def no_gemport(self, talk: Talk, number: int) -> None:
        """The stream goes."""
        one, setup = self._setup(talk)
        _gone(setup.gems, number)
        setup.flows = {key: flow for key, flow in setup.flows.items() if flow.gem != number}
        self.state.plant.changed(one)

    @says("switchport mode hybrid vport <vport:int>", views=(ONU,))
    def mode(self, talk: Talk, vport: int) -> None:
        """A virtual port takes frames with and without VLAN."""
        self._with(talk, vport, self.dialect.vport != "")

    @says("service-port <number:int> vport <vport:int> user-vlan <user:int> vlan <vlan:int>", views=(ONU,))
    def service_port(self, talk: Talk, number: int, vport: int, user: int, vlan: int) -> None:
        """C300: what comes with one VLAN goes on with another."""
        setup = self._with(talk, vport, self.dialect.vport != "")
        self._flow(talk, setup, number, Flow(vlan, user, vport))

    @says("no service-port <number:int>", views=(ONU,))
    def no_service_port(self, talk: Talk, number: int) -> None:
        """It goes."""
        one, setup = self._setup(talk)
        _gone(setup.flows, number)
        self.state.plant.changed(one)

    def _with(self, talk: Talk, vport: int, elsewhere: bool) -> Setup:
        """The ONU's setup, where it has that virtual port. Raises Refused."""
        _, setup = self._setup(talk)
        if elsewhere:
            raise Refused("%Error 140301: Invalid input detected at '^' marker.Invalid command")
        if vport not in setup.gems:
            raise Refused(NO_PARENT)
        return setup

    def _flow(self, talk: Talk, setup: Setup, key: int, flow: Flow) -> None:
        if not (1 <= flow.vlan <= 4094 and 1 <= flow.user_vlan <= 4094):
            raise Refused("%Error 20202: Invalid input detected at '^' marker.Invalid parameter")
        setup.flows[key] = flow
        self.state.plant.changed(self.onu(talk.at))

    # ------------------------------------------------------------ virtual port (C600)

    @says("service-port <number:int> user-vlan <user:int> vlan <vlan:int>", views=(VPORT,))
    @says("service-port <number:int> user-vlan <user:int> vlan <vlan:int> <rest...>", views=(VPORT,))
    def service_port_here(self, talk: Talk, number: int, user: int, vlan: int, rest: str = "") -> None:
        """What comes with one VLAN goes on with another."""
        place, (_, setup) = self.dialect.place(talk.at), self._setup(talk)
        vport = place[2] if place else 0
        if vport not in setup.gems:
            raise Refused(NO_PARENT)
        self._flow(talk, setup, vport * 100 + number, Flow(vlan, user, vport))

    @says("no service-port <number:int>", views=(VPORT,))
    def no_service_port_here(self, talk: Talk, number: int) -> None:
        """It goes."""
        place, (one, setup) = self.dialect.place(talk.at), self._setup(talk)
        _gone(setup.flows, (place[2] if place else 0) * 100 + number)
        self.state.plant.changed(one)

    @says("qos traffic-policy <profile> direction <way>", views=(VPORT,))
    def policy(self, talk: Talk, profile: str, way: str) -> None:
        """How fast it is at most."""
        place, (one, setup) = self.dialect.place(talk.at), self._setup(talk)
        gem = setup.gems.get(place[2] if place else 0)
        if gem is None:
            raise Refused(NO_PARENT)
        self._known(profile)
        gem.up, gem.down = (profile, gem.down) if way == "ingress" else (gem.up, profile)
        self.state.plant.changed(one)

    # ------------------------------------------------------------ the ONU itself

    @says("service <name> gemport <gem:int> vlan <vlan:int>", views=(MNG,))
    def service(self, talk: Talk, name: str, gem: int, vlan: int) -> None:
        """It sends a VLAN over a GEM port."""
        one, setup = self._setup(talk)
        if gem not in setup.gems:
            raise Refused(NO_PARENT)
        setup.services[name] = Flow(vlan, vlan, gem)
        self.state.plant.changed(one)

    @says("no service <name>", views=(MNG,))
    def no_service(self, talk: Talk, name: str) -> None:
        """It does not."""
        one, setup = self._setup(talk)
        _gone(setup.services, name)
        self.state.plant.changed(one)

    @says("vlan port <port> mode tag vlan <vlan:int>", views=(MNG,))
    @says("vlan port <port> mode tag vlan <vlan:int> pri <level:int>", views=(MNG,))
    def eth(self, talk: Talk, port: str, vlan: int, level: int = 0) -> None:
        """What comes into an Ethernet port without a VLAN gets this one."""
        one, setup = self._setup(talk)
        if not port.startswith("eth_0/") or not 1 <= vlan <= 4094:
            raise Refused("%Error 20202: Invalid input detected at '^' marker.Invalid parameter")
        setup.ports[f"eth {port.removeprefix('eth_0/')}"] = vlan
        self.state.plant.changed(one)

    @says("no vlan port <port> mode", "no vlan port <port>", views=(MNG,))
    def no_eth(self, talk: Talk, port: str) -> None:
        """As it was."""
        one, setup = self._setup(talk)
        _gone(setup.ports, f"eth {port.removeprefix('eth_0/')}")
        self.state.plant.changed(one)

    @says("wan-ip <rest...>", "wan <rest...>", "security-mgmt <rest...>", "veip <rest...>", views=(MNG,))
    def told(self, talk: Talk, rest: str) -> None:
        """Taken note of."""

    @says("reboot", views=(MNG,))
    async def reboot(self, talk: Talk) -> str:
        """It starts anew: away and back."""
        one, _ = self._setup(talk)
        if not one.lit:
            raise Refused("%Code 63990-GPONSRV : ONT return error.")
        if await talk.confirmed("Confirm to reboot? [yes/no]:"):
            one.goes(Fate.OFF)
            self.state.plant.tell([one])
            one.comes()
            self.state.plant.tell([one])
        return ""


def _serial(typed: str) -> str:
    """Four letters and eight hex digits. Raises Refused."""
    said = typed.upper()
    if len(said) != 12 or not said[:4].isalnum() or any(one not in "0123456789ABCDEF" for one in said[4:]):
        raise Refused(BAD_SERIAL)
    return said


def _gone(some: dict[Any, Any], key: object) -> None:
    """Raises Refused where there is no such thing."""
    if some.pop(key, None) is None:
        raise Refused(NO_PARENT)
