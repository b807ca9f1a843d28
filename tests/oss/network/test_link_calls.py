"""Acts of a process that does not keep the links: they run there, their commands cross, the device has one owner."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio

from oss.base import db
from oss.base.problems import NotFound
from oss.base.secrets import Sealer
from oss.base.supervisor import Health
from oss.drivers.links import Link
from oss.drivers.problems import CommandRefused, DeviceSlow, LinkLost
from oss.drivers.registry import Driver
from oss.drivers.transport.turns import Priority
from oss.network import device_links, link_calls, link_wire
from oss.network.link_calls import Asking
from oss.network.link_keeper import Asked, DevicesAway, Keeper
from tests.oss.drivers.transport import equipment, routeros_server
from tests.oss.drivers.transport.equipment import PASSWORD, TABLE, Cli
from tests.oss.drivers.transport.routeros_server import Router, actives
from tests.oss.network.links import device, own_maker
from tests.oss.network.test_device_links import READ, read, sessions
from tests.waiting import eventually


@pytest.fixture(autouse=True)
def maker() -> Iterator[None]:
    with own_maker():
        yield


@pytest_asyncio.fixture(loop_scope="session")
async def asking(database: str, sealer: Sealer) -> AsyncIterator[Asking]:
    """Another process's side, beside the keeper's in this one: they share the database alone."""
    async with device_links.asking(sealer, "web-1", Health("device calls")) as found:
        yield found


@pytest_asyncio.fixture(loop_scope="session")
async def keeper(database: str, sealer: Sealer) -> AsyncIterator[Keeper]:
    async with device_links.holding(sealer, "n1") as found:
        yield found


def wish(what: str = "table", deadline_s: float = 20) -> Asked:
    return Asked(what, "ana", Priority.PERSON, deadline_s)


async def test_an_act_runs_where_it_was_asked_for_over_a_link_that_is_kept_elsewhere(
    asking: Asking, keeper: Keeper, sealer: Sealer
) -> None:
    cli = Cli()
    async with equipment.ssh(cli) as port:
        olt = await device(sealer, "ssh", port)
        assert await asking.do(olt, read, wish()) == "\n".join(TABLE)
        assert await asking.do(olt, read, wish()) == "\n".join(TABLE)
        assert cli.logins == 1 and keeper.held[olt].link is not None
        await keeper.tell()
        assert await db.fetchval("select count(*) from device_transcript where asked_by = 'ana'") == 4
        assert await db.fetchval("select count(*) from device_call") == 0

        async def views(driver: Driver, link: Link) -> list[str]:
            shell = await link.shell()
            seen = [shell.prompt]
            with pytest.raises(CommandRefused, match="Unknown command"):
                await shell.run("nonsense")
            await shell.run("config")
            return [*seen, shell.prompt]

        assert await asking.do(olt, views, wish()) == ["OLT-1#", "OLT-1(config)#"]
        await keeper.close()


async def test_five_thousand_rows_cross_whole_and_sealed(asking: Asking, keeper: Keeper, sealer: Sealer) -> None:
    router, seen = Router(tables={b"/ppp/active": actives(5000)}), []
    async with routeros_server.serving(router) as port:
        device_id = await device(sealer, "api", port)

        async def act(driver: Driver, link: Link) -> list[dict[str, str]]:
            api = await link.api()
            rows = await api.rows("/ppp/active")
            seen.extend(await db.fetch("select * from device_call"))
            return rows

        rows = await asking.do(device_id, act, wish("sessions"))
        assert len(rows) == 5000 and rows[1]["name"] == "josé.conceição1"
        assert len(await asking.do(device_id, sessions, wish())) == 5000
        assert "josé" not in repr([dict(row) for row in seen])
        await keeper.close()


async def test_what_goes_wrong_there_goes_wrong_here(asking: Asking, keeper: Keeper, sealer: Sealer) -> None:
    cli = Cli(faults={READ: "close"})
    with pytest.raises(NotFound):
        await asking.do(404, read, wish())
    async with equipment.telnet(cli) as port:
        olt = await device(sealer, "telnet", port)
        with pytest.raises(LinkLost):
            await asking.do(olt, read, wish())
        await _quiet(keeper, olt)
        assert keeper.held[olt].failures == 1
        cli.faults.clear()
        assert await asking.do(olt, read, wish()) == "\n".join(TABLE)
        await keeper.close()


async def test_who_leaves_or_is_out_of_time_gives_the_turn_back(asking: Asking, keeper: Keeper, sealer: Sealer) -> None:
    cli = Cli(faults={READ: "hang"})
    async with equipment.telnet(cli) as port:
        olt = await device(sealer, "telnet", port)
        with pytest.raises(DeviceSlow):
            await asking.do(olt, read, wish(deadline_s=2))
        await _quiet(keeper, olt)
        task = asyncio.create_task(asking.do(olt, read, wish()))
        await eventually(lambda: cli.heard.count(READ) == 2)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await _quiet(keeper, olt)
        cli.faults.clear()
        assert await asking.do(olt, read, wish()) == "\n".join(TABLE)
        await keeper.close()


async def test_who_ends_without_a_word_loses_the_turn_after_a_while(
    asking: Asking, keeper: Keeper, sealer: Sealer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link_calls, "SILENCE_S", 0.2)
    cli = Cli()
    async with equipment.telnet(cli) as port:
        olt = await device(sealer, "telnet", port)
        question = {"device": olt, "what": "x", "asked_by": "ana", "priority": 0, "deadline_s": 30}
        head, _ = await asking.call(op="begin", turn="0123456789abcdef", **question)
        await _quiet(keeper, olt)
        turn = {"turn": "0123456789abcdef", "keeper": head["keeper"]}
        with pytest.raises(LinkLost):
            await asking.call(op="run", **turn, command="x", timeout_s=1, answers={}, quiet=False)
        await keeper.close()


async def test_what_was_meant_for_a_session_that_is_lost_is_said_in_no_other(
    asking: Asking, keeper: Keeper, sealer: Sealer
) -> None:
    cli = Cli()
    async with equipment.telnet(cli) as port:
        olt = await device(sealer, "telnet", port)

        async def act(driver: Driver, link: Link) -> str:
            shell = await link.shell()
            assert await link.shell() is shell
            await shell.run("config")
            for close in cli.closers:
                close()
            kept = keeper.held[olt].link
            await eventually(lambda: kept is not None and not kept.open)
            with pytest.raises(LinkLost):
                await shell.run("reboot")
            again = await link.shell()
            assert again is not shell
            with pytest.raises(LinkLost):
                await shell.run("reboot")
            return again.prompt

        assert await asking.do(olt, act, wish()) == "OLT-1#"
        assert "reboot" not in cli.heard
        await keeper.close()


async def test_where_nobody_keeps_links_it_is_said_so(
    asking: Asking, sealer: Sealer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link_calls, "HEARD_S", 0.3)
    with pytest.raises(DevicesAway):
        await device_links.do(1, read, what="table")


async def questions() -> int:
    """That stand in the database."""
    return int(await db.fetchval("select count(*) from device_call"))


async def test_two_keepers_that_overlap_do_nothing_twice(asking: Asking, keeper: Keeper, sealer: Sealer) -> None:
    cli = Cli()
    async with device_links.holding(sealer, "n2") as other, equipment.telnet(cli) as port:
        olt = await device(sealer, "telnet", port)
        for _ in range(10):
            assert await asking.do(olt, read, wish()) == "\n".join(TABLE)
        assert cli.heard.count(READ) == 10
        assert await questions() == 0
        await keeper.close()
        await other.close()


async def test_who_leaves_before_it_was_heard_is_not_answered_later(
    asking: Asking, sealer: Sealer, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli = Cli()
    async with equipment.telnet(cli) as port:
        olt = await device(sealer, "telnet", port)
        task = asyncio.create_task(asking.do(olt, read, wish()))
        await eventually(questions)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        monkeypatch.setattr(link_calls, "HEARD_S", 0.3)
        with pytest.raises(DevicesAway):
            await asking.do(olt, read, wish())
        await eventually(_none)
        async with device_links.holding(sealer, "n1") as keeper:
            assert await device_links.do(olt, read, what="table") == "\n".join(TABLE)
            assert cli.logins == 1
            await keeper.close()


async def test_who_leaves_while_it_waits_for_its_turn_leaves_no_question(
    asking: Asking, keeper: Keeper, sealer: Sealer
) -> None:
    cli, going, hold = Cli(), asyncio.Event(), asyncio.Event()
    async with equipment.telnet(cli) as port:
        olt = await device(sealer, "telnet", port)

        async def first(driver: Driver, link: Link) -> None:
            going.set()
            await hold.wait()

        task = asyncio.create_task(keeper.do(olt, first, wish()))
        await going.wait()
        waits = asyncio.create_task(asking.do(olt, read, wish()))
        await eventually(lambda: keeper.held[olt].turns.waiting == 1)
        waits.cancel()
        await asyncio.gather(waits, return_exceptions=True)
        await eventually(lambda: keeper.held[olt].turns.waiting == 0)
        await eventually(_none)
        hold.set()
        await task
        await keeper.close()


async def test_a_keeper_that_dies_with_the_last_word_keeps_nobody_waiting(
    asking: Asking, sealer: Sealer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link_calls, "ENDED_S", 0.5)
    cli = Cli()
    async with equipment.telnet(cli) as port, AsyncExitStack() as life:
        olt = await device(sealer, "telnet", port)
        await life.enter_async_context(device_links.holding(sealer, "n1"))

        async def act(driver: Driver, link: Link) -> str:
            found = await read(driver, link)
            await life.aclose()
            return found

        async def hear() -> bool:
            return any([await link_wire.claimed(one) for one in await link_wire.pending()])

        task = asyncio.create_task(asking.do(olt, act, wish(deadline_s=1000)))
        await eventually(lambda: cli.ended)
        await eventually(hear)
        assert await asyncio.wait_for(task, 15) == "\n".join(TABLE)
        await eventually(_none)


async def test_questions_and_answers_are_sealed(asking: Asking, keeper: Keeper, sealer: Sealer) -> None:
    cli, seen = Cli(), []
    async with equipment.telnet(cli) as port:
        olt = await device(sealer, "telnet", port)

        async def act(driver: Driver, link: Link) -> None:
            shell = await link.shell()
            task = asyncio.create_task(shell.run(f"echo {PASSWORD}"))
            while not task.done():
                seen.extend(await db.fetch("select * from device_call"))
            await task

        await asking.do(olt, act, wish())
        assert seen and PASSWORD not in repr([dict(row) for row in seen])
        await keeper.close()


async def _none() -> bool:
    return await questions() == 0


async def _quiet(keeper: Keeper, device_id: int) -> None:
    """Nobody has the device's turn."""
    await eventually(lambda: not keeper.held[device_id].turns.busy)
