"""What is configured on an OLT takes effect: who is behind the ONU dials, and the router shows him."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import asyncssh
import pytest
from librouteros import async_connect
from librouteros.exceptions import ConnectionClosed

from oss.lab.lab import Lab
from oss.lab.network.faces import API, PASSWORD, SSH, TELNET, USER
from oss.lab.network.lab import NetworkLab, network_lab
from oss.lab.network.places import small
from oss.lab.network.shape import Maker, Shape
from oss.lab.settings import NasConfig
from radius import attributes as a
from radius.profile import Profile
from radius.vendors import mikrotik
from tests.oss.lab.network.cli.typing import by_ssh, by_telnet
from tests.oss.lab.network.routeros.rows import rows
from tests.oss.lab.network.running import free_port
from tests.oss.lab.small_server import SmallServer, small_lab
from tests.oss.lab.test_orders import order
from tests.waiting import eventually

HUAWEI, ZTE = "olt-1", "olt-2"
EDGE = [NasConfig("edge-1", "127.0.0.1", b"testing123", 0)]
SERIAL = "HWTC0A0B0C0D"
AUTHORISE = (
    "enable",
    "config",
    "undo smart",
    "interface gpon 0/1",
    "ont add 1 sn-auth 485754430A0B0C0D omci ont-lineprofile-id 100 ont-srvprofile-id 100 desc ana",
    "ont port native-vlan 1 4 eth 1 vlan 100 priority 0",
    "quit",
)
SERVICE = "service-port 77 vlan {vlan} gpon 0/1/1 ont 4 gemport 1 multi-service user-vlan 100 tag-transform translate"


def shape() -> Shape:
    """The small network, whose ZTE OLT leads to the same NAS."""
    found = small(2, 4)
    devices = tuple(replace(one, nas="edge-1") if one.name == ZTE else one for one in found.devices)
    return replace(found, devices=devices)


@asynccontextmanager
async def town(aaa: SmallServer, logins: tuple[str, ...] = ()) -> AsyncIterator[tuple[Lab, NetworkLab, int]]:
    """A NAS that dials, the network around it, and the first port of its command lines."""
    wanted, first = shape(), free_port(shape())
    async with (
        small_lab(aaa, EDGE) as (lab, _),
        network_lab(wanted, free_port(wanted), None, first, lab.nas, logins) as network,
    ):
        assert network.lines is not None
        network.lines.carrier_s = 0.05
        yield lab, network, first


def online(lab: Lab) -> set[str]:
    return {line.login for line in lab.nas["edge-1"].lines.values() if line.state == "online"}


async def test_an_authorised_onu_dials_and_a_deauthorised_one_is_gone(aaa: SmallServer) -> None:
    async with town(aaa) as (lab, network, first):
        assert await network.plug(HUAWEI, 1, "ana", SERIAL) == SERIAL
        async with by_ssh(first + SSH, host="127.77.0.4") as hands:
            for command in AUTHORISE:
                await hands.say(command)
            assert not lab.nas["edge-1"].lines
            await hands.say(SERVICE.format(vlan=100))
            await eventually(lambda: online(lab) == {"ana"})
            await hands.say("undo service-port 77")
            await eventually(lambda: not online(lab))
            await aaa.until(lambda: aaa.of(a.ACCT_STOP, "ana"))
    assert aaa.of(a.ACCT_STOP, "ana")[0].integer(a.ACCT_TERMINATE_CAUSE) == a.CAUSE_LOST_CARRIER


async def test_on_a_wrong_vlan_nobody_dials_until_it_is_the_right_one(aaa: SmallServer) -> None:
    async with town(aaa) as (lab, network, first):
        await network.plug(HUAWEI, 1, "ana", SERIAL)
        async with by_ssh(first + SSH, host="127.77.0.4") as hands:
            for command in (*AUTHORISE, SERVICE.format(vlan=101)):
                await hands.say(command)
            found = await network.onus(HUAWEI, 1)
            assert [one["served"] for one in found if one["login"] == "ana"] == [False]
            assert not lab.nas["edge-1"].lines
            for command in ("undo service-port 77", SERVICE.format(vlan=100)):
                await hands.say(command)
            await eventually(lambda: online(lab) == {"ana"})
        await network.wrong_vlan(HUAWEI, 1, 4)
        await eventually(lambda: not online(lab))


ZTE_COMMANDS = (
    "configure terminal",
    "interface gpon-olt_1/1/2",
    "onu 5 type F670L sn ZTEG0A0B0C0D",
    "interface gpon-onu_1/1/2:5",
    "tcont 1 profile UP",
    "gemport 1 tcont 1",
    "service-port 1 vport 1 user-vlan 100 vlan 100",
    "exit",
    "pon-onu-mng gpon-onu_1/1/2:5",
    "vlan port eth_0/1 mode tag vlan 100",
)


async def test_zte_needs_the_onu_itself_told_before_anybody_dials(aaa: SmallServer) -> None:
    async with town(aaa) as (lab, network, first):
        await network.plug(ZTE, 2, "bia", "ZTEG0A0B0C0D")
        async with by_telnet(first + TELNET, host="127.77.0.5") as hands:
            for command in ZTE_COMMANDS:
                await hands.say(command)
            assert not lab.nas["edge-1"].lines
            await hands.say("service HSI gemport 1 vlan 100")
            await eventually(lambda: online(lab) == {"bia"})
            await hands.say("end")
            await hands.say("configure terminal")
            await hands.say("interface gpon-olt_1/1/2")
            await hands.say("no onu 5")
            await eventually(lambda: not online(lab))


async def test_light_that_goes_ends_the_session_and_light_that_comes_dials_again(aaa: SmallServer) -> None:
    logins = tuple(f"c{number}" for number in range(1, 17))
    async with town(aaa, logins) as (lab, network, _):
        lab.dial([(login, login + "pw") for login in ("c1", "c2", "c5")])
        await eventually(lambda: online(lab) == {"c1", "c2", "c5"})
        await network.cut_fibre(HUAWEI, 0)
        await eventually(lambda: online(lab) == {"c5"})
        await network.repair(HUAWEI, 0)
        await eventually(lambda: online(lab) == {"c1", "c2", "c5"})
        assert set(lab.nas["edge-1"].lines) == {"c1", "c2", "c5"}, "who did not dial does not begin to"


async def test_a_flicker_that_nobody_notices_ends_no_session(aaa: SmallServer) -> None:
    async with town(aaa, ("c1",)) as (lab, network, _):
        await network.carrier(30)
        lab.dial([("c1", "c1pw")])
        await eventually(lambda: online(lab) == {"c1"})
        session = lab.nas["edge-1"].lines["c1"].session
        await network.cut_fibre(HUAWEI, 0)
        await network.repair(HUAWEI, 0)
        assert lab.nas["edge-1"].lines["c1"].session is session
        assert network.lines is not None and not network.lines._timers


async def test_the_router_shows_the_nas_s_sessions_their_limits_and_what_flows(aaa: SmallServer) -> None:
    async with town(aaa, ("c1",)) as (lab, network, first):
        lab.dial([("c1", "c1pw")])
        await eventually(lambda: online(lab) == {"c1"})
        api = await async_connect("127.77.0.2", USER, PASSWORD, port=first + API, encoding="latin-1")
        session = lab.nas["edge-1"].lines["c1"].session
        assert session is not None
        (active,) = await rows(api, "/ppp/active/print")
        assert (active["name"], active["address"]) == ("c1", session.framed_ip)
        assert active["session-id"] == f"0x{session.acct_session_id.upper()}"
        (queue,) = await rows(api, "/queue/simple/print")
        assert (queue["name"], queue["max-limit"]) == ("<pppoe-c1>", "50000000/100000000")
        await network.download("c1", 1000)
        (queue,) = await rows(api, "/queue/simple/print")
        assert queue["rate"].endswith("/100000000")
        slow = mikrotik.change(Profile(down_kbps=1_000, up_kbps=512, address_list="overdue"))
        assert (await order(lab, a.attr(a.USER_NAME, "c1") + slow, nas="edge-1")).ack
        (queue,) = await rows(api, "/queue/simple/print")
        (listed,) = await rows(api, "/ip/firewall/address-list/print", "?dynamic=true")
        (moving,) = await rows(api, "/interface/monitor-traffic", "=interface=<pppoe-c1>", "=once=")
        await api.close()
    assert queue["max-limit"] == "512000/1000000"
    assert (listed["list"], listed["address"]) == ("overdue", session.framed_ip)
    assert 0 < int(moving["tx-bits-per-second"]) <= 1_000_000


async def test_a_kick_by_the_router_ends_the_session_and_he_dials_again(aaa: SmallServer) -> None:
    async with town(aaa, ("c1",)) as (lab, _, first):
        lab.dial([("c1", "c1pw")])
        await eventually(lambda: online(lab) == {"c1"})
        before = lab.nas["edge-1"].lines["c1"].session
        api = await async_connect("127.77.0.2", USER, PASSWORD, port=first + API, encoding="latin-1")
        (active,) = await rows(api, "/ppp/active/print")
        await rows(api, "/ppp/active/remove", f"=.id={active['.id']}")
        await api.close()
        await eventually(lambda: online(lab) == {"c1"} and lab.nas["edge-1"].lines["c1"].session is not before)
    assert aaa.of(a.ACCT_STOP, "c1")[0].integer(a.ACCT_TERMINATE_CAUSE) == a.CAUSE_ADMIN_RESET


async def test_a_nas_without_power_forgets_its_sessions_and_has_them_again_when_it_starts(aaa: SmallServer) -> None:
    async with town(aaa, ("c1",)) as (lab, network, _):
        lab.dial([("c1", "c1pw")])
        await eventually(lambda: online(lab) == {"c1"})
        await network.site_down("Centro")
        assert not online(lab) and not aaa.of(a.ACCT_STOP)
        assert lab.nas["edge-1"].orders.mode == "silent"
        await network.site_up("Centro")
        await eventually(lambda: online(lab) == {"c1"})
        assert lab.nas["edge-1"].orders.mode == "healthy" and len(aaa.of(a.ACCT_ON)) == 2


async def test_a_reboot_ends_what_was_said_at_the_command_line(aaa: SmallServer) -> None:
    async with town(aaa) as (_, network, first), by_ssh(first + SSH, host="127.77.0.4") as hands:
        await network.reboot(HUAWEI)
        with pytest.raises(EOFError):
            await hands.until()


async def test_a_device_without_power_answers_nobody_and_comes_back(aaa: SmallServer) -> None:
    async with town(aaa) as (_, network, first):
        async with by_ssh(first + SSH, host="127.77.0.4") as hands:
            await network.site_down("Centro")
            with pytest.raises(EOFError):
                await hands.until()
        with pytest.raises((OSError, asyncssh.Error)):
            async with by_ssh(first + SSH, host="127.77.0.4"):
                pass
        with pytest.raises(ConnectionClosed):
            await async_connect("127.77.0.2", USER, PASSWORD, port=first + API, encoding="latin-1", timeout=2)
        await network.site_up("Centro")
        async with by_ssh(first + SSH, host="127.77.0.4") as hands:
            assert "display" not in await hands.say("enable")


async def test_orders_from_outside_break_a_command_line(aaa: SmallServer) -> None:
    async with town(aaa) as (_, network, first):
        async with by_ssh(first + SSH, host="127.77.0.4") as hands:
            await network.fail_command(HUAWEI, 2, "close")
            await hands.say("enable")
            with pytest.raises(EOFError):
                await hands.say("config")
        assert (await network.commands(HUAWEI, 60.0))["commands"] == 2
        for wrong in ((HUAWEI, 0, "close"), (HUAWEI, 1, "explode"), ("edge-2", 1, "close")):
            with pytest.raises(ValueError, match=r"1 or more|how is one of|no command line"):
                await network.fail_command(*wrong)
        with pytest.raises(ValueError, match="no OLT"):
            await network.plug("core-1", 1, "ana")
        with pytest.raises(ValueError, match="nobody called"):
            await network.download("nobody")
        with pytest.raises(ValueError, match="plugged in already"):
            await network.plug(HUAWEI, 1, "ana", network.device(HUAWEI).state.plant.on(0)[0].serial)


def test_every_maker_of_an_olt_has_serials_of_its_own() -> None:
    olts = [one.maker for one in shape().devices if one.pons]
    assert set(olts) == {Maker.HUAWEI_OLT, Maker.ZTE_C300}
