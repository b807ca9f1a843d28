"""One way from the house to a device: its queue, its link, what is told of it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import replace

import asyncssh
import pytest
import pytest_asyncio

from oss.base import db
from oss.base.problems import NotFound
from oss.base.secrets import Sealer
from oss.drivers import budget
from oss.drivers.links import Link
from oss.drivers.problems import DeviceSlow, DeviceUnreachable, KeyChanged, LinkLost, LoginRefused
from oss.drivers.registry import Driver
from oss.drivers.router import RouterSession
from oss.drivers.transport import opened
from oss.network import device_keys, device_links, devices, link_keeper, records
from oss.network.device_keys import KeyNotSeen
from oss.network.device_links import Priority
from oss.network.device_reach import NoDriver, NotReachable
from oss.network.link_keeper import DevicesAway, Keeper
from tests.oss.drivers.transport import equipment, routeros_server
from tests.oss.drivers.transport.equipment import ENABLE, PASSWORD, TABLE, Cli
from tests.oss.drivers.transport.routeros_server import Router, actives
from tests.oss.network.links import TESTER, device, own_maker
from tests.waiting import eventually

SCREEN = "\n".join(TABLE)
READ = "display ont info 0 1 all"


@pytest.fixture(autouse=True)
def maker() -> Iterator[None]:
    with own_maker():
        yield


@pytest_asyncio.fixture(loop_scope="session")
async def keeper(database: str, sealer: Sealer) -> AsyncIterator[Keeper]:
    async with device_links.holding(sealer, "n1") as found:
        yield found


async def read(driver: Driver, link: Link) -> str:
    """A table of the OLT."""
    assert driver.router is not None
    return await driver.router.configuration(link)


async def sessions(driver: Driver, link: Link) -> list[RouterSession]:
    """Who is on a router."""
    assert driver.router is not None
    return list(await driver.router.sessions(link))


async def asked(device_id: int, priority: Priority = Priority.PERSON, deadline_s: float = 20) -> str:
    return await device_links.do(
        device_id, read, priority=priority, deadline_s=deadline_s, what="table", asked_by="ana"
    )


async def session_row(device_id: int) -> db.Connection:
    return await db.fetchrow("select * from device_session where device_id = $1", device_id)


@pytest.mark.parametrize("way", ["ssh", "telnet"])
async def test_a_device_is_asked_its_link_kept_open_and_all_of_it_told(
    keeper: Keeper, sealer: Sealer, way: str
) -> None:
    cli = Cli()
    serve = equipment.ssh if way == "ssh" else equipment.telnet
    async with serve(cli) as port:
        olt = await device(sealer, way, port, role="olt")
        assert await asked(olt) == await asked(olt) == SCREEN
        assert cli.logins == 1
        await keeper.tell()
        row = await session_row(olt)
        assert row["node"] == "n1" and row["open_since"] is not None and row["problem"] == "" and row["done_at"]
        spent = json.loads(row["budget"])
        assert spent["cli"]["total"] == 4 and spent["cli"]["per_minute"] == budget.OLT.cli_per_minute
        said = await db.fetch("select * from device_transcript where device_id = $1 order by id", olt)
        assert [one["command"] for one in said] == ["enable", "undo smart", READ, READ]
        assert said[-1]["answer"] == SCREEN and said[0]["via"] == way
        assert {one["asked_by"] for one in said} == {"ana"} and len({one["act"] for one in said}) == 2
        await keeper.close()


async def test_a_person_overtakes_a_sweep_and_who_leaves_costs_nobody(keeper: Keeper, sealer: Sealer) -> None:
    cli, order, going = Cli(), [], asyncio.Event()
    async with equipment.telnet(cli) as port:
        olt = await device(sealer, "telnet", port)
        hold = asyncio.Event()

        async def one(name: str, priority: Priority) -> None:
            async def act(driver: Driver, link: Link) -> None:
                order.append(name)
                if name == "first":
                    going.set()
                    await hold.wait()

            await device_links.do(olt, act, priority=priority, what=name)

        async def queued(count: int) -> None:
            while keeper.held[olt].turns.waiting != count:
                await asyncio.sleep(0)

        tasks = [asyncio.create_task(one("first", Priority.SWEEP))]
        await going.wait()
        for n, (name, priority) in enumerate(
            (("sweep", Priority.SWEEP), ("left", Priority.PERSON), ("person", Priority.PERSON)), 1
        ):
            tasks.append(asyncio.create_task(one(name, priority)))
            await queued(n)
        tasks[2].cancel()
        await queued(2)
        hold.set()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert order == ["first", "person", "sweep"]
        await keeper.close()


async def test_an_act_ends_at_its_deadline_and_the_next_finds_the_link_in_step(keeper: Keeper, sealer: Sealer) -> None:
    cli = Cli(faults={READ: "stall"})
    async with equipment.ssh(cli) as port:
        olt = await device(sealer, "ssh", port, name="OLT-LAV")
        with pytest.raises(DeviceSlow, match="OLT-LAV did not answer table within 1 s"):
            await asked(olt, deadline_s=1.0)
        cli.faults.clear()
        assert await asked(olt) == SCREEN
        await keeper.close()


async def test_the_first_key_is_kept_and_another_is_an_alarm_until_a_person_accepts_it(
    keeper: Keeper, sealer: Sealer
) -> None:
    cli = Cli()
    async with equipment.ssh(cli, asyncssh.generate_private_key("ssh-ed25519")) as port:
        olt = await device(sealer, "ssh", port)
        await asked(olt)
        known = await db.fetchval("select ssh_host_key from device where id = $1", olt)
        assert known.startswith("ssh-ed25519 ")
        await asked(olt)
        assert cli.logins == 1  # to keep the key is no reason to open anew
    async with equipment.ssh(cli, asyncssh.generate_private_key("ssh-ed25519"), port=port):
        for _ in range(2):
            with pytest.raises(KeyChanged):
                await asked(olt)
        row = await session_row(olt)
        assert row["seen_ssh_key"] not in (None, known)
        noted = await db.fetch("select action from audit where object = 'device' order by id")
        assert [one["action"] for one in noted] == ["device.saved", "device.host_key_pinned", "device.key_changed"]
        async with db.transaction() as connection:
            with pytest.raises(KeyNotSeen):
                await device_keys.accept(connection, TESTER, olt, "ssh_host_key", known)
        async with db.transaction() as connection:
            await device_keys.accept(connection, TESTER, olt, "ssh_host_key", row["seen_ssh_key"])
        assert await asked(olt) == SCREEN
        assert (await session_row(olt))["seen_ssh_key"] is None
        await keeper.close()


async def test_a_foreign_key_is_no_offer_any_more_when_the_known_one_is_shown_again_and_the_next_time_an_alarm(
    keeper: Keeper, sealer: Sealer
) -> None:
    cli, ours, foreign = Cli(), *(asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    async with equipment.ssh(cli, ours) as port:
        olt = await device(sealer, "ssh", port)
        await asked(olt)
    for count in (1, 2):
        async with equipment.ssh(cli, foreign, port=port):
            with pytest.raises(KeyChanged):
                await device_links.do(olt, read, what="login")
        assert (await session_row(olt))["seen_ssh_key"] is not None
        assert await db.fetchval("select count(*) from audit where action = 'device.key_changed'") == count
        async with equipment.ssh(cli, ours, port=port):
            await device_links.do(olt, read, what="login")
        assert (await session_row(olt))["seen_ssh_key"] is None
    await keeper.close()


async def test_other_credentials_close_what_is_open_and_a_removed_device_is_let_go(
    keeper: Keeper, sealer: Sealer
) -> None:
    cli = Cli()
    async with equipment.telnet(cli) as port:
        olt = await device(sealer, "telnet", port)
        await asked(olt)
        await keeper.look()
        link = keeper.held[olt].link
        assert link is not None and link.open
        async with db.transaction() as connection:
            values = await records.device_to_change(connection, olt)
            await devices.save(connection, sealer, TESTER, replace(values, cli_password="other"), olt)
        await keeper.look()
        assert not link.open
        with pytest.raises(LoginRefused):
            await asked(olt)
        async with db.transaction() as connection:
            await devices.remove(connection, TESTER, olt)
        await keeper.look()
        assert olt not in keeper.held
        with pytest.raises(NotFound):
            await asked(olt)


async def test_a_keeper_that_closes_sends_away_who_waits_and_opens_nothing_any_more(
    keeper: Keeper, sealer: Sealer
) -> None:
    cli = Cli(faults={READ: "hang"})
    async with equipment.telnet(cli) as port:
        olt = await device(sealer, "telnet", port)
        tasks = [asyncio.create_task(asked(olt)) for _ in range(3)]
        await eventually(lambda: READ in cli.heard)
        await keeper.close()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(one) for one in ends] == [LinkLost, DevicesAway, DevicesAway]
        with pytest.raises(DevicesAway):
            await asked(olt)
        assert cli.logins == 1


async def test_a_link_that_lies_still_is_kept_alive_and_one_that_died_is_let_go(
    keeper: Keeper, sealer: Sealer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link_keeper, "IDLE_S", -1.0)
    cli = Cli()
    async with equipment.telnet(cli) as port:
        olt = await device(sealer, "telnet", port)
        await asked(olt)
        await keeper.look()
        assert cli.heard[-1] == "" and cli.logins == 1
        link = keeper.held[olt].link
        assert link is not None and link.open
        cli.faults[""] = "close"
        await keeper.look()
        assert not link.open
        del cli.faults[""]
        assert await asked(olt) == SCREEN and cli.logins == 2
        await keeper.close()


async def test_links_that_lie_still_are_kept_alive_together_and_all_is_told_meanwhile(
    database: str, sealer: Sealer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, name, seconds in ((link_keeper, "LOOK_S", 0.1), (opened, "TRIAL_S", 60)):
        monkeypatch.setattr(module, name, seconds)
    dead = [Cli(faults={"": "wait"}) for _ in range(5)]
    async with AsyncExitStack() as stack:
        ports = [await stack.enter_async_context(equipment.telnet(one)) for one in (*dead, Cli())]
        *ids, alive = [await device(sealer, "telnet", port, name=f"R-{port}") for port in ports]
        keeper = await stack.enter_async_context(device_links.holding(sealer, "n1"))
        await asyncio.gather(*(asked(one) for one in ids))
        monkeypatch.setattr(link_keeper, "IDLE_S", -1.0)  # now that all lie still: one look finds them all
        await eventually(lambda: all(one.heard[-1] == "" for one in dead))
        await asked(alive)
        await eventually(lambda: db.fetchval("select done_at from device_session where device_id = $1", alive))
        for one in dead:
            one.goes_on.set()
        await keeper.close()


async def test_a_password_that_was_refused_is_not_tried_again_until_it_is_another_or_a_person_says_so(
    keeper: Keeper, sealer: Sealer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link_keeper, "PERSON_S", -1.0)
    cli = Cli(password="other")
    async with equipment.telnet(cli) as port:
        olt = await device(sealer, "telnet", port)
        for priority in (*Priority, *Priority):
            with pytest.raises(LoginRefused):
                await asked(olt, priority)
        assert len(cli.closers) == 1
        await keeper.tell()
        assert (await session_row(olt))["problem"] == "login-refused"
        for tries in (2, 3):
            with pytest.raises(LoginRefused):
                await device_links.do(olt, read, what="login")
            assert len(cli.closers) == tries
        async with db.transaction() as connection:
            values = await records.device_to_change(connection, olt)
            await devices.save(connection, sealer, TESTER, replace(values, cli_password="other"), olt)
        assert await asked(olt, Priority.SWEEP) == SCREEN


async def test_what_cannot_be_reached_says_why(keeper: Keeper, sealer: Sealer) -> None:
    with pytest.raises(NotFound):
        await asked(404)
    silent = await device(sealer, "ssh", 1)
    with pytest.raises(DeviceUnreachable):
        await asked(silent)
    off = await device(sealer, "off", 22, name="R-2")
    with pytest.raises(NotReachable):
        await asked(off)
    await db.execute("update device set sys_object_id = '1.2.3' where id = $1", off)
    with pytest.raises(NoDriver):
        await asked(off)
    assert 404 not in keeper.held


async def test_fifty_routers_at_once_and_one_that_stops_costs_only_its_own_queue(
    keeper: Keeper, sealer: Sealer
) -> None:
    faults = {7: "stall", 11: "hang", 13: "half", 17: "close"}
    routers = [
        Router(tables={b"/ppp/active": actives(100)}, faults={b"/ppp/active/print": faults[n]} if n in faults else {})
        for n in range(50)
    ]
    async with asyncio.TaskGroup() as group, _all(routers) as ports:
        ids = [await device(sealer, "api", port, name=f"R-{n}") for n, port in enumerate(ports)]

        async def one(n: int) -> object:
            try:
                return len(
                    await device_links.do(ids[n], sessions, priority=Priority.SWEEP, deadline_s=3, what="sessions")
                )
            except (DeviceSlow, LinkLost) as problem:
                return type(problem).__name__

        began = time.monotonic()
        tasks = [group.create_task(one(n)) for n in range(50)]
        good = [await task for n, task in enumerate(tasks) if n not in faults]
        print(f"46 of 50 routers answered after {time.monotonic() - began:.2f} s")
        assert good == [100] * 46
        assert [await tasks[n] for n in faults] == ["DeviceSlow", "DeviceSlow", "LinkLost", "LinkLost"]
        for router in routers:
            router.faults.clear()
        again = [await device_links.do(ids[n], sessions, what="sessions") for n in faults]
        assert [len(found) for found in again] == [100] * 4
        assert all(router.logins == (2 if n in faults else 1) for n, router in enumerate(routers))
        await keeper.close()


class _all:
    """Many routers, each at a port of its own."""

    def __init__(self, routers: list[Router]) -> None:
        self.routers, self.stack = routers, AsyncExitStack()

    async def __aenter__(self) -> list[int]:
        return [await self.stack.enter_async_context(routeros_server.serving(one)) for one in self.routers]

    async def __aexit__(self, *problem: object) -> None:
        await self.stack.aclose()


async def test_secrets_of_a_device_are_sealed_and_in_no_transcript(keeper: Keeper, sealer: Sealer) -> None:
    cli = Cli()
    async with equipment.telnet(cli) as port:
        olt = await device(sealer, "telnet", port)
        await asked(olt)
        await keeper.tell()
        row = await db.fetchrow("select * from device where id = $1", olt)
        said = await db.fetch("select command, answer from device_transcript")
        for secret in (PASSWORD, ENABLE):
            assert secret not in repr(dict(row)) and secret not in repr([dict(one) for one in said])
        assert sealer.open(row["enable_password_sealed"], f"device/enable_password_sealed/{olt}").decode() == ENABLE
        await keeper.close()
