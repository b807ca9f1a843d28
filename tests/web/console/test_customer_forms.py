"""Customers and contracts made and edited in the console: what is wrong is named, and nothing typed is lost."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import pytest

from oss.base import clock, db
from oss.base.secrets import Sealer
from tests.conftest import Seed, fall_overdue

from .conftest import Answer, Console, audited

SAID = re.compile(r'id="(\w+)-wrong" role="alert" data-said')
NEW = "/console/subscribers/new"
MARIA = {
    "kind": "person",
    "name": "Maria da Luz",
    "document": "529.982.247-25",
    "phone": "+55 (35) 9 9999-0417",
    "email": "maria@example.com",
    "postcode": "37200-000",
    "street": "Rua do Ouvidor",
    "number": "50 B",
    "complement": "ap 12",
    "district": "Centro",
    "city": "Lavras",
    "state": "MG",
    "due_day": "15",
    "login": "Maria.Luz",
    "password": "k4te-9mwp-x3rh",
}


def hidden(page: Answer) -> dict[str, str]:
    """What a form carries beside its fields."""
    import html

    found = re.findall(r'name="(form_\w+)" value="([^"]*)"', page.raw)
    return {name: html.unescape(value) for name, value in found}


async def made(console: Console, seed: Seed, **more: str) -> Answer:
    return await console.post("/console/subscribers", {**MARIA, "plan_id": str(seed.plan), **more})


async def test_a_customer_is_made_with_contract_and_login(console: Console, seed: Seed, sealer: Sealer) -> None:
    page = await console.get(NEW)
    assert 'data-validates="/console/validate/subscriber"' in page.raw and "Fibra 500" in page.text
    answer = await made(console, seed)
    assert answer.status == 303, answer.text
    row = await db.fetchrow("select * from customer order by id desc limit 1")
    assert answer.place == f"/console/subscribers/{row['id']}"
    kept = ("52998224725", "35999990417", "37200000", "50 B", "ap 12", "Centro", "MG", "maria da luz")
    names = ("document", "phone", "postcode", "number", "complement", "district", "state", "search_key")
    assert tuple(row[name] for name in names) == kept
    contract = await db.fetchrow("select * from contract where customer_id = $1", row["id"])
    assert (contract["plan_id"], contract["due_day"], contract["status"]) == (seed.plan, 15, "active")
    account = await db.fetchrow("select * from access_account where contract_id = $1", contract["id"])
    assert account["login"] == "maria.luz"
    opened = sealer.open(account["password_sealed"], f"access_account/password_sealed/{account['id']}")
    assert opened == b"k4te-9mwp-x3rh"
    for action in ("customer.added", "contract.started", "account.added"):
        assert (await audited(action))[0]["actor"] == "ana"
    assert "k4te" not in str([tuple(one) for one in await db.fetch("select detail from audit")])
    assert "Maria da Luz" in (await console.get(answer.place)).text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("name", ""),
        ("document", "529.982.247-24"),
        ("document", "12.345"),
        ("document", "12ABC34501DE35"),  # a company's, for a person
        ("email", "nobody"),
        ("phone", "call me"),
        ("postcode", "3720"),
        ("due_day", "29"),
        ("login", "a b"),
        ("login", "cli1"),
        ("plan_id", "77"),
    ],
)
async def test_what_is_wrong_is_named_and_nothing_is_made(console: Console, seed: Seed, name: str, value: str) -> None:
    before = await db.fetchval("select count(*) from customer")
    answer = await made(console, seed, **{name: value})
    assert answer.status == 422
    assert SAID.findall(answer.raw) == [name]
    assert await db.fetchval("select count(*) from customer") == before
    assert "k4te" not in answer.raw and 'value="Rua do Ouvidor"' in answer.raw


async def test_a_company_has_the_new_cnpj(console: Console, seed: Seed) -> None:
    answer = await made(console, seed, kind="company", document="12.abc.345/01de-35")
    assert answer.status == 303
    assert await db.fetchval("select document from customer order by id desc limit 1") == "12ABC34501DE35"


async def test_one_person_is_not_made_twice(console: Console, seed: Seed) -> None:
    await made(console, seed)
    again = await made(console, seed, login="other")
    assert again.status == 422 and SAID.findall(again.raw) == ["document"]


async def test_the_same_form_sent_twice_makes_one(console: Console, seed: Seed) -> None:
    carried = hidden(await console.get(NEW))
    answers = await asyncio.gather(*(made(console, seed, **carried) for _ in range(4)))
    assert {one.status for one in answers} == {303}
    assert len({one.place for one in answers}) == 1
    late = await made(console, seed, **carried)
    assert late.place == answers[0].place
    assert await db.fetchval("select count(*) from customer where name = 'Maria da Luz'") == 1
    # Changed and sent again, as from the browser's history, it is another form.
    other = await made(console, seed, **carried, document="", login="maria2")
    assert other.status == 303 and other.place != late.place


async def test_a_field_is_judged_alone_when_it_is_left(console: Console, seed: Seed) -> None:
    async def said(field: str, **posted: str) -> str:
        answer = await console.post("/console/validate/subscriber", {"field": field, **posted})
        assert answer.status == 200 and f'id="{field}-wrong"' in answer.raw and "<html" not in answer.raw
        return "" if " hidden>" in answer.raw else answer.text

    assert await said("document", document="529.982.247-24") == "Não é um CPF: os dígitos verificadores não conferem"
    assert await said("document", document="52998224725") == ""
    assert await said("name", name="") == "Não pode ficar vazio"
    assert await said("login", login="CLI1") == "Já existe"
    assert await said("due_day", due_day="40") == "Precisa estar entre 1 e 28"
    assert (await console.post("/console/validate/subscriber", {"field": "search_key"})).status == 404
    await db.execute("update staff_user set language = 'en'")
    assert await said("phone", phone="me") == "Must be a telephone number with its area code"


async def test_who_may_not_change_customers_is_not_answered_about_fields(console: Console, seed: Seed) -> None:
    await console.get("/console/plans")
    await db.execute("update staff_user set role = 'noc'")
    answer = await console.post("/console/validate/customer", {"field": "name", "name": "x"})
    assert answer.status == 403


async def edit(console: Console, customer: int, **typed: str) -> tuple[Answer, dict[str, str]]:
    """Open the form, type, send; returns the answer and what was posted."""
    page = await console.get(f"/console/subscribers/{customer}/edit")
    posted = {"kind": "person", **json.loads(hidden(page)["form_base"]), **hidden(page), **typed}
    return await console.post(f"/console/subscribers/{customer}/edit", posted), posted


async def test_a_change_is_kept_and_noted_before_and_after(console: Console, seed: Seed) -> None:
    customer = seed.customers[0]
    answer, _ = await edit(console, customer, name="Íris Mourão", phone="35 99999-0417")
    assert answer.status == 303
    row = await db.fetchrow("select name, phone, search_key, version from customer where id = $1", customer)
    assert tuple(row) == ("Íris Mourão", "35999990417", "iris mourao", 2)
    note = (await audited("customer.changed"))[0]
    assert json.loads(note["detail"]) == {
        "before": {"name": "Cliente Número 1", "phone": None},
        "after": {"name": "Íris Mourão", "phone": "35999990417"},
    }
    assert len(await audited("customer.disclosed")) == 1


async def test_a_stale_edit_shows_both_and_loses_nothing(console: Console, seed: Seed) -> None:
    customer = seed.customers[0]
    page = await console.get(f"/console/subscribers/{customer}/edit")
    posted: dict[str, Any] = {"kind": "person", **json.loads(hidden(page)["form_base"]), **hidden(page)}
    await db.execute("update staff_user set login = 'bea'")  # who saves meanwhile is another person
    other, _ = await edit(console, customer, name="Nome da Outra", city="Lavras", phone="35999990417")
    assert other.status == 303
    await db.execute("update staff_user set login = 'ana'")
    await console.get(f"/console/subscribers/{customer}/edit")  # looking at it changes nothing
    mine = posted | {"name": "Nome Meu", "email": "eu@example.com", "phone": "35999990417"}
    stale = await console.post(f"/console/subscribers/{customer}/edit", mine)
    assert stale.status == 409
    assert await db.fetchval("select name from customer where id = $1", customer) == "Nome da Outra"
    assert "bea gravou isto enquanto você digitava" in stale.text
    assert re.findall(r'data-differs="(\w+)"', stale.raw) == ["name", "city"]
    for value in ("Nome da Outra", "Nome Meu", "Lavras", "eu@example.com"):
        assert value in stale.raw
    assert 'name="take-city" value="theirs" checked' in stale.raw  # the other person alone changed it
    assert 'name="take-name" value="mine" checked' in stale.raw
    again = mine | hidden(stale) | {"take-name": "theirs", "take-city": "theirs"}
    assert (await console.post(f"/console/subscribers/{customer}/edit", again)).status == 303
    row = await db.fetchrow("select name, city, email, phone from customer where id = $1", customer)
    assert tuple(row) == ("Nome da Outra", "Lavras", "eu@example.com", "35999990417")


async def test_a_contract_changes_plan_and_due_day(console: Console, seed: Seed) -> None:
    plan = await db.fetchval(
        "insert into plan (name, down_kbps, up_kbps, price_cents) values ('Fibra 900', 900000, 450000, 1) returning id"
    )
    path = f"/console/subscribers/{seed.customers[0]}/contract?contract={seed.contracts[0]}"
    page = await console.get(path)
    answer = await console.post(path, {**hidden(page), "plan_id": str(plan), "due_day": "20"})
    assert answer.place == f"/console/subscribers/{seed.customers[0]}?contract={seed.contracts[0]}"
    row = await db.fetchrow("select plan_id, due_day from contract where id = $1", seed.contracts[0])
    assert tuple(row) == (plan, 20)
    note = json.loads((await audited("contract.due_day_changed"))[0]["detail"])
    assert (note["before"], note["after"]) == ({"due_day": 10}, {"due_day": 20})
    stale = await console.post(path, {**hidden(page), "plan_id": str(seed.plan), "due_day": "10"})
    assert stale.status == 409 and "Fibra 900" in stale.text and "Fibra 500" in stale.text


async def test_a_customer_without_a_contract_is_led_to_one(console: Console, seed: Seed) -> None:
    bare = await db.fetchval("insert into customer (name, search_key) values ('Só', 'so') returning id")
    page = await console.get(f"/console/subscribers/{bare}")
    assert f"/console/subscribers/{bare}/contracts/new" in page.raw
    typed = {"plan_id": str(seed.plan), "due_day": "5", "login": "so", "password": "so-so-so"}
    answer = await console.post(f"/console/subscribers/{bare}/contracts", typed)
    assert answer.status == 303
    assert await db.fetchval("select count(*) from contract where customer_id = $1", bare) == 1
    assert (await console.get("/console/subscribers/777/contracts/new")).status == 404


async def test_what_was_typed_comes_back_after_the_session_ended(console: Console, seed: Seed) -> None:
    page = await console.get(NEW)
    await db.execute("delete from web_session")
    lost = await console.post("/console/subscribers", {**MARIA, "plan_id": str(seed.plan), **hidden(page)})
    assert lost.status == 303 and lost.place == "/login?next=%2Fconsole%2Fsubscribers%2Fnew"
    assert await db.fetchval("select count(*) from customer where name like 'Maria%'") == 0
    signed = await console.post("/login", {"login": "ana", "password": "ana-password-1", "next": NEW})
    assert signed.place == NEW
    back = await console.get(NEW)
    assert "está aqui de novo" in back.text
    for value in ("Maria da Luz", "529.982.247-25", "Maria.Luz"):
        assert f'value="{value}"' in back.raw
    assert "k4te" not in back.raw
    assert 'value="Maria da Luz"' not in (await console.get(NEW)).raw  # once


async def test_nobody_else_gets_what_was_typed(console: Console, seed: Seed) -> None:
    page = await console.get(NEW)
    await db.execute("delete from web_session")
    await console.post("/console/subscribers", {**MARIA, **hidden(page), "form_key": "999.x"})
    await console.post("/login", {"login": "ana", "password": "ana-password-1", "next": NEW})
    assert "Maria da Luz" not in (await console.get(NEW)).raw


async def test_a_form_from_elsewhere_leaves_nothing_typed(console: Console, seed: Seed) -> None:
    page = await console.get(NEW)
    await db.execute("delete from web_session")
    await console.post("/console/subscribers", {**MARIA, **hidden(page)}, **{"Sec-Fetch-Site": "cross-site"})
    await console.post("/login", {"login": "ana", "password": "ana-password-1", "next": NEW})
    assert "Maria da Luz" not in (await console.get(NEW)).raw


async def test_what_is_typed_is_shown_as_text_wherever_it_is_shown(console: Console, seed: Seed) -> None:
    """Markup in every text field: in the form that comes back, beside the other's, and on the customer's page."""
    attack = '"><script>alert(1)</script>'
    fields = ("name", "street", "number", "complement", "district", "city")
    typed = {name: attack[:20] if name == "number" else attack for name in fields}
    refused = await made(console, seed, **typed, document="1")
    assert refused.status == 422
    kept = await made(console, seed, **typed)
    assert kept.status == 303
    page = await console.get(kept.place)
    customer = int(kept.place.rpartition("/")[2])
    form = await console.get(f"/console/subscribers/{customer}/edit")
    await db.execute("update customer set name = $2 where id = $1", customer, "'" + attack)
    posted = {"kind": "person", **json.loads(hidden(form)["form_base"]), **hidden(form), "name": attack + "x"}
    stale = await console.post(f"/console/subscribers/{customer}/edit", posted)
    assert stale.status == 409
    listed = await console.get("/console/subscribers")
    for answer in (refused, page, form, stale, listed):
        assert "<script>alert" not in answer.raw and "&lt;script&gt;" in answer.raw


async def test_a_payment_sent_twice_is_taken_once(console: Console, seed: Seed) -> None:
    invoice = await fall_overdue(seed.contracts[0], 8)
    path = f"/console/subscribers/{seed.customers[0]}/pay?contract={seed.contracts[0]}&invoice={invoice}"
    carried = hidden(await console.get(path))
    typed = {"amount": "10,00", "method": "pix", "on": str(clock.today("America/Sao_Paulo")), **carried}
    assert "form_key" in carried
    answers = await asyncio.gather(*(console.post(path, typed) for _ in range(3)))
    assert [one.status for one in answers] == [303] * 3 and len({one.place for one in answers}) == 1
    assert await db.fetchval("select count(*) from payment") == 1


async def _only(**scopes: str) -> None:
    """From now on the one who is signed in holds these alone (``customers_write="city"``), for the city of Serra."""
    await db.execute("insert into role (key, name) values ('clerk', 'Clerk')")
    grants = [(name.replace("_", "."), scope) for name, scope in scopes.items()]
    for name, scope in grants:
        await db.execute("insert into role_grant (role, permission, scope) values ('clerk', $1, $2)", name, scope)
    await db.execute("update staff_user set role = 'clerk', cities = '{Serra}'")


async def test_who_may_not_see_personal_data_edits_the_rest_and_they_stay(console: Console, seed: Seed) -> None:
    home = f"/console/subscribers/{seed.customers[0]}"
    personal = ("52998224725", "35999990417", "maria@example.com")
    sql = "update customer set document = $2, phone = $3, email = $4 where id = $1"
    await db.execute(sql, seed.customers[0], *personal)
    await _only(customers_read="all", customers_write="all")
    page = await console.get(f"{home}/edit")
    assert page.status == 200 and 'name="street"' in page.raw
    for one in ('name="document"', "529.982.247-25", "9999-0417", personal[2], *personal):
        assert one not in page.raw, one
    fields = {"name": "Maria", "street": "Rua Nova", "document": "11144477735", "email": "other@example.com"}
    assert (await console.post(f"{home}/edit", {**hidden(page), **fields})).status == 303
    row = await db.fetchrow("select street, document, phone, email from customer where id = $1", seed.customers[0])
    assert tuple(row) == ("Rua Nova", *personal)
    assert await db.fetchval("select count(*) from audit where action = 'customer.disclosed'") == 0


async def test_nobody_makes_a_customer_or_moves_one_outside_their_cities(console: Console, seed: Seed) -> None:
    await db.execute("update customer set city = 'Serra' where id = $1", seed.customers[0])
    scoped = dict.fromkeys(("customers_read", "customers_write", "contracts_write", "personal_read"), "city")
    await _only(**scoped)
    refused = await made(console, seed)
    assert refused.status == 422 and "city" in SAID.findall(refused.raw)
    home = f"/console/subscribers/{seed.customers[0]}"
    page = await console.get(f"{home}/edit")
    moved = await console.post(f"{home}/edit", {**hidden(page), "name": "Maria", "city": "Lavras"})
    assert moved.status == 422 and "city" in SAID.findall(moved.raw)
    assert await db.fetchval("select count(*) from customer where city = 'Lavras'") == 0
    assert (await console.get(f"/console/subscribers/{seed.customers[1]}/edit")).status == 404
    assert (await made(console, seed, city="Serra")).status == 303


async def test_a_contract_is_not_made_with_a_customer_it_may_not_be_made_for(console: Console, seed: Seed) -> None:
    await _only(customers_read="all", customers_write="all", contracts_write="city")
    before = await db.fetchval("select count(*) from customer")
    refused = await made(console, seed)
    assert refused.status == 422 and "city" in SAID.findall(refused.raw)
    assert await db.fetchval("select count(*) from customer") == before
