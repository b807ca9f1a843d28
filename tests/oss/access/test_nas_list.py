"""The list of routers is narrowed by SQL to what its rows say in Python, and each row holds what is of the present."""

from __future__ import annotations

import pytest

from oss.access import nas_list
from oss.access.nas_list import Wanted
from oss.access.nas_troubles import CODES
from oss.base import db
from tests.conftest import Seed

SESSION = """insert into session_open (uid, nas_id, acct_session_id, login, started_at, last_seen_at, drift_since)
values (gen_random_uuid(), {nas}, 's', 'cli1', now(), now() - interval '{heard}', {drift})"""
TALLY = """insert into nas_tally values ({nas}, date_bin('5 minutes', now() - interval '{ago}', 'epoch'), '{what}', 7,
now() - interval '{ago}', now() - interval '{ago}')"""
CLOCK = "insert into nas_state values ({nas}, '{node}', now(), 7, {skew}, now() - interval '{ago}')"
ILL = {
    "silent": SESSION.format(nas="{nas}", heard="1 hour", drift="null"),
    "stuck": SESSION.format(nas="{nas}", heard="1 second", drift="now() - interval '4 seconds'"),
    "unsigned": TALLY.format(nas="{nas}", ago="14 minutes", what="missing_message_authenticator"),
    "secret": TALLY.format(nas="{nas}", ago="1 minute", what="garbled"),
    "limited": TALLY.format(nas="{nas}", ago="1 minute", what="limited"),
    "skew": CLOCK.format(nas="{nas}", node="a", skew="-61000", ago="119 minutes"),
}
WELL = (
    SESSION.format(nas="{nas}", heard="1 second", drift="now() - interval '1 second'"),
    SESSION.format(nas="{nas}", heard="80 seconds", drift="null"),  # three interims are 90
    TALLY.format(nas="{nas}", ago="16 minutes", what="limited"),
    TALLY.format(nas="{nas}", ago="1 minute", what="put_off"),
    CLOCK.format(nas="{nas}", node="a", skew="60000", ago="1 minute"),
    CLOCK.format(nas="{nas}", node="a", skew="99000", ago="121 minutes"),
)


async def narrowed(view: str) -> list[str]:
    """The names in a view of the list."""
    wish = Wanted(view=view)
    return [row["name"] for row in (await nas_list.listing(wish).page(wish.order, 50)).rows]


async def both(nas: int) -> tuple[list[str], list[str]]:
    """What ails a router, and who is in the list of those that ail."""
    return [one.code for one in (await nas_list.one(nas))["troubles"]], await narrowed("trouble")


@pytest.mark.parametrize("code", ILL)
async def test_each_trouble_is_found_by_the_list_too(seed: Seed, code: str) -> None:
    await db.execute(ILL[code].format(nas=seed.nas))
    assert await both(seed.nas) == ([code], ["BNG-1"])
    assert (await nas_list.counts())["trouble"] == 1
    await db.execute("update nas set active = false")
    assert await both(seed.nas) == ([], [])
    assert await narrowed("off") == ["BNG-1"]


@pytest.mark.parametrize("sql", WELL)
async def test_what_is_no_trouble_is_none_in_the_list(seed: Seed, sql: str) -> None:
    await db.execute(sql.format(nas=seed.nas))
    assert await both(seed.nas) == ([], [])


async def test_of_two_nodes_the_one_that_knows_the_clock_latest_says_it(seed: Seed) -> None:
    await db.execute(CLOCK.format(nas=seed.nas, node="a", skew="99000", ago="9 minutes"))
    await db.execute(CLOCK.format(nas=seed.nas, node="b", skew="0", ago="1 minute"))
    assert await both(seed.nas) == ([], [])
    assert (await nas_list.one(seed.nas))["per_second"] == 14


async def test_who_had_signed_and_stops_is_in_the_list(seed: Seed) -> None:
    await db.execute("update nas set signs_since = now()")
    assert await narrowed("unsigned") == []
    await db.execute(ILL["unsigned"].format(nas=seed.nas))
    assert await both(seed.nas) == (["stopped_signing"], ["BNG-1"])


def test_no_trouble_is_left_out_of_these() -> None:
    assert {*ILL, "stopped_signing"} == set(CODES)


async def test_a_row_carries_its_sessions_tallies_and_refusals(seed: Seed) -> None:
    await db.execute(SESSION.format(nas=seed.nas, heard="1 second", drift="null"))
    await db.execute(TALLY.format(nas=seed.nas, ago="1 minute", what="limited"))
    await db.execute(
        "insert into nas (name, network, secret_sealed, vendor) values ('OLT-1', '10.8.0.0/24', 'x', 'zte')"
    )
    told = {row["name"]: row for row in await nas_list.every()}
    assert [told[name]["sessions"] for name in ("BNG-1", "OLT-1")] == [1, 0]
    assert told["BNG-1"]["tallies"]["limited"].day == 7 and told["OLT-1"]["tallies"] == {}
    assert told["OLT-1"]["heard_at"] is None and await nas_list.makers() == ["mikrotik", "zte"]
    wish = Wanted("olt", maker="zte")
    assert [row["name"] for row in (await nas_list.listing(wish).page(wish.order, 9)).rows] == ["OLT-1"]
