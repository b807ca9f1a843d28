"""Every way in which a command line fails on order, seen by a plain client over SSH and over telnet."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncssh
import pytest

from oss.lab.network.cli.doors import Doors, opened
from oss.lab.network.places import small
from oss.lab.network.shells.huawei_olt import HuaweiOlt
from oss.lab.network.state import state_of
from oss.lab.network.whims import Deed
from tests.oss.lab.network.cli.typing import USER, Hands, by_ssh, by_telnet
from tests.waiting import eventually

ADD = "ont add 0 sn-auth 485754430A0B0C0D omci ont-lineprofile-id 100 ont-srvprofile-id 100"
WAYS = {"ssh": by_ssh, "telnet": by_telnet}


def olt(onus: int = 4) -> HuaweiOlt:
    return HuaweiOlt(state_of(small(2, onus).device("olt-1")))


@asynccontextmanager
async def at_work(line: HuaweiOlt, way: str = "ssh") -> AsyncIterator[tuple[Hands, Doors]]:
    """In the view of the board, nothing asked twice."""
    async with (
        opened(line, "127.0.0.1", 0, 0) as doors,
        WAYS[way](doors.ssh_port if way == "ssh" else doors.telnet_port) as hands,
    ):
        for command in ("enable", "undo smart", "config", "interface gpon 0/1"):
            await hands.say(command)
        yield hands, doors


@pytest.mark.parametrize("way", ["ssh", "telnet"])
@pytest.mark.parametrize("deed", [Deed.CLOSE, Deed.LOST])
async def test_the_connection_ends_before_or_after_the_command_is_done(deed: Deed, way: str) -> None:
    line = olt()
    async with at_work(line, way) as (hands, _):
        line.whims.fail(1, deed)
        with pytest.raises(EOFError):
            await hands.say(ADD)
    assert (line.state.plant.known("HWTC0A0B0C0D") is not None) is (deed is Deed.LOST)


@pytest.mark.parametrize("way", ["ssh", "telnet"])
@pytest.mark.parametrize("deed", [Deed.HANG, Deed.MUTE])
async def test_nothing_more_is_said_before_or_after_the_command_is_done(deed: Deed, way: str) -> None:
    line = olt()
    async with at_work(line, way) as (hands, _):
        line.whims.fail(1, deed)
        with pytest.raises(TimeoutError):
            await hands.say(ADD, timeout_s=0.3)
        assert ("Number of ONTs" in hands.seen) is (deed is Deed.MUTE)
    assert (line.state.plant.known("HWTC0A0B0C0D") is not None) is (deed is Deed.MUTE)


async def test_a_refused_command_is_not_done_and_the_next_one_is() -> None:
    line = olt()
    async with at_work(line) as (hands, _):
        line.whims.fail(1, Deed.REFUSE)
        assert "System is busy" in await hands.say(ADD)
        assert line.state.plant.known("HWTC0A0B0C0D") is None
        assert "success: 1" in await hands.say(ADD)


async def test_it_starts_anew_and_lets_nobody_in_meanwhile() -> None:
    line = olt()
    line.whims.away_s = 0.1
    async with at_work(line) as (hands, doors):
        line.whims.fail(1, Deed.REBOOT)
        with pytest.raises(EOFError):
            await hands.say("display version")

        async def back() -> bool:
            try:
                async with by_ssh(doors.ssh_port) as again:
                    return "Uptime" in await again.say("display version", {r"\}:\Z": "\r"})
            except (OSError, asyncssh.Error):
                return False

        assert await eventually(back)


async def test_the_log_comes_between_the_lines_until_it_is_told_not_to() -> None:
    line = olt(12)
    async with at_work(line) as (hands, _):
        line.whims.spam = True
        await hands.say("scroll 512")
        assert "ALARM NAME" in await hands.say("display ont info 0 all")
        await hands.say("infoswitch cli OFF")
        assert "ALARM NAME" not in await hands.say("display ont info 0 all")


async def test_a_long_answer_waits_for_a_key_after_each_page() -> None:
    line = olt(40)
    async with at_work(line) as (hands, _):
        hands.type("display ont info 0 all\r")
        first = await hands.until(r"---- More \( Press 'Q' to break \) ----\Z")
        assert first.count("\n") == 23  # the echo and a page
        hands.type(" ")
        second = await hands.until(r"---- More \( Press 'Q' to break \) ----\Z")
        assert second.startswith("\x1b[37D") and second.count("48575443") == 22
        hands.type("q")
        assert "total of ONTs" not in await hands.until()


async def test_each_command_takes_as_long_as_was_ordered_and_is_counted() -> None:
    line = olt()
    async with at_work(line) as (hands, _):
        line.whims.latency_s = 0.05
        before = len(line.whims.meter)
        for _ in range(4):
            await hands.say("display time")
        assert len(line.whims.meter) - before == 4
        assert line.whims.meter.at[-1] - line.whims.meter.at[-4] >= 3 * 0.05


async def test_no_password_is_right_while_it_is_deaf_and_a_wrong_one_never_is() -> None:
    line = olt()
    async with opened(line, "127.0.0.1", 0, 0) as doors:
        with pytest.raises(asyncssh.PermissionDenied):
            async with by_ssh(doors.ssh_port, "guess"):
                pass
        async with by_telnet(doors.telnet_port, "guess") as hands:
            assert "Username or password invalid" in hands.seen
        line.whims.deaf = True
        with pytest.raises(asyncssh.PermissionDenied):
            async with by_ssh(doors.ssh_port):
                pass


async def test_another_host_key_is_shown_when_it_was_exchanged() -> None:
    async with opened(olt(), "127.0.0.1", 0) as doors:
        seen = [await asyncssh.get_server_host_key("127.0.0.1", doors.ssh_port)]
        known = doors.host_key
        await doors.change_key()
        seen.append(await asyncssh.get_server_host_key("127.0.0.1", doors.ssh_port))
    shown = [" ".join(one.export_public_key().decode().split()[:2]) for one in seen if one]
    assert shown == [known, doors.host_key] and shown[0] != shown[1]


async def test_an_old_device_has_old_algorithms_alone() -> None:
    async with opened(olt(), "127.0.0.1", 0, legacy=True) as doors:
        with pytest.raises(asyncssh.Error):
            async with asyncssh.connect("127.0.0.1", doors.ssh_port, username=USER, known_hosts=None, config=None):
                pass
        old = {"kex_algs": "+diffie-hellman-group14-sha1", "encryption_algs": "+aes128-cbc", "mac_algs": "+hmac-sha1"}
        async with by_ssh(doors.ssh_port, server_host_key_algs="+ssh-rsa", **old) as hands:
            assert await hands.say("enable") == ""


async def test_two_people_do_not_see_each_other() -> None:
    line = olt()
    async with opened(line, "127.0.0.1", 0) as doors, by_ssh(doors.ssh_port) as one, by_ssh(doors.ssh_port) as two:
        await one.say("enable")
        assert "Unknown command" in await two.say("config")
        assert "Unknown command" not in await one.say("config")
