"""What is old goes, what is not stays."""

from __future__ import annotations

import pytest

from oss.access import upkeep
from oss.base import db
from tests.conftest import Seed

OLD = {
    "web_session": "insert into web_session (sid_hash, data, expires_at) "
    "values ({n}, '{{}}', now() - interval '{age}')",
    "setup_link": "insert into setup_link values ({n}, now() - interval '{age}')",
    "idempotency": "insert into idempotency (token_id, key, body_hash, created_at) "
    "values ({token}, {n}, '', now() - interval '{age}')",
    "auth_minute": "insert into auth_minute values ({n}, now() - interval '{age}', 1, 1, 1, 1)",
    "auth_reject": "insert into auth_reject values (now() - interval '{age}', 1, {n}, 'x', '', null, 1, now(), now())",
    "nas_knock": "insert into nas_knock values ({n}, 1, now(), now() - interval '{age}')",
    "enforcement": "insert into enforcement (contract_id, login, nas_id, session_uid, cause, wanted, asked_at, "
    "ended_at, outcome, attempts) "
    "values (1, {n}, 1, gen_random_uuid(), 'x', 'x', now(), now() - interval '{age}', 'x', 1)",
    "node": "insert into node (name, roles, pid, version, started_at, seen_at) "
    "values ({n}, '{{}}', 1, '', now(), now() - interval '{age}')",
}
AGES = {"web_session": 0, "setup_link": 0, "idempotency": 2, "auth_minute": 60, "auth_reject": 90, "nas_knock": 30}
AGES |= {"enforcement": 180, "node": 7}


def test_every_rule_is_tested() -> None:
    assert set(OLD) == set(AGES) == set(upkeep.KEEP)


@pytest.mark.parametrize("table", sorted(OLD))
async def test_only_what_is_old_is_thrown_away(undone: db.Connection, provider: Seed, table: str) -> None:
    token = await undone.fetchval("insert into api_token (name, token_hash, role) values ('x', 'x', 'x') returning id")
    for name, age in (("'old'", f"{AGES[table]} days 1 hour"), ("'young'", f"{AGES[table]} days -1 hour")):
        await undone.execute(OLD[table].format(n=name, age=age, token=token))
    await upkeep.throw_away(undone)
    assert "young" in str(rows := await undone.fetch(f"select * from {table}")) and len(rows) == 1


async def test_a_round_throws_away_a_bounded_piece(undone: db.Connection) -> None:
    await undone.execute("insert into nas_knock select n::text, 1, now(), '2020-01-01' from generate_series(1, 6000) n")
    await upkeep.throw_away(undone)
    assert await undone.fetchval("select count(*) from nas_knock") == 1000
    await upkeep.throw_away(undone)
    assert await undone.fetchval("select count(*) from nas_knock") == 0
