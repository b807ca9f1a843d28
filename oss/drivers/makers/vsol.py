"""V-SOL V1600G and kin (GPON, firmware V1.4): all about ONUs is said in the view of their PON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from oss.drivers import views
from oss.drivers.answers import cells
from oss.drivers.answers import vsol as answers
from oss.drivers.answers.vsol import Onu
from oss.drivers.links import Dialect, Link, Shell
from oss.drivers.olt import Check, Course, FoundOnu, OltOnu, OnuNow, Service, Step
from oss.drivers.problems import AlreadyConfigured, CommandRefused, NoNumberFree, NotConfigured
from oss.drivers.registry import Driver

DIALECT = Dialect(
    prompts=(r"[\w.\-]{1,64}(\([\w\-/]+\))?[#>]\s*",),
    errors=(r"^% ", r"^No related information"),
    pager={r"--\s?More\s?--\s*": " "},
    confirms={r"\(y/n\)\s*(\[[yn]\])?\s*:?\s*$": "y"},
    prepare=("terminal length 0",),
    enable="enable",
    leave="exit",
)
NOTHING = ("no related information", "is not exist")
DARK = ("offline",)
PORTS, NUMBERS = range(1, 17), range(1, 129)
KIND, DBA = "default", "default"


def place(pon: str) -> str:
    """As the command line has it: ``0/1``. The inventory, which is read by SNMP, calls it ``1``."""
    return f"0/{pon.rpartition('/')[2]}"


def view(pon: str) -> tuple[str, ...]:
    """Of a PON."""
    return ("configure terminal", f"interface gpon {place(pon)}")


class Vsol:
    """VLANs are said for each ONU; ``line_profile`` is its DBA profile, ``onu_type`` the profile it is added with."""

    async def unprovisioned(self, link: Link) -> Sequence[FoundOnu]:
        shell, found = await link.shell(), list[FoundOnu]()
        for port in PORTS:
            try:
                answer = await views.asked(shell, "show onu auto-find", NOTHING, view(str(port)))
            except CommandRefused as problem:
                if "interface" in str(problem.facts.get("command", "")):
                    break  # it has no more ports
                raise
            found += [] if answer is None else answers.autofind("show onu auto-find", answer)
        return found

    async def onus(self, link: Link, pon: str | None = None) -> Sequence[OltOnu]:
        shell, found = await link.shell(), list[OltOnu]()
        for one in [pon] if pon else [str(port) for port in PORTS]:
            try:
                found += await self._of(shell, one)
            except CommandRefused as problem:
                if pon is None and "interface" in str(problem.facts.get("command", "")):
                    break
                raise
        return found

    async def _of(self, shell: Shell, pon: str) -> list[OltOnu]:
        answer = await views.asked(shell, "show onu state", NOTHING, view(pon))
        if answer is None:
            return []
        states = answers.states("show onu state", answer)
        answer = await views.ask(shell, "show onu info", view(pon))
        known = answers.infos("show onu info", answer)
        if known.keys() != states.keys():
            cells.unreadable("show onu info", answer)
        return [OltOnu(pon, number, known[number], state) for number, state in states.items()]

    async def now(self, link: Link, pon: str, number: int) -> OnuNow:
        shell = await link.shell()
        command = f"show onu detail-info {number}"
        answer = await views.asked(shell, command, NOTHING, view(pon))
        if answer is None:
            raise NotConfigured(name="OLT", place=f"{pon}:{number}")
        told = answers.now(command, answer, f"GPON{place(pon)}:{number}")
        command = f"show onu optical-info {number}"
        answer = await views.asked(shell, command, DARK, view(pon))
        if answer is None:
            return told
        onu, olt = answers.powers(command, answer)
        return replace(told, onu_rx_dbm=onu, olt_rx_dbm=olt)

    async def read_back(self, link: Link, pon: str, number: int) -> Service | None:
        found = await self._configured(await link.shell(), pon, number)
        return found.service(pon, number) if found else None

    async def _configured(self, shell: Shell, pon: str, number: int) -> Onu | None:
        """What looks half, or is not there, is asked twice: lines get lost, but not the same ones."""
        command = f"show running-config interface gpon {place(pon)}"
        found = answers.configured(command, await views.ask(shell, command), place(pon), number)
        if found is None or not found.whole:
            again = await views.ask(shell, command)
            if answers.configured(command, again, place(pon), number) != found:
                cells.unreadable(command, again)
        return found

    async def _there(self, shell: Shell, pon: str, number: int) -> Onu:
        found = await self._configured(shell, pon, number)
        if found is None:
            raise NotConfigured(name="OLT", place=f"{pon}:{number}")
        return found

    async def plan_authorise(self, link: Link, service: Service) -> Course:
        present = await self.onus(link, service.pon)
        for one in present:
            if one.serial == service.serial:
                raise AlreadyConfigured(name="OLT", serial=one.serial, place=f"{one.pon}:{one.number}")
        taken = {one.number for one in present}
        free = [n for n in (service.number, *NUMBERS) if n is not None and n not in taken]
        if not free:
            raise NoNumberFree(name="OLT", pon=service.pon)
        dba = DBA if service.line_profile.isdigit() else service.line_profile
        wanted = replace(service, number=free[0], onu_type=service.onu_type or KIND, line_profile=dba)
        check = Check(service.pon, free[0], None, wanted)
        return Course(_authorise(wanted), service.pon, free[0], service.serial, (check,))

    async def plan_deauthorise(self, link: Link, pon: str, number: int) -> Course:
        there = await self._there(await link.shell(), pon, number)
        step = Step(f"no onu {number}", view(pon), there.lines)
        check = Check(pon, number, there.service(pon, number), None)
        return Course((step,), pon, None, there.serial, (check,))

    async def plan_replace(self, link: Link, pon: str, number: int, serial: str) -> Course:
        """There is no other way here than to take the one out and to say the same lines for the other."""
        there = await self._there(await link.shell(), pon, number)
        before = there.service(pon, number)
        added = f"onu add {number} profile {there.kind} sn {serial}"
        steps = [Step(f"no onu {number}", view(pon), there.lines)]
        steps.append(Step(added, view(pon), (f"no onu {number}",)))
        steps += [Step(line, view(pon)) for line in there.lines[1:]]
        return Course(tuple(steps), pon, number, serial, (Check(pon, number, before, replace(before, serial=serial)),))

    async def reboot(self, link: Link, pon: str, number: int) -> None:
        await views.ask(await link.shell(), f"onu {number} reboot", view(pon))

    async def save(self, link: Link) -> None:
        await views.ask(await link.shell(), "write", timeout_s=views.SAVE_S)

    async def configuration(self, link: Link) -> str:
        answer = await views.ask(await link.shell(), "show running-config", timeout_s=600.0, quiet=True)
        return cells.exported("show running-config", answer, "end")


def _authorise(service: Service) -> tuple[Step, ...]:
    at, onu, user = view(service.pon), f"onu {service.number}", service.user_vlan or service.vlan
    said = [f"{onu} desc {service.name}"] if service.name else []
    said += [f"{onu} tcont 1 dba {service.line_profile}", f"{onu} gemport 1 tcont 1"]
    said.append(f"{onu} service internet gemport 1 vlan {user}")
    said.append(f"{onu} service-port 1 gemport 1 uservlan {user} vlan {service.vlan}")
    said += [f"{onu} portvlan eth 1 mode tag vlan {user}"] if service.bridge else []
    add = f"onu add {service.number} profile {service.onu_type} sn {service.serial}"
    return (Step(add, at, (f"no {onu}",)), *(Step(one, at) for one in said))


DRIVER = Driver(
    key="vsol",
    title="V-SOL V1600G",
    maker="V-SOL",
    protocols=("ssh", "telnet"),
    object_ids=("1.3.6.1.4.1.37950",),
    dialect=DIALECT,
    olt=Vsol(),
)
