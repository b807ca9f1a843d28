"""What can still be reached from the tops, over links that are whole and devices that have power. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable

Joint = tuple[str, str]


def reached(tops: Iterable[str], joints: Collection[Joint], dead: Collection[str]) -> set[str]:
    """Names of the devices to which something leads; the dead lead nowhere."""
    beside: dict[str, set[str]] = {}
    for a, b in joints:
        beside.setdefault(a, set()).add(b)
        beside.setdefault(b, set()).add(a)
    found = {top for top in tops if top not in dead}
    edge = set(found)
    while edge:
        edge = {other for one in edge for other in beside.get(one, ()) if other not in found and other not in dead}
        found |= edge
    return found
