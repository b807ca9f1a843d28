"""Orders to the nodes go by the bell, in pieces it can carry, and leave a note."""

from __future__ import annotations

import uuid

from oss.access import orders
from oss.base import db
from tests.conftest import TESTER, Seed
from tests.waiting import eventually


async def test_sessions_are_ended_by_the_nodes(seed: Seed, database: str) -> None:
    rung: list[str] = []
    listening = await db.connect(database)
    await listening.add_listener("milha_access", lambda *one: rung.append(one[-1]))
    async with db.transaction() as connection:
        rows = await connection.fetch(
            "insert into session_open (uid, nas_id, acct_session_id, login, contract_id, started_at, last_seen_at) "
            "select gen_random_uuid(), $1, n::text, 'cli1', $2, now(), now() from generate_series(1, 450) n "
            "returning uid",
            *(seed.nas, seed.contracts[0]),
        )
        uids = [row["uid"] for row in rows]
        assert await orders.disconnect(connection, TESTER, [*uids, uuid.uuid4()]) == 450
    await eventually(lambda: len(rung) == 3)
    heard = [uuid.UUID(one) for bell in rung for one in bell.removeprefix("disconnect:").split(",")]
    assert sorted(heard) == sorted(uids) and max(len(bell) for bell in rung) < 8000
    assert await db.fetchval("select count(*) from audit where action = 'session.disconnected'") == 450
    await listening.close()


async def test_contracts_are_looked_at_again(database: str) -> None:
    rung: list[str] = []
    listening = await db.connect(database)
    await listening.add_listener("milha_access", lambda *one: rung.append(one[-1]))
    async with db.transaction() as connection:
        await orders.reapply(connection, TESTER, range(1, 1202))
    await eventually(lambda: len(rung) == 3)
    assert sum(len(bell.removeprefix("again:").split(",")) for bell in rung) == 1201
    await listening.close()
