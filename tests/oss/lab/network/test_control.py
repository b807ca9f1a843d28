"""Orders to the network through the lab's control port, and from a command line."""

from __future__ import annotations

import asyncio
import json
import sys

import pytest

from oss.lab import network_command
from oss.lab.control import ControlClient, Refused, control_port
from oss.lab.network import orders
from oss.lab.network.lab import NetworkLab
from tests.oss.lab.network.running import running
from tests.oss.lab.small_server import SmallServer, small_lab

WRONG = [
    ("fly", {}, "no order 'fly'"),
    ("cut_fibre", {"device": "olt-1"}, "missing a required argument: 'pon'"),
    ("cut_fibre", {"device": "olt-1", "pon": "three"}, "no int"),
    ("cut_fibre", {"device": "olt-1", "pon": 3, "why": "x"}, "unexpected keyword"),
    ("cut_fibre", {"device": "olt-7", "pon": 3}, "no device named 'olt-7'"),
    ("reboot", {"device": "olt-1", "announce": "perhaps"}, "is yes or no"),
    ("slow", {"device": "olt-1", "seconds": -1}, "0 to 3600"),
    ("stutter", {"device": "olt-1", "copies": 0}, "1 to 100"),
    ("flap", {"device": "olt-1", "port": "0/3/0", "times": 0}, "1 to 10,000"),
    ("device", {"name": "olt-1"}, "no order 'device'"),
]


async def test_the_control_port_breaks_and_repairs(aaa: SmallServer) -> None:
    async with (
        small_lab(aaa) as (lab, _),
        running() as network,
        control_port(lab, "127.0.0.1", 0, network) as (_, address),
        ControlClient(*address) as client,
    ):
        await client.network("cut_fibre", device="OLT-1", pon=1)
        assert (await client.network("status"))["olt-1"]["dark"] == {"1": 8}
        await client.network("repair", device="olt-1")
        assert (await client.network("status"))["olt-1"]["dark"] == {}
        for order, given, why in WRONG:
            with pytest.raises(Refused, match=why):
                await client.network(order, **given)
        with pytest.raises(Refused, match="with is an object"):
            await client.call("network", order="status", **{"with": [1]})


async def test_a_lab_without_a_network_says_so(aaa: SmallServer) -> None:
    async with (
        small_lab(aaa) as (lab, _),
        control_port(lab, "127.0.0.1", 0) as (_, address),
        ControlClient(*address) as client,
    ):
        with pytest.raises(Refused, match="no network"):
            await client.network("status")


async def test_the_command_line_orders(aaa: SmallServer) -> None:
    async with (
        small_lab(aaa) as (lab, _),
        running() as network,
        control_port(lab, "127.0.0.1", 0, network) as (_, (host, port)),
    ):

        async def ordered(*words: str) -> tuple[int | None, str, str]:
            child = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "oss.lab", "network", "--control", f"{host}:{port}", *words),
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
            out, err = await child.communicate()
            return child.returncode, out.decode(), err.decode()

        assert (await ordered("cut-fibre", "olt-1", "1"))[0] == 0
        status, out, _ = await ordered("status")
        assert status == 0 and json.loads(out)["olt-1"]["dark"] == {"1": 8}
        status, _, err = await ordered("cut-fibre", "olt-1", "9")
        assert status == 1 and "has no PON 9" in err


def test_the_help_lists_every_order() -> None:
    said = network_command.parser().format_help()
    assert all(name.replace("_", "-") in said for name in orders.orders(NetworkLab))
    assert "cut-fibre DEVICE PON" in said and "repair DEVICE [PON] [WITHIN_S]" in said


def test_words_become_what_the_order_takes() -> None:
    assert orders.from_words(NetworkLab, "repair", ["olt-1", "3", "2.5"]) == {
        "device": "olt-1",
        "pon": 3,
        "within_s": 2.5,
    }
    assert orders.from_words(NetworkLab, "reboot", ["olt-1", "no"]) == {"device": "olt-1", "announce": False}
    for words in (["fly"], ["behave", "a", "b"], ["cut_fibre", "a", "x"]):
        with pytest.raises(ValueError, match=r"no order|words at most|no int"):
            orders.from_words(NetworkLab, words[0], words[1:])
