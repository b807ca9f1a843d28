"""The demo's first day: refusals a person would look into, and a log that agrees with them."""

from __future__ import annotations

import random
from datetime import timedelta

from oss import demo, demo_logins
from oss.access import reasons
from oss.base import clock, config, db, secrets


def test_every_story_lies_in_the_day_before() -> None:
    now = clock.now().replace(second=0, microsecond=0)
    made = demo_logins.refusals(random.Random(1), now)
    assert len(made) > 200
    assert all(now - timedelta(days=1) <= one.minute < now for one in made)
    assert all(one.minute <= at < one.minute + timedelta(minutes=1) for one in made for at in one.tries)
    assert {one.story.reason for one in made} <= set(reasons.SENTENCES)
    assert sum(demo_logins.per_minute(made).values()) == sum(len(one.tries) for one in made)


async def test_a_seeded_demo_shows_refusals_with_their_facts(
    database: str, settings: config.Config, sealer: secrets.Sealer
) -> None:
    async with db.transaction() as connection:
        await demo.seed(connection, sealer, settings)
    folded = await db.fetchval("select sum(count) from auth_reject")
    assert folded == await db.fetchval("select count(*) from auth_log where reason <> ''")
    assert await db.fetchval("select sum(rejects) from auth_minute") <= folded
    assert await db.fetchval("select sum(accepts) from auth_minute") == await db.fetchval(
        "select count(*) from auth_log where reason = ''"
    )
    overdue = await db.fetchrow(
        "select r.facts = h.facts as same, h.effect from auth_reject r join hold h on h.contract_id = r.contract_id "
        "where r.reason = 'overdue' and h.reason = 'overdue' limit 1"
    )
    assert tuple(overdue) == (True, "cut")
    kinds = {row["reason"] for row in await db.fetch("select distinct reason from auth_reject")}
    assert kinds >= {"wrong_password", "slowed", "session_open", "overdue", "manual", "unknown_login"}
    assert await db.fetchval("select bool_and(detail <> '') from auth_reject where reason = 'manual'")
