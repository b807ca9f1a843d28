"""Who hangs on what: below a site, device, link, PON, box; a ring that survives; and the way up to the core."""

from __future__ import annotations

import pytest

from oss.access import affected, drops
from oss.access.affected import Kind, Thing
from oss.access.drops import Drop
from oss.base import db, secrets
from oss.base.problems import InvalidInput, NotFound
from oss.staff.scopes import Scope
from tests.conftest import TESTER, Seed
from tests.oss.network.drawn import Drawn, draw


@pytest.fixture
async def drawn(seed: Seed, sealer: secrets.Sealer) -> Drawn:
    """Four lines on ONUs (cli1 and cli3 in CTO-1, cli2 and cli4 in CTO-2 behind it), cli5 on the radio."""
    async with db.transaction() as connection:
        drawn = await draw(connection, sealer)
        accounts = [await drops.account_of(connection, login) for login in seed.logins]
        for account, onu in zip(accounts, drawn.onus, strict=False):
            await drops.tie(connection, TESTER, account or 0, Drop(onu_id=onu))
        await drops.tie(connection, TESTER, accounts[4] or 0, Drop(device_id=drawn.devices["radio"]))
        return drawn


async def below(kind: Kind, key: int) -> str:
    """The numbers of the logins below a thing."""
    found = await affected.affected(db.pool(), Thing(kind, key))
    heavy = await affected.weight(db.pool(), Thing(kind, key))
    assert heavy.lines == len(found)
    return "".join(sorted(row["login"].removeprefix("cli") for row in found))


async def test_a_thing_takes_along_what_has_no_other_way(drawn: Drawn) -> None:
    assert await below("device", drawn.devices["core"]) == "12345"
    assert await below("device", drawn.devices["olt"]) == "1234"
    assert await below("device", drawn.devices["ring-b"]) == "5"
    assert await below("link", drawn.links["ring-a olt"]) == "1234"
    assert await below("link", drawn.links["core ring-a"]) == ""  # the ring goes the other way round
    assert await below("site", drawn.sites["torre"]) == "5"
    assert await below("pon", drawn.pons["0/1/0"]) == "1234"
    assert await below("pon", drawn.pons["0/1/1"]) == ""
    assert await below("box", drawn.boxes["CTO-1"]) == "1234"
    assert await below("box", drawn.boxes["CTO-2"]) == "24"
    assert await below("onu", drawn.onus[2]) == "3"


async def test_a_site_takes_along_what_is_fed_from_it(drawn: Drawn) -> None:
    assert await below("site", drawn.sites["serra"]) == "1234"
    assert await below("site", drawn.sites["centro"]) == "12345"
    dark = await affected.dark_devices(db.pool(), Thing("site", drawn.sites["serra"]))
    assert dark == sorted([drawn.devices["ring-a"], drawn.devices["olt"]])


async def test_a_cut_after_the_ring_lost_a_link_darkens_more(drawn: Drawn) -> None:
    await db.execute("delete from network_link where id = $1", drawn.links["ring-a ring-b"])
    assert await below("link", drawn.links["core ring-a"]) == "1234"


async def test_a_scope_counts_its_own_customers_alone(drawn: Drawn, seed: Seed) -> None:
    await db.execute("update customer set city = 'Serra' where id = $1", seed.customers[1])
    scope, thing = Scope("city", ("Serra",)), Thing("device", drawn.devices["core"])
    assert [row["login"] for row in await affected.affected(db.pool(), thing, scope)] == ["cli2"]
    assert (await affected.weight(db.pool(), thing, scope)).customers == 1


async def test_ended_contracts_are_not_affected(drawn: Drawn, seed: Seed) -> None:
    await db.execute("update contract set status = 'ended', ended_on = current_date where id = $1", seed.contracts[0])
    assert await below("pon", drawn.pons["0/1/0"]) == "234"
    assert (await affected.weight(db.pool(), Thing("pon", drawn.pons["0/1/0"]))).monthly_cents == 3 * 10_990


async def test_the_way_up_names_every_station(drawn: Drawn, seed: Seed) -> None:
    account = await drops.account_of(db.pool(), "cli2")
    hops = await affected.path(db.pool(), account or 0)
    told = [(hop.kind, hop.name) for hop in hops]
    assert told == [
        ("onu", "HWTC00000001"),
        ("box", "CTO-2"),
        ("box", "CTO-1"),
        ("pon", "0/1/0"),
        ("device", "olt"),
        ("link", "ring-a – olt"),
        ("device", "ring-a"),
        ("link", "core – ring-a"),
        ("device", "core"),
    ]
    radio = await affected.path(db.pool(), await drops.account_of(db.pool(), "cli5") or 0)
    assert [hop.name for hop in radio] == ["radio", "ring-b – radio", "ring-b", "core – ring-b", "core"]


async def test_a_line_of_which_nobody_said_anything_has_no_way(seed: Seed) -> None:
    assert await affected.path(db.pool(), await drops.account_of(db.pool(), "cli1") or 0) == []


async def test_a_drop_is_an_onu_or_a_device_and_is_noted(drawn: Drawn, seed: Seed) -> None:
    account = await drops.account_of(db.pool(), " CLI1 ") or 0
    for wrong in (Drop(), Drop(onu_id=drawn.onus[0], device_id=drawn.devices["radio"]), Drop(onu_id=999999)):
        with pytest.raises(InvalidInput):
            async with db.transaction() as connection:
                await drops.tie(connection, TESTER, account, wrong)
    with pytest.raises(NotFound):
        async with db.transaction() as connection:
            await drops.tie(connection, TESTER, 999999, Drop(onu_id=drawn.onus[0]))
    noted = "select count(*) from audit where action = 'account.drop_set' and detail->>'login' = 'cli1'"
    assert await db.fetchval(noted) == 1
    async with db.transaction() as connection:  # the same again is no change
        await drops.tie(connection, TESTER, account, Drop(onu_id=drawn.onus[0]))
        await drops.untie(connection, TESTER, account)
    assert await db.fetchval(noted) == 1
    assert (await drops.one(db.pool(), account))["onu_id"] is None
    lines = await drops.on_onus(db.pool(), drawn.onus)
    assert sorted(row["login"] for rows in lines.values() for row in rows) == ["cli2", "cli3", "cli4"]


CROWD = """
with p as (select id, row_number() over (order by id) - 1 as n from pon_port where device_id = $1),
o as (insert into onu (serial, pon_id, number) select 'ZTEG' || lpad(g::text, 8, '0'), p.id, g % 128
  from generate_series(0, $2 - 1) g join p on p.n = g / 128 returning id, serial),
k as (insert into contract (status, due_day, started_on, created_at, company_id, customer_id, plan_id)
  select 'active', 10, current_date, now(), $3, $4, $5 from generate_series(1, $2) returning id),
a as (insert into access_account (login, password_sealed, enabled, created_at, contract_id)
  select 'x' || k.id, '', true, now(), k.id from k returning id)
insert into account_drop (account_id, onu_id)
select a.id, o.id from (select id, row_number() over () as n from a) a
join (select id, row_number() over () as n from o) o on o.n = a.n"""


async def test_thousands_of_lines_are_found_by_their_indexes(drawn: Drawn, seed: Seed) -> None:
    """4,096 lines on 32 PONs: one PON's are found without reading the others, all of the OLT's in one statement."""
    olt = drawn.devices["olt"]
    await db.execute(
        "insert into pon_port (device_id, name, sort_key, capacity) select $1, '1/' || n, '1/' || n, 128 "
        "from generate_series(1, 32) n",
        olt,
    )
    await db.execute("delete from account_drop")
    await db.execute("delete from onu")
    await db.execute("delete from splitter_box")
    await db.execute("delete from pon_port where name like '0/%'")
    await db.execute(CROWD, olt, 4096, seed.company, seed.customers[0], seed.plan)
    await db.execute("analyze")
    heavy = await affected.weight(db.pool(), Thing("device", olt))
    assert (heavy.lines, heavy.customers, heavy.monthly_cents) == (4096, 1, 4096 * 10_990)
    pon = await db.fetchval("select id from pon_port order by id limit 1")
    assert len(await affected.affected(db.pool(), Thing("pon", pon))) == 128
    sql = affected.LINES.replace("{inside}", "true").replace("{most}", "1000")
    plan = "\n".join(row[0] for row in await db.fetch(f"explain {sql}", "pon", pon))
    assert "onu_pon" in plan and "account_drop_onu" in plan
