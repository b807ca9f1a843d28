"""The first page: what needs a person first, each with the one act that helps; then the network; then what happened."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from billing import attention, dunning, happenings
from billing.happenings import Happening
from oss.access import holds, login_rates
from oss.base import clock, db
from tests.conftest import TESTER, Seed, fall_overdue, overdue_invoice
from web.console.feed_words import line
from web.console.matter_words import matter

from .conftest import Console, audited, go_online


def spoken(one: Happening) -> dict[str, Any]:
    """A line in Portuguese, its no-break spaces as plain ones."""
    told = line("pt-BR", one)
    return told | {name: told[name].replace("\u00a0", " ") for name in ("what", "where")}


async def kinds() -> list[str]:
    return [one.kind for one in await attention.matters()]


async def ask_the_brake(seed: Seed) -> int:
    """All five fall overdue at once, and the brake stops the look."""
    async with db.transaction() as connection:
        await connection.execute("insert into setting values ('dunning.brake_minimum', '2', now())")
        for contract in seed.contracts:
            await overdue_invoice(connection, contract, 7)
        assert (await dunning.look(connection)).asked
    return int(await db.fetchval("select id from dunning_run where state = 'asked'"))


async def test_nothing_to_do_is_said_in_one_line(console: Console, seed: Seed) -> None:
    page = await console.get("/console/")
    assert "Nada precisa de gente." in page.text
    assert "Nenhum contrato está bloqueado." in page.text
    assert await kinds() == []


async def test_a_fresh_installation_says_where_to_begin(console: Console) -> None:
    text = (await console.get("/console/")).text
    assert "Nenhum roteador pode perguntar ainda" in text
    assert "Nada aconteceu ainda." in text


async def test_what_waits_stands_in_the_order_of_its_urgency(console: Console, seed: Seed) -> None:
    await ask_the_brake(seed)
    await go_online(seed, 0)
    await go_online(seed, 1, applied="reduced:1024/512", drift=60, cause="silent")
    await db.execute("update session_open set last_seen_at = now() - interval '1 hour'")
    await db.execute(
        "insert into job (lane, listener, payload, state, failed_at) values ('bulk', 'x', '{}', 'dead', now())"
    )
    await db.execute("insert into nas_knock values ('10.20.0.7', 41, now(), now())")
    await db.execute(
        "insert into node values ('n', '{aaa}', 1, '0', now(), now(), $1)", json.dumps({"aaa": {"lag_records": 9000}})
    )
    assert await kinds() == ["brake", "silent", "stuck", "lag", "dead", "knocks"]
    text = (await console.get("/console/")).text
    for words in (
        "O freio pergunta: bloquear 5 contratos de uma vez?",
        "BNG-1 está em silêncio",
        "1 mudança sem efeito, 1 de quem está em dia",
        "9.000 registros esperam o banco de dados",
        "1 tarefa foi abandonada",
        "Um roteador desconhecido pergunta: 10.20.0.7",
    ):
        assert words in text
    for one in await attention.matters():
        assert matter("en", one)["href"].startswith("/console/")


async def test_the_brake_says_whom_it_would_touch_and_is_approved(console: Console, seed: Seed) -> None:
    run = await ask_the_brake(seed)
    await go_online(seed, 0)
    page = await console.get(f"/console/dunning/{run}")
    for words in ("Bloquear 5 contratos de uma vez?", "R$ 549,50", "abertas no BNG-1", "1 sessão"):
        assert words in page.text
    answer = await console.post(f"/console/dunning/{run}", {"answer": "approve"})
    assert (answer.status, answer.place) == (303, "/console/")
    assert await db.fetchval("select count(*) from hold where lifted_at is null") == 5
    assert "5 contratos bloqueados" in (await console.get("/console/")).text
    assert [row["actor"] for row in await audited("dunning.approved")] == ["ana"]
    assert (await console.get(f"/console/dunning/{run}")).status == 404
    assert (await console.post(f"/console/dunning/{run}", {"answer": "approve"})).status == 409


async def test_refusing_the_brake_holds_nobody(console: Console, seed: Seed) -> None:
    run = await ask_the_brake(seed)
    await console.get("/console/")
    assert (await console.post(f"/console/dunning/{run}", {"answer": "perhaps"})).status == 422
    await console.post(f"/console/dunning/{run}", {"answer": "refuse"})
    assert await db.fetchval("select count(*) from hold") == 0
    assert await db.fetchval("select state from dunning_run") == "refused"


async def test_who_may_not_decide_sees_no_button(console: Console, seed: Seed) -> None:
    run = await ask_the_brake(seed)
    await db.execute("update staff_user set role = 'attendant'")
    page = await console.get("/console/")
    assert "O freio pergunta" in page.text
    assert f"/console/dunning/{run}" not in page.raw
    assert (await console.post(f"/console/dunning/{run}", {"answer": "approve"})).status == 403


MINUTE = "insert into auth_minute (node, minute, accepts, rejects, p99_us, online) values ($1, $2, $3, $4, 900, $5)"


async def test_the_curve_adds_the_nodes_and_compares_with_the_week_before(database: str) -> None:
    now = clock.now().replace(second=0, microsecond=0)
    for minutes in range(0, 24 * 60, 5):
        for node, online in (("a", 100), ("b", 20)):
            await db.execute(MINUTE, node, now - timedelta(minutes=minutes), 6, 1, online)
            await db.execute(MINUTE, node, now - timedelta(days=7, minutes=minutes), 6, 1, online + 1)
    curve = await login_rates.curve(now)
    assert curve.days_back == 7
    assert {one for one in curve.online if one is not None} == {120}
    assert {one for one in curve.before if one is not None} == {122}
    share = await login_rates.share(now - timedelta(minutes=60), now)
    assert (share.accepts, share.rejects) == (144, 24)
    assert share.refused == pytest.approx(100 / 7)


async def test_the_page_shows_rejects_in_our_words(console: Console, seed: Seed) -> None:
    now = clock.now()
    await db.execute(MINUTE, "a", now - timedelta(minutes=3), 60, 40, 5)
    for n in range(20):
        await db.execute(
            "insert into auth_reject (minute, nas_id, login, reason, count, first_at, last_at) "
            "values ($1, $2, $3, 'wrong_password', 2, $1, $1)",
            now,
            seed.nas,
            f"x{n}",
        )
    text = (await console.get("/console/")).text
    assert "Senha errada 40" in text
    assert "20 logins do BNG-1 somam 40 senhas erradas" in text
    assert "40,0 % recusadas" in text


async def test_one_login_is_no_crowd(seed: Seed) -> None:
    now = clock.now()
    await db.execute(REJECT, now, seed.nas, "again", "wrong_password")
    await db.execute("update auth_reject set count = 90")
    assert await login_rates.crowd(now - timedelta(minutes=5)) is None
    for login in ("and", "others"):
        await db.execute(REJECT, now, seed.nas, login, "wrong_password")
    crowd = await login_rates.crowd(now - timedelta(minutes=5))
    assert crowd is not None
    assert (crowd["name"], crowd["logins"]) == ("BNG-1", 3)


async def test_the_feed_tells_what_happened_once(console: Console, seed: Seed) -> None:
    invoice = await fall_overdue(seed.contracts[0], 7)
    _, place = await happenings.lately()
    assert await happenings.since(place) == ([], place)
    page = await console.get(f"/console/subscribers/{seed.customers[0]}")
    form = {"amount": "109,90", "on": clock.today("America/Sao_Paulo").isoformat(), "method": "pix"}
    await console.post(
        f"/console/subscribers/{seed.customers[0]}/pay?contract={seed.contracts[0]}&invoice={invoice}", form
    )
    assert page.status == 200
    async with db.transaction() as connection:
        await holds.place(connection, TESTER, seed.contracts, "manual", "cut", "why")
    found, behind = await happenings.since(place)
    told = [spoken(one) for one in found]
    assert [one["what"] for one in told] == ["5 contratos bloqueados", "Pagou R$ 109,90"]
    assert told[1]["where"] == "Pix · Cliente Número 1"
    assert (await happenings.since(behind))[0] == []
    assert "Pagou R$ 109,90" in (await console.get("/console/")).text


RELEASED = """insert into enforcement (contract_id, login, nas_id, session_uid, cause, wanted, asked_at, ended_at,
  outcome, attempts) values (1, 'x', $1, gen_random_uuid(), 'in_order', 'full:1/1', $2, $3, 'applied', 1)"""


async def test_many_changes_of_one_second_become_one_line(seed: Seed) -> None:
    _, place = await happenings.lately()
    at = clock.now().replace(microsecond=0)
    for n in range(7):
        await db.execute(
            RELEASED,
            seed.nas,
            at,
            at + timedelta(milliseconds=100 * n),
        )
    found, _ = await happenings.since(place)
    told = [spoken(one) for one in found]
    assert [(one["what"], one["where"]) for one in told] == [("7 linhas liberadas", "BNG-1 · a mais lenta em 0,6 s")]


AT = clock.now()
CHANGE = {"login": "x", "cause": "overdue", "wanted": "reduced:1/1", "seconds": 0.6, "nas": "B", "outcome": "applied"}


@pytest.mark.parametrize(
    ("one", "state", "what"),
    [
        (Happening("enforced", AT, CHANGE), "blocked", "Reduzida em 0,6 s"),
        (
            Happening("enforced", AT, CHANGE | {"wanted": "full:1/1", "cause": "in_order"}),
            "online",
            "Liberada em 0,6 s",
        ),
        (Happening("enforced", AT, CHANGE | {"outcome": "disconnected"}), "blocked", "Desconectada em 0,6 s"),
        (
            Happening("account.enabled", AT, {"actor": "ana", "enabled": False, "login": "x"}),
            "blocked",
            "Login desligado",
        ),
        (
            Happening("dunning.asked", AT, {"actor": "system:dunning"}),
            "degraded",
            "O freio pergunta antes de um corte em massa",
        ),
        (
            Happening("rejected", AT, {"reason": "wrong_password", "count": 41, "nas": None, "login": "x"}),
            "offline",
            "Senha errada, 41 vezes",
        ),
        (
            Happening("rejected_many", AT, {"reason": "unknown_login", "logins": 9, "nas": "B"}),
            "unknown",
            "Login não existe, 9 logins",
        ),
        (
            Happening("hold.lifted", AT, {"actor": "a", "reason": "manual", "contracts": 1}),
            "online",
            "1 contrato liberado",
        ),
    ],
)
def test_every_kind_of_line_has_glyph_and_words(one: Happening, state: str, what: str) -> None:
    told = spoken(one)
    assert (told["state"], told["what"]) == (state, what)
    assert told["where"]


REJECT = """insert into auth_reject (minute, nas_id, login, reason, count, first_at, last_at)
  values (date_trunc('minute', $1::timestamptz), $2, $3, $4, 1, $1, $1)"""


async def test_who_is_held_and_who_tries_again_are_no_news(seed: Seed) -> None:
    now = clock.now()
    _, place = await happenings.lately()
    place.rejects = now - timedelta(seconds=30)
    await db.execute(REJECT, now - timedelta(minutes=4), seed.nas, "again", "wrong_password")
    for login, reason in (("again", "wrong_password"), ("fresh", "wrong_password"), ("held", "manual")):
        await db.execute(REJECT, now, seed.nas, login, reason)
    for n in range(6):
        await db.execute(REJECT, now, seed.nas, f"robot{n}", "unknown_login")
    found, behind = await happenings.since(place)
    told = {spoken(one)["what"]: spoken(one)["where"] for one in found}
    assert told == {"Senha errada": "BNG-1 · fresh", "Login não existe, 6 logins": "BNG-1"}
    assert (await happenings.since(behind))[0] == []
