"""Who carries how much: sums by POP, limits in force, lines by five minutes; a PON's band of light."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oss.base import db, secrets
from oss.monitoring import bandwidth, line_samples, neighbour_light
from oss.monitoring.bandwidth import Carried
from oss.monitoring.kinds import LINE
from oss.staff.scopes import Scope
from tests.conftest import Seed
from tests.oss.monitoring import darkened
from tests.web.console.conftest import go_online

rates = st.none() | st.floats(0, 1e12)
carried = st.builds(Carried, st.integers(1, 9), st.just("R"), rates, rates, st.integers(0, 9))
routers = st.lists(st.tuples(st.integers(0, 3), st.just("POP"), carried), max_size=8)


@given(routers)
def test_pops_together_carry_what_their_routers_carry(some: list[tuple[int, str, Carried]]) -> None:
    found = bandwidth.together(some)
    assert sum(one.sessions for one in found.pops) == found.sessions == sum(one.sessions for *_, one in some)
    assert sum(one.down_bps or 0 for one in found.pops) == pytest.approx(found.down_bps or 0)
    assert {key for key, *_ in some} == {one.id for one in found.pops}
    assert (found.down_bps is None) == all(one.down_bps is None for *_, one in some)


@pytest.mark.parametrize(
    ("applied", "limit"),
    [("full:500000/250000", 500_000), ("walled:1024/512:list", 1_024), ("reject", None), ("", None), (None, None)],
)
def test_the_limit_in_force_is_the_profile_applied(applied: str | None, limit: int | None) -> None:
    assert bandwidth.limit_of(applied) == limit


async def test_routers_stand_under_the_pop_of_their_device(seed: Seed, sealer: secrets.Sealer) -> None:
    drawn = await darkened.drawn_for(seed, sealer)
    await darkened.carried(seed.nas, 9e8, 1e8)
    assert [one.name for one in (await bandwidth.now(db.pool())).pops] == [""]
    await db.execute("update nas set device_id = $1", drawn.devices["core"])
    found = await bandwidth.now(db.pool())
    assert [(one.name, one.down_bps, one.up_bps) for one in found.pops] == [("Centro", 9e8, 1e8)]


async def test_who_carries_most_comes_first_of_those_one_may_see(seed: Seed) -> None:
    for index, bps in enumerate((1_000_000, 90_000_000, 5_000_000)):
        await go_online(seed, index, bps=bps)
    async with db.pool().acquire() as connection:
        assert [one.login for one in await bandwidth.talkers(connection)] == ["cli2", "cli3", "cli1"]
        assert [one.login for one in await bandwidth.talkers(connection, most=1)] == ["cli2"]
        assert await bandwidth.talkers(connection, Scope("city", ("Nowhere",))) == []
        assert await bandwidth.talkers(connection, nas_id=seed.nas + 1) == []


async def test_a_sample_is_a_row_of_a_router_with_each_line_once(seed: Seed) -> None:
    await go_online(seed, 0, bps=8_000_000, age_s=7200)
    await go_online(seed, 0, bps=2_000_000, age_s=60)  # he dialled again, and the old one is not given up yet
    await go_online(seed, 1, bps=4_000_000)
    async with db.transaction() as connection:
        await line_samples.sample(connection)
    (row,) = await db.fetch("select * from sample_raw where kind = $1", LINE.number)
    assert (row["owner_id"], len(row["objects"])) == (seed.nas, 2)
    assert row["metrics"] == [2e6, 2e5, 4e6, 4e5]


@given(st.lists(st.none() | st.floats(-40, 0), max_size=70))
def test_a_band_of_light_is_in_order_and_of_no_fewer_than_three(values: list[float | None]) -> None:
    low, middle, high = neighbour_light.band(values)
    known = [value for value in values if value is not None]
    if len(known) < 3:
        assert (low, middle, high) == (None, None, None)
    else:
        assert low is not None
        assert middle is not None
        assert high is not None
        assert min(known) - 0.01 <= low <= middle <= high <= max(known) + 0.01
