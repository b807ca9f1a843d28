"""How many sessions a login may have at once stands on the subscriber's page and is changed there."""

from __future__ import annotations

from oss.base import db
from tests.conftest import Seed

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
