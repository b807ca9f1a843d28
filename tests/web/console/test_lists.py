"""All lists alike: nothing out of an address reaches SQL, every order answers, no page skips or doubles a row."""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

import pytest

from billing import invoice_list, subscriber_list
from oss.access import hold_list, holds, nas_list, session_list
from oss.base import clock, db, secrets
from oss.contracts import plan_list
from oss.crm.customers import search_key
from oss.network import onus, plant
from oss.network.onus import OnuValues
from oss.network.plant import PonValues
from oss.staff import user_list
from oss.staff.scopes import ALL
from tests.conftest import TESTER, Seed, fall_overdue
from tests.oss.network.drawn import draw
from web import listed
from web.app import feature_routes
from web.tables import TABLES, State

from .conftest import Console, go_online

ZONE = ZoneInfo("America/Sao_Paulo")
KEY = "dGVzdC1rZXktdGVzdC1rZXktdGVzdC1rZXktMTIzNDU="
LISTS = (
    *("subscribers", "sessions", "holds", "rejects", "invoices", "tokens", "sites", "devices", "onus", "incidents"),
    *("sla_contracts", "sla_pons", "sla_devices", "sla_sites", "sla_credits"),
    *("provision_runs", "olt_drift", "nas", "plans", "staff"),
)
EVIL = (
    "' or 1=1 --",
    "'; drop table customer; --",
    "1) union select password_hash from staff_user --",
    "{}",
    "{0.__class__}",
    "%",
    "_",
    "\\",
    "$1",
    "\x00",
    "a" * 5000,
    "9" * 40,
    "-1",
    "2026-02-30",
    "<script>alert(1)</script>",
    "\U0001f600 ́",
)


@pytest.fixture(autouse=True)
def known() -> None:
    """The lists are known once their pages are."""
    feature_routes()


async def rows(seed: Seed) -> None:
    """Something in every list, with ties and without values."""
    for index in range(4):
        await go_online(seed, index, bps=7, age_s=60)
    for index in (0, 1, 2):
        await fall_overdue(seed.contracts[index], 7)
    await db.execute("update customer set city = 'Lavras' where id % 2 = 0")
    await db.execute("update invoice set status = 'paid', paid_cents = amount_cents, paid_at = now() where id % 2 = 0")
    await db.execute("update session_open set contract_id = null, framed_ip = null where login = 'cli4'")
    await db.execute(
        "insert into auth_reject select date_trunc('minute', now()) - n * interval '1 minute', $1, 'cli' || n, "
        "'overdue', '', null, 1, now() - interval '2 minutes', now() - interval '1 minute' "
        "from generate_series(1, 5) n",
        seed.nas,
    )
    await db.execute(
        "insert into api_token (name, token_hash, role, expires_at) "
        "select 't' || n, n::text, 'reader', case when n % 2 = 0 then now() end from generate_series(1, 4) n"
    )
    await _house()
    await _network(seed)


async def _house() -> None:
    """Routers, plans and members of staff: in use and not, with one order's value and without."""
    await db.execute(
        "insert into nas (name, network, nas_identifier, secret_sealed, vendor, active) select 'BNG-' || (9 - n), "
        "'10.9.0.' || n / 2, n::text, 'x', case when n % 2 = 0 then 'cisco' else 'huawei' end, n < 4 "
        "from generate_series(1, 5) n"
    )
    await db.execute(
        "insert into plan (name, down_kbps, up_kbps, price_cents, pool, active, binding) select 'Fibra ' || (9 - n), "
        "100000 * (n / 2 + 1), 50000, 9990, case when n % 2 = 0 then 'pool' end, n < 4, 'learn' "
        "from generate_series(1, 5) n"
    )
    await db.execute(
        "insert into staff_user (login, name, password_hash, role, active, last_login_at) select 'user' || n, "
        "'Pessoa ' || n / 2, 'x', 'noc', n < 4, case when n % 2 = 0 then now() end from generate_series(1, 5) n"
    )


async def _network(seed: Seed) -> None:
    """Three PONs with ONUs, incidents that stand and that ended, credits."""
    async with db.transaction() as connection:
        drawn = await draw(connection, secrets.from_text(KEY), onu_count=4)
        third = await plant.save_pon(connection, TESTER, PonValues(drawn.devices["olt"], "0/1/2"))
        for number, pon in enumerate((drawn.pons["0/1/1"], third)):
            await onus.save(connection, TESTER, OnuValues(f"ZTEG0000000{number}", pon))
    await db.execute(
        "insert into incident (why, at_kind, at_id, at_name, severity, began_at, ended_at) "
        "select 'rule', 'device', 1, 'x', 'warning', now() - n * interval '1 hour', "
        "case when n % 2 = 0 then now() end from generate_series(1, 4) n"
    )
    await _provisioning(drawn.devices["olt"])
    await db.execute(
        "insert into outage_credit (contract_id, month_on, down_s, basis_points, target_basis_points, amount_cents) "
        "select unnest($1::bigint[]), '2026-10-01', 60, 9000, 9900, 100",
        seed.contracts,
    )


async def _provisioning(olt: int) -> None:
    """Runs that wait, ended and got stuck, and what differs on an OLT."""
    await db.execute(
        "insert into provision_run (kind, state, device_id, pon, number, serial, made_by, ended_at) "
        "select 'authorise', s, $1, '0/1/1', case when s <> 'planned' then 1 end, 'ZTEG0000000' || n, 'ana', "
        "case when s = 'done' then now() end from unnest(array['planned', 'done', 'stuck', 'done']) "
        "with ordinality t(s, n)",
        olt,
    )
    await db.execute(
        "insert into olt_drift (device_id, kind, pon, number, serial) select $1, k, '0/1/1', n, 'ZTEG0000000' || n "
        "from unnest(array['stranger', 'absent', 'absent']) with ordinality t(k, n)",
        olt,
    )


def test_every_list_is_asked() -> None:
    assert set(LISTS) == set(TABLES)


@pytest.mark.parametrize("name", LISTS)
async def test_nothing_out_of_an_address_reaches_sql(console: Console, seed: Seed, name: str) -> None:
    await rows(seed)
    table = TABLES[name]
    names = ["q", "sort", "cols", "tab", *(one.name for one in table.filters)]
    everybody = await db.fetchval("select count(*) from customer")
    for one in names:
        for evil in EVIL:
            query = {one: evil}
            async with console.client.get(table.path, params=query, allow_redirects=False) as answer:
                text = await answer.text()
                assert answer.status == 200, (one, evil)
                assert "<script>alert" not in text and "argon2" not in text, (one, evil)
    for one in ("after", "before"):
        for evil in EVIL[:-1]:
            async with console.client.get(table.path, params={one: evil}) as answer:
                assert answer.status == 422, (one, evil)
    assert await db.fetchval("select count(*) from customer") == everybody


@pytest.mark.parametrize("name", LISTS)
async def test_every_order_of_every_list_holds_each_row_once_both_ways(
    console: Console, seed: Seed, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await rows(seed)
    table = TABLES[name]
    for sort in sorted(table.sorts):
        found = {}
        for turned in (sort, f"-{sort}"):
            listing, order = table.listing(State(sort=turned), ZONE, ALL)
            keys, after = [], None
            while True:
                page = await listing.page(order, 2, after)
                keys += [row["sort_key"] for row in page.rows]
                after = page.after
                if after is None:
                    break
            assert len(keys) == len(set(keys)) == await listing.count(), turned
            found[turned] = keys
        assert len(found[sort]) >= 3, name
        assert sorted(found[sort]) == sorted(found[f"-{sort}"])


SPOKEN = {
    "nas": (["BNG-1", "BNG-6", "BNG-7", "BNG-8", "BNG-4", "BNG-5"], "select id, name from nas"),
    "plans": (
        ["Fibra 8", "Fibra 6", "Fibra 7", "Fibra 500", "Fibra 4", "Fibra 5"],
        "select id, name from plan",
    ),
    "staff": (
        ["Ana Prova", "Pessoa 0", "Pessoa 1", "Pessoa 1", "Pessoa 2", "Pessoa 2"],
        "select id, name from staff_user",
    ),
}


@pytest.mark.parametrize("name", SPOKEN)
async def test_what_is_in_use_stands_first_as_the_list_comes(console: Console, seed: Seed, name: str) -> None:
    await _house()
    expected, sql = SPOKEN[name]
    names = {str(row["id"]): row["name"] for row in await db.fetch(sql)}
    listing, order = TABLES[name].listing(State(), ZONE, ALL)
    found: list[str] = []
    after = None
    while not found or after:
        page = await listing.page(order, 2, after)
        found += [names[row["sort_key"]] for row in page.rows]
        after = page.after
    assert found == expected
    first = await listing.page(order, 4)
    back = await listing.page(order, 2, before=(await listing.page(order, 2, first.after)).before)
    assert [names[row["sort_key"]] for row in back.rows] == expected[2:4]


@pytest.mark.parametrize("name", LISTS)
async def test_every_head_chip_and_tab_leads_to_an_address_the_list_knows(
    console: Console, seed: Seed, name: str
) -> None:
    await rows(seed)
    table = TABLES[name]
    page = await console.get(table.path)
    links = {link.replace("&amp;", "&") for link in re.findall(rf'href="({table.path}\?[^"]+)"', page.raw)}
    assert len(links) > len(table.sorts)
    for link in sorted(links):
        answer = await console.get(link)
        assert answer.status == 200, link


async def test_the_invoices_are_found_by_state_day_city_and_number(console: Console, seed: Seed) -> None:
    await rows(seed)
    every = {row["number"]: row for row in await db.fetch("select number, customer_id, status from invoice")}
    for query, found in (
        ("", set(every)),
        ("state=paid", {n for n, row in every.items() if row["status"] == "paid"}),
        ("state=overdue", {n for n, row in every.items() if row["status"] == "open"}),
        ("state=open", set()),
        ("city=Lavras", {n for n, row in every.items() if row["customer_id"] % 2 == 0}),
        ("due_from=2000-01-01&due_to=2001-01-01", set()),
        ("due_from=2000-01-01", set(every)),
        (f"q={min(every)}", {min(every)}),
        ("q=número 2", {n for n, row in every.items() if row["customer_id"] == seed.customers[1]}),
        (f"customer={seed.customers[0]}", {n for n, row in every.items() if row["customer_id"] == seed.customers[0]}),
    ):
        page = await console.get(f"/console/invoices?{query}")
        table = page.raw[page.raw.index('id="rows"') : page.raw.index('<div class="foot">')]
        assert {int(n) for n in re.findall(r'<a class="num"[^>]*>(\d+)</a>', table)} == found, query


async def test_who_may_not_see_invoices_sees_no_list_of_them(console: Console, seed: Seed) -> None:
    await db.execute("insert into role (key, name) values ('nobody', 'Nobody')")
    await db.execute("update staff_user set role = 'nobody' where login = 'ana'")
    assert (await console.get("/console/invoices")).status == 403


async def test_a_long_list_says_more_than(console: Console, seed: Seed, monkeypatch: pytest.MonkeyPatch) -> None:
    async def many(*_: object) -> int:
        return listed.COUNTED + 1

    monkeypatch.setattr("oss.base.listing.Listing.count", many)
    assert "1 a 5 de mais de 10.000" in (await console.get(f"/console/subscribers?plan={seed.plan}")).text


TALLIES = {
    "subscribers": lambda: subscriber_list.counts(clock.today(str(ZONE))),
    "sessions": session_list.counts,
    "holds": hold_list.counts,
    "invoices": lambda: invoice_list.counts(clock.today(str(ZONE))),
    "nas": nas_list.counts,
    "plans": plan_list.counts,
    "staff": user_list.counts,
}


@pytest.mark.parametrize("name", TALLIES)
async def test_each_tab_counts_the_rows_it_opens(console: Console, seed: Seed, name: str) -> None:
    await rows(seed)
    async with db.transaction() as connection:
        await holds.place(connection, TESTER, [seed.contracts[4]], "manual", "cut", "why")
    await db.execute(
        "update hold set masked_until = now() + interval '1 day' where contract_id = $1", seed.contracts[0]
    )
    await db.execute("update session_open set applied = 'reduced:1/1', drift_since = now() where login = 'cli2'")
    table, tally = TABLES[name], await TALLIES[name]()
    (tabs,) = (one for one in table.filters if one.tabs)
    every = "everybody" if name == "subscribers" else "every"
    for value in (every, *tabs.choices):
        state = State(() if value == every else ((tabs.name, value),))
        assert await table.listing(state, ZONE, ALL)[0].count() == tally[value], value
    assert sum(tally[value] for value in tabs.choices) > 0


@pytest.mark.parametrize("name", ["subscribers", "sessions", "holds", "invoices"])
async def test_names_are_found_by_the_beginnings_of_their_words(seed: Seed, name: str) -> None:
    await rows(seed)
    sql = "update customer set name = 'Íris d''Ávila Mourão', search_key = $2 where id = $1"
    await db.execute(sql, seed.customers[1], search_key("Íris d'Ávila Mourão"))
    for text, found in (("mour", True), ("Ávila íris", True), ("d'ávila", True), ("ourao", False), ("iris x", False)):
        listing, _ = TABLES[name].listing(State((("q", text),)), ZONE, ALL)
        assert (await listing.count() > 0) is found, text


INDEXES = [
    ("subscribers", {"status": "overdue"}, "name", "invoice_o"),
    ("subscribers", {"q": "mourao"}, "name", "customer_words"),
    ("sessions", {}, "nas", "nas_name_order"),
    ("sessions", {}, "plan", "plan_name_order"),
    ("sessions", {}, "since", "session_open_since"),
    ("holds", {}, "plan", "plan_name_order"),
    ("holds", {}, "customer", "customer_search_prefix"),
    ("invoices", {"state": "overdue"}, "due", "invoice_open_due"),
    ("invoices", {}, "city", "customer_city_order"),
]


@pytest.mark.parametrize(("name", "values", "sort", "index"), INDEXES)
async def test_a_page_of_a_long_list_begins_at_an_index(
    seed: Seed, monkeypatch: pytest.MonkeyPatch, name: str, values: dict[str, str], sort: str, index: str
) -> None:
    """Few rows are sorted whatever indexes there are: sorts and scans of whole tables are made dear."""
    await rows(seed)
    asked: list[tuple[str, tuple[object, ...]]] = []

    async def fetch(sql: str, *args: object) -> list[object]:
        asked.append((sql, args))
        return []

    listing, order = TABLES[name].listing(State(tuple(values.items()), sort), ZONE, ALL)
    monkeypatch.setattr("oss.base.listing.db.fetch", fetch)
    await listing.page(order, 50)
    async with db.transaction() as connection:
        await connection.execute("set local enable_seqscan = off; set local enable_sort = off")
        sql, args = asked[0]
        plan = await connection.fetch(f"explain {sql}", *args)
    assert any(index in row[0] for row in plan), "\n".join(row[0] for row in plan)
