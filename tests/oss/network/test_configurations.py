"""Configurations of real (lab) routers: kept where they differ, sealed, compared; secrets never in clear."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio

from oss.base import clock, db
from oss.base.problems import NotFound
from oss.base.secrets import Sealer
from oss.drivers.problems import DeviceUnreachable, NotOffered
from oss.drivers.registry import Driver, drivers
from oss.network import configuration_nights, configurations, device_links
from oss.network.link_keeper import Keeper
from tests.oss.access.olts import LINES, olt
from tests.oss.drivers.contract import act, transcripts
from tests.oss.drivers.played import Played
from tests.oss.drivers.transcript import Transcript

from .routers import TESTER, router

SECRET = "segredo-do-radius"
ZONE = ZoneInfo("America/Sao_Paulo")


@pytest_asyncio.fixture(loop_scope="session")
async def keeper(database: str, sealer: Sealer) -> AsyncIterator[Keeper]:
    async with device_links.holding(sealer, "n1") as found:
        yield found


async def everything() -> str:
    """All that the database holds of devices, as text."""
    tables = ("device_configuration", "device_transcript", "device_configuration_read", "audit", "device_settings")
    return "".join([str(await db.fetch(f"select {one}::text from {one}")) for one in tables])


async def test_it_is_kept_where_it_differs_and_says_what_changed(keeper: Keeper, sealer: Sealer) -> None:
    async with router(sealer) as one:
        inside = one.router
        inside.menus["/radius"].rows["*1"]["secret"] = SECRET
        first = await configurations.take(sealer, one.device_id, "asked", "ana")
        again = await configurations.take(sealer, one.device_id, "night")
        assert first.new and not again.new and again.id == first.id
        inside.menus["/ppp/secret"].add(name="josé", password="0123456")
        inside.menus["/radius"].rows["*1"]["secret"] = SECRET + "2"
        second = await configurations.take(sealer, one.device_id, "night")
        assert second.new and second.changes == {"added": 1, "changed": 1}

        found = await configurations.difference(sealer, one.device_id, second.id)
        assert [(c.kind, c.section) for c in found.changes] == [("added", "/ppp secret"), ("changed", "/radius")]
        assert "name=josé" in found.changes[0].after or "jos" in found.changes[0].after
        assert found.changes[1].before != found.changes[1].after
        assert any(command.startswith("/ppp secret remove [ find name=") for command in found.back)
        row, text = await configurations.shown(sealer, one.device_id, second.id)
        assert row["told_by"] == "milha" and "‹" in text
        await keeper.tell()
        shown = f"{found} {text} {await everything()}"
        assert SECRET not in shown and "0123456" not in shown


async def test_in_clear_it_leaves_by_one_way_which_is_noted(keeper: Keeper, sealer: Sealer) -> None:
    async with router(sealer) as one:
        one.router.menus["/radius"].rows["*1"]["secret"] = SECRET
        taken = await configurations.take(sealer, one.device_id, "asked", "ana")
        async with db.transaction() as connection:
            text = await configurations.clear(connection, sealer, TESTER, one.device_id, taken.id)
        assert f"secret={SECRET}" in text
        note = await db.fetchrow("select * from audit where action = 'device.configuration_downloaded'")
        assert note["object_id"] == str(one.device_id) and SECRET not in str(note)
        with pytest.raises(NotFound):
            await configurations.shown(sealer, one.device_id + 1, taken.id)


async def test_what_cannot_be_read_is_told(keeper: Keeper, sealer: Sealer) -> None:
    async with router(sealer) as one:
        await one.doors.close()
        with pytest.raises(DeviceUnreachable):
            await configurations.take(sealer, one.device_id, "asked", "ana")
        reading = await configurations.reading_of(one.device_id)
        assert reading["problem"] == "device-unreachable" and reading["read_at"] is None


@pytest.mark.parametrize("driver", list(LINES))
async def test_of_an_olts_configuration_the_transcript_keeps_no_word(
    keeper: Keeper, sealer: Sealer, driver: str
) -> None:
    async with olt(driver, sealer, onus_each=2) as one:
        taken = await configurations.take(sealer, one.device_id, "night")
        await keeper.tell()
        _, text = await configurations.shown(sealer, one.device_id, taken.id)
        assert one.line.state.device.name in text
        answers = await db.fetch("select answer from device_transcript where device_id = $1", one.device_id)
        lines = [line for line in text.split("\n") if len(line.strip()) > 12]
        assert answers and not any(line in row["answer"] for row in answers for line in lines)


def test_a_night_is_the_providers() -> None:
    at = datetime(2026, 11, 27, 3, 10, tzinfo=ZONE)
    assert configuration_nights.night(at, ZONE) == datetime(2026, 11, 27, 3, tzinfo=ZONE)
    assert configuration_nights.night(at.astimezone(ZoneInfo("UTC")), ZONE) is not None
    assert configuration_nights.night(at - timedelta(minutes=11), ZONE) is None
    assert configuration_nights.night(at + timedelta(hours=3), ZONE) is None


async def test_a_trap_of_a_change_has_it_read_once_the_hand_rests(keeper: Keeper, sealer: Sealer) -> None:
    async with router(sealer) as one:
        told = [(one.device_id, "1.3.6.1.6.3.1.1.5.3"), (one.device_id, configuration_nights.CHANGE_TRAPS[0])]
        assert await configuration_nights.happened(told[:1]) == 0
        assert await configuration_nights.happened(told) == 1
        assert await configuration_nights.read_due(sealer, None) == 0  # not yet
        await db.execute("update device_configuration_read set due_at = now()")
        assert await configuration_nights.read_due(sealer, None) == 1
        assert await configuration_nights.read_due(sealer, None) == 0
        reading = await configurations.reading_of(one.device_id)
        assert not reading["problem"], reading
        assert [row["why"] for row in await configurations.history(one.device_id)] == ["trap"]


async def test_a_change_while_it_is_read_has_it_read_again(keeper: Keeper, sealer: Sealer) -> None:
    async with router(sealer) as one:
        changed = [(one.device_id, configuration_nights.CHANGE_TRAPS[0])]
        await configuration_nights.happened(changed)
        await db.execute("update device_configuration_read set due_at = now()")
        (claimed,) = await db.fetch(configuration_nights.DUE, None, 0.0, 6, 900.0)
        assert claimed["happened"]
        await configuration_nights.happened(changed)
        await configurations.take(sealer, one.device_id, "trap")
        assert await configuration_nights.read_due(sealer, None) == 0  # the hand does not rest yet
        await db.execute("update device_configuration_read set due_at = due_at - interval '1 minute'")
        assert await configuration_nights.read_due(sealer, None) == 1
        assert await configuration_nights.read_due(sealer, None) == 0


async def test_what_a_reader_that_died_had_claimed_is_read_by_another(keeper: Keeper, sealer: Sealer) -> None:
    async with router(sealer) as one:
        await configuration_nights.happened([(one.device_id, configuration_nights.CHANGE_TRAPS[0])])
        await db.execute("update device_configuration_read set due_at = now()")
        assert await db.fetch(configuration_nights.DUE, None, 0.0, 6, 900.0)
        assert await configuration_nights.read_due(sealer, None) == 0
        await db.execute("update device_configuration_read set claimed_until = now()")
        assert await configuration_nights.read_due(sealer, None) == 1
        assert await configuration_nights.read_due(sealer, None) == 0


CONFIGURED = [
    (driver, one) for driver in drivers().values() for one in transcripts(driver.key) if one.method == "configuration"
]


@pytest.mark.parametrize(("driver", "transcript"), CONFIGURED, ids=[one.name for _, one in CONFIGURED])
async def test_at_night_a_device_has_all_the_time_that_its_driver_gives_it(
    driver: Driver, transcript: Transcript
) -> None:
    link = Played(transcript)
    with suppress(NotOffered):
        await act(driver, transcript, link)
    assert link.longest_s < configurations.READ_S < configuration_nights.CLAIM_S


async def test_fifty_routers_in_a_night_and_the_changes_of_the_next(keeper: Keeper, sealer: Sealer) -> None:
    since = clock.now() - timedelta(minutes=1)
    async with AsyncExitStack() as stack:
        routers = [await stack.enter_async_context(router(sealer, f"BNG-{n}")) for n in range(1, 51)]
        tried = 0
        while found := await configuration_nights.read_due(sealer, since):
            tried += found
        assert tried == 50
        assert await db.fetchval("select count(*) from device_configuration") == 50
        for one in routers[:7]:
            one.router.menus["/system/identity"].rows["*0"]["name"] = "outro-nome"
        routers[9].router.menus["/radius"].rows["*1"]["secret"] = SECRET
        await routers[20].doors.close()
        next_night = clock.now()
        while await configuration_nights.read_due(sealer, next_night):
            pass
        changed = await db.fetch("select device_id, changes from device_configuration where changes <> '{}'")
        assert {row["device_id"] for row in changed} == {routers[n].device_id for n in (*range(7), 9)}
        failed = await db.fetch("select device_id, problem from device_configuration_read where problem <> ''")
        assert [row["device_id"] for row in failed] == [routers[20].device_id]
        assert SECRET not in await everything()
