"""V-SOL V1600G: the OLT's command line.

    device = Device("olt-4", "olt", Maker.VSOL, "Centro", "127.77.0.9", pons=pons("olt-4", Maker.VSOL, (4, 4)))
    line = Vsol(state_of(device))
    async with opened(line, "127.0.0.1", telnet_port=0) as doors: ...

Views: ``>``, ``#``, ``(config)#``, ``(config-pon-0/1)#``. All about ONUs is said in the view of their PON. Columns of
tables are set apart by moving the cursor (ESC [ n C), not by spaces.
"""

from __future__ import annotations

import re

from oss.lab.network import clock
from oss.lab.network.cli.grammar import Wrong
from oss.lab.network.cli.line import CommandLine, Pager, Refused, says
from oss.lab.network.cli.talk import Talk
from oss.lab.network.plant import LiveOnu
from oss.lab.network.setups import Flow, Gem, Setup
from oss.lab.network.shape import Fate
from oss.lab.network.state import State

USER, PRIVILEGED, CONFIG, PON = "user", "privileged", "config", "pon"
ANY, DEEP = (USER, PRIVILEGED, CONFIG, PON), (PRIVILEGED, CONFIG, PON)
PHASES = {Fate.LIT: "working", Fate.FIBRE: "LOS", Fate.POWER: "DyingGasp", Fate.OFF: "OffLine"}
SERVICE_PORT = "onu <number:int> service-port <port:int> gemport <gem:int> uservlan <user:int> vlan <vlan:int>"
NONE = "No related information to show."
NO_ONU = "% The onu is not exist."
SERIAL = re.compile(r"[A-Za-z0-9]{4}[0-9A-Fa-f]{8}")


def columns(*cells: tuple[str, int]) -> str:
    """Cells and their widths; the gaps are moves of the cursor."""
    line = ""
    for text, width in cells:
        line += text + (f"\x1b[{width - len(text)}C" if width > len(text) else "")
    return line


class Vsol(CommandLine):
    """``profiles``: VLANs of its line and service profiles, by name; ``line_VLAN100`` has VLAN 100."""

    pager = Pager("--More-- ", "\b" * 9 + " " * 9 + "\b" * 9, 22)
    ask_user, ask_password, password_echo = "Login: ", "Password: ", None
    wrong_login = "% Bad user name or password"
    first_view = USER

    def __init__(self, state: State, users: dict[str, str] | None = None, lift: str = "") -> None:
        super().__init__(state, users, lift)
        self.profiles = {f"{kind}_VLAN{vlan}": vlan for vlan in state.device.vlans for kind in ("line", "srv")}

    def prompt(self, talk: Talk) -> str:
        """The PON is in it."""
        tails = {USER: ">", PRIVILEGED: "#", CONFIG: "(config)#", PON: f"(config-pon-{talk.at})#"}
        return f"{self.state.device.name}{tails[talk.view]} "

    def wrong(self, talk: Talk, line: str, wrong: Wrong) -> str:
        """Short words."""
        return "% Command incomplete." if wrong.incomplete else "% Unknown command."

    def busy(self) -> str:
        """Refused on order."""
        return "% System busy, please try again."

    def spam(self) -> str:
        """A line of its log."""
        return f"{clock.stamp()} GPON0/1 onu 3 dying gasp"

    # ------------------------------------------------------------ views

    @says("enable", views=(USER,))
    async def enable(self, talk: Talk) -> str:
        """To the privileged mode; it always asks."""
        if await talk.ask("Password: ", None) not in (self.lift, self.users.get(talk.user)):
            return "% Bad password"
        talk.view = PRIVILEGED
        return ""

    @says("configure terminal", views=(PRIVILEGED,))
    def configure(self, talk: Talk) -> None:
        """To the configuration."""
        talk.view = CONFIG

    @says("interface gpon <place>", views=(CONFIG, PON))
    def interface(self, talk: Talk, place: str) -> None:
        """To a PON: 0/1."""
        if place not in {f"0/{pon.number}" for pon in self.state.device.pons}:
            raise Refused("% Invalid interface.")
        talk.view, talk.at = PON, place

    @says("exit", views=ANY)
    def exit(self, talk: Talk) -> None:
        """One view up; from the outermost, out."""
        if talk.view in (USER, PRIVILEGED):
            talk.leave()
        talk.view = CONFIG if talk.view == PON else PRIVILEGED

    @says("end", views=(CONFIG, PON))
    def end(self, talk: Talk) -> None:
        """To the privileged mode."""
        talk.view = PRIVILEGED

    @says("terminal length <lines:int>", views=DEEP)
    def length(self, talk: Talk, lines: int) -> None:
        """0: no paging."""
        talk.paging = lines > 0

    @says("terminal no monitor", "no terminal monitor", views=DEEP)
    def monitor(self, talk: Talk) -> None:
        """The log stays away."""
        talk.logs = False

    @says("write", "write file", "copy running-config startup-config", views=DEEP)
    def write(self, talk: Talk) -> str:
        """Kept over a restart."""
        return "Building Configuration...\n[OK]"

    # ------------------------------------------------------------ ONUs

    def _pon(self, talk: Talk) -> int:
        return int(talk.at.partition("/")[2])

    def _onu(self, talk: Talk, number: int) -> tuple[LiveOnu, Setup]:
        found = self.state.plant.numbered(self._pon(talk), number)
        if found is None or found.setup is None:
            raise Refused(NO_ONU)
        return found, found.setup

    @says("onu add <number:int> profile <profile> sn <serial>", views=(PON,))
    def add(self, talk: Talk, number: int, profile: str, serial: str) -> None:
        """An ONU comes into the configuration."""
        plant, pon = self.state.plant, self._pon(talk)
        if not SERIAL.fullmatch(serial) or not 1 <= number <= 128:
            raise Refused("% Invalid parameter.")
        if plant.known(serial.upper()) is not None:
            raise Refused("% The onu sn already exist.")
        if plant.numbered(pon, number) is not None:
            raise Refused("% The onu already exist.")
        plant.configure(pon, number, Setup(serial.upper(), kind=profile))

    @says("no onu <number:int>", views=(PON,))
    def drop(self, talk: Talk, number: int) -> None:
        """An ONU goes, with all that hangs on it."""
        self.state.plant.forget(self._onu(talk, number)[0])

    @says("onu <number:int> desc <name...>", "onu <number:int> description <name...>", views=(PON,))
    def described(self, talk: Talk, number: int, name: str) -> None:
        """Its name."""
        one, setup = self._onu(talk, number)
        setup.name = name
        self.state.plant.changed(one)

    @says("onu <number:int> profile line name <profile>", views=(PON,))
    def line_profile(self, talk: Talk, number: int, profile: str) -> None:
        """T-CONT, GEM port and service port by a profile."""
        one, setup = self._onu(talk, number)
        vlan = self._vlan(profile)
        setup.line_profile, setup.tconts[1], setup.gems[1] = profile, "default", Gem(1)
        setup.services["internet"], setup.flows[1] = Flow(vlan, vlan), Flow(vlan, vlan)
        self.state.plant.changed(one)

    @says("onu <number:int> profile srv name <profile>", views=(PON,))
    def service_profile(self, talk: Talk, number: int, profile: str) -> None:
        """Ethernet ports by a profile."""
        one, setup = self._onu(talk, number)
        setup.service_profile, setup.ports["eth 1"] = profile, self._vlan(profile)
        self.state.plant.changed(one)

    def _vlan(self, profile: str) -> int:
        if profile not in self.profiles:
            raise Refused("% The profile is not exist.")
        return self.profiles[profile]

    @says("onu <number:int> tcont <tcont:int>", "onu <number:int> tcont <tcont:int> dba <dba>", views=(PON,))
    @says("onu <number:int> tcont <tcont:int> name <name> dba <dba>", views=(PON,))
    def tcont(self, talk: Talk, number: int, tcont: int, dba: str = "default", name: str = "") -> None:
        """What it may send."""
        one, setup = self._onu(talk, number)
        setup.tconts[tcont] = dba
        self.state.plant.changed(one)

    @says("onu <number:int> gemport <gem:int> tcont <tcont:int>", views=(PON,))
    @says("onu <number:int> gemport <gem:int> tcont <tcont:int> gemport_name <name>", views=(PON,))
    def gemport(self, talk: Talk, number: int, gem: int, tcont: int, name: str = "") -> None:
        """A stream within a T-CONT."""
        one, setup = self._onu(talk, number)
        if tcont not in setup.tconts:
            raise Refused("% The tcont is not exist.")
        setup.gems[gem] = Gem(tcont, name)
        self.state.plant.changed(one)

    @says("onu <number:int> service <name> gemport <gem:int> vlan <vlan:int>", views=(PON,))
    def service(self, talk: Talk, number: int, name: str, gem: int, vlan: int) -> None:
        """It sends a VLAN over a GEM port."""
        one, setup = self._onu(talk, number)
        self._has(setup, gem)
        setup.services[name] = Flow(vlan, vlan, gem)
        self.state.plant.changed(one)

    @says(SERVICE_PORT, f"{SERVICE_PORT} new_cos <cos:int>", views=(PON,))
    def service_port(self, talk: Talk, number: int, port: int, gem: int, user: int, vlan: int, cos: int = 0) -> None:
        """What comes with one VLAN goes on with another."""
        one, setup = self._onu(talk, number)
        self._has(setup, gem)
        setup.flows[port] = Flow(vlan, user, gem)
        self.state.plant.changed(one)

    @says("onu <number:int> portvlan eth <eth:int> mode tag vlan <vlan:int>", views=(PON,))
    @says("onu <number:int> portvlan eth <eth:int> mode tag vlan <vlan:int> pri <level:int>", views=(PON,))
    def port(self, talk: Talk, number: int, eth: int, vlan: int, level: int = 0) -> None:
        """What comes into an Ethernet port without a VLAN gets this one."""
        one, setup = self._onu(talk, number)
        setup.ports[f"eth {eth}"] = vlan
        self.state.plant.changed(one)

    @says("no onu <number:int> service-port <key:int>", views=(PON,))
    def no_service_port(self, talk: Talk, number: int, key: int) -> None:
        """It goes."""
        one, setup = self._onu(talk, number)
        if setup.flows.pop(key, None) is None:
            raise Refused("% The service-port is not exist.")
        self.state.plant.changed(one)

    def _has(self, setup: Setup, gem: int) -> None:
        if gem not in setup.gems:
            raise Refused("% The gemport is not exist.")

    @says("onu <number:int> activate", views=(PON,))
    def activate(self, talk: Talk, number: int) -> None:
        """It may work."""
        self._let(talk, number, True)

    @says("onu <number:int> deactivate", views=(PON,))
    def deactivate(self, talk: Talk, number: int) -> None:
        """It stays configured, and does nothing."""
        self._let(talk, number, False)

    def _let(self, talk: Talk, number: int, active: bool) -> None:
        one, setup = self._onu(talk, number)
        setup.active = active
        self.state.plant.changed(one)

    @says("onu <number:int> reboot", "onu reboot <number:int>", views=(PON,))
    def reboot(self, talk: Talk, number: int) -> None:
        """It starts anew: away and back."""
        one, _ = self._onu(talk, number)
        if not one.lit:
            raise Refused("% The onu is offline.")
        one.goes(Fate.OFF)
        self.state.plant.tell([one])
        one.comes()
        self.state.plant.tell([one])

    # ------------------------------------------------------------ shown

    @says("show onu auto-find", views=(PON,))
    def autofind(self, talk: Talk) -> str:
        """What is lit and nobody knows."""
        found = self.state.plant.found(self._pon(talk))
        if not found:
            return NONE
        lines = [columns(("OnuIndex", 25), ("Sn", 25), ("State", 0)), "-" * 57]
        for number, one in enumerate(found, 1):
            lines.append(columns((f"GPON{talk.at}:{number}", 25), (one.serial, 25), ("unknow", 0)))
        return "\n".join(lines)

    @says("show onu info", views=(PON,))
    def infos(self, talk: Talk) -> str:
        """Models, profiles, serials."""
        some = self._some(talk)
        lines = [columns(("Onuindex", 11), ("Model", 21), ("Profile", 23), ("Mode", 8), ("AuthInfo", 0)), "-" * 78]
        for one in some:
            kind = (one.setup.kind if one.setup else "") or "default"
            place = f"GPON{talk.at}:{one.place}"
            lines.append(
                columns((place, 11), (one.shape.model or "unknown", 21), (kind, 23), ("sn", 8), (one.serial, 0))
            )
        return "\n".join(lines)

    @says("show onu state", views=(PON,))
    def states(self, talk: Talk) -> str:
        """What each does now."""
        some = self._some(talk)
        lines = [
            columns(("OnuIndex", 15), ("Admin State", 15), ("OMCC State", 14), ("Phase State", 15), ("Channel", 0))
        ]
        for one in some:
            admin = "enable" if one.setup and one.setup.active else "disable"
            omcc = "enable" if one.lit else "disable"
            place = f"1/1/{self._pon(talk)}:{one.place}"
            lines.append(columns((place, 15), (admin, 15), (omcc, 14), (PHASES[one.fate], 15), ("1(GPON)", 0)))
        lit = sum(one.lit for one in some)
        return "\n".join([*lines, f"ONU Number: {lit}/{len(some)}"])

    def _some(self, talk: Talk) -> list[LiveOnu]:
        found = self.state.plant.configured(self._pon(talk))
        if not found:
            raise Refused(NONE)
        return found

    @says("show onu optical-info <number:int>", "show onu <number:int> optical_info", views=(PON,))
    @says("show onu optical-info <number:int> all", "show onu <number:int> optical-info", views=(PON,))
    def optics(self, talk: Talk, number: int) -> str:
        """Its light."""
        one, _ = self._onu(talk, number)
        if not one.lit:
            raise Refused("% The onu is offline.")
        rows = {
            "Rx optical level": f"{one.light():.3f}(dBm)",
            "Tx optical level": "2.300(dBm)",
            "OLT Rx optical level": f"{one.light() - 2:.3f}(dBm)",
            "Temperature": "48.100(C)",
            "Power feed voltage": "3.28(V)",
            "Laser bias current": "12.000(mA)",
        }
        return "\n".join(f"{columns((name + ':', 24), (value, 0))}" for name, value in rows.items())

    @says("show onu detail-info <number:int>", "show onu <number:int> detail-info", views=(PON,))
    def detail(self, talk: Talk, number: int) -> str:
        """All that is known of one."""
        one, setup = self._onu(talk, number)
        rows = {
            "Onu interface": f"GPON{talk.at}:{number}",
            "Name": setup.name,
            "Type": one.shape.model,
            "Serial number": one.serial,
            "Admin state": "enable" if setup.active else "disable",
            "Phase state": PHASES[one.fate],
            "Line profile": setup.line_profile or "N/A",
            "Service profile": setup.service_profile or "N/A",
            "Distance": f"{one.shape.metres}m" if one.lit else "N/A",
            "Last down cause": PHASES[one.last_down] if one.last_down else "N/A",
        }
        return "\n".join(columns((f"{name}:", 24), (value, 0)) for name, value in rows.items())

    @says("show running-config interface gpon <place>", views=DEEP)
    def configuration_of(self, talk: Talk, place: str) -> str:
        """One PON."""
        return "\n".join(self._of_pon(int(place.partition("/")[2])))

    @says("show running-config", views=DEEP)
    def configuration(self, talk: Talk) -> str:
        """All of it."""
        lines = ["!", f"hostname {self.state.device.name}", "!"]
        for pon in self.state.device.pons:
            lines += self._of_pon(pon.number)
        return "\n".join([*lines, "end"])

    def _of_pon(self, pon: int) -> list[str]:
        if pon not in self.state.plant.onus:
            raise Refused("% Invalid interface.")
        lines = [f"interface gpon 0/{pon}"]
        for one in self.state.plant.configured(pon):
            lines += [f" {line}" for line in _words(one)]
        return [*lines, " exit", "!"]

    @says("show version", "show system info", views=DEEP)
    def version(self, talk: Talk) -> str:
        """What it is."""
        return f"gpon olt platform v1.00\nModel: {self.state.device.model or 'V1600G1'}\nSoftware Version: V1.4.6R"


def _words(one: LiveOnu) -> list[str]:
    """The lines of the configuration that make this ONU."""
    setup, number = one.setup, one.place
    assert setup is not None
    lines = [f"onu add {number} profile {setup.kind or 'default'} sn {setup.serial}"]
    lines += [f"onu {number} desc {setup.name}"] if setup.name else []
    if setup.line_profile in ("", "100"):
        lines += [f"onu {number} tcont {key} dba {dba}" for key, dba in setup.tconts.items()]
        lines += [f"onu {number} gemport {key} tcont {gem.tcont}" for key, gem in setup.gems.items()]
        lines += [f"onu {number} service {name} gemport {it.gem} vlan {it.vlan}" for name, it in setup.services.items()]
        lines += [
            f"onu {number} service-port {key} gemport {it.gem} uservlan {it.user_vlan} vlan {it.vlan}"
            for key, it in setup.flows.items()
        ]
        lines += [f"onu {number} portvlan {eth} mode tag vlan {vlan}" for eth, vlan in setup.ports.items()]
        return lines
    lines.append(f"onu {number} profile line name {setup.line_profile}")
    return lines + ([f"onu {number} profile srv name {setup.service_profile}"] if setup.service_profile else [])
