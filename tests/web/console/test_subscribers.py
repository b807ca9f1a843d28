"""The list of subscribers: found by whatever is known of them, paged without loss, told apart by how they stand."""

from __future__ import annotations

import re

import pytest

from billing import payments, subscriber_list
from billing.subscriber_list import Wanted
from oss.access import holds
from oss.base import clock, db
from oss.crm.customers import search_key
from tests.conftest import TESTER, Seed, fall_overdue

from .conftest import Console, audited, go_online

TODAY = clock.today("America/Sao_Paulo")
NAME = re.compile(r"Cliente Número \d")


async def people(seed: Seed) -> None:
    """Names, documents and telephones worth searching for."""
    rows = (("Íris d'Ávila Mourão", "52998224725"), ("José Mourão", "11144477735"), ("Padaria do Zé 100% Boa", None))
    for customer, (name, document) in zip(seed.customers, rows, strict=False):
        await db.execute(
            "update customer set name = $2, search_key = $3, document = $4, city = 'Lavras' where id = $1",
            customer,
            name,
            search_key(name),
            document,
        )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("mourao", 2),
        ("MOURÃO íris", 1),
        ("529.982.247-25", 1),
        ("52998224725", 1),
        ("cli3", 1),
        ("cli", 5),
        ("100%", 1),
        ("_", 0),
        ("100.64.0.2", 1),
        ("100.64.0", 2),
        ("aa:bb:cc:00:00:01", 1),
        ("AABBCC000001", 1),
        ("nobody at all", 0),
    ],
)
async def test_a_subscriber_is_found_by(seed: Seed, text: str, found: int) -> None:
    await people(seed)
    for index in (0, 1):
        await go_online(seed, index)
    page = await subscriber_list.read(Wanted(text), TODAY)
    assert page.total == found
    assert len(page.rows) == found


async def test_each_view_shows_who_stands_so(console: Console, seed: Seed) -> None:
    await go_online(seed, 0)
    await go_online(seed, 1)
    await fall_overdue(seed.contracts[1], 7)
    async with db.transaction() as connection:
        await holds.place(connection, TESTER, [seed.contracts[2]], "manual", "cut", "why")
    for status, names in (("online", "12"), ("offline", "345"), ("held", "23"), ("overdue", "2"), ("", "12345")):
        page = await console.get(f"/console/subscribers?status={status}")
        table = page.raw[page.raw.index('id="rows"') :]
        assert sorted(set(NAME.findall(table))) == [f"Cliente Número {n}" for n in names], status
    counts = await subscriber_list.counts(TODAY)
    assert counts == {"everybody": 5, "online": 2, "offline": 3, "held": 2, "overdue": 1}


async def test_a_hold_hidden_by_a_promise_is_no_hold_here(seed: Seed) -> None:
    await fall_overdue(seed.contracts[0], 7)
    await db.execute("update hold set masked_until = now() + interval '1 day'")
    assert (await subscriber_list.read(Wanted(status="held"), TODAY)).total == 0


async def test_paging_forth_and_back_shows_each_once(seed: Seed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriber_list, "SIZE", 2)
    await db.execute("update customer set search_key = 'same'")
    first = await subscriber_list.read(Wanted(), TODAY)
    second = await subscriber_list.read(Wanted(), TODAY, after=first.after)
    third = await subscriber_list.read(Wanted(), TODAY, after=second.after)
    seen = [one.id for page in (first, second, third) for one in page.rows]
    assert seen == sorted(seed.customers)
    assert (first.first, second.first, third.first, third.last) == (1, 3, 5, 5)
    assert (first.before, third.after) == (None, None)
    again = await subscriber_list.read(Wanted(), TODAY, before=third.before)
    assert [one.id for one in again.rows] == [one.id for one in second.rows]
    assert again.first == 3
    head = await subscriber_list.read(Wanted(), TODAY, before=again.before)
    assert ([one.id for one in head.rows], head.first, head.before) == ([one.id for one in first.rows], 1, None)


async def test_an_address_that_is_no_place_in_the_list_is_refused(console: Console, seed: Seed) -> None:
    for cursor in ("xyz", "WzEsMiwzXQ", "WyJhIiwiYiIsMV0"):
        assert (await console.get(f"/console/subscribers?after={cursor}")).status == 422


async def test_the_footer_tells_how_many_and_how_long(console: Console, seed: Seed) -> None:
    page = await console.get("/console/subscribers?q=cli")
    assert re.search(r"1 a 5 de 5 · \d+ ms", page.text)


async def test_an_empty_view_says_what_lies_outside(console: Console, seed: Seed) -> None:
    page = await console.get("/console/subscribers?q=nobody")
    assert "Nenhum cliente com “nobody” aqui" in page.text
    assert "5 clientes estão fora deste filtro." in page.text


async def test_an_empty_provider_says_how_to_begin(console: Console) -> None:
    assert "Nenhum cliente ainda" in (await console.get("/console/subscribers")).text


async def test_the_file_holds_everybody_of_the_search_and_is_noted(console: Console, seed: Seed) -> None:
    await people(seed)
    await db.execute("update customer set name = '=cmd()' where id = $1", seed.customers[4])
    answer = await console.get("/console/subscribers.csv")
    lines = answer.raw.removeprefix("\ufeff").strip().split("\r\n")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert (len(lines), lines[0].split(";")[0]) == (6, "Nome")
    assert any(";52998224725;" in line for line in lines)
    assert any("'=cmd();" in line for line in lines)
    one = await console.get("/console/subscribers.csv?q=jose")
    assert len(one.raw.strip().split("\r\n")) == 2
    rows = await audited("customers.exported")
    assert [row["detail"] for row in rows] == ['{"q": "jose"}', "{}"]


async def test_the_palette_finds_and_says_why(console: Console, seed: Seed) -> None:
    await go_online(seed, 0, ip="100.64.9.9")
    answer = await console.get("/console/search?q=100.64.9.9")
    assert "Clientes por endereço IP" in answer.text
    assert "Cliente Número 1" in answer.text
    assert "Cliente Número" not in (await console.get("/console/search?q=")).text


async def test_who_may_only_look_sees_no_acts(console: Console, seed: Seed) -> None:
    await db.execute("update staff_user set role = 'reader'")
    page = await console.get("/console/subscribers")
    assert "data-pick" not in page.raw
    answer = await console.post("/console/holds/preview", {"act": "place", "chosen": seed.contracts[0]})
    assert answer.status == 403


async def test_who_pays_is_overdue_no_more_on_the_next_page(console: Console, seed: Seed) -> None:
    invoice = await fall_overdue(seed.contracts[1], 7)
    await fall_overdue(seed.contracts[2], 7)
    assert "1 a 2 de 2" in (await console.get("/console/subscribers?status=overdue")).text
    async with db.transaction() as connection:
        cents = await connection.fetchval("select amount_cents from invoice where id = $1", invoice)
        await payments.register(connection, TESTER, invoice_id=invoice, amount_cents=cents, method="pix")
    page = await console.get("/console/subscribers?status=overdue")
    assert "1 a 1 de 1" in page.text
    assert set(NAME.findall(page.raw[page.raw.index('id="rows"') :])) == {"Cliente Número 3"}


async def test_however_many_there_are_the_overdue_are_counted_anew(seed: Seed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriber_list._counts_lately, "_many", lambda found: True)
    assert (await subscriber_list.counts(TODAY))["overdue"] == 0
    await fall_overdue(seed.contracts[0], 7)
    counts = await subscriber_list.counts(TODAY)
    assert (counts["overdue"], counts["held"]) == (1, 0)  # the others may be some seconds old
