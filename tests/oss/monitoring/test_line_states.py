"""What the watch is told of customers' lines and of what other processes sampled."""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime

import pytest

from oss.base import db, partitions, secrets
from oss.monitoring import line_states
from oss.monitoring.elsewhere import Elsewhere
from oss.monitoring.kinds import PING, SERVER
from oss.monitoring.samples import Sample, write
from tests.conftest import Seed, fall_overdue, small_provider

SESSION = """insert into session_open (uid, nas_id, acct_session_id, login, started_at, last_seen_at, input_bps,
  output_bps)
values (gen_random_uuid(), $1, $2, $2, now(), now(), 1000, 9000)"""


@pytest.fixture
async def seed(database: str, sealer: secrets.Sealer) -> Seed:
    async with db.transaction() as connection:
        return await small_provider(connection, sealer, count=3)


async def told(only: set[int] | None = None) -> dict[int, tuple[float, float, float]]:
    found: dict[int, tuple[float, float, float]] = {}
    async with db.pool().acquire() as connection:
        async for page in line_states.pages(connection, only):
            rows = zip(*(page.metrics[name] for name in line_states.METRICS), strict=True)
            found |= dict(zip(page.ids, rows, strict=True))
            assert set(page.allowed.values()) <= {float(await db.fetchval("select max(down_kbps) from plan")) * 1000}
    return found


async def account(login: str) -> int:
    return int(await db.fetchval("select id from access_account where login = $1", login))


async def test_a_line_with_a_session_tells_what_it_carries_and_one_without_tells_nothing(seed: Seed) -> None:
    await db.execute(SESSION, seed.nas, seed.logins[0])
    first, second = await account(seed.logins[0]), await account(seed.logins[1])
    found = await told()
    assert found[first] == (1.0, 9000.0, 1000.0)
    assert all(math.isnan(value) for value in found[second])
    assert set(await told({second})) == {second}


async def test_pages_tell_each_line_once(seed: Seed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_states, "LINES", line_states.LINES.replace(str(line_states.AT_ONCE), "2"))
    assert len(await told()) == 3


async def test_a_line_that_we_hold_back_is_not_missed(seed: Seed) -> None:
    await fall_overdue(seed.contracts[1], days=60)
    found = await told()
    assert set(found) == {await account(seed.logins[0]), await account(seed.logins[2])}


async def test_what_another_process_sampled_is_told_once_and_nothing_from_before(database: str) -> None:
    async def wrote(at: float, kind=SERVER) -> None:
        metrics = [0.0] * kind.width
        metrics[0] = at
        async with db.transaction() as connection:
            await write(connection, [Sample(at, 3, kind, (3,), metrics)])

    async with db.pool().acquire() as connection:
        await partitions.ensure(connection)
        now, elsewhere = time.time(), Elsewhere()
        await wrote(now - 60)
        assert await elsewhere.read(connection) == []
        await wrote(now + 5)
        await wrote(now + 5, PING)
        (poll,) = await elsewhere.read(connection)
        assert (poll.kind, poll.owner_id, list(poll.objects)) == (SERVER, 3, [3])
        assert datetime.fromtimestamp(poll.at, UTC).second == datetime.fromtimestamp(now + 5, UTC).second
        assert await elsewhere.read(connection) == []
