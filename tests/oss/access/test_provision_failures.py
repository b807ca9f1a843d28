"""128 ONUs through each dialect's shell, a failure at every single command: provisioned, taken back, or stuck in sight.

What fails, and when, is ordered of the lab's device, which does it on the wire: it refuses, closes, falls silent,
starts anew, or does the command and loses the answer.
"""

from __future__ import annotations

from collections import Counter

import pytest

from oss.access import provision, provision_list
from oss.base import db, secrets
from oss.lab.network.whims import Deed
from tests.conftest import TESTER, Seed

from .olts import LINES, Olt, account, ended, in_a_hurry, provisioned

DEEDS = (Deed.REFUSE, Deed.CLOSE, Deed.LOST, Deed.MUTE, Deed.HANG, Deed.REBOOT)
ONUS = 128
EACH = pytest.mark.parametrize("driver", list(LINES))
pytestmark = pytest.mark.usefixtures("in_a_hurry")


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
    serial = olt.lights(olt.pons[0], 0xFFFF)
    await ended(await run_of(olt, olt.pons[0], serial, "cli1"))
    before = olt.line.whims.count
    second = olt.lights(olt.pons[0], 0xFFFE)
    await ended(await run_of(olt, olt.pons[0], second, "cli2"))
    return olt.line.whims.count - before


@EACH
async def test_each_of_128_ends_provisioned_or_taken_back_or_stuck(
    driver: str, seed: Seed, sealer: secrets.Sealer
) -> None:
    async with provisioned(driver, sealer, seed) as olt:
        commands = await commands_of_one(olt)
        failures = [(number, deed) for deed in DEEDS for number in range(1, commands + 1)]
        states = Counter[str]()
        for mark in range(max(ONUS, len(failures))):
            number, deed = failures[mark % len(failures)]
            serial = olt.lights(olt.pons[mark % 2], mark)
            olt.line.whims.away_s = 0.05
            olt.line.whims.fail(number, deed)
            row = await ended(await run_of(olt, olt.pons[mark % 2], serial, "cli3"))
            olt.line.whims.forgive()
            states[row["state"]] += 1
            there = serial in olt.configured()
            assert row["state"] in ("done", "rolled-back"), (number, deed, row["problem"])  # one failure sticks nobody
            assert there == (row["state"] == "done"), (number, deed, row["state"])
            assert there == (serial in await lines()), (number, deed)
            if there:
                assert olt.plant.serves(olt.plant.known(serial)), (number, deed)  # type: ignore[arg-type]
                await taken_out(olt, serial)
        assert states["done"] and states["rolled-back"]
        assert await db.fetchval("select count(*) from provision_claim") == 0


async def taken_out(olt: Olt, serial: str) -> None:
    onu = await db.fetchval("select id from onu where serial = $1", serial)
    async with db.transaction() as connection:
        run = await provision.begin(connection, TESTER, await provision.deauthorise(connection, onu))
    assert (await ended(run))["state"] == "done"
    assert serial not in olt.configured()


@EACH
async def test_who_cannot_be_taken_back_is_stuck_in_sight_until_a_person_decides(
    driver: str, seed: Seed, sealer: secrets.Sealer
) -> None:
    """From some command on the device refuses everything: what stands is known, and can be ended either way."""
    async with provisioned(driver, sealer, seed) as olt:
        commands = await commands_of_one(olt)
        stuck = 0
        for begin in range(1, commands + 1):
            serial = olt.lights(olt.pons[0], begin)
            for number in range(begin, begin + 60):
                olt.line.whims.fail(number, Deed.REFUSE)
            row = await ended(await run_of(olt, olt.pons[0], serial, "cli3"))
            olt.line.whims.forgive()
            if row["state"] != "stuck":
                assert (serial in olt.configured()) == (row["state"] == "done")
            else:
                stuck += 1
                told = await provision_list.told(row["id"])
                assert bool(told.in_force) == (serial in olt.configured())
                wants = "take-back" if begin % 2 else "go-on"
                async with db.transaction() as connection:
                    await provision.decide(connection, TESTER, row["id"], wants)
                row = await ended(row["id"])
                assert row["state"] == ("rolled-back" if begin % 2 else "done"), row["problem"]
                assert (serial in olt.configured()) == (row["state"] == "done")
            if row["state"] == "done":
                await taken_out(olt, serial)
        assert stuck
