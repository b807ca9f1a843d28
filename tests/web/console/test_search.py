"""The search finds each thing in every way of typing it, says why it matched, and shows nobody what is not theirs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from oss.access import holds
from oss.base import db, providers, secrets
from oss.base.typed import Typed
from oss.crm.customers import search_key
from oss.staff import roles
from oss.staff.roles import Held
from tests.conftest import TESTER, Seed, overdue_invoice
from tests.house.test_routes import SAFE
from tests.oss.network.drawn import draw
from web import navigation
from web.console.search_words import ACTS, KINDS, THINGS, address
from web.marking import marked, spans, veiled

from .conftest import Console, go_online

NAME = "Íris Mourão Sant'Anna"
DOCUMENT = "12348291709"


@pytest.fixture
async def known(seed: Seed) -> Seed:
    """One customer with everything that may be typed; the others are in the way."""
    await db.execute(
        "update customer set name = $2, search_key = $3, document = $4, phone = '35999990417', city = 'Lavras' "
        "where id = $1",
        *(seed.customers[0], NAME, search_key(NAME), DOCUMENT),
    )
    await db.execute("update access_account set login = 'iris.mourao' where contract_id = $1", seed.contracts[0])
    await go_online(seed, 0, ip="100.64.3.7", mac="4F-20-A8-91-0D-2E")
    await db.execute("update session_open set delegated_ipv6_prefix = '2001:db8:7::/56'")
    return seed


async def held(role: str, cities: tuple[str, ...] = (), user_id: int | None = None) -> Held:
    """What somebody with this role may do."""
    async with db.pool().acquire() as connection:
        return Held((await roles.one(connection, role)).grants, cities, user_id)


async def found(text: str, role: str = "admin", mine: Held | None = None) -> dict[str, list[str]]:
    """Titles by kind."""
    mine = mine or await held(role)
    answer = await providers.search(text, mine.permissions, mine.scopes())
    assert not any(group.late for group in answer.groups)
    return {group.kind: [hit.title for hit in group.hits] for group in answer.groups}


WAYS = {
    "customer.name": [
        "Íris",
        "iris",
        "IRIS MOURAO",
        "mourão íris",
        "mour",
        "sant",
        "santanna iris",
        "anna",
        "Iris Mourão S",
    ],
    "customer.document": ["123.482.917-09", DOCUMENT, "123.482", "482917", "***.482.917-**", "1709"],
    "customer.phone": ["(35) 9 9999-0417", "35999990417", "+55 35 99999-0417"],
    "customer.login": ["iris.mourao", "IRIS.MOU", "ris.mou", "iris.m"],
    "customer.mac": ["4F:20:A8:91:0D:2E", "4f-20-a8", "4f20.a891", "4f20a8910d2e", "910D2E", "4f 20 a8"],
    "customer.address": [
        "100.64.3.7",
        "100.64.3.",
        "100.64",
        "2001:db8:7:a::1",
        "[2001:DB8:7::5]",
        "2001:db8:7::/56",
    ],
}


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in WAYS.items() for text in texts])
async def test_a_customer_is_found_in_every_way_of_typing(known: Seed, kind: str, text: str) -> None:
    assert (await found(text)).get(kind) == [NAME]


@pytest.mark.parametrize("text", ["zzz", "iris zzz", "99999999999", "10.9.9.9", "AA:AA:AA:AA:AA:AA", "0417"])
async def test_what_is_not_there_is_not_found(known: Seed, text: str) -> None:
    assert NAME not in [title for titles in (await found(text)).values() for title in titles]


async def test_a_mac_that_is_a_login_and_one_that_a_line_is_bound_to_are_found(known: Seed) -> None:
    await db.execute(
        "update access_account set kind = 'mac', login = 'de:ad:be:ef:00:01' where contract_id = $1", known.contracts[1]
    )
    await db.execute(
        """update access_account set bound = '{"mac": "de:ad:be:ef:00:02"}' where contract_id = $1""",
        known.contracts[2],
    )
    assert (await found("DEAD.BEEF"))["customer.mac"] == ["Cliente Número 2", "Cliente Número 3"]
    assert (await found("de-ad-be-ef-00-02"))["customer.mac"] == ["Cliente Número 3"]


@pytest.mark.parametrize("way", ["{}", "1-{}", "#{}", "fatura {}", "Nº {}"])
async def test_an_invoice_is_found_by_its_number(known: Seed, way: str) -> None:
    async with db.transaction() as connection:
        invoice = await overdue_invoice(connection, known.contracts[0], 3)
    number = await db.fetchval("select number from invoice where id = $1", invoice)
    answer = await providers.search(way.format(number), (await held("admin")).permissions)
    (hit,) = next(group.hits for group in answer.groups if group.kind == "invoice")
    assert (hit.id, address(hit)) == (invoice, f"/console/subscribers/{known.customers[0]}#invoices")


async def test_routers_plans_and_staff_are_found(console: Console, known: Seed) -> None:
    assert (await found("bng"))["nas"] == ["BNG-1"]
    assert (await found("127.0.0.1"))["nas"] == ["BNG-1"]
    assert (await found("fibra 5"))["plan"] == ["Fibra 500"]
    assert (await found("prov"))["staff"] == ["Ana Prova"]


async def test_who_begins_so_stands_before_who_has_the_word_inside(known: Seed) -> None:
    for n, name in enumerate(("Ana Clara Zago", "Clara Ana", "Bruna Clara")):
        await db.execute(
            "update customer set name = $2, search_key = $3 where id = $1", known.customers[n], name, search_key(name)
        )
    assert (await found("clara"))["customer.name"] == ["Clara Ana", "Ana Clara Zago", "Bruna Clara"]


STRANGE = [
    "'; drop table customer; --",
    "%",
    "_%_",
    "\\",
    "' | '",
    "a:*&b",
    "<script>alert(1)</script>",
    "\u0000x",
    "💥💥",
]


@pytest.mark.parametrize("text", [*STRANGE, "x" * 5000, "a " * 3000, "!!", "()", "::", "1.2.3.4.5", "1" * 400])
async def test_nothing_typed_breaks_it(console: Console, known: Seed, text: str) -> None:
    for headers in ({}, {"HX-Request": "true"}):
        async with console.client.get("/console/search", params={"q": text}, headers=headers) as answer:
            assert answer.status == 200
            assert "<script>alert" not in await answer.text()
    assert await db.fetchval("select count(*) from customer") == 5
    assert not any(titles for titles in (await found("%")).values())


def _seen_by(mine: Held) -> set[str]:
    return {kind for kind, one in providers.SEARCHES.items() if one.permission in mine.permissions}


@pytest.mark.parametrize("role", ["admin", "attendant", "auditor", "finance", "noc", "reader", "seller", "technician"])
async def test_each_role_finds_only_what_it_may_see(
    console: Console, known: Seed, sealer: secrets.Sealer, role: str
) -> None:
    user_id = await db.fetchval("update customer set owner_id = (select min(id) from staff_user) returning owner_id")
    mine = await held(role, ("Lavras",), user_id)
    async with db.transaction() as connection:
        await overdue_invoice(connection, known.contracts[0], 3)
        await draw(connection, sealer)
    texts = [texts[0] for texts in WAYS.values()] + ["1", "bng", "fibra", "prova", "torre", "ring-a", "HWTC00000002"]
    kinds = {kind for text in texts for kind in await found(text, mine=mine)}
    assert kinds == _seen_by(mine)
    assert await found("iris") and not (await providers.search("iris", frozenset())).groups


async def test_whoever_sees_some_customers_finds_no_other(console: Console, known: Seed) -> None:
    async with db.transaction() as connection:
        await overdue_invoice(connection, known.contracts[0], 3)
    texts = [texts[0] for texts in WAYS.values()] + ["1"]
    for role, cities in (("technician", ("Perdões",)), ("technician", ()), ("seller", ())):
        mine = await held(role, cities, user_id=await db.fetchval("select min(id) from staff_user"))
        kinds = {kind for text in texts for kind in await found(text, mine=mine)}
        assert not {kind for kind in kinds if kind.startswith("customer") or kind == "invoice"}
    here = await held("technician", ("Lavras",))
    assert (await found("iris", mine=here))["customer.name"] == [NAME]


async def test_the_palette_marks_what_matched_and_counts(console: Console, known: Seed) -> None:
    raw = (await console.get("/console/search?q=mourao", **{"HX-Request": "true"})).raw
    assert "Íris <mark>Mourão</mark> Sant&#39;Anna" in raw
    assert re.search(r'data-count="1" data-text="1 em [\d,]+.m?s"', raw)
    assert "<html" not in raw
    raw = (await console.get("/console/search?q=4f20a8", **{"HX-Request": "true"})).raw
    assert "<mark>4F:20:A8</mark>:91:0D:2E" in raw
    assert "Clientes por MAC" in raw


async def test_a_document_stays_masked_but_for_what_was_typed(console: Console, known: Seed) -> None:
    masked = (await console.get("/console/search?q=482917", **{"HX-Request": "true"})).raw
    assert "***.<mark>482.917</mark>-**" in masked
    assert "123.482" not in masked
    begun = (await console.get("/console/search?q=123482", **{"HX-Request": "true"})).raw
    assert "<mark>123.482</mark>.917-**" in begun


async def test_the_acts_on_a_customer_are_those_that_make_sense_and_are_allowed(console: Console, known: Seed) -> None:
    async def acts() -> list[str]:
        raw = (await console.get("/console/search?q=iris.mourao", **{"HX-Request": "true"})).raw
        return sorted(set(re.findall(r"/console/subscribers/\d+/(\w+)\?contract=", raw)))

    assert await acts() == ["hold", "plan", "reconnect"]
    async with db.transaction() as connection:
        await holds.place(connection, TESTER, [known.contracts[0]], "manual", "cut", "why")
    assert await acts() == ["plan", "reconnect", "release"]
    await db.execute("update staff_user set role = 'reader'")
    assert await acts() == []


async def test_without_scripts_the_search_is_a_page_with_places_too(console: Console, known: Seed) -> None:
    page = await console.get("/console/search?q=iris")
    assert NAME in page.text
    assert f'href="/console/subscribers/{known.customers[0]}"' in page.raw
    assert "Planos" in (await console.get("/console/search?q=plano")).text
    assert "Nada combina com “zzzz”" in (await console.get("/console/search?q=zzzz")).text


async def test_what_was_opened_stands_first_next_time(console: Console, known: Seed) -> None:
    one = {"title": NAME, "href": f"/console/subscribers/{known.customers[0]}", "icon": "user"}
    assert (await console.post("/console/search/opened", one)).status == 204
    again = await console.get("/console/search?q=", **{"HX-Request": "true"})
    assert "Abertos há pouco" in again.text and NAME in again.text
    for n in range(20):
        await console.post("/console/search/opened", one | {"href": f"/console/plans/{n}"})
    raw = (await console.get("/console/search?q=", **{"HX-Request": "true"})).raw
    assert raw.count("data-recent") == 8


@pytest.mark.parametrize("href", ["https://example.net/console/", "//example.net", "/logout", "javascript:alert(1)"])
async def test_only_a_page_of_ours_is_remembered(console: Console, known: Seed, href: str) -> None:
    await console.post("/console/search/opened", {"title": "x", "href": href, "icon": "user"})
    assert href not in (await console.get("/console/search?q=", **{"HX-Request": "true"})).raw


def test_every_search_has_words_a_page_and_a_permission(database: str) -> None:
    assert set(providers.SEARCHES) == set(KINDS)
    assert set(providers.TELLERS) <= set(THINGS)


def _pages(web_app: Any) -> Iterator[str]:
    for place in [one for section in navigation.SECTIONS for one in section.places]:
        yield place.href
    yield from (act.href for act in navigation.ACTS)
    yield from (f"/console/subscribers/1/{act}" for _, act, *_ in ACTS)


async def test_every_page_and_act_of_the_palette_exists(web_app: Any) -> None:
    resources = [route.resource for route in web_app.router.routes() if route.method in SAFE]
    for href in _pages(web_app):
        assert any(resource is not None and resource._match(href) is not None for resource in resources), href


def test_marks_and_veils_need_no_database() -> None:
    assert spans("Ana Souza", Typed.of("souza ana")) == [(0, 3), (4, 9)]
    assert str(marked("<b>&", Typed.of("b"))) == "&lt;<mark>b</mark>&gt;&amp;"
    assert str(marked("Straße", Typed.of("strasse"))) == "<mark>Straße</mark>"
    assert veiled("***.482.917-**", "123.482.917-09", Typed.of("1709")) == "***.482.917-09"
