"""The audit's page: sentences, search by everything, before and after, the chain, the file; and who may see it."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest

from oss.base import audit, audit_chain, audit_check, clock, db, request_id
from oss.contracts import lifecycle, plans
from oss.crm import customers
from oss.staff import users
from tests.conftest import TESTER, Seed
from tests.oss.base.test_audit_chain import tamper
from web import render
from web.console import audit_words

from .conftest import Console, audited

HOSTILE = (
    "'; drop table audit; --",
    "' or 1=1 --",
    "%",
    "\\",
    "$1",
    "{}",
    "<script>alert(1)</script>",
    '"><img src=x>',
    "\x00a",
    "1e309",
    "９９",
    "a" * 500,
)
ANA = audit.Actor("ana", "10.0.0.9", "a1b2c3d4e5f6")


async def dearer(seed: Seed) -> int:
    """A plan that was made dearer by Ana; the row's id."""
    async with db.transaction() as connection:
        values = plans.PlanValues("Fibra 500", 500_000, 250_000, 11_990)
        await plans.save(connection, ANA, values, seed.plan)
        return int(await connection.fetchval("select max(id) from audit"))


async def test_a_row_is_a_sentence_with_what_it_was_and_is(console: Console, seed: Seed) -> None:
    row = await dearer(seed)
    page = await console.get("/console/audit")
    assert "Ana Prova mudou o plano Fibra 500 preço R$ 109,90 → R$ 119,90" in page.text
    one = await console.get(f"/console/audit/{row}")
    assert one.status == 200 and "preço R$ 109,90 R$ 119,90" in one.text
    assert "10.0.0.9" in one.text and "a1b2c3d4e5f6" in one.text
    assert f'href="/console/plans/{seed.plan}"' in one.raw and "Abrir Fibra 500" in one.text
    assert "test criou o plano Fibra 500" in one.text  # the thing's own history
    assert "O que mais Ana Prova fez" in one.text and "Ana Prova entrou" in one.text


def test_every_row_has_an_icon_there_is() -> None:
    known = render.environment().globals["icon_paths"]
    assert {icon for _, icon in audit_words.ICONS} <= set(known)  # type: ignore[call-overload]


async def test_a_page_without_a_row_is_not_found(console: Console) -> None:
    assert (await console.get("/console/audit/999999")).status == 404


@pytest.mark.parametrize(
    ("query", "there", "gone"),
    [
        ("q=ana", "Ana Prova mudou o plano", "test criou o plano"),
        ("q=prova+plano", "Ana Prova mudou o plano", "Ana Prova entrou"),
        ("q=mudou", "Ana Prova mudou o plano", "Ana Prova entrou"),
        ("q=10.0.0.9", "Ana Prova mudou o plano", "Ana Prova entrou"),
        ("q=a1b2c3d4e5f6", "Ana Prova mudou o plano", "Ana Prova entrou"),
        ("who=test", "test criou o plano", "Ana Prova mudou o plano"),
        ("what=sign-in", "Ana Prova entrou", "Ana Prova mudou o plano"),
        ("what=money", "Ana Prova mudou o plano", "Ana Prova entrou"),
        ("ip=10.0.0.9", "Ana Prova mudou o plano", "Ana Prova entrou"),
        ("request=a1b2c3d4e5f6", "Ana Prova mudou o plano", "Ana Prova entrou"),
        ("since=2031-01-01", "Nada foi feito nesta visão", "Ana Prova mudou o plano"),
        ("until=2020-01-01", "Nada foi feito nesta visão", "Ana Prova mudou o plano"),
        ("q=jabuticaba", "Nada foi feito que combine com “jabuticaba”", "Ana Prova mudou o plano"),
        ("since=nonsense&what=nonsense", "Ana Prova mudou o plano", "Nada foi feito"),
    ],
)
async def test_it_is_found_by_each_way(console: Console, seed: Seed, query: str, there: str, gone: str) -> None:
    await dearer(seed)
    page = await console.get(f"/console/audit?{query}")
    assert page.status == 200 and there in page.text and gone not in page.text


@pytest.mark.parametrize("name", ["q", "who", "what", "thing", "ip", "request", "since", "until", "after", "before"])
async def test_hostile_words_find_nothing_and_break_nothing(console: Console, name: str) -> None:
    count = await db.fetchval("select count(*) from audit")
    for text in HOSTILE:
        async with console.client.get("/console/audit", params={name: text}) as answer:
            shown = await answer.text()
            assert answer.status in (200, 422), text
            assert "<script>alert" not in shown and "<img src=x" not in shown
    assert await db.fetchval("select count(*) from audit") == count


async def test_chips_let_go_of_one_filter_at_a_time(console: Console, seed: Seed) -> None:
    page = await console.get("/console/audit?who=ana&what=money&since=2026-01-01&until=2099-01-01")
    assert 'href="/console/audit?who=ana&amp;since=2026-01-01&amp;until=2099-01-01"' in page.raw
    assert 'href="/console/audit?who=ana&amp;what=money"' in page.raw
    assert "Quem Ana Prova" in page.text and "O quê Planos, faturas, pagamentos" in page.text


async def test_days_are_those_of_the_persons_zone(console: Console, seed: Seed) -> None:
    async with db.transaction() as connection:
        at = clock.now().replace(year=2026, month=1, day=5, hour=23, minute=30)
        await audit.note_at(connection, at, ANA, "sealing.rotated", "key", "", "{}")
    day = "since=2026-01-06&until=2026-01-06"
    assert "trocou a chave" not in (await console.get(f"/console/audit?{day}")).text
    await console.post("/preferences", {"zone": "Asia/Tokyo"})
    page = await console.get(f"/console/audit?{day}")
    assert "trocou a chave" in page.text and "06/01/2026 08:30" in page.text


async def test_the_chain_is_told_and_verified_on_request(console: Console, seed: Seed) -> None:
    async with db.transaction() as connection:
        await audit_chain.seal(connection)
    assert "Encadeado até" in (await console.get("/console/audit")).text
    answer = await console.post("/console/audit/verify")
    assert (answer.status, answer.place) == (303, "/console/audit")
    assert len(await audited("audit.check_asked")) == 1
    assert await db.fetchval("select count(*) from job where listener like '%audit_check%'") == 1
    await audit_check.check(ANA)
    page = await console.get("/console/audit")
    assert "linhas, íntegras" in page.text and "Verificar agora" in page.text


async def test_a_broken_chain_is_a_red_card_with_its_place(console: Console, seed: Seed) -> None:
    async with db.transaction() as connection:
        await audit_chain.seal(connection)
        await audit_check.check(ANA)
        await tamper(connection, "update audit set actor = 'somebody else' where seq = 2")
    await audit_check.check(ANA)
    page = await console.get("/console/audit")
    assert "não confere na linha 2" in page.text and "Estava íntegra na verificação de" in page.text
    assert "bg-offline-soft" in page.raw


async def test_the_file_says_what_the_list_says_and_no_cell_is_a_formula(console: Console, seed: Seed) -> None:
    async with db.transaction() as connection:
        for name in ("=HYPERLINK(1)", "+1+1", "@SUM(1)", "-1-1", "\t=1"):
            await customers.add(connection, audit.Actor("ana", "10.0.0.9"), customers.NewCustomer(name + " x"))
        await audit.note(connection, audit.Actor("=evil"), "sealing.rotated", "key", "=1+1")
    answer = await console.get("/console/audit.csv?q=10.0.0.9")
    assert answer.status == 200 and "customer.added" in answer.raw
    whole = await console.get("/console/audit.csv")
    lines = list(csv.reader(io.StringIO(whole.raw.lstrip("\ufeff")), delimiter=";"))
    assert len(lines) > 10 and not [cell for line in lines for cell in line if cell[:1] in ("=", "+", "@", "\t", "\r")]
    assert [cell for line in lines for cell in line if cell.startswith("'=evil")]
    noted = await audited("audit.exported")
    assert [json.loads(row["detail"]) for row in noted] == [{"narrowed_to": {}}, {"narrowed_to": {"q": "10.0.0.9"}}]


async def test_who_changed_this_stands_on_the_pages_of_things(console: Console, seed: Seed) -> None:
    await dearer(seed)
    async with db.transaction() as connection:
        other = await plans.save(connection, ANA, plans.PlanValues("Fibra 700", 700_000, 350_000, 14_990))
        await lifecycle.change_plan(connection, ANA, seed.contracts[0], other)
    user = await db.fetchval("select id from staff_user")
    for path, words in (
        (f"/console/plans/{seed.plan}", "Ana Prova mudou o plano Fibra 500"),
        (f"/console/nas/{seed.nas}", "test incluiu o roteador BNG-1"),
        (f"/console/staff/{user}", "incluiu o usuário Ana Prova"),
        (f"/console/subscribers/{seed.customers[0]}", "passou um contrato de Cliente Número 1 a outro plano"),
    ):
        page = await console.get(path)
        assert page.status == 200 and "Quem mudou isto" in page.text and words in page.text, path
    assert "plano Fibra 500 → Fibra 700" in page.text


async def test_who_may_not_read_the_audit_sees_no_history(
    console: Console, web_app: Any, aiohttp_client: Any, seed: Seed
) -> None:
    async with db.transaction() as connection:
        await users.add(connection, TESTER, "rui", "Rui", "rui-password-1", "noc")
    client = await aiohttp_client(web_app)
    await client.post("/login", data={"login": "rui", "password": "rui-password-1"}, allow_redirects=False)
    other = Console(client)
    assert "Quem mudou isto" not in (await other.get(f"/console/nas/{seed.nas}")).text
    assert (await other.get("/console/audit")).status == 403
    assert (await other.get("/console/audit.csv")).status == 403
    page = await other.get(f"/console/subscribers/{seed.customers[0]}")
    assert "/disclose" not in page.raw
    assert (await other.post(f"/console/subscribers/{seed.customers[0]}/disclose")).status == 403
    assert await audited("customer.disclosed") == []


async def test_a_request_can_be_followed_from_its_answer_to_its_audit_row(console: Console, seed: Seed) -> None:
    answer = await console.post("/preferences", {"theme": "dark"})
    (row,) = await audited("user.preferences")
    assert answer.headers["X-Request-Id"] == row["request_id"] and request_id.well_formed(row["request_id"])
    page = await console.get(f"/console/audit?request={row['request_id']}")
    assert "Ana Prova mudou as próprias preferências" in page.text and "tema como o sistema → escuro" in page.text


async def test_personal_data_stay_masked_in_the_audit(console: Console) -> None:
    async with db.transaction() as connection:
        diff = audit.changed(
            {"document": "52998224725", "phone": "35991230417", "email": "iris@example.com"},
            {"document": "11144477735", "phone": "35991230418", "email": "i@example.com"},
        )
        await audit.note(connection, ANA, "customer.added", "customer", 1, **diff)
        row = await connection.fetchval("select max(id) from audit")
    shown = (await console.get(f"/console/audit/{row}")).raw + (await console.get("/console/audit.csv")).raw
    assert "***.444.777-**" in shown and "***@example.com" in shown
    assert not [one for one in ("52998224725", "529.982", "35991230418", "9123-", "iris@") if one in shown]


async def test_opening_many_customers_is_noted_by_their_number(console: Console, seed: Seed) -> None:
    await db.execute("insert into setting values ('audit.many_customers', '3', now())")
    for customer in seed.customers:
        await console.get(f"/console/subscribers/{customer}")
    (row,) = await audited("customers.many_read")
    assert (row["actor"], json.loads(row["detail"])["count"]) == ("ana", 4)
    assert "Ana Prova abriu as páginas de muitos clientes em uma hora" in (await console.get("/console/audit")).text
    assert row["at"] > clock.now() - timedelta(minutes=1)
