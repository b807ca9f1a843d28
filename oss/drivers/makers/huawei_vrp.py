"""Huawei VRP: NE40E, ME60 and NetEngine as a BRAS, by SSH or telnet."""

from __future__ import annotations

from oss.drivers import huawei_vrp_settings
from oss.drivers import huawei_vrp_tables as tables
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

CONFIGURATION = "display current-configuration"
YES = {r"\[Y/N\]:?\s*$": "y"}


class HuaweiVrp:
    """VRP as `oss.drivers.router.Router`. It keeps a limit with each user, not in queues of their own."""

    async def sessions(self, link: Link) -> list[RouterSession]:
        command = "display access-user"
        answer = await (await link.shell()).run(command, timeout_s=120.0)
        with reading(command, answer):
            return tables.sessions(answer)

    async def session(self, link: Link, login: str) -> RouterSession | None:
        answer = await _user(link, login)
        with reading("display access-user", answer):
            return tables.session(answer, login)

    async def kick(self, link: Link, session: RouterSession) -> None:
        """Its index may be another's by now: who has it is looked at first."""
        command = f"cut access-user user-id {said(session.id)}"
        found = await self.session(link, session.login)
        if found is None or found.id != session.id:
            raise CommandRefused(command=command, answer="no such user")
        shell = await link.shell()
        for view in ("system-view", "aaa"):
            await shell.run(view)
        try:
            await shell.run(command, answers=YES)
        except CommandRefused:
            await shell.run("return")
            raise
        await shell.run("return")

    async def rate(self, link: Link, session: RouterSession) -> Rate:
        async def read() -> Counted:
            answer = await _user(link, session.login)
            with reading("display access-user", answer):
                return tables.octets(answer)

        return await metered(link, f"user {session.login}", read)

    async def limit(self, link: Link, session: RouterSession) -> Limit | None:
        answer = await _user(link, session.login)
        with reading("display access-user", answer):
            return tables.limit(answer)

    async def interfaces(self, link: Link) -> list[Interface]:
        command = "display interface brief"
        answer = await (await link.shell()).run(command)
        with reading(command, answer):
            return tables.interfaces(answer)

    async def interface_rate(self, link: Link, name: str) -> Rate:
        command = f"display interface {said(name)}"

        async def read() -> Counted:
            answer = await (await link.shell()).run(command)
            with reading(command, answer):
                return tables.port_octets(answer)

        return await metered(link, f"interface {name}", read)

    async def queues(self, link: Link) -> list[Queue]:
        raise NotOffered

    async def address_lists(self, link: Link) -> list[ListedAddress]:
        raise NotOffered

    async def ping(self, link: Link, target: str, count: int = 4) -> Ping:
        command = f"ping -c {count} {said(target)}"
        answer = await (await link.shell()).run(command, timeout_s=10.0 + 3 * count)
        with reading(command, answer):
            return tables.pings(target, answer)

    async def traceroute(self, link: Link, target: str, first: int = 1, last: int = 30) -> list[Hop]:
        command = f"tracert -f {first} -m {last} -q 1 -w 2000 {said(target)}"
        answer = await (await link.shell()).run(command, timeout_s=20.0 + 6 * (last - first))
        with reading(command, answer):
            return tables.hops(target, answer, first, last)

    async def neighbours(self, link: Link) -> list[Neighbour]:
        command = "display arp all"
        answer = await (await link.shell()).run(command)
        with reading(command, answer):
            return tables.neighbours(answer)

    async def leases(self, link: Link) -> list[Lease]:
        """Who came by DHCP is a user like any other."""
        raise NotOffered

    async def nat_rules(self, link: Link) -> list[NatRule]:
        command = "display nat outbound"
        answer = await (await link.shell()).run(command)
        with reading(command, answer):
            return tables.nat_rules(answer)

    async def settings(self, link: Link) -> Settings:
        text = await self.configuration(link)
        with reading(CONFIGURATION):
            return huawei_vrp_settings.settings(text)

    async def configuration(self, link: Link) -> str:
        answer = await (await link.shell()).run(CONFIGURATION, timeout_s=120.0, quiet=True)
        lines = answer.strip("\n").split("\n")
        if lines[-1].strip() != "return":
            raise AnswerUnreadable(command=CONFIGURATION, excerpt=untold(answer))
        return "\n".join(lines) + "\n"


async def _user(link: Link, login: str) -> str:
    return await (await link.shell()).run(f"display access-user username {said(login)} verbose")


DRIVER = Driver(
    key="huawei_vrp",
    title="Huawei VRP",
    maker="Huawei",
    protocols=("ssh", "telnet"),
    object_ids=("1.3.6.1.4.1.2011",),
    dialect=Dialect(
        prompts=(r"^<[^<>\s]+>$", r"^\[[*~]?[^\[\]\s]+\]$"),
        errors=(r"^\s*Error:", r"^\s*\^\s*$"),
        pager={r"---- More ----": " "},
        confirms=YES,
        login=r"(?i)user ?name:\s*$",
        prepare=("screen-length 0 temporary",),
    ),
    form=Form(told=r"^!Last configuration was updated at (?P<at>.+?) by (?P<by>\S+)$", undo="undo"),
    router=HuaweiVrp(),
)
