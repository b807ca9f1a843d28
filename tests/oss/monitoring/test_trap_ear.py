"""Traps of polled devices: who may speak, and that whoever speaks is asked and not believed."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from oss.base.supervisor import Health
from oss.monitoring.polled import Polled
from oss.monitoring.poller import Poller
from oss.monitoring.told import Ids
from oss.monitoring.trap_ear import TrapEar, sources, v3_users
from oss.monitoring.watch import Watch
from oss.monitoring.writer import Writer
from oss.network.device_secrets import Credentials
from snmp.credentials import Auth, Community, Privacy, User
from snmp.polling import Plan
from snmp.trap_events import Kind
from snmp.trap_fold import Heard
from tests.snmp.trap_wires import IF_INDEX, LINK_DOWN, LINK_UP, tool
from tests.waiting import eventually

DEVICE = 7


def device(key: int = DEVICE, address: str = "127.0.0.1", secret: Community | User | None = None) -> Polled:
    reach = Credentials(key, address, "2c", 161, "", "none", "none", "off", None, "", None)
    return Polled(reach, secret or Community("public"))


@asynccontextmanager
async def listening(ear: TrapEar) -> AsyncIterator[int]:
    """The port it hears on."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    task = asyncio.create_task(ear.run("127.0.0.1", port, health := Health("traps")))
    try:
        await eventually(lambda: health.state == "up")
        yield port
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_device_that_is_asked_may_send_in_the_community_it_is_asked_by(tmp_path: Path) -> None:
    heard: list[Heard] = []
    ear = TrapEar("noc-1", heard.append)
    await ear.know([device()])
    async with listening(ear) as port:
        place = f"127.0.0.1:{port}"
        await tool("snmptrap", tmp_path, "-v2c", "-c", "wrong", place, "", LINK_DOWN, f"{IF_INDEX}.5", "i", "5")
        await tool("snmptrap", tmp_path, "-v2c", "-c", "public", place, "", LINK_UP, f"{IF_INDEX}.5", "i", "5")
        await eventually(lambda: heard)
        assert [(one.source, one.event.kind) for one in heard] == [(DEVICE, Kind.LINK_UP)]
        found = ear.stats()
    assert (found["received"], found["told"], found["refused"], found["kernel_drops"]) == (2, 1, 1, 0)


@pytest.mark.parametrize("tool_name", ["snmptrap", "snmpinform"])
async def test_a_v3_user_is_heard_in_the_name_of_its_own_engine(tmp_path: Path, tool_name: str) -> None:
    heard: list[Heard] = []
    ear = TrapEar("noc-1", heard.append)
    one = device(secret=User("noc", Auth.SHA256, "auth-pass-1", Privacy.AES128, "priv-pass-1"))
    one.engine_id = bytes.fromhex("8000000001020304")
    await ear.know([one])
    async with listening(ear) as port:
        keys = [
            "-v3",
            "-u",
            "noc",
            "-l",
            "authPriv",
            "-a",
            "SHA-256",
            "-A",
            "auth-pass-1",
            "-x",
            "AES",
            "-X",
            "priv-pass-1",
        ]
        engine = ["-e", "0x8000000001020304"] if tool_name == "snmptrap" else []
        place = f"127.0.0.1:{port}"
        status, said = await tool(tool_name, tmp_path, *keys, *engine, place, "", LINK_DOWN, f"{IF_INDEX}.5", "i", "5")
        assert status == 0, said
        await eventually(lambda: heard)
    assert (heard[0].source, heard[0].user, heard[0].event.if_index) == (DEVICE, "noc", 5)


async def test_two_devices_behind_one_address_are_one_source_with_both_communities() -> None:
    found = sources([device(1), device(2, secret=Community("other")), device(3, "127.0.0.9")])
    assert (found["127.0.0.1"].key, found["127.0.0.1"].communities) == (1, {b"public", b"other"})
    assert found["127.0.0.9"].key == 3


async def test_of_a_v3_name_with_two_sets_of_keys_the_first_is_known_with_all_its_engines() -> None:
    user, other = User("noc", Auth.SHA1, "auth-pass-1"), User("noc", Auth.SHA1, "auth-pass-2")
    devices = [device(1, secret=user), device(2, secret=user), device(3, secret=other)]
    for one, engine in zip(devices, (b"engine-a", b"engine-b", b"engine-c"), strict=True):
        one.engine_id = engine
    (known,) = v3_users(devices)
    assert (known.auth_key, known.engine_ids) == ("auth-pass-1", (b"engine-a", b"engine-b"))


async def test_a_trap_has_its_device_asked_at_once_and_counts_for_flaps_alone(tmp_path: Path) -> None:
    polls = asyncio.Queue[int]()

    class Counted(Watch):
        def event(self, subject: str, metric: str, object_id: int, at: float, value: float) -> None:
            events.append((subject, metric, object_id, value))

    async def read() -> object:
        polls.put_nowait(1)
        raise AssertionError  # what it tells is of no interest here

    events: list[tuple[str, str, int, float]] = []
    poller = Poller(None, Writer(), Counted(), "noc-1")  # type: ignore[arg-type]
    one = poller.polled[DEVICE] = device()
    one.ids = Ids({5: 50}, {})
    await poller.ear.know([one])
    poller.schedule.keep({DEVICE: Plan(read, 3600, 30)})  # type: ignore[dict-item]
    task = asyncio.create_task(poller.schedule.run())
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
    try:
        async with listening(poller.ear) as port:
            place = f"127.0.0.1:{port}"
            await tool("snmptrap", tmp_path, "-v2c", "-c", "public", place, "", "1.3.6.1.6.3.1.1.5.5")
            await eventually(lambda: poller.ear.stats()["told"] == 1)
            assert polls.empty(), "an authentication failure is no reason to ask"
            await tool("snmptrap", tmp_path, "-v2c", "-c", "public", place, "", LINK_DOWN, f"{IF_INDEX}.5", "i", "5")
            await polls.get()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        asyncio.get_running_loop().set_exception_handler(None)
    assert events == [("interface", "oper", 50, 0.0)]
