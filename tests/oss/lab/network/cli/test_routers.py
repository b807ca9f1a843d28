"""Huawei VRP and Cisco IOS at their command lines: sessions, kicks, counters, pings, configuration."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from oss.lab.network.callers import Flow, Listed
from oss.lab.network.cli.doors import opened
from oss.lab.network.places import small
from oss.lab.network.shape import Device, Maker, Port
from oss.lab.network.shells.ios import Ios
from oss.lab.network.shells.vrp import Vrp
from oss.lab.network.state import state_of
from tests.oss.lab.network.cli.typing import Hands, by_ssh

PLAIN = {Vrp: "screen-length 0 temporary", Ios: "terminal length 0"}


@asynccontextmanager
async def router(kind: type[Any], **more: Any) -> AsyncIterator[tuple[Any, Listed, Hands]]:
    """A router with two subscribers, and somebody at its command line."""
    device = small().device("core-1")
    if kind is Ios:
        device = Device(
            "asr-1", "router", Maker.GENERIC, "x", "127.0.0.1", "ASR1001-X", ports=(Port(1, "GigabitEthernet0/0/0"),)
        )
    line = kind(state_of(device), **more)
    line.callers.come("ana", "100.64.0.1", "10M/20M").flow = lambda: Flow(1e6, 5e6, 5 << 32, 7 << 32)
    line.callers.come("bia@fibra", "100.64.0.2")
    async with opened(line, "127.0.0.1") as doors, by_ssh(doors.ssh_port) as hands:
        await hands.say(PLAIN[kind])
        yield line, line.callers, hands


VRP_SAYS = [
    ("display access-user", "  1       ana                     10GE0/1/1.100  100.64.0.1       0200-0000-0001"),
    ("display access-user", "Total users                        : 2"),
    ("display access-user username ana verbose", "Inbound cir                           : 10000(kbps)"),
    ("display access-user username ana verbose", "Up bytes number(high,low)             : (5,0)"),
    ("display access-user user-id 2 verbose", "User name                             : bia@fibra"),
    ("display access-user username nobody verbose", "Info: No online user."),
    ("display interface brief", "10GE0/1/0                  up       up"),
    ("display interface 10GE0/1/0", "10GE0/1/0 current state : UP"),
    ("display arp all", "Total:4         Dynamic:2"),
    ("display nat outbound", "Total : 1"),
    ("ping -c 3 8.8.8.8", "0.00% packet loss"),
    ("ping -c 2 10.9.9.9", "100.00% packet loss"),
    ("tracert 8.8.8.8", " 1 10.255.0.254 "),
    ("display version", "VRP (R) software"),
    ("fly", "Error: Unrecognized command found at '^' position."),
    ("display access-user username", "Error: Incomplete command found at '^' position."),
    ("display interface Nowhere0", "Error: Wrong parameter found at '^' position."),
]
IOS_SAYS = [
    ("show users wide", "  Vi2.1        ana                PPPoE        -        100.64.0.1"),
    ("show pppoe session", "     2 sessions total"),
    ("show pppoe session", "      1      1  0200.0000.0001  Gi0/0/1.100             1  Vi2.1      PTA"),
    ("show subscriber session", "2       Vi2.2        authen   Lterm"),
    ("show policy-map interface Vi2.1 output", "cir 20000000 bps"),
    ("show policy-map interface Vi2.1 input", "cir 10000000 bps"),
    ("show interfaces description", "GigabitEthernet0/0/0           up             up"),
    ("show interfaces Vi2.1", "5 minute output rate 5000000 bits/sec"),
    ("show ip arp", "Internet  10.10.1.2"),
    ("show ip dhcp binding", "192.168.88.101"),
    ("ping 8.8.8.8 repeat 3", "Success rate is 100 percent (3/3)"),
    ("ping 10.9.9.9 repeat 2", "Success rate is 0 percent (0/2)"),
    ("traceroute 8.8.8.8", "  1 10.255.0.254 "),
    ("show running-config", "aaa server radius dynamic-author"),
    ("sh ver", "IOS XE Software"),
    ("fly", "% Invalid input detected at '^' marker."),
    ("show interfaces Vi2.9", "% Invalid input detected at '^' marker."),
]


@pytest.mark.parametrize(("command", "row"), VRP_SAYS)
async def test_vrp_says(command: str, row: str) -> None:
    async with router(Vrp) as (_, _, hands):
        assert row in await hands.say(command)


@pytest.mark.parametrize(("command", "row"), IOS_SAYS)
async def test_ios_says(command: str, row: str) -> None:
    async with router(Ios) as (_, _, hands):
        assert row in await hands.say(command)


async def test_vrp_cuts_a_user_in_the_view_of_aaa_alone_and_asks_first() -> None:
    async with router(Vrp) as (_, callers, hands):
        assert "Unrecognized" in await hands.say("cut access-user user-id 1")
        await hands.say("system-view")
        await hands.say("aaa")
        assert "Continue?" in await hands.say("cut access-user user-id 1", {r"\[Y/N\]:\Z": "n\r"})
        assert callers.kicked == []
        await hands.say("cut access-user user-id 1", {r"\[Y/N\]:\Z": "Y\r"})
        assert callers.kicked == ["ana"]


async def test_vrp_waits_for_a_commit() -> None:
    async with router(Vrp) as (line, _, hands):
        await hands.say("system-view")
        await hands.say("sysname core-9")
        assert line.prompt.__name__ == "prompt" and "[*core-1]" in hands.seen
        await hands.say("return")
        assert "sysname core-1" in await hands.say("display current-configuration")
        await hands.say("system-view")
        await hands.say("commit")
        await hands.say("return")
        said = await hands.say("display current-configuration")
        assert "sysname core-9" in said and said == await hands.say("display current-configuration")


async def test_ios_clears_a_session_and_changes_its_configuration() -> None:
    async with router(Ios) as (_, callers, hands):
        await hands.say("clear ppp interface Vi2.2")
        await hands.say("clear subscriber session username ana")
        assert callers.kicked == ["bia@fibra", "ana"]
        for command in ("configure terminal", "ntp server 10.0.0.1", "end"):
            await hands.say(command)
        assert "ntp server 10.0.0.1" in await hands.say("show running-config")


async def test_ios_asks_for_the_enable_password_where_it_has_one() -> None:
    device = Device("asr-1", "router", Maker.GENERIC, "x", "127.0.0.1", ports=(Port(1, "Gi1"),))
    line = Ios(state_of(device), lift="segredo")
    async with opened(line, "127.0.0.1") as doors, by_ssh(doors.ssh_port) as hands:
        assert "Invalid input" in await hands.say("show running-config")
        assert "Access denied" in await hands.say("enable", {r"Password: \Z": "guess\r"})
        await hands.say("enable", {r"Password: \Z": "segredo\r"})
        assert "hostname asr-1" in await hands.say("show running-config", {r"--More-- \Z": " "})
        assert "segredo" not in hands.seen
