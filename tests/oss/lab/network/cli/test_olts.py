"""OLTs of four makers at their command lines: an ONU that lights up is found, configured, shown, taken out again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from oss.lab.network.cli.doors import opened
from oss.lab.network.cli.line import CommandLine
from oss.lab.network.plant import Behind, LiveOnu
from oss.lab.network.shape import Device, Fate, Maker, pons
from oss.lab.network.shells.huawei_olt import HuaweiOlt
from oss.lab.network.shells.vsol import Vsol
from oss.lab.network.shells.zte import ZteC300, ZteC600
from oss.lab.network.state import state_of
from tests.oss.lab.network.cli.typing import PASSWORD, Hands, by_ssh, by_telnet

LINES: dict[Maker, type[CommandLine]] = {
    Maker.HUAWEI_OLT: HuaweiOlt,
    Maker.ZTE_C300: ZteC300,
    Maker.ZTE_C600: ZteC600,
    Maker.VSOL: Vsol,
}
YES = {r"\(y/n\)\[n\]:\Z": "y\r", r"yes/no\]:\Z": "yes\r", r"Password: \Z": PASSWORD + "\r"}
NEW = {
    Maker.HUAWEI_OLT: "HWTC0A0B0C0D",
    Maker.ZTE_C300: "ZTEG0A0B0C0D",
    Maker.ZTE_C600: "ZTEG0A0B0C0D",
    Maker.VSOL: "GPON0A0B0C0D",
}
PREPARE = {
    Maker.HUAWEI_OLT: ("enable", "undo smart", "scroll", "config"),
    Maker.ZTE_C300: ("terminal length 0", "configure terminal"),
    Maker.ZTE_C600: ("terminal length 0", "configure terminal"),
    Maker.VSOL: ("enable", "terminal length 0", "configure terminal", "interface gpon 0/1"),
}
FOUND = {
    Maker.HUAWEI_OLT: ("display ont autofind all", "485754430A0B0C0D (HWTC-0A0B0C0D)"),
    Maker.ZTE_C300: ("show gpon onu uncfg", "gpon-onu_1/1/1:1         ZTEG0A0B0C0D        unknown"),
    Maker.ZTE_C600: ("show pon onu uncfg", "gpon_olt-1/1/1      F670L                ZTEG0A0B0C0D       N/A"),
    Maker.VSOL: ("show onu auto-find", "GPON0/1:1\x1b[16CGPON0A0B0C0D\x1b[13Cunknow"),
}
NONE = {
    Maker.HUAWEI_OLT: "Failure: The automatically found ONTs do not exist",
    Maker.ZTE_C300: "%Code 32310-GPONSRV : No related information to show.",
    Maker.ZTE_C600: "%Code 32310-GPONSRV : No related information to show.",
    Maker.VSOL: "No related information to show.",
}
SERVICE_PORT = "service-port 9 vlan 100 gpon 0/1/0 ont 3 gemport 1 multi-service user-vlan 100 tag-transform translate"
MAKE = {
    Maker.HUAWEI_OLT: (
        "interface gpon 0/1",
        'ont add 0 3 sn-auth 485754430A0B0C0D omci ont-lineprofile-id 100 ont-srvprofile-id 100 desc "ana"',
        "ont port native-vlan 0 3 eth 1 vlan 100 priority 0",
        "quit",
        SERVICE_PORT,
    ),
    Maker.ZTE_C300: (
        "interface gpon-olt_1/1/1",
        "onu 4 type F670L sn ZTEG0A0B0C0D",
        "interface gpon-onu_1/1/1:4",
        "name ana",
        "tcont 1 profile UP",
        "gemport 1 name HSI tcont 1",
        "gemport 1 traffic-limit upstream UP downstream DOWN",
        "switchport mode hybrid vport 1",
        "service-port 1 vport 1 user-vlan 100 vlan 100",
        "pon-onu-mng gpon-onu_1/1/1:4",
        "vlan port eth_0/1 mode tag vlan 100",
        "service HSI gemport 1 vlan 100",
        "exit",
    ),
    Maker.ZTE_C600: (
        "interface gpon_olt-1/1/1",
        "onu 4 type F670L sn ZTEG0A0B0C0D",
        "interface gpon_onu-1/1/1:4",
        "name ana",
        "tcont 1 profile UP",
        "gemport 1 name HSI tcont 1",
        "interface vport-1/1/1.4:1",
        "service-port 1 user-vlan 100 vlan 100",
        "pon-onu-mng gpon_onu-1/1/1:4",
        "vlan port eth_0/1 mode tag vlan 100",
        "service 1 gemport 1 vlan 100",
        "exit",
    ),
    Maker.VSOL: (
        "onu add 4 profile default sn GPON0A0B0C0D",
        "onu 4 desc ana",
        "onu 4 tcont 1 dba default",
        "onu 4 gemport 1 tcont 1 gemport_name gem_1",
        "onu 4 service ser_1 gemport 1 vlan 100",
        "onu 4 portvlan eth 1 mode tag vlan 100",
        "onu 4 service-port 1 gemport 1 uservlan 100 vlan 100 new_cos 0",
    ),
}
SHOWN = {
    Maker.HUAWEI_OLT: (
        ("display ont info 0 1 0 all", "0/ 1/0    3  485754430A0B0C0D  active      online"),
        ("display ont info 0 1 0 3", "Run state               : online"),
        ("display ont info by-sn 485754430A0B0C0D", "ONT-ID                  : 3"),
        ("display service-port port 0/1/0 ont 3", "     9  100 common   gpon 0/1 /0  3    1     vlan  100"),
        ("display current-configuration ont 0/1/0 3", 'ont add 0 3 sn-auth "485754430A0B0C0D" omci'),
        ("display current-configuration ont 0/1/0 3", f" {SERVICE_PORT}"),
    ),
    Maker.ZTE_C300: (
        ("show gpon onu state gpon-olt_1/1/1", "1/1/1:4      enable       enable      working      1(GPON)"),
        ("show gpon onu detail-info gpon-onu_1/1/1:4", "Phase state:         working"),
        ("show pon power attenuation gpon-onu_1/1/1:4", "Tx:2.423(dbm)"),
        ("show running-config interface gpon-onu_1/1/1:4", "service-port 1 vport 1 user-vlan 100 vlan 100"),
        ("show onu running config gpon-onu_1/1/1:4", "vlan port eth_0/1 mode tag vlan 100"),
        ("show gpon onu by sn ZTEG0A0B0C0D", "gpon-onu_1/1/1:4"),
    ),
    Maker.ZTE_C600: (
        ("show gpon onu state gpon_olt-1/1/1", "1/1/1:4      enable       enable      working      GPON"),
        ("show running-config interface vport-1/1/1.4:1", "service-port 1 user-vlan 100 vlan 100"),
        ("show onu running config gpon_onu-1/1/1:4", "service 1 gemport 1 vlan 100"),
        ("show gpon onu baseinfo gpon_olt-1/1/1", "gpon_onu-1/1/1:4"),
    ),
    Maker.VSOL: (
        ("show onu state", "1/1/1:4\x1b[8Cenable\x1b[9Cenable\x1b[8Cworking\x1b[8C1(GPON)"),
        ("show onu info", "GPON0/1:4"),
        ("show running-config interface gpon 0/1", "onu 4 service-port 1 gemport 1 uservlan 100 vlan 100"),
        ("show onu optical-info 4", "(dBm)"),
    ),
}
UNMAKE = {
    Maker.HUAWEI_OLT: ("undo service-port 9", "interface gpon 0/1", "ont delete 0 3", "quit"),
    Maker.ZTE_C300: ("interface gpon-olt_1/1/1", "no onu 4", "exit"),
    Maker.ZTE_C600: ("interface gpon_olt-1/1/1", "no onu 4", "exit"),
    Maker.VSOL: ("no onu 4",),
}
ERRORS = ("Failure", "%", "Error")


@asynccontextmanager
async def olt(maker: Maker) -> AsyncIterator[tuple[CommandLine, LiveOnu, Hands]]:
    """An OLT with three ONUs on each PON, a new one on the first, and somebody in its configuration."""
    device = Device("olt-x", "olt", maker, "here", "127.0.0.1", "M-1", pons=pons("olt-x", maker, (3, 3)))
    line = LINES[maker](state_of(device))
    first = device.pons[0].number
    one = line.state.plant.plug(first, NEW[maker], 900, "F670L", Behind("ana", "anapw", "edge-1"))
    by = by_telnet if maker in (Maker.ZTE_C300, Maker.VSOL) else by_ssh
    async with (
        opened(line, "127.0.0.1", 0, 0) as doors,
        by(doors.telnet_port if by is by_telnet else doors.ssh_port) as hands,
    ):
        for command in PREPARE[maker]:
            await hands.say(command, YES)
        yield line, one, hands


def refused(answer: str) -> bool:
    return any(mark in answer for mark in ERRORS) and "%Info" not in answer


@pytest.mark.parametrize("maker", list(LINES))
async def test_an_onu_is_found_made_shown_and_taken_out(maker: Maker) -> None:
    async with olt(maker) as (line, one, hands):
        command, row = FOUND[maker]
        assert row in await hands.say(command)
        for command in MAKE[maker]:
            assert not line.state.plant.serves(one) or command == "exit", f"before {command!r} nothing goes through"
            answer = await hands.say(command)
            assert not refused(answer), (command, answer)
        assert line.state.plant.serves(one)
        assert NONE[maker] in await hands.say(FOUND[maker][0])
        for command, row in SHOWN[maker]:
            assert row in await hands.say(command), command
        for command in UNMAKE[maker]:
            assert not refused(await hands.say(command)), command
        assert one.number is None and row not in await hands.say(FOUND[maker][0])
        assert line.state.plant.found() == [one]


LAST_NEEDED = {
    Maker.HUAWEI_OLT: {SERVICE_PORT},
    Maker.ZTE_C300: {"tcont 1 profile UP", "service HSI gemport 1 vlan 100"},
    Maker.ZTE_C600: {"gemport 1 name HSI tcont 1", "service-port 1 user-vlan 100 vlan 100"},
    Maker.VSOL: {"onu 4 service ser_1 gemport 1 vlan 100"},
}


@pytest.mark.parametrize("maker", list(LINES))
async def test_where_a_step_is_missing_nothing_goes_through(maker: Maker) -> None:
    for missing in LAST_NEEDED[maker]:
        async with olt(maker) as (line, one, hands):
            for command in MAKE[maker]:
                if command != missing:
                    await hands.say(command)
            assert not line.state.plant.serves(one), missing


TWICE = {
    Maker.HUAWEI_OLT: (
        "interface gpon 0/1",
        "ont add 1 sn-auth 485754430A0B0C0D omci ont-lineprofile-id 100 ont-srvprofile-id 100",
        "SN already exists",
    ),
    Maker.ZTE_C300: ("interface gpon-olt_1/1/2", "onu 7 type F670L sn ZTEG0A0B0C0D", "SN already exists"),
    Maker.ZTE_C600: ("interface gpon_olt-1/1/2", "onu 7 type F670L sn ZTEG0A0B0C0D", "SN already exists"),
    Maker.VSOL: ("interface gpon 0/2", "onu add 7 profile default sn GPON0A0B0C0D", "sn already exist"),
}
ELSEWHERE = {
    Maker.HUAWEI_OLT: ("display ont optical-info 0 all", "Unknown command|Parameter error"),
    Maker.ZTE_C300: ("service HSI gemport 1 vlan 100", "Invalid input detected"),
    Maker.ZTE_C600: ("service-port 1 vport 1 user-vlan 100 vlan 100", "Invalid input detected"),
    Maker.VSOL: ("interface gpon 0/9", "Invalid interface"),
}


@pytest.mark.parametrize("maker", list(LINES))
async def test_what_cannot_be_is_refused_in_the_maker_s_words(maker: Maker) -> None:
    async with olt(maker) as (_, _, hands):
        command, why = ELSEWHERE[maker]
        answer = await hands.say(command)
        assert any(one in answer for one in why.split("|")), answer
        for command in MAKE[maker]:
            await hands.say(command)
        view, command, why = TWICE[maker]
        await hands.say(view)
        assert why in await hands.say(command)
        assert refused(await hands.say("fly to the moon"))


DARK = {
    Maker.HUAWEI_OLT: (("display ont info 0 1 0 3", "Last down cause         : dying-gasp"),),
    Maker.ZTE_C300: (
        ("show gpon onu state gpon-olt_1/1/1", "DyingGasp"),
        ("show pon power attenuation gpon-onu_1/1/1:4", "Rx :no signal"),
    ),
    Maker.ZTE_C600: (("show gpon onu detail-info gpon_onu-1/1/1:4", "Phase state:         DyingGasp"),),
    Maker.VSOL: (("show onu state", "DyingGasp"), ("show onu optical-info 4", "offline")),
}


@pytest.mark.parametrize("maker", list(LINES))
async def test_a_dark_onu_is_shown_with_how_it_went(maker: Maker) -> None:
    async with olt(maker) as (_, one, hands):
        for command in MAKE[maker]:
            await hands.say(command)
        one.goes(Fate.POWER)
        for command, row in DARK[maker]:
            assert row in await hands.say(command)


async def test_huawei_replaces_by_serial_and_keeps_the_line() -> None:
    async with olt(Maker.HUAWEI_OLT) as (line, one, hands):
        for command in (*MAKE[Maker.HUAWEI_OLT], "interface gpon 0/1"):
            await hands.say(command)
        other = line.state.plant.plug(0, "HWTC11223344", 900, "EG8145V5")
        assert not refused(await hands.say("ont modify 0 3 sn 4857544311223344"))
        assert (other.number, one.number) == (3, None) and line.state.plant.serves(other)
        assert not refused(await hands.say("ont reset 0 3", YES)) and other.last_down is Fate.OFF and other.lit


async def test_zte_replaces_by_serial_and_keeps_the_line() -> None:
    async with olt(Maker.ZTE_C300) as (line, one, hands):
        for command in (*MAKE[Maker.ZTE_C300], "interface gpon-onu_1/1/1:4"):
            await hands.say(command)
        other = line.state.plant.plug(1, "ZTEG11223344", 900, "F670L")
        assert not refused(await hands.say("registration-method sn ZTEG11223344"))
        assert (other.number, one.number) == (4, None) and line.state.plant.serves(other)


async def test_huawei_asks_for_more_until_it_is_told_not_to() -> None:
    device = Device("o", "olt", Maker.HUAWEI_OLT, "x", "127.0.0.1", pons=pons("o", Maker.HUAWEI_OLT, (2,)))
    line = HuaweiOlt(state_of(device))
    async with opened(line, "127.0.0.1") as doors, by_ssh(doors.ssh_port) as hands:
        await hands.say("enable")
        asked = await hands.say("display ont info 0 1 0 all", {r"\}:\Z": "\r"})
        assert "{ <cr>||<K> }:" in asked and "  Command:\n          display ont info 0 1 0 all" in asked
        await hands.say("undo smart")
        assert "}:" not in await hands.say("display ont info 0 1 0 all")
        assert "log out" in await hands.say("quit", {r"\(y/n\)\[n\]:\Z": "n\r"})
        hands.type("quit\r")
        await hands.until(r"\(y/n\)\[n\]:\Z")
        hands.type("y\r")
        with pytest.raises(EOFError):
            await hands.until()


async def test_huawei_deletes_no_onu_that_something_hangs_on() -> None:
    async with olt(Maker.HUAWEI_OLT) as (_, one, hands):
        for command in (*MAKE[Maker.HUAWEI_OLT], "interface gpon 0/1"):
            await hands.say(command)
        assert "has some service virtual ports" in await hands.say("ont delete 0 3")
        await hands.say("quit")
        assert not refused(await hands.say("undo service-port port 0/1/0 ont 3", YES))
        assert one.setup is not None and not one.setup.flows


async def test_an_onu_may_be_configured_before_it_is_there() -> None:
    async with olt(Maker.HUAWEI_OLT) as (line, _, hands):
        await hands.say("interface gpon 0/1")
        await hands.say("ont add 0 sn-auth 48575443AAAABBBB omci ont-lineprofile-id 100 ont-srvprofile-id 100")
        one = line.state.plant.known("HWTCAAAABBBB")
        assert one is not None and not one.plugged and not one.lit
        assert line.state.plant.plug(0, "HWTCAAAABBBB", 700, "EG8145V5") is one and one.lit and one.number == 3
