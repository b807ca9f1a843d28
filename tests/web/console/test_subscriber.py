"""One subscriber: the answer in one sentence, the line, and acts that change the service and leave a note."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from oss.access import accounts, holds, passwords
from oss.base import clock, db
from oss.base.secrets import Sealer
from oss.contracts import lifecycle
from tests.conftest import TESTER, Seed, fall_overdue

from .conftest import Console, audited, go_online

HISTORY = """insert into session_history (uid, nas_id, acct_session_id, login, account_id, contract_id, started_at,
  ended_at, input_octets, output_octets, session_s, terminate_cause) select gen_random_uuid(), $1, 'x', a.login, a.id,
  a.contract_id, now() - interval '3 hours', now() - interval '2 hours', 1, 2, 3600, 'Lost-Carrier'
  from access_account a where a.contract_id = $2"""
REJECT = """insert into auth_reject (minute, nas_id, login, reason, contract_id, count, first_at, last_at)
  values (date_trunc('minute', now()), $1, 'cli1', 'wrong_password', $2, 41, now(), now())"""

OBEYED = """insert into enforcement (contract_id, login, nas_id, session_uid, cause, was, wanted, asked_at, ended_at,
  outcome, attempts)
  values ($1, 'cli1', $2, gen_random_uuid(), 'overdue', 'full:1/1', 'reduced:1/1', $3, $4, 'applied', 1)"""


def home(seed: Seed, index: int = 0) -> str:
    return f"/console/subscribers/{seed.customers[index]}"


async def test_who_owes_is_told_with_amount_age_and_what_to_say(console: Console, seed: Seed) -> None:
    await fall_overdue(seed.contracts[0], 7)
    await go_online(seed, 0, desired="reduced:1024/512")
    text = (await console.get(home(seed))).text
    assert "Lento desde" in text
    assert "Falta pagar" in text
    assert "R$ 109,90, vencida há 7 dias." in text
    assert "Em " in text
    assert "só abre a página de aviso." in text
    assert "Para dizer à cliente" in text
    assert "Financeiro · causa" in text
    assert "Reduzida, 1 Mbps" in text
    assert text.count("Sem leitura") == 4


async def test_who_is_well_gets_one_quiet_line(console: Console, seed: Seed) -> None:
    await go_online(seed, 0, age_s=11 * 86400)
    text = (await console.get(home(seed))).text
    assert "Navegando há 11 d, em dia" in text
    assert "Para dizer" not in text


async def test_a_login_known_by_a_hash_says_by_which_methods_it_comes_in(
    console: Console, seed: Seed, sealer: Sealer
) -> None:
    assert "só PAP" not in (await console.get(home(seed))).text
    account = await db.fetchval("select id from access_account where login = 'cli1'")
    for kind, words in (("nt", "só PAP, MS-CHAP"), ("hashed", "só PAP")):
        async with db.transaction() as connection:
            await passwords.set_policy(connection, TESTER, kind)
            await accounts.set_password(connection, sealer, TESTER, account, "segredo")
        assert words in (await console.get(home(seed))).text


async def test_a_hold_by_staff_says_who_and_why(console: Console, seed: Seed) -> None:
    async with db.transaction() as connection:
        await holds.place(connection, TESTER, [seed.contracts[0]], "manual", "cut", "Equipamento em disputa")
    text = (await console.get(home(seed))).text
    assert "Cortado desde" in text
    assert "Bloqueado pela equipe." in text
    assert "Equipamento em disputa. Por test." in text
    assert "Contrato · causa" in text


async def test_the_other_faces(console: Console, seed: Seed) -> None:
    assert "Nunca navegou." in (await console.get(home(seed))).text
    await db.execute(HISTORY, seed.nas, seed.contracts[0])
    assert "Sem conexão há 2 h. A linha caiu." in (await console.get(home(seed))).text.replace(
        "Perdeu a linha", "A linha caiu"
    )
    await db.execute(REJECT, seed.nas, seed.contracts[0])
    text = (await console.get(home(seed))).text
    assert "O roteador tenta entrar e é recusado: senha errada." in text
    assert "Senha errada 41 vezes" in text
    await db.execute("update access_account set enabled = false where contract_id = $1", seed.contracts[0])
    assert "O login está desligado." in (await console.get(home(seed))).text
    async with db.transaction() as connection:
        await lifecycle.end(connection, TESTER, seed.contracts[0], clock.today("America/Sao_Paulo"))
    assert "O contrato acabou em" in (await console.get(home(seed))).text


async def test_in_order_but_not_followed_is_told_as_such(console: Console, seed: Seed) -> None:
    await go_online(seed, 0, applied="reduced:1024/512", drift=400, cause="silent")
    text = (await console.get(home(seed))).text
    assert "Em dia, mas a rede não acompanhou há 6 min." in text
    assert "deve ser Navegando, 500 Mbps está Reduzida, 1 Mbps" in text


async def test_a_customer_without_a_contract_and_one_that_does_not_exist(console: Console, seed: Seed) -> None:
    customer = await db.fetchval("insert into customer (name, search_key) values ('Nova', 'nova') returning id")
    assert "Sem contrato ainda." in (await console.get(f"/console/subscribers/{customer}")).text
    assert (await console.get("/console/subscribers/999999")).status == 404
    assert (await console.get(f"{home(seed, 1)}/hold?contract={seed.contracts[0]}")).status == 404


async def test_several_contracts_stand_side_by_side_the_held_one_first(
    console: Console, seed: Seed, sealer: Any
) -> None:
    async with db.transaction() as connection:
        second = await lifecycle.start(
            connection,
            TESTER,
            company_id=seed.company,
            customer_id=seed.customers[0],
            plan_id=seed.plan,
            due_day=5,
            started_on=clock.today("America/Sao_Paulo"),
        )
        await accounts.add(connection, sealer, TESTER, second, "loja", "pw")
        await holds.place(connection, TESTER, [second], "fraud", "cut", "IP spoofing")
    page = await console.get(home(seed))
    assert "Suspeita de fraude." in page.text
    assert f"?contract={seed.contracts[0]}" in page.raw
    page = await console.get(f"{home(seed)}?contract={seed.contracts[0]}")
    assert "Nunca navegou." in page.text


async def test_document_and_telephone_are_masked_until_asked_and_asking_is_noted(console: Console, seed: Seed) -> None:
    await db.execute(
        "update customer set document = '52998224725', phone = '35991230417' where id = $1", seed.customers[0]
    )
    page = await console.get(home(seed))
    assert "***.982.247-**" in page.text
    assert "529.982" not in page.text
    page = await console.post(f"{home(seed)}/disclose")
    assert "529.982.247-25" in page.text
    assert "(35) 9 9123-0417" in page.text
    assert [(row["actor"], row["object_id"]) for row in await audited("customer.disclosed")] == [
        ("ana", str(seed.customers[0]))
    ]


async def test_holding_needs_a_note_and_can_be_undone(console: Console, seed: Seed) -> None:
    await console.get(home(seed))
    address = f"{home(seed)}/hold?contract={seed.contracts[0]}"
    answer = await console.post(address, {"reason": "manual", "effect": "wall", "note": " "})
    assert answer.status == 422
    assert "Não pode ficar vazio" in answer.text
    answer = await console.post(address, {"reason": "manual", "effect": "wall", "note": "Pedido"})
    assert (answer.status, answer.place) == (303, f"{home(seed)}?contract={seed.contracts[0]}")
    row = await db.fetchrow("select reason, effect, note, placed_by from hold where lifted_at is null")
    assert tuple(row) == ("manual", "wall", "Pedido", "ana")
    page = await console.get(answer.place)
    assert "Contrato bloqueado Desfazer" in page.text
    undo = page.raw.split('action="/console/holds/undo')[1].split('"')[0].replace("&amp;", "&")
    answer = await console.post(f"/console/holds/undo{undo}")
    assert answer.place == f"{home(seed)}?contract={seed.contracts[0]}"
    assert await db.fetchval("select count(*) from hold where lifted_at is null") == 0
    assert [len(await audited(a)) for a in ("hold.placed", "hold.placing_undone")] == [1, 1]
    assert (await console.post(f"/console/holds/undo{undo}")).status == 409


async def test_releasing_lifts_one_reason_and_its_undo_puts_the_same_hold_back(console: Console, seed: Seed) -> None:
    async with db.transaction() as connection:
        await holds.place(connection, TESTER, [seed.contracts[0]], "fraud", "cut", "why")
    before = await db.fetchrow("select id, placed_at, note from hold")
    await console.get(home(seed))
    address = f"{home(seed)}/release?contract={seed.contracts[0]}"
    assert "Suspeita de fraude" in (await console.get(address)).text
    answer = await console.post(address, {"reason": "fraud"})
    page = await console.get(answer.place)
    undo = page.raw.split('action="/console/holds/undo')[1].split('"')[0].replace("&amp;", "&")
    assert await db.fetchval("select lifted_by from hold") == "ana"
    await console.post(f"/console/holds/undo{undo}")
    assert tuple(await db.fetchrow("select id, placed_at, note from hold where lifted_at is null")) == tuple(before)


async def test_an_overdue_hold_cannot_be_lifted_by_hand(console: Console, seed: Seed) -> None:
    await fall_overdue(seed.contracts[0], 7)
    address = f"{home(seed)}/release?contract={seed.contracts[0]}"
    assert "sai por pagamento ou promessa" in (await console.get(address)).text
    assert (await console.post(address, {"reason": "overdue"})).status == 422
    assert await db.fetchval("select count(*) from hold where lifted_at is null") == 1


async def test_a_promise_opens_the_line_until_the_end_of_its_day(console: Console, seed: Seed) -> None:
    await fall_overdue(seed.contracts[0], 7)
    address = f"{home(seed)}/promise?contract={seed.contracts[0]}"
    await console.get(address)
    day = clock.today("America/Sao_Paulo") + timedelta(days=3)
    for wrong in ("", "31/02/2027", (day - timedelta(days=10)).isoformat(), (day + timedelta(days=90)).isoformat()):
        assert (await console.post(address, {"until": wrong})).status == 422
    answer = await console.post(address, {"until": day.strftime("%d/%m/%Y")})
    assert answer.status == 303
    until = await db.fetchval("select masked_until at time zone 'America/Sao_Paulo' from hold")
    assert until.isoformat() == f"{day + timedelta(days=1)}T00:00:00"
    await go_online(seed, 0)
    assert "prometeu pagar até" in (await console.get(home(seed))).text
    assert len(await audited("hold.promised")) == 1
    assert (await console.post(address, {"until": day.isoformat()})).status == 409


@pytest.mark.parametrize("typed", ["109,90", "R$ 109,90", "109.90"])
async def test_a_payment_is_registered_as_it_is_typed(console: Console, seed: Seed, typed: str) -> None:
    invoice = await fall_overdue(seed.contracts[0], 7)
    address = f"{home(seed)}/pay?contract={seed.contracts[0]}&invoice={invoice}"
    page = await console.get(address)
    assert 'value="109,90"' in page.raw
    today = clock.today("America/Sao_Paulo").isoformat()
    answer = await console.post(address, {"amount": typed, "on": today, "method": "cash", "reference": ""})
    assert answer.status == 303
    assert await db.fetchval("select status from invoice where id = $1", invoice) == "paid"
    assert tuple(await db.fetchrow("select amount_cents, method, registered_by from payment")) == (10990, "cash", "ana")
    assert len(await audited("payment.registered")) == 1
    assert "R$ 109,90 recebidos" in (await console.get(answer.place)).text
    assert "Pagou R$ 109,90" in (await console.get(home(seed))).text


async def test_a_payment_with_mistakes_comes_back_as_it_was_typed(console: Console, seed: Seed) -> None:
    invoice = await fall_overdue(seed.contracts[0], 7)
    address = f"{home(seed)}/pay?contract={seed.contracts[0]}&invoice={invoice}"
    await console.get(address)
    tomorrow = (clock.today("America/Sao_Paulo") + timedelta(days=1)).isoformat()
    answer = await console.post(address, {"amount": "abc", "on": tomorrow, "method": "shells", "reference": "E123"})
    assert answer.status == 422
    for words in ("Precisa ser um número", "Não pode estar no futuro"):
        assert words in answer.text
    assert 'value="abc"' in answer.raw
    assert 'value="E123"' in answer.raw
    assert (await console.post(address, {"amount": "-5", "on": "2026-01-01", "method": "pix"})).status == 422
    assert await db.fetchval("select count(*) from payment") == 0
    other = f"{home(seed, 1)}/pay?contract={seed.contracts[1]}&invoice={invoice}"
    assert (await console.get(other)).status == 404


async def test_a_paid_invoice_is_refused_in_place(console: Console, seed: Seed) -> None:
    invoice = await fall_overdue(seed.contracts[0], 7)
    address = f"{home(seed)}/pay?contract={seed.contracts[0]}&invoice={invoice}"
    await console.get(address)
    form = {"amount": "109,90", "on": clock.today("America/Sao_Paulo").isoformat(), "method": "pix"}
    await console.post(address, form)
    answer = await console.post(address, form, **{"X-Milha-Block": "sheet", "HX-Request": "true"})
    assert (answer.status, answer.headers["HX-Retarget"]) == (422, "#refused")
    assert "paga" in answer.text
    assert "<html" not in answer.raw


async def test_another_plan_and_a_switched_login(console: Console, seed: Seed) -> None:
    faster = await db.fetchval(
        "insert into plan (name, down_kbps, up_kbps, price_cents) "
        "values ('Fibra 700', 700000, 350000, 12990) returning id"
    )
    await console.get(home(seed))
    address = f"{home(seed)}/plan?contract={seed.contracts[0]}"
    assert "Fibra 700 · 700 Mbps · R$ 129,90" in (await console.get(address)).text
    assert (await console.post(address, {"plan": 999})).status == 422
    assert (await console.post(address, {"plan": faster})).status == 303
    assert await db.fetchval("select plan_id from contract where id = $1", seed.contracts[0]) == faster
    assert len(await audited("contract.plan_changed")) == 1
    account = await db.fetchval("select id from access_account where contract_id = $1", seed.contracts[0])
    switch = f"{home(seed)}/login?contract={seed.contracts[0]}&account={account}&enable=0"
    answer = await console.post(switch)
    assert await db.fetchval("select enabled from access_account where id = $1", account) is False
    page = await console.get(answer.place)
    assert "cli1 desligado Desfazer" in page.text
    await console.post(switch.replace("enable=0", "enable=1"))
    assert await db.fetchval("select enabled from access_account where id = $1", account) is True
    assert len(await audited("account.enabled")) == 2
    assert (await console.post(switch.replace(f"account={account}", "account=0"))).status == 404


async def test_reconnecting_rings_the_node_and_is_noted(console: Console, seed: Seed, dsn: str) -> None:
    uid = await go_online(seed, 0)
    heard: list[str] = []
    ear = await db.connect(dsn)
    await ear.add_listener("milha_access", lambda *said: heard.append(said[-1]))
    address = f"{home(seed)}/reconnect?contract={seed.contracts[0]}"
    assert "cli1" in (await console.get(address)).text
    assert (await console.post(address)).status == 303
    await ear.fetchval("select 1")
    assert f"disconnect:{uid}" in heard
    assert len(await audited("session.disconnected")) == 1
    await db.execute("delete from session_open")
    page = await console.get((await console.post(address)).place)
    assert "A sessão já tinha caído" in page.text
    await ear.close()


async def test_the_timeline_tells_what_happened_and_how_fast_the_network_obeyed(console: Console, seed: Seed) -> None:
    invoice = await fall_overdue(seed.contracts[0], 7)
    placed = await db.fetchval("select placed_at from hold")
    await db.execute(
        OBEYED,
        seed.contracts[0],
        seed.nas,
        placed + timedelta(milliseconds=100),
        placed + timedelta(milliseconds=600),
    )
    text = (await console.get(home(seed))).text
    assert "Velocidade reduzida" in text
    assert "Confirmada pelo BNG-1 em 0,5 s" in text
    assert text.count("A rede aplicou") == 0
    assert f"Fatura {invoice}" not in text
    assert "Contrato iniciado" in text
