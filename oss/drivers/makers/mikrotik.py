"""MikroTik RouterOS 6.43 and later: its API, and SSH for /export."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeVar

from oss.drivers import mikrotik_tables as tables
from oss.drivers.configuration import Form, untold
from oss.drivers.links import Dialect, Link
from oss.drivers.mikrotik_words import Row
from oss.drivers.problems import AnswerUnreadable, CommandRefused
from oss.drivers.reading import reading
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

Shape = TypeVar("Shape")
BREATH = 250  # rows between which others get the loop
SILENT_HOPS = 5  # so many without an answer, and nothing further away will give one
EXPORT, EXPORT_OF_6 = "/export terse show-sensitive", "/export terse"


async def _read(
    link: Link, path: str, shape: Callable[[Row], Shape], props: Sequence[str] = (), where: Sequence[str] = ()
) -> list[Shape]:
    """A table in our shapes."""
    rows = await (await link.api()).rows(path, props=props, where=where)
    found: list[Shape] = []
    for at in range(0, len(rows), BREATH):
        with reading(path):
            found += [shape(row) for row in rows[at : at + BREATH]]
        await asyncio.sleep(0)
    return found


async def _of_login(link: Link, login: str) -> list[RouterSession]:
    """His alone, or the answer is none to this question."""
    found = await _read(link, "/ppp/active", tables.session, tables.SESSION, [f"?name={login}"])
    with reading("/ppp/active"):
        return [tables.of_login(one, login) for one in found]


class MikroTik:
    """RouterOS as `oss.drivers.router.Router`."""

    async def sessions(self, link: Link) -> list[RouterSession]:
        return await _read(link, "/ppp/active", tables.session, tables.SESSION)

    async def session(self, link: Link, login: str) -> RouterSession | None:
        return next(iter(await _of_login(link, login)), None)

    async def kick(self, link: Link, session: RouterSession) -> None:
        """Its number may be another's since the router restarted: who has it now is looked at first."""
        found = await _of_login(link, session.login)
        if not any((one.id, one.session_id) == (session.id, session.session_id) for one in found):
            raise CommandRefused(command="/ppp/active/remove", answer="no such item")
        await (await link.api()).call("/ppp/active/remove", {".id": session.id})

    async def rate(self, link: Link, session: RouterSession) -> Rate:
        return await self.interface_rate(link, session.interface)

    async def limit(self, link: Link, session: RouterSession) -> Limit | None:
        """By the queue that RouterOS makes for a login, or else by one for its address."""
        names = [f"?name={session.interface}"]
        targets = [f"?target={session.address}/32"] if session.address else []
        for where in (names, targets):
            found = await _read(link, "/queue/simple", tables.queue, where=where) if where else []
            used = next((one for one in found if not one.disabled), None)
            if used:
                return used.limit
        return None

    async def interfaces(self, link: Link) -> list[Interface]:
        return await _read(link, "/interface", tables.interface)

    async def interface_rate(self, link: Link, name: str) -> Rate:
        command = "/interface/monitor-traffic"
        rows = await (await link.api()).call(command, {"interface": name, "once": ""})
        with reading(command):
            return tables.rate(tables.one_row([row for row in rows if "rx-bits-per-second" in row]))

    async def queues(self, link: Link) -> list[Queue]:
        return await _read(link, "/queue/simple", tables.queue)

    async def address_lists(self, link: Link) -> list[ListedAddress]:
        return await _read(link, "/ip/firewall/address-list", tables.listed)

    async def ping(self, link: Link, target: str, count: int = 4) -> Ping:
        words = {"address": target, "count": str(count)}
        rows = await (await link.api()).call("/ping", words, timeout_s=10.0 + 2 * count)
        with reading("/ping"):
            return tables.pings(target, rows)

    async def traceroute(self, link: Link, target: str, first: int = 1, last: int = 30) -> list[Hop]:
        """Pings that live one hop longer each: /tool/traceroute tells nothing before it is done."""
        hops: list[Hop] = []
        for number in range(first, last + 1):
            rows = await (await link.api()).call("/ping", {"address": target, "count": "1", "ttl": str(number)})
            with reading("/ping"):
                hops.append(tables.hop(number, tables.one_row(rows)))
            if hops[-1].reached or [one.address for one in hops[-SILENT_HOPS:]] == [None] * SILENT_HOPS:
                break
        return hops

    async def neighbours(self, link: Link) -> list[Neighbour]:
        return await _read(link, "/ip/arp", tables.neighbour)

    async def leases(self, link: Link) -> list[Lease]:
        return await _read(link, "/ip/dhcp-server/lease", tables.lease)

    async def nat_rules(self, link: Link) -> list[NatRule]:
        rows = await (await link.api()).rows("/ip/firewall/nat")
        with reading("/ip/firewall/nat"):
            return [tables.nat_rule(number, row) for number, row in enumerate(rows)]

    async def settings(self, link: Link) -> Settings:
        api = await link.api()
        servers = await api.rows("/radius")
        single = [await api.rows(path) for path in ("/radius/incoming", "/ppp/aaa", "/system/ntp/client")]
        resource = await api.rows("/system/resource", props=["version"])
        with reading("/radius, /ppp/aaa, /system/ntp/client"):
            return tables.settings(servers, *map(tables.one_row, [*single, resource]))

    async def configuration(self, link: Link) -> str:
        """By SSH: the API has no /export. RouterOS 6 tells secrets unasked and knows no word for it."""
        shell = await link.shell()
        try:
            text = await shell.run(EXPORT, timeout_s=120.0, quiet=True)
        except CommandRefused:
            text = await shell.run(EXPORT_OF_6, timeout_s=120.0, quiet=True)
        text = text.replace("\r", "").strip("\n") + "\n"
        if not text.startswith("# ") or "RouterOS" not in text.split("\n", 1)[0]:
            raise AnswerUnreadable(command=EXPORT, excerpt=untold(text))
        return text + await self._changed(link)

    async def _changed(self, link: Link) -> str:
        """Who changed it last, of the router's log: as a remark, because an export does not tell."""
        rows = await (await link.api()).rows("/log", props=("time", "message"), where=["?topics=system,info"])
        with reading("/log"):
            return tables.last_change(rows)


DIALECT = Dialect(
    prompts=(),  # each command in a channel of its own, whose end is the answer's
    errors=(r"^(?:bad command name|syntax error|expected |failure:|no such item|input does not match|invalid value)",),
)
FORM = Form(
    style="terse",
    remark="#",
    ordered=(r"/(?:ip|ipv6) firewall (?:filter|nat|mangle|raw)", r"/queue simple", r"/routing filter.*", r"/radius"),
    told=r"^# last change: (?P<at>.+?) by (?P<by>\S+)$",
    undo="remove",
)
DRIVER = Driver(
    key="mikrotik",
    title="MikroTik RouterOS",
    maker="MikroTik",
    protocols=("api", "api-tls"),
    object_ids=("1.3.6.1.4.1.14988.1",),
    dialect=DIALECT,
    form=FORM,
    router=MikroTik(),
)
