"""What ZTE's OLTs show of their ONUs, and their configuration as they write it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from oss.lab.network import clock
from oss.lab.network.cli.line import Refused, says
from oss.lab.network.plant import LiveOnu
from oss.lab.network.setups import Setup
from oss.lab.network.shape import Fate, Pon
from oss.lab.network.shells.zte_onus import OnuInterface
from oss.lab.network.shells.zte_words import LOOK

if TYPE_CHECKING:
    from oss.lab.network.cli.talk import Talk

NONE = "%Code 32310-GPONSRV : No related information to show."
PHASES = {Fate.LIT: "working", Fate.FIBRE: "LOS", Fate.POWER: "DyingGasp", Fate.OFF: "OffLine"}
CAUSES = {None: "", Fate.FIBRE: "LOS", Fate.POWER: "DyingGasp", Fate.OFF: "LOFi", Fate.LIT: ""}
NEVER = "0000-00-00 00:00:00"


class Shown(OnuInterface):
    """Tables and texts."""

    def _name(self, one: LiveOnu) -> str:
        return f"{self.dialect.onu}{one.pon.name}:{one.place}"

    # ------------------------------------------------------------ lists

    @says("show gpon onu uncfg", "show gpon onu uncfg <name>", views=LOOK)
    @says("show pon onu uncfg", "show pon onu uncfg <name>", views=LOOK)
    def uncfg(self, talk: Talk, name: str | None = None) -> str:
        """What is lit and nobody knows."""
        found = self.state.plant.found(None if name is None else self.pon(name).number)
        if not found:
            raise Refused(NONE)
        return "\n".join(self._unknown_c600(found) if self.dialect.vport else self._unknown_c300(found))

    def _unknown_c300(self, some: list[LiveOnu]) -> Iterator[str]:
        yield f"{'OnuIndex':<25}{'Sn':<20}State"
        yield "-" * 69
        counts: dict[str, int] = {}
        for one in some:
            counts[one.pon.name] = counts.get(one.pon.name, 0) + 1
            yield f"{f'{self.dialect.onu}{one.pon.name}:{counts[one.pon.name]}':<25}{one.serial:<20}unknown"

    def _unknown_c600(self, some: list[LiveOnu]) -> Iterator[str]:
        yield f"{'OltIndex':<20}{'Model':<21}{'SN':<19}PW"
        yield "-" * 79
        for one in some:
            yield f"{self.dialect.olt + one.pon.name:<20}{one.shape.model or 'N/A':<21}{one.serial:<19}N/A"

    @says("show gpon onu state <name>", "show gpon onu state", views=LOOK)
    def states(self, talk: Talk, name: str | None = None) -> str:
        """Of a PON, of one ONU, or of all."""
        some = self._some(name)
        new = bool(self.dialect.vport)
        head = (
            ("OnuIndex     Admin state  OMCC state  Phase state  Speed mode")
            if new
            else ("OnuIndex   Admin State  OMCC State  Phase State  Channel")
        )
        lines = [head, "-" * 62]
        for one in some:
            place = f"{one.pon.name}:{one.place}"
            omcc, mode = ("enable" if one.lit else "disable"), ("GPON" if new else "1(GPON)")
            lines.append(f"{place:<12} {'enable':<12} {omcc:<11} {PHASES[one.fate]:<12} {mode}")
        return "\n".join([*lines, f"ONU Number: {sum(one.lit for one in some)}/{len(some)}"])

    @says("show gpon onu baseinfo <name>", views=LOOK)
    def base(self, talk: Talk, name: str) -> str:
        """Types and serials of a PON."""
        lines = [f"{'OnuIndex':<20}{'Type':<16}{'Mode':<8}{'AuthInfo':<21}State", "-" * 75]
        for one in self._some(name):
            kind = one.setup.kind if one.setup else ""
            lines.append(f"{self._name(one):<20}{kind:<16}{'sn':<8}{f'SN:{one.serial}':<21}ready")
        return "\n".join(lines)

    @says("show gpon onu by sn <serial>", views=LOOK)
    def by_serial(self, talk: Talk, serial: str) -> str:
        """Where a serial is configured."""
        found = self.state.plant.known(serial.upper())
        if found is None:
            raise Refused(NONE)
        return f"SearchResult\n------------------\n{self._name(found)}"

    def _some(self, name: str | None) -> list[LiveOnu]:
        """Those that an interface has. Raises Refused."""
        if name is not None and name.startswith(self.dialect.onu):
            return [self.onu(name)]
        pons = [one.number for one in self.state.device.pons] if name is None else [self.pon(name).number]
        found = [one for pon in pons for one in self.state.plant.configured(pon)]
        if not found:
            raise Refused(NONE)
        return found

    # ------------------------------------------------------------ light

    @says("show pon power attenuation <name>", views=LOOK)
    def attenuation(self, talk: Talk, name: str) -> str:
        """Both ways of one ONU."""
        one = self.onu(name)
        rows = [
            "           OLT                  ONU              Attenuation",
            "--------------------------------------------------------------------------",
        ]
        if not one.lit:
            rows += [
                " up      Rx :no signal         Tx:N/A                 N/A       ",
                "",
                " down    Tx :5.369(dbm)        Rx:N/A                 N/A       ",
            ]
            return "\n".join(rows)
        rx = one.light()
        up, down = f"{rx - 2:.3f}(dbm)", f"{rx:.3f}(dbm)"
        rows += [
            f" up      Rx :{up:<18}Tx:{'2.423(dbm)':<19}{2.423 - rx + 2:.3f}(dB)",
            "",
            f" down    Tx :{'5.369(dbm)':<18}Rx:{down:<19}{5.369 - rx:.3f}(dB)",
        ]
        return "\n".join(rows)

    @says("show pon power onu-rx <name>", views=LOOK)
    def onu_light(self, talk: Talk, name: str) -> str:
        """What ONUs receive."""
        return self._light(name, "Onu                 Rx power", 0)

    @says("show pon power olt-rx <name>", views=LOOK)
    def olt_light(self, talk: Talk, name: str) -> str:
        """What the OLT receives of them."""
        return self._light(name, "Onu                 Rx power", -2)

    def _light(self, name: str, head: str, less: float) -> str:
        rows = [
            f"{self._name(one):<20}{f'{one.light() + less:.3f}(dbm)' if one.lit else 'N/A'}" for one in self._some(name)
        ]
        return "\n".join([head, "------------------------------------", *rows])

    # ------------------------------------------------------------ one ONU

    @says("show gpon onu detail-info <name>", views=LOOK)
    def detail(self, talk: Talk, name: str) -> str:
        """All that is known of one."""
        one = self.onu(name)
        setup = one.setup
        assert setup is not None
        described = next((line.partition(" ")[2] for line in setup.words if line.startswith("description ")), "")
        rows = {
            "Name": setup.name,
            "Type": setup.kind,
            "State": "ready",
            "Configured channel": "auto",
            "Current channel": "1(GPON)",
            "Admin state": "enable",
            "Phase state": PHASES[one.fate],
            "Config state": "success" if one.lit else "initial",
            "Authentication mode": "sn",
            "SN Bind": "enable with SN check",
            "Serial number": setup.serial,
            "Password": "",
            "Description": described or setup.name,
            "Vport mode": "gemport",
            "DBA Mode": "Hybrid",
            "ONU Status": "enable",
            "OMCI BW Profile": "",
            "Line Profile": "N/A",
            "Service Profile": "N/A",
            "ONU Distance": f"{one.shape.metres}m" if one.lit else "N/A",
            "Online Duration": _lasting(clock.now() - one.up_at) if one.lit else "0h 0m 0s",
            "FEC": "none",
            "1PPS+ToD": "disable",
        }
        lines = [f"ONU interface:         {name}", *(f"  {f'{key}:':<21}{value}" for key, value in rows.items())]
        lines += ["------------------------------------------", *_history(one)]
        return "\n".join(lines)

    @says("show running-config interface <name>", "show running-config-interface <name>", views=LOOK)
    def interface_configuration(self, talk: Talk, name: str) -> str:
        """What is configured at one."""
        kind = self.dialect.kind(name)
        lines = self._of_pon(self.pon(name)) if kind == "olt" else self._of_interface(name)
        return "\n".join(["Building configuration...", *lines, "!", "end"])

    @says("show onu running config <name>", "show running-config pon-onu-mng <name>", views=LOOK)
    def onu_configuration(self, talk: Talk, name: str) -> str:
        """What the ONU itself is told."""
        one = self.onu(name)
        return "\n".join([f"pon-onu-mng {name}", *_told(one.setup), "!"])

    @says("show running-config", views=LOOK)
    def configuration(self, talk: Talk) -> str:
        """All of it."""
        lines = ["Building configuration...", "!", f"hostname {self.state.device.name}", "!"]
        some = list(self.state.plant)
        for pon in self.state.device.pons:
            lines += [*self._of_pon(pon), "!"]
        for one in some:
            lines += [*self._of_onu(one), "!"]
        for one in some:
            lines += [f"pon-onu-mng {self._name(one)}", *_told(one.setup), "!"]
        return "\n".join([*lines, "end"])

    # ------------------------------------------------------------ configuration

    def _of_pon(self, pon: Pon) -> list[str]:
        rows = [
            f"  onu {one.place} type {one.setup.kind} sn {one.setup.serial}"
            for one in self.state.plant.configured(pon.number)
            if one.setup
        ]
        return [f"interface {self.dialect.olt}{pon.name}", "  no shutdown", *rows]

    def _of_interface(self, name: str) -> list[str]:
        one = self.onu(name)
        assert one.setup is not None
        if self.dialect.vport and name.startswith(self.dialect.vport):
            place = self.dialect.place(name)
            return [f"interface {name}", *_ports(one.setup, place[2] if place else 0)]
        return [f"interface {name}", *self._carried(one.setup)]

    def _of_onu(self, one: LiveOnu) -> list[str]:
        assert one.setup is not None
        lines = [f"interface {self._name(one)}", *self._carried(one.setup)]
        for gem in one.setup.gems if self.dialect.vport else ():
            lines += ["!", f"interface {self.dialect.vport}{one.pon.name}.{one.place}:{gem}", *_ports(one.setup, gem)]
        return lines

    def _carried(self, setup: Setup) -> list[str]:
        lines = [f"  name {setup.name}", *(f"  {line}" for line in setup.words)]
        lines += [f"  tcont {number} profile {profile}" for number, profile in setup.tconts.items()]
        for number, gem in setup.gems.items():
            lines.append(f"  gemport {number}" + (f" name {gem.name}" if gem.name else "") + f" tcont {gem.tcont}")
            if not self.dialect.vport and (gem.up or gem.down):
                lines.append(f"  gemport {number} traffic-limit upstream {gem.up} downstream {gem.down}")
        if not self.dialect.vport:
            lines += [f"  switchport mode hybrid vport {number}" for number in setup.gems]
            lines += [
                f"  service-port {number} vport {flow.gem} user-vlan {flow.user_vlan} vlan {flow.vlan}"
                for number, flow in setup.flows.items()
            ]
        return lines

    # ------------------------------------------------------------ itself

    @says("show card", views=LOOK)
    def cards(self, talk: Talk) -> str:
        """Its cards."""
        return "\n".join(
            [
                "Shelf Slot CfgType RealType Port  HardVer SoftVer         Status",
                "-----------------------------------------------------------------",
                "1     1    GTGO    GTGOG    8     V1.0.0  V2.1.0          INSERVICE",
                "1     3    SMXA    SMXA     3     V1.0.0  V2.1.0          INSERVICE",
            ]
        )

    @says("show version-running", "show version", "show software", views=LOOK)
    def version(self, talk: Talk) -> str:
        """What it is."""
        model = self.state.device.model or "C320"
        up = _lasting(self.state.uptime.seconds())
        return f"ZXAN product {model} of ZTE Corporation\nVersion V2.1.0\nSystem uptime is {up}"

    @says("show clock", views=LOOK)
    def time(self, talk: Talk) -> str:
        """Its clock."""
        return clock.stamp(form="%H:%M:%S BRT %a %b %d %Y")


def _lasting(seconds: float) -> str:
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}h {minute}m {second}s"


def _history(one: LiveOnu) -> Iterator[str]:
    """The last ten times that it came and went: as far as the lab knows, one."""
    yield "       Authpass Time          OfflineTime             Cause"
    came = clock.stamp(one.up_at) if one.plugged else NEVER
    went = NEVER if one.lit or one.down_at is None else clock.stamp(one.down_at)
    rows = [(came, went, "" if one.lit else CAUSES[one.last_down])] if one.plugged or one.last_down else []
    if one.lit and one.down_at is not None:
        rows.insert(0, (NEVER, clock.stamp(one.down_at), CAUSES[one.last_down]))
    for number in range(1, 11):
        row = rows[number - 1] if number <= len(rows) else (NEVER, NEVER, "")
        yield f"  {number:>2}   {row[0]:<22} {row[1]:<23} {row[2]}".rstrip()


def _ports(setup: Setup, gem: int) -> list[str]:
    """Service ports of a virtual port."""
    found = [
        f"  service-port {number % 100 or 1} user-vlan {flow.user_vlan} vlan {flow.vlan}"
        for number, flow in setup.flows.items()
        if flow.gem == gem
    ]
    limit = setup.gems[gem].down if gem in setup.gems else ""
    return [*found, *([f"  qos traffic-policy {limit} direction egress"] if limit else [])]


def _told(setup: Setup | None) -> list[str]:
    assert setup is not None
    lines = [f"  service {name} gemport {flow.gem} vlan {flow.vlan}" for name, flow in setup.services.items()]
    return lines + [
        f"  vlan port eth_0/{eth.removeprefix('eth ')} mode tag vlan {vlan}"
        for eth, vlan in sorted(setup.ports.items())
    ]
