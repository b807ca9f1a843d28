"""How many sessions a login may have at once, and where its ONU is awaited: on the subscriber's page, changed there."""

from __future__ import annotations

from oss.base import db, secrets
from tests.conftest import Seed
from tests.oss.network.drawn import draw

from .conftest import Console, audited


async def address(seed: Seed) -> str:
    account = await db.fetchval("select id from access_account where contract_id = $1", seed.contracts[0])
    return f"/console/subscribers/{seed.customers[0]}/sessions?contract={seed.contracts[0]}&account={account}"


async def test_it_stands_on_the_page_and_is_changed(console: Console, seed: Seed) -> None:
    home, path = f"/console/subscribers/{seed.customers[0]}", await address(seed)
    assert "1 por vez" in (await console.get(home)).text
    assert "Sessões de cli1 por vez" in (await console.get(path)).text
    answer = await console.post(path, {"max_sessions": "3", "when_full": "deny"})
    assert (answer.status, answer.place) == (303, f"{home}?contract={seed.contracts[0]}")
    text = (await console.get(home)).text
    assert "3 por vez, mais uma é recusada" in text
    assert "Sessões por vez do login alteradas" in text
    assert len(await audited("account.sessions_set")) == 1


async def test_what_is_wrong_is_told_at_its_field(console: Console, seed: Seed) -> None:
    path = await address(seed)
    answer = await console.post(path, {"max_sessions": "1001", "when_full": "deny"})
    assert answer.status == 422 and "Precisa estar entre 1 e 1000" in answer.text and 'value="1001"' in answer.raw
    assert (await console.post(path, {"max_sessions": "2", "when_full": "oldest"})).status == 422
    assert await db.fetchval("select max(max_sessions) from access_account") == 1


async def test_a_login_of_somebody_else_is_not_found_there(console: Console, seed: Seed) -> None:
    path = (await address(seed)).replace(f"/{seed.customers[0]}/", f"/{seed.customers[1]}/")
    assert (await console.get(path)).status == 404
    assert (await console.post(path, {"max_sessions": "2", "when_full": "deny"})).status == 404


async def test_where_its_onu_is_awaited_is_planned_and_forgotten(
    console: Console, seed: Seed, sealer: secrets.Sealer
) -> None:
    async with db.transaction() as connection:
        await draw(connection, sealer, 1)
    home, path = f"/console/subscribers/{seed.customers[0]}", (await address(seed)).replace("/sessions?", "/box?")
    assert "Planejar a caixa da ONU" in (await console.get(home)).text
    for given, wrong in (
        ({"box": "CTO-9", "box_port": ""}, "Não existe"),
        ({"box": "CTO-1", "box_port": "9"}, "sta caixa tem as portas de 1 a 8"),
        ({"box": "CTO-1", "box_port": "1"}, "Já"),
    ):
        answer = await console.post(path, given)
        assert answer.status in (409, 422) and wrong in answer.text, given
    assert (await console.post(path, {"box": "CTO-1", "box_port": "3"})).status == 303
    assert "ONU esperada em CTO-1, porta 3" in (await console.get(home)).text
    assert "Alimentada por olt, PON 0/1/0" in (await console.get(path)).text
    assert (await console.post(path, {"box": "", "box_port": ""})).status == 303
    assert await db.fetchval("select count(*) from planned_drop") == 0
