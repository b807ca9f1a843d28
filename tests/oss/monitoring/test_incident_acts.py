"""What people do about an incident: each act is told in its history and in the audit, or nothing is done."""

from __future__ import annotations

from datetime import timedelta

import pytest

from oss.base import clock, db, secrets
from oss.base.problems import InvalidInput, NotFound
from oss.monitoring import customer_outages, incident_acts, incident_list, incident_page
from oss.monitoring.causes import Thing
from oss.monitoring.incident_acts import AlreadyInHand, AlreadyOver
from oss.monitoring.incident_list import Wanted
from oss.staff import users
from oss.staff.scopes import ALL
from tests.conftest import TESTER, Seed

from .outage import Outage, drawn_outage


@pytest.fixture
async def outage(seed: Seed, sealer: secrets.Sealer) -> Outage:
    return await drawn_outage(sealer, seed.logins)


async def person(login: str) -> int:
    async with db.transaction() as connection:
        return await users.add(connection, TESTER, login, login.title(), f"{login}-password-1", "noc")


async def said(incident_id: int) -> list[str]:
    return [row["what"] for row in await incident_page.entries(db.pool(), incident_id)]


async def audited(action: str) -> int:
    return int(await db.fetchval("select count(*) from audit where action = $1", action))


async def test_one_person_has_it_in_hand_and_may_give_it_back(outage: Outage) -> None:
    key, ana, rui = await outage.cut(), await person("ana"), await person("rui")
    assert (await incident_list.tally()).unheeded == 1
    async with db.transaction() as connection:
        await incident_acts.acknowledge(connection, TESTER, key, ana)
        await incident_acts.acknowledge(connection, TESTER, key, ana)
        with pytest.raises(AlreadyInHand, match="Ana"):
            await incident_acts.acknowledge(connection, TESTER, key, rui)
    assert (await incident_list.tally()).unheeded == 0
    row = await incident_page.one(db.pool(), key)
    assert (row["acknowledged_by"], row["version"]) == ("Ana", 2)
    async with db.transaction() as connection:
        await incident_acts.give_back(connection, TESTER, key)
        await incident_acts.give_back(connection, TESTER, key)
        await incident_acts.acknowledge(connection, TESTER, key, rui)
    assert (await said(key))[:3] == ["acknowledged", "given-back", "acknowledged"]
    assert (await audited("incident.acknowledged"), await audited("incident.given_back")) == (2, 1)


async def test_a_line_that_was_away_before_stands_once_in_each_incident(outage: Outage) -> None:
    first = await outage.cut()
    await outage.repair()
    outage.now += 600
    second = await outage.cut()
    assert first != second
    for key, away in ((first, False), (second, True)):
        page = await incident_page.lines_page(key, ALL, None, None)
        assert len({row["account_id"] for row in page.rows}) == len(page.rows) == 5
        assert all((row["until_at"] is None) is away for row in page.rows)


async def test_what_is_over_is_nobodys_work_any_more_but_may_be_commented_on(outage: Outage) -> None:
    key, ana = await outage.cut(), await person("ana")
    await outage.repair()
    async with db.transaction() as connection:
        with pytest.raises(AlreadyOver):
            await incident_acts.acknowledge(connection, TESTER, key, ana)
        with pytest.raises(AlreadyOver):
            await incident_acts.write_to_customers(connection, TESTER, key, "soon", None)
        await incident_acts.comment(connection, TESTER, key, "  a lorry  ")
    (first, *_) = await incident_page.entries(db.pool(), key)
    assert (first["what"], first["facts"]) == ("commented", '{"text": "a lorry"}')
    with pytest.raises(NotFound):
        await incident_acts.comment(db.pool(), TESTER, key + 1, "x")


async def test_whom_it_touches_reads_what_is_written_until_it_is_over(outage: Outage, seed: Seed) -> None:
    key, at = await outage.cut(), clock.now() + timedelta(hours=2)
    async with db.transaction() as connection:
        await incident_acts.write_to_customers(connection, TESTER, key, " A crew is on it. ", at)
        await incident_acts.write_to_customers(connection, TESTER, key, "A crew is on it.", at)
    (row,) = await customer_outages.of_contracts(db.pool(), [seed.contracts[0]])
    assert (row["id"], row["note_to_customers"], row["expected_at"]) == (key, "A crew is on it.", at)
    assert await audited("incident.note_saved") == 1 and (await said(key)).count("note") == 1
    await outage.repair()
    assert await customer_outages.of_contracts(db.pool(), seed.contracts) == []


@pytest.mark.parametrize(("note", "hours", "field"), [("x" * 401, 1, "note_to_customers"), ("x", -1, "expected_at"),
                                                      ("x", 24 * 32, "expected_at")])  # fmt: skip
async def test_a_note_that_makes_no_sense_is_refused(outage: Outage, note: str, hours: int, field: str) -> None:
    key = await outage.cut()
    with pytest.raises(InvalidInput) as refused:
        async with db.transaction() as connection:
            at = clock.now() + timedelta(hours=hours)
            await incident_acts.write_to_customers(connection, TESTER, key, note, at)
    assert list(refused.value.fields) == [field]
    assert await said(key) == ["opened"]


async def test_the_page_tells_the_way_the_members_and_the_customers(outage: Outage, seed: Seed) -> None:
    key = await outage.cut()
    row = await incident_page.one(db.pool(), key)
    way = await incident_page.way(db.pool(), Thing(row["at_kind"], row["at_id"]))
    assert [one.name for one in way] == ["core", "ring-a", "olt", "olt 0/1/0", "CTO-1"]
    members = await incident_page.members(db.pool(), key)
    assert members.tally == [("onu", len(seed.logins), len(seed.logins))]
    assert members.name(members.rows[0]).startswith("HWTC")
    page = await incident_page.lines_page(key, ALL, None, None)
    assert {one["login"] for one in page.rows} == set(seed.logins)
    assert page.total == len(seed.logins) and not any(one["until_at"] for one in page.rows)
    await outage.onus(1.0, slice(0, 1))
    page = await incident_page.lines_page(key, ALL, None, None)
    assert [one["until_at"] is not None for one in page.rows].index(True) == len(seed.logins) - 1


async def test_the_list_shows_what_nobody_has_first(outage: Outage) -> None:
    key = await outage.cut()
    for _ in range(3):
        outage.now += 200
        outage.watch.observe("device", outage.now, [outage.drawn.devices["core"]], {"cpu_pct": [97.0]})
        await outage.watch.settle(outage.now)
    async with db.transaction() as connection:
        await incident_acts.acknowledge(connection, TESTER, key, await person("ana"))
    wanted = Wanted()
    page = await incident_list.listing(wanted).read(wanted.order, 10)
    assert [(one["why"], one["at_name"]) for one in page.rows] == [("rule", "core"), ("cut", "CTO-1")]
    await outage.repair()
    page = await incident_list.listing(wanted).read(wanted.order, 10)
    assert [one["ended_at"] is None for one in page.rows] == [True, False]
    for wish, found in ((Wanted(state="ended"), 1), (Wanted(why="rule"), 1), (Wanted(severity="critical"), 1),
                        (Wanted(place="box"), 1), (Wanted(text="cto"), 1), (Wanted(text="zzz"), 0)):  # fmt: skip
        assert await incident_list.listing(wish).count() == found, wish
