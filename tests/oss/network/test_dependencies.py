"""What hangs on what: the shortest way to the core, what somebody said instead, and circles that are refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oss.base import db, secrets
from oss.base.problems import InvalidInput
from oss.network import devices, links
from oss.network.dependencies import Edge, Node, Parent, tree
from oss.network.devices import DeviceValues
from tests.conftest import TESTER

from .drawn import Drawn, draw


def test_each_hangs_on_the_shortest_way_to_a_core() -> None:
    nodes = [Node(1, is_core=True), Node(2), Node(3), Node(4)]
    found = tree(nodes, [Edge(10, 1, 2), Edge(11, 2, 3), Edge(12, 1, 3), Edge(13, 3, 4)])
    assert found.parents == {2: Parent(1, 10), 3: Parent(1, 12), 4: Parent(3, 13)}
    assert found.above(4) == [3, 1] and found.cored == {1, 2, 3, 4}


def test_of_two_links_the_wider_one_carries() -> None:
    found = tree([Node(1, is_core=True), Node(2)], [Edge(10, 1, 2, 10**9), Edge(11, 1, 2, 10**10)])
    assert found.parents[2].link == 11


def test_what_somebody_said_goes_before_the_links() -> None:
    links = [Edge(10, 1, 2), Edge(11, 1, 3), Edge(12, 2, 3)]
    assert tree([Node(1, is_core=True), Node(2), Node(3, on_device=2)], links).parents[3] == Parent(2, None)
    assert tree([Node(1, is_core=True), Node(2), Node(3, on_link=12)], links).parents[3] == Parent(2, 12)


def test_an_island_without_a_core_has_its_router_at_the_top() -> None:
    found = tree([Node(1, "olt"), Node(2, "router"), Node(3, "switch")], [Edge(10, 1, 3), Edge(11, 3, 2)])
    assert found.parents == {3: Parent(2, 11), 1: Parent(3, 10)} and found.cored == frozenset()


def test_two_that_are_said_to_hang_on_each_other_are_refused() -> None:
    with pytest.raises(InvalidInput, match="circle"):
        tree([Node(1, on_device=2), Node(2, on_device=1)], [])


@given(st.data())
def test_no_way_up_ever_goes_round(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 9))
    ids = st.integers(1, count)
    edges = [
        Edge(n, a, b) for n, (a, b) in enumerate(data.draw(st.lists(st.tuples(ids, ids), max_size=14)), 100) if a != b
    ]
    told = data.draw(st.dictionaries(ids, ids, max_size=3))
    nodes = [
        Node(n, is_core=n == 1 and 1 not in told, on_device=told.get(n) if told.get(n) != n else None)
        for n in range(1, count + 1)
    ]
    try:
        found = tree(nodes, edges)
    except InvalidInput:
        return
    for node in nodes:
        above = found.above(node.id)
        assert node.id not in above and len(above) == len(set(above))
        assert not above or above[-1] not in found.parents


@pytest.fixture
async def drawn(database: str, sealer: secrets.Sealer) -> Drawn:
    async with db.transaction() as connection:
        return await draw(connection, sealer)


async def _parent(name: str) -> str | None:
    sql = "select u.name from device d left join device u on u.id = d.parent_device_id where d.name = $1"
    found: str | None = await db.fetchval(sql, name)
    return found


async def test_links_that_come_and_go_move_what_hangs_on_them(drawn: Drawn) -> None:
    assert [await _parent(name) for name in ("core", "ring-a", "olt", "radio")] == [None, "core", "ring-a", "ring-b"]
    async with db.transaction() as connection:
        await links.remove(connection, TESTER, drawn.links["core ring-a"])
    assert await _parent("ring-a") == "ring-b"
    async with db.transaction() as connection:
        await links.save(connection, TESTER, links.LinkValues(drawn.devices["core"], drawn.devices["olt"]))
    assert await _parent("olt") == "core" and await _parent("ring-a") == "ring-b"


async def test_a_device_is_not_said_to_hang_on_what_hangs_on_it(drawn: Drawn, sealer: secrets.Sealer) -> None:
    values = DeviceValues("ring-b", drawn.sites["torre"], "switch")
    told = replace(values, hangs_on_device_id=drawn.devices["radio"])
    with pytest.raises(InvalidInput, match="no other way"):
        async with db.transaction() as connection:
            await devices.save(connection, sealer, TESTER, told, drawn.devices["ring-b"])
    assert await _parent("ring-b") == "core"
    itself = replace(values, hangs_on_device_id=drawn.devices["ring-b"])
    with pytest.raises(InvalidInput, match="itself"):
        async with db.transaction() as connection:
            await devices.save(connection, sealer, TESTER, itself, drawn.devices["ring-b"])


async def test_a_device_may_be_said_to_hang_on_one_of_its_own_links_only(drawn: Drawn, sealer: secrets.Sealer) -> None:
    values = DeviceValues("ring-a", drawn.sites["serra"], "switch", hangs_on_link_id=drawn.links["ring-a ring-b"])
    async with db.transaction() as connection:
        await devices.save(connection, sealer, TESTER, values, drawn.devices["ring-a"])
    assert await _parent("ring-a") == "ring-b"
    for link in ("core ring-b", "ring-b radio"):
        with pytest.raises(InvalidInput, match="its own links"):
            async with db.transaction() as connection:
                await devices.save(
                    connection,
                    sealer,
                    TESTER,
                    replace(values, hangs_on_link_id=drawn.links[link]),
                    drawn.devices["ring-a"],
                )
