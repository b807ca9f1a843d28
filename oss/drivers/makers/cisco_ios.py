"""Cisco IOS and IOS XE with PPPoE, by SSH or telnet."""

from __future__ import annotations

from oss.drivers import cisco_ios_settings as configured
from oss.drivers import cisco_ios_tables as tables
from oss.drivers.configuration import Form, untold
from oss.drivers.links import Dialect, Link
from oss.drivers.metering import Counted, metered
from oss.drivers.problems import AnswerUnreadable, CommandRefused, NotOffered
from oss.drivers.reading import reading, said
from oss.drivers.registry import Driver
from oss.drivers.router import (
    Hop,
    Interface,
    Lease,
    Limit,
    ListedAddress,
    NatRule,
    Neighbour,
    Ping,
    Queue,
    Rate,
    RouterSession,
    Settings,
)

CONFIGURATION = "show running-config"
CONFIRM = {r"\[confirm\]\s*$": "\n"}


class CiscoIos:
    """IOS as `oss.drivers.router.Router`. A limit is the policy on a session's virtual interface."""

    async def sessions(self, link: Link) -> list[RouterSession]:
        shell = await link.shell()
        users = await shell.run("show users wide", timeout_s=120.0)
        pppoe = await shell.run("show pppoe session", timeout_s=120.0)
        with reading("show users wide", users):
            return tables.sessions(users, pppoe)

    async def session(self, link: Link, login: str) -> RouterSession | None:
        return next((one for one in await self.sessions(link) if one.login == login), None)

    async def kick(self, link: Link, session: RouterSession) -> None:
        """Its virtual interface may be another's by now: who has it is looked at first."""
        command = f"clear ppp interface {said(session.interface)}"
        sessions = await self.sessions(link)
        if not any((one.login, one.interface) == (session.login, session.interface) for one in sessions):
            raise CommandRefused(command=command, answer="no such session")
        await (await link.shell()).run(command, answers=CONFIRM)

    async def rate(self, link: Link, session: RouterSession) -> Rate:
        return await self.interface_rate(link, session.interface)

    async def limit(self, link: Link, session: RouterSession) -> Limit | None:
        """A way at a time: what it says of one has an end that can be told."""
        shell, command = await link.shell(), f"show policy-map interface {said(session.interface)}"
        down, up = [await shell.run(f"{command} {way}") for way in ("output", "input")]
        with reading(command, down or up):
            return tables.limit(down, up)

    async def interfaces(self, link: Link) -> list[Interface]:
        command = "show interfaces description"
        answer = await (await link.shell()).run(command)
        with reading(command, answer):
            return tables.interfaces(answer)

    async def interface_rate(self, link: Link, name: str) -> Rate:
        command = f"show interfaces {said(name)}"

        async def read() -> Counted:
            answer = await (await link.shell()).run(command)
            with reading(command, answer):
                return tables.octets(answer)

        return await metered(link, f"interface {name}", read)

    async def queues(self, link: Link) -> list[Queue]:
        raise NotOffered

    async def address_lists(self, link: Link) -> list[ListedAddress]:
        raise NotOffered

    async def ping(self, link: Link, target: str, count: int = 4) -> Ping:
        command = f"ping {said(target)} repeat {count}"
        answer = await (await link.shell()).run(command, timeout_s=10.0 + 3 * count)
        with reading(command, answer):
            return tables.pings(target, answer)

    async def traceroute(self, link: Link, target: str, first: int = 1, last: int = 30) -> list[Hop]:
        command = f"traceroute {said(target)} numeric timeout 2 probe 1 ttl {first} {last}"
        answer = await (await link.shell()).run(command, timeout_s=20.0 + 3 * (last - first))
        with reading(command, answer):
            return tables.hops(target, answer, first, last)

    async def neighbours(self, link: Link) -> list[Neighbour]:
        command = "show ip arp"
        answer = await (await link.shell()).run(command)
        with reading(command, answer):
            return tables.neighbours(answer)

    async def leases(self, link: Link) -> list[Lease]:
        command = "show ip dhcp binding"
        answer = await (await link.shell()).run(command)
        with reading(command, answer):
            return tables.leases(answer)

    async def nat_rules(self, link: Link) -> list[NatRule]:
        text = await self.configuration(link)
        with reading(CONFIGURATION):
            return configured.nat_rules(text)

    async def settings(self, link: Link) -> Settings:
        text = await self.configuration(link)
        with reading(CONFIGURATION):
            return configured.settings(text)

    async def configuration(self, link: Link) -> str:
        """From the first remark on: what stands before says only that it is being built."""
        answer = await (await link.shell()).run(CONFIGURATION, timeout_s=120.0, quiet=True)
        lines = answer.strip("\n").split("\n")
        starts = next((at for at, line in enumerate(lines) if line.startswith("!")), None)
        if starts is None or lines[-1].strip() != "end":
            raise AnswerUnreadable(command=CONFIGURATION, excerpt=untold(answer))
        return "\n".join(lines[starts:]) + "\n"


DRIVER = Driver(
    key="cisco_ios",
    title="Cisco IOS",
    maker="Cisco",
    protocols=("ssh", "telnet"),
    object_ids=("1.3.6.1.4.1.9.1",),
    dialect=Dialect(
        prompts=(r"^[\w.-]+(?:\([\w.-]+\))?[>#]$",),
        errors=(r"^% ?[A-Z][a-z]",),
        pager={r"--More--": " "},
        confirms=CONFIRM,
        prepare=("terminal length 0", "terminal width 0"),
        enable="enable",
        leave="exit",
    ),
    form=Form(
        ordered=(r"ip access-list .*", r"route-map .*", r"policy-map .*"),
        told=r"^! Last configuration change at (?P<at>.+?) by (?P<by>\S+)$",
    ),
    router=CiscoIos(),
)
