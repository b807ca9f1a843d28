"""ONUs through each dialect's shell, a failure at every single command: provisioned, taken back, or stuck in sight.

Each command fails once, in one way after the other; under ``make soak`` in every way, for at least 128 ONUs.

What fails, and when, is ordered of the lab's device, which does it on the wire: it refuses, closes, falls silent,
starts anew, or does the command and loses the answer.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter

import pytest

from oss.access import provision, provision_list
from oss.base import db, secrets
from oss.lab.network.plant import Behind
from oss.lab.network.whims import Deed
from oss.staff.scopes import ALL
from tests.conftest import TESTER, Seed

from .olts import LINES, Olt, account, in_a_hurry, settled, several

DEEDS = (Deed.REFUSE, Deed.CLOSE, Deed.LOST, Deed.MUTE, Deed.HANG, Deed.REBOOT)
ONUS, OLTS = 128, 4
SOAK = bool(os.environ.get("MILHA_SOAK"))
EACH = pytest.mark.parametrize("driver", list(LINES))
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("in_a_hurry")]


__all__ = ["in_a_hurry"]


async def run_of(olt: Olt, pon: str, serial: str, login: str) -> int:
    asked = await provision.authorise(db.pool(), olt.device_id, pon, serial, await account(login))
    async with db.transaction() as connection:
        return await provision.begin(connection, TESTER, asked)


async def lines() -> dict[str, str]:
    """Whose line ends at which ONU: serial -> login."""
    sql = """select o.serial, a.login from account_drop dr join onu o on o.id = dr.onu_id
    join access_account a on a.id = dr.account_id"""
    return {row["serial"]: row["login"] for row in await db.fetch(sql)}


async def commands_of_one(olt: Olt) -> int:
    """How many commands the device hears for one ONU, all reading included."""
    await settled(await run_of(olt, olt.pons[0], olt.lights(olt.pons[0], 0xFF01), "cli1"))
    before = olt.line.whims.count
    await settled(await run_of(olt, olt.pons[0], olt.lights(olt.pons[0], 0xFF02), "cli1"))
    return olt.line.whims.count - before


async def tried(olt: Olt, login: str, mark: int, number: int, deed: Deed) -> str:
    """One ONU, and what fails meanwhile; returns how it ended."""
    pon = olt.pons[mark % 2]
    serial = olt.lights(pon, mark)
    olt.line.whims.away_s = 0.05
    olt.line.whims.fail(number, deed)
    row = await settled(await run_of(olt, pon, serial, login))
    olt.line.whims.forgive()
    there = serial in olt.configured()
    assert row["state"] in ("done", "rolled-back"), (number, deed, row["problem"])  # one failure sticks nobody
    assert there == (row["state"] == "done"), (number, deed, row["state"])
    assert there == (serial in await lines()), (number, deed)
    if there:
        assert olt.plant.serves(olt.plant.known(serial)), (number, deed)  # type: ignore[arg-type]
    return str(row["state"])


@EACH
async def test_each_ends_provisioned_or_taken_back(driver: str, seed: Seed, sealer: secrets.Sealer) -> None:
    async with several(driver, sealer, seed, OLTS) as olts:
        commands = await commands_of_one(olts[0])
        failures = [(number, DEEDS[number % len(DEEDS)]) for number in range(1, commands + 1)]
        if SOAK:
            failures = [(number, deed) for deed in DEEDS for number in range(1, commands + 1)]
        count = max(ONUS if SOAK else 0, len(failures))
        cases = [(mark, *failures[mark % len(failures)]) for mark in range(count)]
        states = Counter[str]()

        async def all_of(place: int) -> None:
            for case in cases[place::OLTS]:
                states[await tried(olts[place], seed.logins[1 + place], *case)] += 1

        async with asyncio.TaskGroup() as group:
            for place in range(OLTS):
                group.create_task(all_of(place))
        assert states.total() == count >= 10
        assert states["done"] and states["rolled-back"]
        assert await db.fetchval("select count(*) from provision_claim") == 0


@pytest.mark.parametrize("driver", ["zte-c300", "zte-c600"])
async def test_one_that_tags_itself_is_not_done_without_its_last_command(
    driver: str, seed: Seed, sealer: secrets.Sealer
) -> None:
    async with several(driver, sealer, seed, 1) as (olt,):
        await db.execute("update provision_rule set bridge = false")
        said = await commands_of_one(olt)
        for mark, number in enumerate(range(said // 2, said + 1), 1):
            serial, pon = f"ZTEG{mark:08X}", olt.pons[0]
            olt.plant.plug(olt.numbers[pon], serial, 1200, "F670L", Behind("cli2", "", "NAS", 1010))
            olt.line.whims.away_s = 0.05
            olt.line.whims.fail(number, Deed.CLOSE)
            row = await settled(await run_of(olt, pon, serial, seed.logins[1]))
            olt.line.whims.forgive()
            assert row["state"] in ("done", "rolled-back"), row["problem"]
            known = olt.plant.known(serial)
            assert (known is not None and olt.plant.serves(known)) == (row["state"] == "done"), number


async def stuck_at(olt: Olt, login: str, begin: int) -> bool:
    """From some command on the device refuses everything: what stands is known, and can be ended either way."""
    serial = olt.lights(olt.pons[0], begin)
    for number in range(begin, begin + 60):
        olt.line.whims.fail(number, Deed.REFUSE)
    row = await settled(await run_of(olt, olt.pons[0], serial, login))
    olt.line.whims.forgive()
    stuck = row["state"] == "stuck"
    if stuck:
        told = await provision_list.told(row["id"], ALL)
        doubted = any(one.state in ("said", "unknown") for one in told.marks)
        assert bool(told.in_force) == (serial in olt.configured()) or doubted
        async with db.transaction() as connection:
            await provision.decide(connection, TESTER, row["id"], "take-back" if begin % 2 else "go-on")
        row = await settled(row["id"])
        assert row["state"] == ("rolled-back" if begin % 2 else "done"), row["problem"]
    assert (serial in olt.configured()) == (row["state"] == "done")
    return stuck


@EACH
async def test_who_cannot_be_taken_back_is_stuck_in_sight_until_a_person_decides(
    driver: str, seed: Seed, sealer: secrets.Sealer
) -> None:
    async with several(driver, sealer, seed, OLTS) as olts:
        commands = await commands_of_one(olts[0])

        async def some(place: int) -> list[bool]:
            return [
                await stuck_at(olts[place], seed.logins[1 + place], n) for n in range(place + 1, commands + 1, OLTS)
            ]

        found = await asyncio.gather(*(some(place) for place in range(OLTS)))
        assert any(one for some_of in found for one in some_of)
