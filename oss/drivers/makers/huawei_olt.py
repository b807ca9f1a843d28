"""Huawei SmartAX MA5600T, MA5680T and MA5800: ONTs by SSH or telnet."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from oss.drivers import views
from oss.drivers.answers import cells
from oss.drivers.answers import huawei_olt as answers
from oss.drivers.links import Dialect, Link, Shell
from oss.drivers.olt import Check, Course, FoundOnu, OltOnu, OnuNow, Service, Step
from oss.drivers.problems import AlreadyConfigured, CommandRefused, NoNumberFree, NotConfigured
from oss.drivers.registry import Driver
from oss.drivers.serials import in_hex

DIALECT = Dialect(
    prompts=(r"[\w.\-]{1,64}(\([\w\-/]+\))?[#>]",),
    errors=(r"\s*Failure:.*", r"\s*% .*", r"\s*Error:.*", r"\s*Parameter error.*"),
    pager={r"---- More \( Press 'Q' to break \) ----": " "},
    confirms={
        r"\{ ?<cr>.*\}:\s*$": "",
        r"\(y/n\)\s*(\[[yn]\])?\s*:?\s*$": "y",
        r"YES/NO\s*\)?:?\s*$": "YES",
    },
    login=r"(?i)(>>)?user ?name:\s*$",
    password=r"(?i)(>>)?user password:\s*$|password:\s*$",
    prepare=("undo smart", "infoswitch cli OFF", "scroll"),
    enable="enable",
    leave="quit",
)
NOTHING = ("does not exist", "do not exist", "there is no", "no service virtual port", "not exist")
DARK = ("not online", "offline")
NUMBERS = range(128)
CONFIG = ("config",)


async def ask(
    shell: Shell,
    command: str,
    view: Sequence[str] = (),
    leave: str = "quit",
    *,
    timeout_s: float | None = None,
    quiet: bool = False,
) -> str:
    """An answer without what a session in smart mode says before it, should `undo smart` have been refused."""
    return answers.bare(command, await views.ask(shell, command, view, leave, timeout_s=timeout_s, quiet=quiet))


async def asked(
    shell: Shell, command: str, nothing: Sequence[str], view: Sequence[str] = (), leave: str = "quit"
) -> str | None:
    """The same; None where there is nothing to show."""
    answer = await views.asked(shell, command, nothing, view, leave)
    return None if answer is None else answers.bare(command, answer)


def interface(pon: str) -> tuple[str, ...]:
    """The view of the board that a PON is on."""
    return (*CONFIG, f"interface gpon {pon.rpartition('/')[0]}")


def port(pon: str) -> str:
    """``0/1/6`` -> ``6``."""
    return pon.rpartition("/")[2]


def profile(kind: str, wanted: str) -> str:
    """``ont-lineprofile-id 100``, or by its name."""
    return f"ont-{kind}profile-id {wanted}" if wanted.isdigit() else f'ont-{kind}profile-name "{wanted}"'


def service_port(index: int, service: Service) -> str:
    """The line that carries a VLAN to an ONT's GEM port 1."""
    line = f"service-port {index} vlan {service.vlan} gpon {service.pon} ont {service.number} gemport 1 multi-service"
    line += f" user-vlan {service.user_vlan or service.vlan} tag-transform translate"
    if service.up_profile:
        line += f" inbound traffic-table index {service.up_profile}"
    if service.down_profile:
        line += f" outbound traffic-table index {service.down_profile}"
    return line


class HuaweiOlt:
    """Service ports carry the VLANs, profiles of the OLT say the rest."""

    async def unprovisioned(self, link: Link) -> Sequence[FoundOnu]:
        command = "display ont autofind all"
        answer = await asked(await link.shell(), command, NOTHING, leave="quit")
        return [] if answer is None else answers.autofind(command, answer)

    async def onus(self, link: Link, pon: str | None = None) -> Sequence[OltOnu]:
        command = f"display ont info {' '.join(pon.split('/'))} all" if pon else "display ont info 0 all"
        answer = await asked(await link.shell(), command, NOTHING, leave="quit")
        return [] if answer is None else answers.onts(command, answer)

    async def now(self, link: Link, pon: str, number: int) -> OnuNow:
        shell = await link.shell()
        command = f"display ont info {' '.join(pon.split('/'))} {number}"
        answer = await asked(shell, command, NOTHING, leave="quit")
        if answer is None:
            raise NotConfigured(name="OLT", place=f"{pon}:{number}")
        told = answers.now(command, answer, pon, number)
        command = f"display ont optical-info {port(pon)} {number}"
        answer = await asked(shell, command, DARK, interface(pon), "quit")
        if answer is None:
            return told
        onu, olt = answers.powers(command, answer)
        return replace(told, onu_rx_dbm=onu, olt_rx_dbm=olt)

    async def read_back(self, link: Link, pon: str, number: int) -> Service | None:
        found = await self._configured(await link.shell(), pon, number)
        return found.service if found else None

    async def _configured(self, shell: Shell, pon: str, number: int) -> answers.Configured | None:
        command = f"display current-configuration ont {pon} {number}"
        answer = await asked(shell, command, NOTHING, leave="quit")
        if answer is None:
            return None
        found = answers.configured(command, answer, pon, number)
        if not found.ports and found != answers.configured(command, await ask(shell, command, (), "quit"), pon, number):
            cells.unreadable(command, answer)  # what looks half is asked twice: lines get lost, but not the same ones
        return found

    async def _there(self, shell: Shell, pon: str, number: int) -> answers.Configured:
        found = await self._configured(shell, pon, number)
        if found is None:
            raise NotConfigured(name="OLT", place=f"{pon}:{number}")
        return found

    async def _free_index(self, shell: Shell) -> int:
        """Of service ports; OLTs that cannot be asked for it tell all that are taken."""
        command = "display service-port next-free-index"
        try:
            return answers.next_free(command, await ask(shell, command, leave="quit"))
        except CommandRefused:
            command = "display service-port all"
            answer = await asked(shell, command, NOTHING, leave="quit")
        taken = answers.flows(command, answer) if answer else set()
        return next(one for one in range(1, 65536) if one not in taken)

    async def plan_authorise(self, link: Link, service: Service) -> Course:
        present = await self.onus(link, service.pon)
        for one in present:
            if one.serial == service.serial:
                raise AlreadyConfigured(name="OLT", serial=one.serial, place=f"{one.pon}:{one.number}")
        taken = {one.number for one in present}
        free = [one for one in (service.number, *NUMBERS) if one is not None and one not in taken]
        if not free:
            raise NoNumberFree(name="OLT", pon=service.pon)
        index = await self._free_index(await link.shell())
        wanted = replace(service, number=free[0])
        return Course(
            _authorise(wanted, index),
            service.pon,
            free[0],
            service.serial,
            (Check(service.pon, free[0], None, wanted),),
        )

    async def plan_deauthorise(self, link: Link, pon: str, number: int) -> Course:
        there = await self._there(await link.shell(), pon, number)
        at = interface(pon)
        flows = tuple(Step(f"undo service-port {index}", CONFIG, (line,)) for index, line in there.ports)
        gone = (Step(f"ont delete {port(pon)} {number}", at, there.ont),) if there.service.serial else ()
        return Course(flows + gone, pon, None, there.service.serial, (Check(pon, number, there.service, None),))

    async def plan_replace(self, link: Link, pon: str, number: int, serial: str) -> Course:
        there = await self._there(await link.shell(), pon, number)
        said = f"ont modify {port(pon)} {number} sn"
        step = Step(f"{said} {in_hex(serial)}", interface(pon), (f"{said} {in_hex(there.service.serial)}",))
        after = replace(there.service, serial=serial)
        return Course((step,), pon, number, serial, (Check(pon, number, there.service, after),))

    async def reboot(self, link: Link, pon: str, number: int) -> None:
        await ask(await link.shell(), f"ont reset {port(pon)} {number}", interface(pon), "quit")

    async def save(self, link: Link) -> None:
        await ask(await link.shell(), "save", timeout_s=views.SAVE_S)

    async def configuration(self, link: Link) -> str:
        command = "display current-configuration"
        answer = await ask(await link.shell(), command, leave="quit", timeout_s=600.0, quiet=True)
        return cells.exported(command, answer, "return")


def _authorise(service: Service, index: int) -> tuple[Step, ...]:
    at, ont = interface(service.pon), f"{port(service.pon)} {service.number}"
    add = f"ont add {ont} sn-auth {in_hex(service.serial)} omci {profile('line', service.line_profile)}"
    add += f" {profile('srv', service.service_profile)}"
    if name := re.sub(r"[^\w.\-]+", "_", service.name, flags=re.ASCII).strip("_")[:64]:
        add += f" desc {name}"
    steps = [Step(add, at, (f"ont delete {ont}",))]
    if service.bridge:
        steps.append(Step(f"ont port native-vlan {ont} eth 1 vlan {service.user_vlan or service.vlan} priority 0", at))
    steps.append(Step(service_port(index, service), CONFIG, (f"undo service-port {index}",)))
    return tuple(steps)


DRIVER = Driver(
    key="huawei-olt",
    title="Huawei MA5600T / MA5800",
    maker="Huawei",
    protocols=("ssh", "telnet"),
    object_ids=("1.3.6.1.4.1.2011",),
    dialect=DIALECT,
    olt=HuaweiOlt(),
)
