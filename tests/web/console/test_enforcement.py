"""Desired beside observed: the equation adds up, who is in order comes first, causes come in words."""

from __future__ import annotations

from datetime import timedelta

from oss.access import enforcement_list
from oss.base import clock, db
from tests.conftest import Seed

from .conftest import Console, audited, go_online

DONE = """insert into enforcement (contract_id, login, nas_id, session_uid, cause, was, wanted, asked_at, ended_at,
  outcome, attempts) values ($1, 'cli1', $2, gen_random_uuid(), 'in_order', $3, $4, $5, $6, 'applied', 1)"""


async def applied(seed: Seed, was: str, wanted: str, seconds: float, ago_s: float = 0) -> None:
    ended = clock.now() - timedelta(seconds=ago_s)
    await db.execute(DONE, seed.contracts[0], seed.nas, was, wanted, ended - timedelta(seconds=seconds), ended)


async def test_the_equation_adds_up(console: Console, seed: Seed) -> None:
    await applied(seed, "reduced:1/1", "full:500000/1", 0.25)
    await applied(seed, "full:500000/1", "reduced:1/1", 0.35)
    await applied(seed, "full:500000/1", "full:700000/1", 9.0)
    await go_online(seed, 0, applied="reduced:1024/512", drift=400, cause="silent")
    await go_online(seed, 1, applied="reduced:1024/512", drift=1)
    balance = await enforcement_list.balance(clock.now() - timedelta(hours=1))
    assert (balance.applied, balance.holds, balance.releases, balance.others) == (3, 1, 1, 1)
    assert (balance.stuck, balance.under_way, balance.to_apply) == (1, 1, 5)
    assert [n for n, count in enumerate(balance.times) if count] == [2, 3, 15]
    text = (await console.get("/console/enforcement")).text
    assert "1 bloqueio, 1 liberação, 1 outra" in text
    assert "metade em 0,4 s" in text or "metade em 0,3 s" in text


async def test_who_is_in_order_and_still_held_comes_first(console: Console, seed: Seed) -> None:
    await go_online(
        seed, 0, desired="reduced:1024/512", applied="full:500000/250000", drift=900, cause="acknowledged_but_fast"
    )
    await go_online(seed, 1, applied="reduced:1024/512", drift=60, cause="nak:session context not found")
    await go_online(seed, 2, drift=1)
    rows = await enforcement_list.stuck()
    assert [row["login"] for row in rows] == ["cli2", "cli1"]
    text = (await console.get("/console/enforcement")).text
    assert "Em dia, e segue bloqueada. O roteador não conhece a sessão Session context not found." in text
    assert "Aceito, mas segue rápido" in text


async def test_all_well_is_said_quietly(console: Console, seed: Seed) -> None:
    text = (await console.get("/console/enforcement")).text
    assert "Nada está preso." in text
    assert "Hoje nada foi pedido à rede." in text


async def test_asking_again_rings_the_nodes(console: Console, seed: Seed, dsn: str) -> None:
    await go_online(seed, 0, applied="reduced:1024/512", drift=60, cause="silent")
    await go_online(seed, 1, applied="reduced:1024/512", drift=60, cause="silent")
    heard: list[str] = []
    ear = await db.connect(dsn)
    await ear.add_listener("milha_access", lambda *said: heard.append(said[-1]))
    await console.post("/console/enforcement/reapply", {"contract": seed.contracts[0]})
    await console.post("/console/enforcement/reapply", {})
    await ear.fetchval("select 1")
    await ear.close()
    assert heard[0] == f"again:{seed.contracts[0]}"
    assert sorted(heard[1].removeprefix("again:").split(",")) == [str(one) for one in seed.contracts[:2]]
    assert len(await audited("session.reapplied")) == 2


async def test_a_session_ended_on_purpose_says_so_and_why(console: Console, seed: Seed) -> None:
    await applied(seed, "full:500000/1", "full:500000/1", 0.25)
    await db.execute("update enforcement set cause = 'too_many_sessions', outcome = 'disconnected'")
    text = (await console.get("/console/enforcement")).text
    assert "Desconectada Sessões demais BNG" in text
    assert "Liberada" not in text
