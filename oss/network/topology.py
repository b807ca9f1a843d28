"""The drawing of the topology: what stands at the top above, each device in the row beneath what it hangs on.

Rows are by distance from the top; within a row devices stand beneath what they hang on, so that lines cross little.
There are no forces and no chance in it: the same network is drawn the same way each time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

WIDTH, HEIGHT, GAP_X, GAP_Y, MARGIN = 168, 52, 20, 76, 24
# A row that is wider than so many devices goes on beneath itself.
MOST_IN_A_ROW: Final = 12


@dataclass(frozen=True, slots=True)
class Node:
    """A device with the left upper corner of its place, in pixels."""

    device: Any
    x: int
    y: int

    @property
    def middle(self) -> int:
        return self.x + WIDTH // 2


@dataclass(frozen=True, slots=True)
class Wire:
    """A link from ``a`` down to ``b``; ``carries``: ``b`` hangs on it. ``path`` is the ``d`` of an SVG path."""

    link: Any
    path: str
    carries: bool


@dataclass(frozen=True, slots=True)
class Drawing:
    """The whole, ``width`` by ``height`` pixels."""

    nodes: list[Node]
    wires: list[Wire]
    width: int
    height: int


def _depths(parents: Mapping[int, int | None]) -> dict[int, int]:
    """How many devices stand above each; what goes round in a circle is cut where it closes."""
    found: dict[int, int] = {}
    for device in parents:
        above: list[int] = []
        at: int | None = device
        while at is not None and at not in found and at not in above:
            above.append(at)
            at = parents.get(at)
        base = found[at] + 1 if at in found else 0
        for place, one in enumerate(reversed(above)):
            found[one] = base + place
    return found


def _rows(devices: Sequence[Any]) -> list[list[Any]]:
    """Devices by depth, each row in the order of what its devices hang on."""
    parents = {one["id"]: one["parent_device_id"] for one in devices}
    depths = _depths(parents)
    rows: list[list[Any]] = [[] for _ in range(max(depths.values(), default=-1) + 1)]
    for one in devices:
        rows[depths[one["id"]]].append(one)
    place: dict[int, float] = {}
    for row in rows:
        row.sort(
            key=lambda one: (place.get(one["parent_device_id"], 0.0), not one["is_core"], one["site"], one["name"])
        )
        for number, one in enumerate(row):
            place[one["id"]] = number + 0.5 - len(row) / 2
    return [part for row in rows for part in _cut(row)]


def _cut(row: list[Any]) -> list[list[Any]]:
    return [row[start : start + MOST_IN_A_ROW] for start in range(0, len(row), MOST_IN_A_ROW)]


def draw(devices: Sequence[Any], links: Sequence[Any]) -> Drawing:
    """Place devices (rows of `device_list`) and their links."""
    rows = _rows(devices)
    widest = max((len(row) for row in rows), default=0)
    width = 2 * MARGIN + max(widest * (WIDTH + GAP_X) - GAP_X, WIDTH)
    nodes = {}
    for depth, row in enumerate(rows):
        left = (width - (len(row) * (WIDTH + GAP_X) - GAP_X)) // 2
        for number, one in enumerate(row):
            nodes[one["id"]] = Node(one, left + number * (WIDTH + GAP_X), MARGIN + depth * (HEIGHT + GAP_Y))
    height = 2 * MARGIN + max(len(rows) * (HEIGHT + GAP_Y) - GAP_Y, HEIGHT)
    wires = [_wire(link, nodes) for link in links if link["a_device_id"] in nodes and link["b_device_id"] in nodes]
    return Drawing(list(nodes.values()), wires, width, height)


def _wire(link: Any, nodes: Mapping[int, Node]) -> Wire:
    a, b = nodes[link["a_device_id"]], nodes[link["b_device_id"]]
    if (a.y, a.x) > (b.y, b.x):
        a, b = b, a
    carries = any(
        near.device["parent_device_id"] == far.device["id"] and near.device["parent_link_id"] in (link["id"], None)
        for near, far in ((a, b), (b, a))
    )
    if a.y == b.y:  # in one row: a bow beneath
        bow = a.y + HEIGHT + GAP_Y // 3
        path = f"M{a.middle} {a.y + HEIGHT}C{a.middle} {bow + 8} {b.middle} {bow + 8} {b.middle} {b.y + HEIGHT}"
    else:
        half = (a.y + HEIGHT + b.y) // 2
        path = f"M{a.middle} {a.y + HEIGHT}C{a.middle} {half} {b.middle} {half} {b.middle} {b.y}"
    return Wire(link, path, carries)
