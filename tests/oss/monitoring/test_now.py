"""What is wrong now: open incidents with whom they touch, every PON's state, sites, and what routers carry."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing import attention
from oss.base import clock, db, secrets
from oss.monitoring import incident_now, network_now, objects, pon_state
from oss.monitoring.causes import Last, Thing
from oss.monitoring.kinds import DEVICE, INTERFACE, ONU, PING
from oss.monitoring.pon_state import HIGHEST_DBM, LOWEST_DBM
from tests.conftest import Seed
from tests.oss.monitoring import darkened


async def test_an_open_incident_tells_whom_it_touches_now_and_what_that_costs(
    seed: Seed, sealer: secrets.Sealer
) -> None:
    drawn = await darkened.drawn_for(seed, sealer)
    await darkened.darken(drawn, 5)
    now = await incident_now.read(db.pool())
    (one,) = now.incidents
    assert (one.why, one.name, one.customers, one.owner, one.unowned) == ("cut", "CTO-1", 5, None, True)
    assert now.customers == 5 and now.hourly_cents == one.hourly_cents == round(5 * 10_990 / 730)
    await db.execute(
        "update incident_line set until_at = now() where account_id in (select min(account_id) from incident_line)"
    )
    assert [one.customers for one in (await incident_now.read(db.pool())).incidents] == [4]


async def test_what_nobody_has_taken_stands_first_and_work_stands_last(seed: Seed) -> None:
    sql = """insert into incident (why, at_kind, at_id, at_name, severity, began_at, acknowledged_at, in_maintenance)
    values ('rule', 'device', 1, $1, 'warning', now() - interval '1 hour', $2, $3)"""
    await db.execute(sql, "taken", clock.now(), False)
    await db.execute(sql, "worked on", None, True)
    await db.execute(sql, "waits", None, False)
    now = await incident_now.read(db.pool())
    assert [one.name for one in now.incidents] == ["waits", "taken", "worked on"]
    assert [one.name for one in now.unowned] == ["waits"]


async def test_a_modem_that_was_switched_off_calls_nobody(seed: Seed) -> None:
    sql = """insert into incident (why, at_kind, at_id, at_name, severity, began_at)
    values ('down', 'onu', 1, $1, $2, now() - interval '1 hour')"""
    await db.execute(sql, "one modem", "notice")
    await db.execute(sql, "a shop's", "warning")
    now = await incident_now.read(db.pool())
    told = [one.facts["incident"].name for one in attention.incidents(now, unowned=True)]
    assert told == ["a shop's"] and len(now.incidents) == 2


async def test_when_nothing_is_wrong_it_says_since_when(seed: Seed) -> None:
    assert await incident_now.read(db.pool()) == incident_now.Now([], 0, 0, None)
    ended = clock.now() - timedelta(hours=3)
    await db.execute(
        "insert into incident (why, at_kind, at_id, severity, began_at, ended_at) "
        "values ('down', 'device', 1, 'critical', $1, $1)",
        ended,
    )
    assert (await incident_now.read(db.pool())).calm_since == ended


async def test_incidents_of_a_thing_are_those_at_it_and_those_it_belongs_to(seed: Seed, sealer: secrets.Sealer) -> None:
    drawn = await darkened.drawn_for(seed, sealer)
    await darkened.darken(drawn, 5)
    for thing, count in (
        (Thing("box", drawn.boxes["CTO-1"]), 1),
        (Thing("onu", drawn.onus[4]), 1),
        (Thing("pon", drawn.pons["0/1/1"]), 0),
    ):
        assert len(await incident_now.touching(db.pool(), [thing])) == count


async def test_every_pon_tells_who_is_away_and_its_weakest_light(seed: Seed, sealer: secrets.Sealer) -> None:
    drawn = await darkened.drawn_for(seed, sealer)
    first, second = await pon_state.every(db.pool())
    assert (first.state, second.state, first.onus, first.worst_dbm) == ("unread", "empty", 5, None)
    await darkened.lit(drawn, [-19.0, -20.5, -23.25])
    first, _ = await pon_state.every(db.pool())
    assert (first.state, first.away, first.worst_dbm, first.weak) == ("well", 0, -23.25, 0)
    await darkened.lit(drawn, [-19.0, -28.5], at=clock.now() + timedelta(seconds=1))
    first, _ = await pon_state.every(db.pool())
    assert (first.state, first.worst_dbm, first.weak) == ("weak", -28.5, 2)
    await darkened.lit(drawn, [-19.0], away=2, at=clock.now() + timedelta(seconds=2))
    first, second = await pon_state.every(db.pool())
    assert (first.state, first.away, first.share, first.worst_dbm) == ("some", 2, 0.4, -19.0)
    await darkened.lit(drawn, [-19.0], away=3, at=clock.now() + timedelta(seconds=3))
    found = await pon_state.every(db.pool())
    assert found[0].state == "out" and pon_state.worst(found, 9) == [found[0]]


async def test_an_old_poll_gives_way_to_what_the_inventory_heard(seed: Seed, sealer: secrets.Sealer) -> None:
    drawn = await darkened.drawn_for(seed, sealer)
    await darkened.lit(drawn, [-19.0], at=clock.now() - timedelta(hours=1))
    await db.execute("update onu set state = 'los' where id = any($1::bigint[])", drawn.onus[:1])
    first, _ = await pon_state.every(db.pool())
    assert (first.away, first.known, first.worst_dbm) == (1, 1, None)


@pytest.mark.parametrize(("last", "word"), [(Last.LIGHT, "los"), (Last.POWER, "dying-gasp"), (Last.NOTHING, "offline")])
async def test_an_onu_tells_its_last_word(seed: Seed, sealer: secrets.Sealer, last: Last, word: str) -> None:
    drawn = await darkened.drawn_for(seed, sealer)
    await darkened.darken(drawn, 2, last)
    await darkened.lit(drawn, [-21.0], away=2)
    rows = await pon_state.onus(db.pool(), drawn.pons["0/1/0"])
    assert [pon_state.word(row) for row in rows] == [word, word, "online", "online", "online"]
    assert [row["rx_dbm"] for row in rows] == [None, None, -21.0, -21.0, -21.0]


@given(st.lists(st.floats(-60, 10)))
def test_each_power_is_counted_once(values: list[float]) -> None:
    counts = pon_state.distribution(values)
    assert sum(counts) == len(values) and len(counts) == HIGHEST_DBM - LOWEST_DBM


def test_powers_lie_in_their_decibel() -> None:
    counts = pon_state.distribution([-32.0, -31.1, -27.5, -12.0, -40])
    assert (counts[0], counts[4], counts[-1]) == (3, 1, 1)


async def test_the_walls_sites_stand_by_how_much_of_them_is_away(seed: Seed, sealer: secrets.Sealer) -> None:
    drawn = await darkened.drawn_for(seed, sealer)
    await darkened.carried(seed.nas, 4e9, 5e8)
    await darkened.lit(drawn, [-20.0])
    calm = await network_now.read(db.pool())
    assert {one.state for one in calm.sites} == {"online"} and len(calm.sites) == 3
    assert (calm.traffic.down_bps, calm.traffic.up_bps) == (4e9, 5e8)
    await darkened.unreachable(drawn.devices["radio"])
    await darkened.unreachable(drawn.devices["ring-a"], drawn.devices["olt"])
    found = await network_now.read(db.pool())
    assert [(one.name, one.state, one.away) for one in found.sites] == [
        ("Serra", "offline", ["olt", "ring-a"]),
        ("Torre", "degraded", ["radio"]),
        ("Centro", "online", []),
    ]
    assert found.sites[0].olts == [("olt", True)] and found.sites[0].onus == 5


async def test_graphs_call_things_by_the_inventorys_names(seed: Seed, sealer: secrets.Sealer) -> None:
    drawn = await darkened.drawn_for(seed, sealer)
    olt = drawn.devices["olt"]
    port = await db.fetchval("insert into device_interface (device_id, name) values ($1, 'ge-0/1') returning id", olt)
    for kind, key, name in (
        (INTERFACE, port, "olt ge-0/1"),
        (DEVICE, olt, "olt"),
        (PING, olt, "olt"),
        (ONU, drawn.onus[0], "HWTC00000000"),
    ):
        assert [one.name for one in await objects.named(db.pool(), kind, [key])] == [name]
