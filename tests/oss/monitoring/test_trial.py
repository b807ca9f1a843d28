"""A rule tried on the past raises what the watch would have raised, writes nothing, and says where it was cut."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from oss.base import clock, db, secrets
from oss.base.problems import InvalidInput
from oss.monitoring import trial
from oss.monitoring.conditions import Condition
from oss.monitoring.kinds import DEVICE, INTERFACE, ONU
from oss.monitoring.rolling import DAY_SLOTS
from oss.monitoring.rule_forms import RuleValues
from oss.monitoring.samples import NAN, Sample, write
from tests.conftest import Seed
from tests.oss.network.drawn import Drawn, draw

BUSY = RuleValues("Busy", "device", "cpu_pct", Condition("threshold", 90.0, margin=10.0), raise_s=300, clear_s=300)
AWAY = RuleValues("Away", "onu", "state", Condition("threshold", 0.5, "below"), is_loss=True, raise_s=10, clear_s=30)
MINUTE, HOUR = 60.0, 3_600.0


@pytest.fixture
async def drawn(database: str, sealer: secrets.Sealer) -> Drawn:
    async with db.transaction() as connection:
        return await draw(connection, sealer, onu_count=8)


async def cpu(device: int, start: float, values: list[float]) -> None:
    """Polls of a minute."""
    polls = [
        Sample(start + n * MINUTE, device, DEVICE, (device,), (one, NAN, NAN, NAN, NAN)) for n, one in enumerate(values)
    ]
    async with db.pool().acquire() as connection:
        await write(connection, polls)


async def states(olt: int, onus: list[int], start: float, polls: list[list[float]]) -> None:
    """Polls of a minute: of each the states of all ONUs."""
    made = [
        Sample(start + n * MINUTE, olt, ONU, onus, [part for one in some for part in (NAN, NAN, NAN, NAN, one)])
        for n, some in enumerate(polls)
    ]
    async with db.pool().acquire() as connection:
        await write(connection, made)


async def tables() -> list[int]:
    names = ("incident", "alert_symptom", "incident_entry", "alert_message", "job", "audit")
    return [await db.fetchval(f"select count(*) from {name}") for name in names]


async def test_what_lasted_is_raised_and_what_was_short_is_not(drawn: Drawn) -> None:
    start = clock.now().timestamp() - 3 * HOUR
    core, olt = drawn.devices["core"], drawn.devices["olt"]
    await cpu(core, start, [50.0] * 10 + [97.0] * 20 + [50.0] * 60)
    await cpu(olt, start, [50.0] * 10 + [97.0] * 3 + [50.0] * 60)
    before = await tables()
    found = await trial.run(db.pool(), BUSY)
    (one,) = found.incidents
    assert (one.at.id, one.name, one.why) == (core, "core", "rule")
    assert one.began == pytest.approx(start + 10 * MINUTE)
    assert one.lasted(0) == pytest.approx(25 * MINUTE)  # twenty minutes, and the five in which it must be well
    assert (found.tried, found.every, found.cut, sum(found.by_day())) == (2, 2, "", 1)
    assert await tables() == before


async def test_what_still_holds_is_still_open(drawn: Drawn) -> None:
    start = clock.now().timestamp() - HOUR
    await cpu(drawn.devices["core"], start, [97.0] * 60)
    (one,) = (await trial.run(db.pool(), BUSY)).incidents
    assert one.ended is None


async def test_things_lost_together_are_one_incident_at_what_they_have_in_common(drawn: Drawn) -> None:
    start, many = clock.now().timestamp() - 3 * HOUR, len(drawn.onus)
    lit, dark = [1.0] * many, [0.0] * many
    one_away = [0.0, *lit[1:]]
    await states(
        drawn.devices["olt"], drawn.onus, start, [lit] * 5 + [dark] * 10 + [lit] * 10 + [one_away] * 5 + [lit] * 5
    )
    found = await trial.run(db.pool(), AWAY)
    assert [(one.why, one.name, one.members) for one in found.incidents] == [
        ("down", "HWTC00000000", 1),
        ("together", "CTO-1", many),
    ]
    assert all(one.ended is not None for one in found.incidents)


async def test_it_is_narrowed_as_the_watch_is(drawn: Drawn) -> None:
    start = clock.now().timestamp() - 2 * HOUR
    for name in ("core", "olt"):
        await cpu(drawn.devices[name], start, [97.0] * 60)
    found = await trial.run(db.pool(), replace(BUSY, device_id=drawn.devices["olt"]))
    assert ([one.name for one in found.incidents], found.every) == (["olt"], 1)


async def test_silence_is_found_where_nothing_was_told(drawn: Drawn) -> None:
    start = clock.now().timestamp() - 3 * HOUR
    await cpu(drawn.devices["core"], start, [50.0] * 30 + [NAN] * 40 + [50.0] * 110)
    silent = replace(BUSY, condition=Condition("absence", window_s=900.0), raise_s=0, clear_s=0)
    (one,) = (await trial.run(db.pool(), silent)).incidents
    assert one.began == pytest.approx(start + 29 * MINUTE + 900, abs=MINUTE)
    assert one.ended == pytest.approx(start + 70 * MINUTE)


async def test_a_share_of_what_is_allowed_needs_the_speed_of_the_port(drawn: Drawn) -> None:
    sql = "insert into device_interface (device_id, if_index, name, speed_bps) values ($1, 1, 'sfp1', $2) returning id"
    olt, start = drawn.devices["olt"], clock.now().timestamp() - HOUR
    port = await db.fetchval(sql, olt, 10**9)
    polls = [Sample(start + n * MINUTE, olt, INTERFACE, (port,), (9.5e8, *[0.0] * 8)) for n in range(40)]
    async with db.pool().acquire() as connection:
        await write(connection, polls)
    full = replace(BUSY, subject="interface", metric="in_bps", condition=Condition("allowed", 90.0))
    (one,) = (await trial.run(db.pool(), full)).incidents
    assert one.name == "olt sfp1"
    await db.execute("update device_interface set speed_bps = $1", 10**10)
    assert (await trial.run(db.pool(), full)).incidents == []


async def test_what_is_older_than_the_polls_is_read_in_five_minutes(drawn: Drawn) -> None:
    day = (clock.now() - timedelta(days=20)).replace(hour=0, minute=0, second=0, microsecond=0)
    core, width = drawn.devices["core"], DEVICE.width
    means = [50.0] * DAY_SLOTS
    means[100:112] = [97.0] * 12  # an hour
    values = means + [NAN] * (DAY_SLOTS * (width - 1))
    sql = "insert into sample_5m (starts_at, object_id, kind, mean, peak) values ($1, $2, $3, $4, $4)"
    await db.execute(sql, day, core, DEVICE.number, values)
    await db.execute("insert into sample_object values ($1, $2, $2, now())", DEVICE.number, core)
    await db.execute("insert into sample_roll (span, starts_at, done_at) values ('day', $1, now())", day)
    found = await trial.run(db.pool(), BUSY)
    (one,) = found.incidents
    assert one.began == pytest.approx(day.timestamp() + 100 * 300)
    assert found.fine_since > found.since + 20 * 86_400
    assert found.by_day()[9:11].count(1) == 1


async def test_a_customers_line_is_offline_between_its_sessions(seed: Seed) -> None:
    account, contract = await db.fetchrow("select id, contract_id from access_account where login = 'cli1'")
    sql = """insert into session_history (uid, nas_id, acct_session_id, login, account_id, contract_id, started_at,
  ended_at, input_octets, output_octets, session_s, terminate_cause) values (gen_random_uuid(), $1, 'x', 'cli1', $2, $3,
  now() - $4 * interval '1 hour', now() - $5 * interval '1 hour', 1, 2, 3600, 'Lost-Carrier')"""
    for began, ended in ((20, 10), (6, 1)):
        await db.execute(sql, seed.nas, account, contract, began, ended)
    offline = replace(
        BUSY, subject="line", metric="", condition=Condition("offline", window_s=2 * HOUR), raise_s=0, clear_s=0
    )
    found = await trial.run(db.pool(), offline)
    assert [one.name for one in found.incidents] == ["cli1"]
    (one,) = found.incidents
    assert one.lasted(0) == pytest.approx(2 * HOUR, abs=5)  # four hours away, told after two


async def test_a_trial_without_time_says_that_it_was_cut(drawn: Drawn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "THINGS_AT_ONCE", 1)
    start = clock.now().timestamp() - HOUR
    for name in ("core", "olt", "radio"):
        await cpu(drawn.devices[name], start, [97.0] * 30)
    found = await trial.run(db.pool(), BUSY, most_seconds=0)
    assert (found.cut, found.tried, found.every) == ("time", 1, 3)
    assert len(found.incidents) == 1


async def test_a_rule_that_makes_no_sense_is_not_tried(database: str) -> None:
    with pytest.raises(InvalidInput):
        await trial.run(db.pool(), replace(BUSY, metric="rx_dbm"))
