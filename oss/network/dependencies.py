"""What each device hangs on: worked out from the links, from the core downwards, unless somebody said otherwise.

A device flagged as core hangs on nothing. Every other one hangs on the link (and the device at its far end) of the
shortest way to a core; a device of which somebody said what it hangs on hangs on that alone. Where no core is in reach
the likeliest device of that island stands at its top. The answer is kept in ``device.parent_device_id`` and
``parent_link_id``, so that whoever looks for a cause walks up without drawing the map anew.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from oss.base import db
from oss.base.problems import InvalidInput

LOCK = "select pg_advisory_xact_lock(hashtext('milha:network'))"
DEVICES = """select id, role, is_core, hangs_on_device_id, hangs_on_link_id, parent_device_id, parent_link_id
from device order by id"""
LINKS = "select id, a_device_id, b_device_id, coalesce(capacity_bps, 0) as capacity_bps from network_link order by id"
KEEP = """update device d set parent_device_id = n.parent, parent_link_id = n.link
from unnest($1::bigint[], $2::bigint[], $3::bigint[]) n(id, parent, link) where n.id = d.id"""
# Which device of an island stands at its top: the kind that usually stands nearest to the rest of the world.
NEAREST: Final = ("router", "switch", "radio", "olt", "server", "ups")


@dataclass(frozen=True, slots=True)
class Node:
    """A device: ``on_device`` or ``on_link`` is what somebody said it hangs on."""

    id: int
    role: str = "router"
    is_core: bool = False
    on_device: int | None = None
    on_link: int | None = None

    @property
    def is_told(self) -> bool:
        return self.on_device is not None or self.on_link is not None


@dataclass(frozen=True, slots=True)
class Edge:
    """A link between two devices."""

    id: int
    a: int
    b: int
    capacity_bps: int = 0

    def beyond(self, device: int) -> int:
        """The device at the other end."""
        return self.b if device == self.a else self.a


@dataclass(frozen=True, slots=True)
class Parent:
    """What a device hangs on: the next device towards the core, and the link to it (None: it was said without one)."""

    device: int
    link: int | None


@dataclass(frozen=True, slots=True)
class Tree:
    """``parents``: of every device that hangs on another. ``cored``: those whose way leads to a core."""

    parents: Mapping[int, Parent]
    cored: frozenset[int]

    def above(self, device: int) -> list[int]:
        """The devices between this one and the top, the nearest first."""
        found: list[int] = []
        while (parent := self.parents.get(device)) is not None and parent.device not in found:
            device = parent.device
            found.append(device)
        return found


def _edges(nodes: Sequence[Node], links: Sequence[Edge]) -> dict[int, list[tuple[int, int | None]]]:
    """From each device the devices that may hang on it, over which link; the widest links first."""
    told = {node.id: node for node in nodes if node.is_told}
    by_id = {link.id: link for link in links}
    found: dict[int, list[tuple[int, int | None]]] = {node.id: [] for node in nodes}
    for node in told.values():
        if node.on_device in found:
            found[node.on_device].append((node.id, None))
        elif node.on_link in by_id:
            link = by_id[node.on_link]
            found[link.beyond(node.id)].append((node.id, link.id))
    for link in sorted(links, key=lambda one: (-one.capacity_bps, one.id)):
        for near, far in ((link.a, link.b), (link.b, link.a)):
            if far not in told:
                found[near].append((far, link.id))
    return found


def tree(nodes: Sequence[Node], links: Sequence[Edge]) -> Tree:
    """Where each device hangs. Raises InvalidInput where what was said goes round in a circle."""
    edges, parents, reached = _edges(nodes, links), dict[int, Parent](), set[int]()
    _walk([node.id for node in nodes if node.is_core and not node.is_told], edges, parents, reached)
    cored = frozenset(reached)
    while left := [node for node in nodes if node.id not in reached]:
        tops = [node for node in left if not node.is_told]
        if not tops:
            raise InvalidInput({"hangs_on": "goes round in a circle"})
        top = min(tops, key=lambda node: (NEAREST.index(node.role), node.id))
        _walk([top.id], edges, parents, reached)
    return Tree(parents, cored)


def _walk(
    tops: Iterable[int],
    edges: Mapping[int, Sequence[tuple[int, int | None]]],
    parents: dict[int, Parent],
    reached: set[int],
) -> None:
    """Breadth first: the way with the fewest links."""
    waiting = deque(tops)
    reached.update(waiting)
    while waiting:
        near = waiting.popleft()
        for far, link in edges[near]:
            if far not in reached:
                reached.add(far)
                parents[far] = Parent(near, link)
                waiting.append(far)


async def _read(connection: db.Connection) -> tuple[list[Node], list[Edge], dict[int, tuple[int | None, int | None]]]:
    nodes, kept = [], {}
    for row in await connection.fetch(DEVICES):
        told = row["hangs_on_device_id"], row["hangs_on_link_id"]
        nodes.append(Node(row["id"], row["role"], row["is_core"], *told))
        kept[row["id"]] = row["parent_device_id"], row["parent_link_id"]
    links = [
        Edge(row["id"], row["a_device_id"], row["b_device_id"], row["capacity_bps"])
        for row in await connection.fetch(LINKS)
    ]
    return nodes, links, kept


async def renew(connection: db.Connection, told: int | None = None) -> None:
    """Work out anew what hangs on what, after devices or links have changed; one such change at a time.

    ``told``: the device of which somebody has just said what it hangs on. Raises InvalidInput where it would hang on
    itself: directly, or because what it is to hang on has no other way to the core than over it.
    """
    await connection.execute(LOCK)
    nodes, links, kept = await _read(connection)
    found = tree(nodes, links)
    if told is not None:
        _refuse_circle(told, nodes, links, found)
    changed = {node.id: now for node in nodes if (now := _columns(found.parents.get(node.id))) != kept[node.id]}
    if changed:
        parents, via = zip(*changed.values(), strict=True)
        await connection.execute(KEEP, list(changed), list(parents), list(via))


def _columns(parent: Parent | None) -> tuple[int | None, int | None]:
    return (None, None) if parent is None else (parent.device, parent.link)


def _refuse_circle(device: int, nodes: Sequence[Node], links: Sequence[Edge], found: Tree) -> None:
    """Without what was said the device had a way to the core; with it neither it nor what it hangs on has one."""
    free = [Node(one.id, one.role, one.is_core) if one.id == device else one for one in nodes]
    before = tree(free, links)
    if device in before.cored and device not in found.cored:
        raise InvalidInput({"hangs_on": "has no other way to the core than over this one"})
