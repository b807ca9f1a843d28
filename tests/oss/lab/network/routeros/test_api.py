"""librouteros, another's code, talks to the lab's RouterOS in every mode; a bare client does the rest."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from librouteros import async_connect
from librouteros.exceptions import TrapError
from librouteros.login import async_plain, async_token

from oss.lab.network.places import small
from oss.lab.network.routeros.doors import RouterDoors, served
from oss.lab.network.routeros.router import Login, RouterOs
from oss.lab.network.routeros.words import read_sentence, sentence
from oss.lab.network.state import state_of
from oss.lab.network.whims import Deed
from tests.oss.lab.network.routeros.rows import rows
from tests.waiting import eventually

PASSWORD = "lab-comando"


def router(**changes: Any) -> RouterOs:
    made = RouterOs(state_of(small().device("edge-1")), **changes)
    made.callers.come("ana", "100.64.0.1", "10M/20M")  # type: ignore[attr-defined]
    made.callers.come("josé", "100.64.0.2", "", "overdue")  # type: ignore[attr-defined]
    return made


@asynccontextmanager
async def talking(made: RouterOs, **options: Any) -> AsyncIterator[tuple[Any, RouterDoors]]:
    """librouteros, logged in."""
    async with served(made, "127.0.0.1") as doors:
        api = await async_connect("127.0.0.1", "milha", PASSWORD, port=doors.api_port, encoding="utf-8", **options)
        try:
            yield api, doors
        finally:
            await api.close()


class Bare:
    """A client that only reads and writes sentences."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def say(self, *words: str) -> None:
        self.writer.write(sentence(words))
        await self.writer.drain()

    async def hear(self) -> list[str]:
        return await asyncio.wait_for(read_sentence(self.reader), 5)

    async def heard(self, *words: str) -> list[list[str]]:
        """All that is said to one command."""
        await self.say(*words)
        found = [await self.hear()]
        while found[-1][0] not in ("!done", "!fatal"):
            found.append(await self.hear())
        return found


@asynccontextmanager
async def bare(port: int, login: bool = True) -> AsyncIterator[Bare]:
    one = Bare(*await asyncio.open_connection("127.0.0.1", port))
    try:
        if login:
            assert await one.heard("/login", "=name=milha", f"=password={PASSWORD}") == [["!done"]]
        yield one
    finally:
        one.writer.close()


# ------------------------------------------------------------ login


@pytest.mark.parametrize(("mode", "method"), [("plain", async_plain), ("challenge", async_token)])
async def test_librouteros_logs_in_both_ways(mode: Login, method: Any) -> None:
    async with talking(router(login=mode), login_method=method) as (api, _):
        assert (await rows(api, "/system/identity/print"))[0]["name"] == "edge-1"


@pytest.mark.parametrize(("mode", "method"), [("plain", async_plain), ("challenge", async_token)])
async def test_a_wrong_password_is_a_trap(mode: Login, method: Any) -> None:
    async with served(router(login=mode), "127.0.0.1") as doors:
        with pytest.raises(TrapError, match="invalid user name or password"):
            await async_connect("127.0.0.1", "milha", "guess", port=doors.api_port, login_method=method)


async def test_without_a_login_nothing_is_done() -> None:
    async with served(router(), "127.0.0.1") as doors, bare(doors.api_port, login=False) as one:
        assert await one.heard("/ppp/active/print") == [["!fatal", "not logged in"]]
        assert await one.reader.read() == b""


@pytest.mark.parametrize("with_certificate", [True, False])
async def test_by_tls_with_a_certificate_and_without_any(with_certificate: bool) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if not with_certificate:
        context.set_ciphers("ADH:@SECLEVEL=0")
    async with served(router(), "127.0.0.1", None, 0, with_certificate=with_certificate) as doors:
        api = await async_connect("127.0.0.1", "milha", PASSWORD, port=doors.tls_port, ssl_wrapper=context)
        assert len(await rows(api, "/ppp/active/print")) == 2
        await api.close()


async def test_another_certificate_is_shown_when_it_was_exchanged() -> None:
    async with served(router(), "127.0.0.1", None, 0, 0) as doors:

        async def shown() -> str:
            return await asyncio.to_thread(ssl.get_server_certificate, ("127.0.0.1", doors.tls_port))

        before = await shown()
        assert before == await shown()
        await doors.change_key()
        assert before != await shown()


# ------------------------------------------------------------ reading


async def test_names_with_accents_come_as_the_octets_they_are() -> None:
    async with talking(router()) as (api, _):
        assert [row["name"] for row in await rows(api, "/ppp/active/print")] == ["ana", "josé"]
        assert [row["list"] for row in await rows(api, "/ip/firewall/address-list/print", "?dynamic=true")] == [
            "overdue"
        ]


async def test_only_what_was_asked_for_comes() -> None:
    async with talking(router()) as (api, _):
        found = await rows(api, "/ppp/active/print", "=.proplist=name,address", "?name=ana", "?name=nobody", "?#|")
        assert found == [{"name": "ana", "address": "100.64.0.1"}]
        (queue,) = await rows(api, "/queue/simple/print", "?dynamic=true")
        assert (queue["target"], queue["max-limit"]) == ("<pppoe-ana>", "10000000/20000000")


async def test_how_many_there_are_comes_in_the_last_sentence() -> None:
    async with served(router(), "127.0.0.1") as doors, bare(doors.api_port) as one:
        assert await one.heard("/ppp/active/print", "=count-only=") == [["!done", "=ret=2"]]


@pytest.mark.parametrize(("empty", "said"), [(True, [["!empty"], ["!done"]]), (False, [["!done"]])])
async def test_nothing_is_said_as_the_version_says_it(empty: bool, said: list[list[str]]) -> None:
    async with served(router(empty=empty), "127.0.0.1") as doors, bare(doors.api_port) as one:
        assert await one.heard("/ppp/secret/print") == said


@pytest.mark.parametrize(
    "path",
    [
        "/ppp/profile",
        "/ppp/aaa",
        "/interface",
        "/interface/vlan",
        "/interface/pppoe-server/server",
        "/interface/pppoe-server",
        "/ip/address",
        "/ip/arp",
        "/ip/dhcp-server/lease",
        "/ip/firewall/nat",
        "/radius",
        "/radius/incoming",
        "/system/resource",
        "/system/identity",
        "/system/ntp/client",
        "/system/clock",
        "/system/health",
        "/ip/pool",
        "/ip/pool/used",
        "/ip/service",
        "/log",
    ],
)
async def test_every_menu_has_something_to_tell(path: str) -> None:
    async with talking(router()) as (api, _):
        assert await rows(api, f"{path}/print")


# ------------------------------------------------------------ changes


async def test_what_is_added_is_there_is_changed_and_goes() -> None:
    async with talking(router()) as (api, _):
        path = api.path("ppp", "secret")
        one = await path.add(name="caixa", password="0123456")
        assert one.startswith("*")
        await path.update(**{".id": one, "disabled": "yes", "comment": "São João"})
        (row,) = await rows(api, "/ppp/secret/print")
        assert (row["name"], row["disabled"], row["comment"], row["profile"]) == (
            "caixa",
            "true",
            "São João",
            "default",
        )
        log = await rows(api, "/log/print", "?topics=system,info")
        assert [row["message"] for row in log][-2:] == ["secret added by milha", "secret changed by milha"]
        await path.remove(one)
        assert await rows(api, "/ppp/secret/print") == []


@pytest.mark.parametrize(
    ("command", "words", "why"),
    [
        ("/ppp/secret/add", ["=colour=red"], "unknown parameter colour"),
        ("/ppp/secret/add", ["=password=x"], "missing value"),
        ("/ppp/profile/add", ["=name=fibra"], "already have such"),
        ("/ppp/secret/remove", ["=.id=*99"], "no such item"),
        ("/ppp/fly", [], "no such command"),
        ("/hotspot/flying/print", [], "no such command prefix"),
        ("/interface/monitor-traffic", ["=interface=ether9", "=once="], "input does not match"),
        ("/queue/simple/add", ["=name=q", "=max-limit=fast"], "invalid value"),
        ("/radius/incoming/set", ["=accept=maybe"], "invalid value"),
        ("/tool/ping", ["=address=somewhere"], "invalid value"),
        ("/ip/address/remove", ["=.id=*83000001"], "dynamic"),
        ("/interface/add", ["=name=x"], "no such command"),
    ],
)
async def test_what_routeros_does_not_do_is_a_trap_and_the_connection_goes_on(
    command: str, words: list[str], why: str
) -> None:
    async with talking(router()) as (api, _):
        with pytest.raises(TrapError, match=why):
            await rows(api, command, *words)
        assert await rows(api, "/system/identity/print")


async def test_a_removed_session_is_kicked() -> None:
    made = router()
    async with talking(made) as (api, _):
        (row,) = await rows(api, "/ppp/active/print", "?name=ana")
        await rows(api, "/ppp/active/remove", f"=.id={row['.id']}")
        assert made.callers.kicked == ["ana"]  # type: ignore[attr-defined]
        assert [row["name"] for row in await rows(api, "/ppp/active/print")] == ["josé"]


# ------------------------------------------------------------ tools


async def test_ping_tells_each_reply_and_the_sums() -> None:
    made = router(tick_s=0.01)
    async with talking(made) as (api, _):
        found = await rows(api, "/tool/ping", "=address=8.8.8.8", "=count=3")
        assert [row["seq"] for row in found] == ["0", "1", "2"] and found[-1]["received"] == "3"
        lost = await rows(api, "/ping", "=address=100.64.9.9", "=count=2")
        assert [row.get("status") for row in lost] == ["timeout"] * 2 and lost[-1]["packet-loss"] == "100"
        short = [(await rows(api, "/ping", "=address=8.8.8.8", "=count=1", f"=ttl={ttl}"))[0] for ttl in (1, 2, 3)]
        assert [(row["host"], row.get("status")) for row in short] == [
            ("10.255.0.254", "TTL exceeded"),
            ("8.8.8.8", "timeout"),
            ("8.8.8.8", None),
        ]
        hops = await rows(api, "/tool/traceroute", "=address=8.8.8.8", "=count=1")
        assert [row["address"] for row in hops] == ["10.255.0.254", "", "8.8.8.8"]


# ------------------------------------------------------------ tags, streams


async def test_commands_beside_each_other_are_told_apart_by_their_tags() -> None:
    made = router(tick_s=0.02)
    async with served(made, "127.0.0.1") as doors, bare(doors.api_port) as one:
        await one.say("/interface/monitor-traffic", "=interface=<pppoe-ana>", ".tag=7")
        assert (await one.hear())[:2] == ["!re", ".tag=7"]
        await one.say("/ppp/active/print", ".tag=8")
        seen: list[list[str]] = []
        while ["!done", ".tag=8"] not in seen:
            seen.append(await one.hear())
        assert sum(words[:2] == ["!re", ".tag=8"] for words in seen) == 2
        await one.say("/cancel", "=tag=7", ".tag=9")
        while (words := await one.hear())[:2] == ["!re", ".tag=7"]:
            pass
        assert words == ["!trap", ".tag=7", "=category=2", "=message=interrupted"]
        assert [await one.hear(), await one.hear()] == [["!done", ".tag=7"], ["!done", ".tag=9"]]
        pings = await one.heard("/tool/ping", "=address=8.8.8.8", "=count=4", ".tag=10")
        assert {words[1] for words in pings} == {".tag=10"}, "what was cancelled says nothing more"


async def test_listen_tells_who_comes_and_who_goes() -> None:
    made = router()
    async with served(made, "127.0.0.1") as doors, bare(doors.api_port) as one:
        await one.say("/ppp/active/listen", ".tag=1")
        await one.heard("/ppp/active/print", ".tag=2")
        made.callers.come("bia", "100.64.0.3")  # type: ignore[attr-defined]
        assert "=name=bia" in await one.hear()
        (gone,) = [caller for caller in made.callers.all() if caller.login == "ana"]
        made.callers.kick(gone)
        assert (await one.hear())[2:] == ["=.id=*80000001", "=.dead=true"]


# ------------------------------------------------------------ misbehaviour


async def test_it_refuses_it_is_fatal_it_closes() -> None:
    made = router()
    async with served(made, "127.0.0.1") as doors:
        async with bare(doors.api_port) as one:
            made.whims.fail(1, Deed.REFUSE)
            assert (await one.heard("/ppp/active/print"))[0][0] == "!trap"
            made.whims.fail(1, Deed.FATAL)
            assert (await one.heard("/ppp/active/print")) == [["!fatal", "session closed"]]
        async with bare(doors.api_port) as one:
            made.whims.fail(2, Deed.CLOSE)
            assert len(await one.heard("/ppp/active/print")) == 3
            await one.say("/ppp/active/print")
            assert await one.reader.read() == b""


@pytest.mark.parametrize(("deed", "ends"), [(Deed.LOST, True), (Deed.MUTE, False)])
async def test_it_stops_in_the_middle_of_an_answer_to_what_it_has_done(deed: Deed, ends: bool) -> None:
    made = router()
    async with served(made, "127.0.0.1") as doors, bare(doors.api_port) as one:
        made.whims.fail(1, deed)
        await one.say("/ppp/secret/add", "=name=caixa")
        assert await asyncio.wait_for(one.reader.read(4096), 5)
        if ends:
            await asyncio.wait_for(one.reader.read(), 5)
            assert one.reader.at_eof()
        else:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(one.reader.read(1), 0.2)
        assert [row["name"] for row in made.menus["/ppp/secret"].rows.values()] == ["caixa"]


async def test_it_hangs_without_a_word_and_starts_anew() -> None:
    made = router()
    made.whims.away_s = 0.05
    async with served(made, "127.0.0.1") as doors:
        async with bare(doors.api_port) as one:
            made.whims.fail(1, Deed.HANG)
            await one.say("/ppp/active/print")
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(one.reader.read(1), 0.1)
        async with bare(doors.api_port) as one:
            made.whims.fail(1, Deed.REBOOT)
            await one.say("/system/identity/print")
            with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
                await one.hear()
        assert made.state.uptime.seconds() < 60

        async def back() -> bool:
            try:
                async with bare(doors.api_port) as one:
                    return await one.heard("/ppp/secret/print") == [["!done"]]
            except OSError:
                return False

        assert await eventually(back)


async def test_nonsense_ends_the_connection_alone() -> None:
    async with served(router(), "127.0.0.1") as doors, bare(doors.api_port) as one:
        one.writer.write(b"\xff\xff\xff")
        assert await asyncio.wait_for(one.reader.read(), 5) == b""
        async with bare(doors.api_port) as another:
            assert await another.heard("/system/identity/print")


async def test_it_counts_what_it_is_asked() -> None:
    made = router()
    async with talking(made) as (api, _):
        for _ in range(5):
            await rows(api, "/system/identity/print")
        assert len(made.whims.meter) == 5 == made.whims.meter.most(60.0)
