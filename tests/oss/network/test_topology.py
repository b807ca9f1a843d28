"""The drawing: the core at the top, each device beneath what it hangs on, the same each time."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from oss.network.topology import HEIGHT, MOST_IN_A_ROW, WIDTH, draw


def device(key: int, parent: int | None = None, link: int | None = None) -> dict[str, Any]:
    return {
        "id": key,
        "name": f"d{key}",
        "site": "x",
        "is_core": parent is None,
        "parent_device_id": parent,
        "parent_link_id": link,
    }


def link(key: int, a: int, b: int) -> dict[str, Any]:
    return {"id": key, "a_device_id": a, "b_device_id": b}


def test_each_stands_beneath_what_it_hangs_on() -> None:
    found = draw([device(3, 2, 11), device(1), device(2, 1, 10)], [link(10, 1, 2), link(11, 2, 3), link(12, 1, 3)])
    rows = {node.device["id"]: node.y for node in found.nodes}
    assert rows[1] < rows[2] < rows[3]
    assert {wire.link["id"]: wire.carries for wire in found.wires} == {10: True, 11: True, 12: False}


def test_a_link_to_what_is_not_drawn_is_left_out() -> None:
    assert draw([device(1)], [link(10, 1, 99)]).wires == []
    assert draw([], []).nodes == []


@given(st.lists(st.integers(0, 30), max_size=40))
def test_nothing_lies_on_anything_else(parents: list[int]) -> None:
    """Whatever hangs on what, in circles too, every device has a place of its own within the drawing."""
    devices = [
        device(key, parent if parent not in (0, key) and parent <= len(parents) else None)
        for key, parent in enumerate(parents, 1)
    ]
    found = draw(devices, [])
    places = [(node.x, node.y) for node in found.nodes]
    assert len(places) == len(devices) == len(set(places))
    for x, y in places:
        assert 0 <= x <= found.width - WIDTH and 0 <= y <= found.height - HEIGHT
        assert sum(1 for a, b in places if b == y and abs(a - x) < WIDTH) == 1
    assert max((sum(1 for _, b in places if b == y) for _, y in places), default=0) <= MOST_IN_A_ROW
