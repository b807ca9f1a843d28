"""ZTE's OLTs: two dialects of one language, told apart by how they name interfaces and where service ports are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from oss.drivers import views
from oss.drivers.answers import cells
from oss.drivers.answers import zte as answers
from oss.drivers.answers.zte import Onu
from oss.drivers.links import Dialect, Link, Shell
from oss.drivers.olt import Check, Course, FoundOnu, OltOnu, OnuNow, Service, Step
from oss.drivers.problems import AlreadyConfigured, NoNumberFree, NotAsOrdered, NotConfigured

DIALECT = Dialect(
    prompts=(r"[\w.\-]{1,64}(\([\w\-/:. ]+\))?[#>]",),
    errors=(r"^%Code \d+", r"^%Error \d+"),
    pager={r" ?--More--": " "},
    confirms={r"\[[yY]es/[nN]o\]:?\s*$": "yes", r"\(y/n\)\s*:?\s*$": "y"},
    prepare=("terminal length 0",),
    enable="enable",
    leave="exit",
)
NOTHING = ("no related information", "does not exist")
NUMBERS = range(1, 129)
CONFIG = ("configure terminal",)
PROFILE = "default"


@dataclass(frozen=True, slots=True)
class Names:
    """Beginnings of interfaces; ``vport`` empty: service ports are said in the ONU's own interface."""

    olt: str
    onu: str
    vport: str
    uncfg: str
    running: str
    service: str


class ZteOlt:
    """GEM ports and service ports are said for each ONU; its own VLANs in its management."""

    def __init__(self, names: Names) -> None:
        self.names = names

    # ------------------------------------------------------------ names and views

    def onu(self, pon: str, number: int) -> str:
        return f"{self.names.onu}{pon}:{number}"

    def vport(self, pon: str, number: int) -> str:
        return f"{self.names.vport}{pon}.{number}:1"

    def at_pon(self, pon: str) -> tuple[str, ...]:
        return (*CONFIG, f"interface {self.names.olt}{pon}")

    def at_onu(self, pon: str, number: int) -> tuple[str, ...]:
        return (*CONFIG, f"interface {self.onu(pon, number)}")

    def at_vport(self, pon: str, number: int) -> tuple[str, ...]:
        return (*CONFIG, f"interface {self.vport(pon, number)}")

    def at_management(self, pon: str, number: int) -> tuple[str, ...]:
        return (*CONFIG, f"pon-onu-mng {self.onu(pon, number)}")

    # ------------------------------------------------------------ reading

    async def unprovisioned(self, link: Link) -> Sequence[FoundOnu]:
        answer = await views.asked(await link.shell(), self.names.uncfg, NOTHING)
        return [] if answer is None else answers.uncfg(self.names.uncfg, answer)

    async def onus(self, link: Link, pon: str | None = None) -> Sequence[OltOnu]:
        shell = await link.shell()
        command = "show gpon onu state" + (f" {self.names.olt}{pon}" if pon else "")
        answer = await views.asked(shell, command, NOTHING)
        if answer is None:
            return []
        states = answers.states(command, answer)
        known: dict[tuple[str, int], tuple[str, str]] = {}
        for one in dict.fromkeys(pon for pon, _ in states):
            known |= await self._base(shell, one)
        return answers.joined(command, answer, states, known)

    async def _base(self, shell: Shell, pon: str) -> dict[tuple[str, int], tuple[str, str]]:
        command = f"show gpon onu baseinfo {self.names.olt}{pon}"
        answer = await views.asked(shell, command, NOTHING)
        return {} if answer is None else answers.base(command, answer)

    async def now(self, link: Link, pon: str, number: int) -> OnuNow:
        shell, name = await link.shell(), self.onu(pon, number)
        command = f"show gpon onu detail-info {name}"
        answer = await views.asked(shell, command, NOTHING)
        if answer is None:
            raise NotConfigured(name="OLT", place=f"{pon}:{number}")
        told = answers.now(command, answer, name)
        command = f"show pon power attenuation {name}"
        onu, olt = answers.powers(command, await views.ask(shell, command))
        return replace(told, onu_rx_dbm=onu, olt_rx_dbm=olt)

    async def read_back(self, link: Link, pon: str, number: int) -> Service | None:
        found = await self._configured(await link.shell(), pon, number)
        return found.service(pon, number) if found else None

    async def _configured(self, shell: Shell, pon: str, number: int) -> Onu | None:
        """What looks half is asked twice: lines get lost, but not the same ones."""
        name = self.onu(pon, number)
        command = f"show gpon onu baseinfo {name}"
        answer = await views.asked(shell, command, NOTHING)
        if answer is None:
            return None
        known = answers.base(command, answer)
        if list(known) != [(pon, number)]:
            cells.unreadable(command, answer)
        found = await self._lines(shell, pon, number, Onu(*known[pon, number]))
        if not found.whole and found != await self._lines(shell, pon, number, Onu(*known[pon, number])):
            cells.unreadable(command, answer)
        return found

    async def _lines(self, shell: Shell, pon: str, number: int, onu: Onu) -> Onu:
        name, virtual = self.onu(pon, number), self.vport(pon, number)
        interface = await self._section(shell, f"{self.names.running} {name}", f"interface {name}", ("!", "end"))
        vport: tuple[str, ...] = ()
        if self.names.vport:
            vport = await self._section(shell, f"{self.names.running} {virtual}", f"interface {virtual}", ("!", "end"))
        told = await self._section(shell, f"show onu running config {name}", f"pon-onu-mng {name}", ("!",))
        return replace(onu, interface=interface, vport=vport, management=told)

    async def _section(self, shell: Shell, command: str, head: str, end: Sequence[str]) -> tuple[str, ...]:
        answer = await views.asked(shell, command, NOTHING)
        return () if answer is None else answers.section(command, answer, head, end)

    async def _there(self, shell: Shell, pon: str, number: int) -> Onu:
        found = await self._configured(shell, pon, number)
        if found is None:
            raise NotConfigured(name="OLT", place=f"{pon}:{number}")
        return found

    # ------------------------------------------------------------ planning

    async def plan_authorise(self, link: Link, service: Service) -> Course:
        present = await self.onus(link, service.pon)
        for one in present:
            if one.serial == service.serial:
                raise AlreadyConfigured(name="OLT", serial=one.serial, place=f"{one.pon}:{one.number}")
        taken = {one.number for one in present}
        free = [n for n in (service.number, *NUMBERS) if n is not None and n not in taken]
        if not free:
            raise NoNumberFree(name="OLT", pon=service.pon)
        wanted = replace(service, number=free[0], onu_type=service.onu_type or "ALL")
        steps = self._authorise(wanted, free[0])
        return Course(steps, service.pon, free[0], service.serial, (Check(service.pon, free[0], None, wanted),))

    def _authorise(self, service: Service, number: int) -> tuple[Step, ...]:
        pon = service.pon
        user = service.user_vlan or service.vlan
        add = f"onu {number} type {service.onu_type} sn {service.serial}"
        said = [Step(add, self.at_pon(pon), (f"no onu {number}",))]
        inside = [f"description {service.name}"] if service.name else []
        inside += [f"tcont 1 profile {service.line_profile}", "gemport 1 name HSI tcont 1"]
        flow = f"user-vlan {user} vlan {service.vlan}"
        limits = (("upstream", service.up_profile), ("downstream", service.down_profile))
        limit = " ".join(f"{way} {name}" for way, name in limits if name)
        if self.names.vport:
            ports = [f"service-port 1 {flow}"]
            ports += [f"qos traffic-policy {service.down_profile} direction egress"] if service.down_profile else []
        else:
            inside += [f"gemport 1 traffic-limit {limit}"] if limit else []
            inside += ["switchport mode hybrid vport 1", f"service-port 1 vport 1 {flow}"]
            ports = []
        own = [f"service {self.names.service} gemport 1 vlan {user}"]
        own += [f"vlan port eth_0/1 mode tag vlan {user}"] if service.bridge else []
        said += [Step(one, self.at_onu(pon, number)) for one in inside]
        said += [Step(one, self.at_vport(pon, number)) for one in ports]
        return (*said, *(Step(one, self.at_management(pon, number)) for one in own))

    async def plan_deauthorise(self, link: Link, pon: str, number: int) -> Course:
        there = await self._there(await link.shell(), pon, number)
        again = f"onu {number} type {there.kind} sn {there.serial}"
        sections = (
            (self.at_onu(pon, number), there.interface),
            (self.at_vport(pon, number), there.vport),
            (self.at_management(pon, number), there.management),
        )
        then = tuple(one for one in sections if one[1])
        step = Step(f"no onu {number}", self.at_pon(pon), (again,), then=then)
        return Course((step,), pon, None, there.serial, (Check(pon, number, there.service(pon, number), None),))

    async def plan_replace(self, link: Link, pon: str, number: int, serial: str) -> Course:
        there = (await self._there(await link.shell(), pon, number)).service(pon, number)
        step = Step(
            f"registration-method sn {serial}", self.at_onu(pon, number), (f"registration-method sn {there.serial}",)
        )
        return Course((step,), pon, number, serial, (Check(pon, number, there, replace(there, serial=serial)),))

    # ------------------------------------------------------------ the rest

    async def reboot(self, link: Link, pon: str, number: int) -> None:
        """Said in the ONU's own management alone: anywhere else the same word restarts the whole OLT."""
        shell = await link.shell()
        await views.home(shell, DIALECT.leave)
        for one in self.at_management(pon, number):
            await shell.run(one, timeout_s=views.COMMAND_S)
        if "onu-mng" not in shell.prompt:
            raise NotAsOrdered(name="OLT", what=shell.prompt)
        await shell.run("reboot", timeout_s=views.COMMAND_S)
        await views.home(shell, DIALECT.leave)

    async def save(self, link: Link) -> None:
        await views.ask(await link.shell(), "write", timeout_s=views.SAVE_S)

    async def configuration(self, link: Link) -> str:
        answer = await views.ask(await link.shell(), "show running-config", timeout_s=600.0, quiet=True)
        return cells.exported("show running-config", answer, "end")
