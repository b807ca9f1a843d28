"""From samples to incidents, on real rows: a PON of 64 ONUs behind an OLT behind a switch behind a core router."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass

import pytest

from oss.access import drops
from oss.access.drops import Drop
from oss.base import db, secrets
from oss.monitoring.causes import Last, Thing
from oss.monitoring.watch import Watch
from tests.conftest import TESTER, small_provider
from tests.oss.network.drawn import Drawn, draw

START = 1_790_000_000.0
LINES = 12
ONLINE, AWAY, WELL, LOST = 1.0, 0.0, 0.0, 100.0


@dataclass
class Noc:
    """A provider drawn in rows, and a watch that is fed by hand."""

    drawn: Drawn
    watch: Watch
    now: float = START

    async def onus(self, state: float, some: slice = slice(None), after: float = 30.0, polls: int = 2) -> None:
        """Poll the states of some ONUs, so often that what lasts is told."""
        for _ in range(polls):
            self.now += after
            chosen = self.drawn.onus[some]
            self.watch.observe("onu", self.now, chosen, {"state": [state] * len(chosen)})
            self.watch.tick(self.now)
            await self.watch.settle(self.now)

    async def ping(self, loss: float, *names: str, after: float = 30.0, polls: int = 2) -> None:
        for _ in range(polls):
            self.now += after
            ids = [self.drawn.devices[name] for name in names]
            self.watch.observe("ping", self.now, ids, {"loss_pct": [loss] * len(ids)})
            self.watch.tick(self.now)
            await self.watch.settle(self.now)

    async def restart(self) -> None:
        self.watch = Watch()
        await self.watch.load(db.pool())


@pytest.fixture
async def noc(database: str, sealer: secrets.Sealer) -> Noc:
    """Two PONs; all ONUs on the first; a line at each ONU."""
    async with db.transaction() as connection:
        seed = await small_provider(connection, sealer, count=LINES)
        drawn = await draw(connection, sealer, onu_count=LINES)
        for login, onu in zip(seed.logins, drawn.onus, strict=True):
            account = await drops.account_of(connection, login)
            await drops.tie(connection, TESTER, account or 0, Drop(onu_id=onu))
    watch = Watch()
    await watch.load(db.pool())
    found = Noc(drawn, watch)
    await found.onus(ONLINE)
    return found


async def incidents() -> list[tuple[str, str, int, bool]]:
    """Why, where, customers, whether it is open; merged ones left out."""
    rows = await db.fetch("select * from incident where merged_into is null order by id")
    return [(row["why"], row["at_name"], row["customers"], row["ended_at"] is None) for row in rows]


async def history(what: str) -> list[str]:
    rows = await db.fetch("select what from incident_entry where what = $1 order by id", what)
    return [row["what"] for row in rows]


async def test_a_cut_pon_is_one_incident_with_its_customers_and_what_it_costs(noc: Noc) -> None:
    for onu in noc.drawn.onus:
        noc.watch.last_word(Thing("onu", onu), Last.LIGHT, noc.now)
    await noc.onus(AWAY)
    assert await incidents() == [("cut", "CTO-1", LINES, True)]
    cost = await db.fetchval("select monthly_cents from incident")
    assert cost == LINES * 10_990
    lines = await db.fetchval("select count(*) from incident_line where until_at is null")
    members = await db.fetchval("select count(*) from incident_member where ended_at is null")
    assert (lines, members) == (LINES, LINES)


async def test_repair_closes_it_and_says_when_each_line_was_back(noc: Noc) -> None:
    await noc.onus(AWAY)
    await noc.onus(ONLINE, slice(0, 6))
    assert await incidents() == [("together", "CTO-1", LINES, True)]
    assert await db.fetchval("select count(*) from incident_line where until_at is not null") == 6
    await noc.onus(ONLINE, slice(6, None))
    assert await incidents() == [("together", "CTO-1", LINES, False)]
    row = await db.fetchrow("select * from incident")
    assert row["ended_at"].timestamp() == noc.now - 30  # the first poll that saw the last one back
    assert await db.fetchval("select count(*) from incident_line where until_at is null") == 0


async def test_a_cut_fibre_is_still_one_while_its_repair_is_not_sure_yet(noc: Noc) -> None:
    for onu in noc.drawn.onus:
        noc.watch.last_word(Thing("onu", onu), Last.LIGHT, noc.now)
    await noc.onus(AWAY)
    await noc.onus(ONLINE, polls=1)
    noc.watch.look_again()
    await noc.watch.settle(noc.now)
    assert (await incidents())[0][0] == "cut"
    await noc.onus(ONLINE)
    assert await incidents() == [("cut", "CTO-1", LINES, False)]


async def test_dying_gasps_that_come_after_the_poll_make_it_a_power_cut(noc: Noc) -> None:
    await noc.onus(AWAY)
    for onu in noc.drawn.onus[:8]:
        noc.watch.last_word(Thing("onu", onu), Last.POWER, noc.now)
    await noc.watch.settle(noc.now)
    assert await incidents() == [("power", "CTO-1", LINES, True)]
    assert await history("moved") == ["moved"]


async def test_a_device_that_is_down_hides_what_is_behind_it(noc: Noc) -> None:
    await noc.onus(AWAY, slice(0, 5))
    await noc.ping(LOST, "olt")
    assert await incidents() == [("down", "olt", LINES, True)]


async def test_a_site_of_which_nothing_answers_is_one_incident(noc: Noc) -> None:
    await noc.ping(LOST, "ring-a", "olt")
    assert await incidents() == [("down", "Serra", LINES, True)]
    await noc.ping(WELL, "ring-a", "olt")
    assert await incidents() == [("down", "Serra", LINES, False)]


async def test_a_restart_raises_nothing_and_forgets_nothing(noc: Noc) -> None:
    await noc.onus(AWAY)
    before = await incidents()
    await noc.restart()
    await noc.watch.settle(noc.now)
    await noc.onus(AWAY)
    assert await incidents() == before and await history("opened") == ["opened"]
    await noc.restart()
    await noc.onus(ONLINE)
    assert await incidents() == [("together", "CTO-1", LINES, False)]


async def test_what_is_shorter_than_the_patience_is_not_told_across_a_restart_either(noc: Noc) -> None:
    await noc.onus(AWAY, after=5, polls=1)
    await noc.restart()
    await noc.onus(ONLINE, after=1, polls=2)
    assert await incidents() == []


async def test_a_thing_that_comes_and_goes_is_one_flapping_incident(noc: Noc) -> None:
    for _ in range(10):
        await noc.ping(LOST, "radio", after=10, polls=1)
        await noc.ping(WELL, "radio", after=10, polls=1)
    assert await incidents() == [("flapping", "radio", 0, True)]
    noc.now += 700
    await noc.ping(WELL, "radio")
    assert await incidents() == [("flapping", "radio", 0, False)]


async def test_a_link_that_traps_say_goes_down_and_up_is_one_flap_and_no_outage(noc: Noc) -> None:
    port = await db.fetchval(
        "insert into device_interface (device_id, if_index, name) values ($1, 7, 'sfp1') returning id",
        noc.drawn.devices["core"],
    )
    await db.execute("update network_link set a_interface_id = $1 where id = $2", port, noc.drawn.links["core ring-a"])
    await noc.watch.reload(db.pool())
    for turn in range(8):
        noc.now += 5
        noc.watch.event("interface", "oper", port, noc.now, float(turn % 2))
        noc.watch.tick(noc.now)
        await noc.watch.settle(noc.now)
    assert await incidents() == [("flapping", "core sfp1", 0, True)]
    for _ in range(12):
        noc.now += 60
        noc.watch.observe("interface", noc.now, [port], {"oper": [1.0]})
        noc.watch.tick(noc.now)
        await noc.watch.settle(noc.now)
    assert await incidents() == [("flapping", "core sfp1", 0, False)]


async def test_a_link_between_devices_that_is_down_is_told_and_a_customers_port_is_not(noc: Noc) -> None:
    sql = "insert into device_interface (device_id, if_index, name) values ($1, $2, $3) returning id"
    ours, theirs = [await db.fetchval(sql, noc.drawn.devices["core"], *one) for one in ((7, "sfp1"), (8, "ether2"))]
    await db.execute("update network_link set a_interface_id = $1 where id = $2", ours, noc.drawn.links["core ring-a"])
    await noc.watch.reload(db.pool())
    for _ in range(2):
        noc.now += 60
        noc.watch.observe("interface", noc.now, [ours, theirs], {"oper": [0.0, 0.0]})
        await noc.watch.settle(noc.now)
    assert await incidents() == [("rule", "core sfp1", 0, True)]
    await noc.ping(LOST, "ring-a")
    told = await incidents()
    assert [one for one in told if one[3]] == [("down", "ring-a", LINES, True)], "its other end is away: one incident"
    assert await history("explained") == ["explained"]


async def test_a_line_without_a_session_is_told_when_its_time_is_over(noc: Noc) -> None:
    sql = """insert into alert_rule (name, subject, metric, condition, severity, enabled)
values ('Shop is offline', 'line', '', '{"kind": "offline", "window_s": 600}', 'warning', true)"""
    await db.execute(sql)
    await noc.watch.reload(db.pool())
    line = await db.fetchval("select min(id) from access_account")
    for value in (1.0, math.nan, math.nan):
        noc.now += 400
        noc.watch.observe("line", noc.now, [line], {"": [value]})
        await noc.watch.settle(noc.now)
    login = await db.fetchval("select login from access_account where id = $1", line)
    assert await incidents() == [("rule", login, 0, True)]
    noc.watch.observe("line", noc.now + 30, [line], {"": [1.0]})
    await noc.watch.settle(noc.now + 30)
    assert await incidents() == [("rule", login, 0, False)]


async def test_what_is_under_maintenance_is_marked(noc: Noc) -> None:
    olt = noc.drawn.devices["olt"]
    sql = """insert into maintenance_window (device_id, starts_at, ends_at, note, made_by)
values ($1, to_timestamp($2), to_timestamp($3), 'splicing', 'ana')"""
    await db.execute(sql, olt, START, START + 3600)
    await noc.onus(AWAY)
    assert await db.fetchval("select in_maintenance from incident")
    assert not await db.fetchval("select count(*) from incident where not in_maintenance")
    noc.now += 4000
    noc.watch.look_again()
    await noc.watch.settle(noc.now)
    assert not await db.fetchval("select in_maintenance from incident")
    began, until = await db.fetchrow("select lower(maintained) as a, upper(maintained) as b from incident")
    assert began.timestamp() == START + 90 and until.timestamp() == noc.now
    await noc.restart()
    await noc.watch.settle(noc.now)
    assert await history("maintenance-over") == ["maintenance-over"]


async def test_a_rule_at_one_thing_is_an_incident_of_its_own_unless_its_device_is_away(noc: Noc) -> None:
    core, olt = noc.drawn.devices["core"], noc.drawn.devices["olt"]
    for _ in range(3):
        noc.now += 200
        noc.watch.observe("device", noc.now, [core, olt], {"cpu_pct": [97.0, 98.0]})
        await noc.watch.settle(noc.now)
    assert await incidents() == [("rule", "core", 0, True), ("rule", "olt", 0, True)]
    await noc.ping(LOST, "olt")
    assert await incidents() == [("rule", "core", 0, True), ("rule", "olt", 0, False), ("down", "olt", LINES, True)]
    assert await history("explained") == ["explained"]


async def test_a_rule_that_is_switched_off_takes_its_incidents_along(noc: Noc) -> None:
    await noc.onus(AWAY)
    await db.execute("update alert_rule set enabled = false where subject = 'onu'")
    await noc.watch.reload(db.pool())
    noc.now += 10
    await noc.watch.settle(noc.now)
    assert [one[3] for one in await incidents()] == [False]
    assert await db.fetchval("select count(*) from alert_symptom") == 0


async def test_a_rule_narrowed_to_a_site_looks_at_nothing_else(noc: Noc) -> None:
    narrowing = json.dumps({"site": noc.drawn.sites["torre"]})
    await db.execute("update alert_rule set narrowing = $1::jsonb where subject = 'ping'", narrowing)
    await noc.watch.reload(db.pool())
    await noc.ping(LOST, "olt", "radio")
    assert [one[1] for one in await incidents()] == ["radio"]


async def test_a_transaction_that_fails_is_done_again(noc: Noc) -> None:
    await db.execute("alter table incident_entry add constraint nothing_more check (id < 0) not valid")
    with pytest.raises(Exception, match="nothing_more"):
        await noc.onus(AWAY)
    await db.execute("alter table incident_entry drop constraint nothing_more")
    await noc.watch.settle(noc.now)
    await noc.onus(AWAY)
    assert await incidents() == [("together", "CTO-1", LINES, True)]
