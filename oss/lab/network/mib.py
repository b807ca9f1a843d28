"""An agent's objects in the order of their OIDs, found by the octets of the names that requests carry."""

from __future__ import annotations

from bisect import bisect_right

from oss.lab.network.values import Objects, Value
from snmp import ber


class Mib:
    """Made once for each device; what changes in it are values that are functions."""

    def __init__(self, objects: Objects) -> None:
        rows = sorted((_subids(name), name, value) for name, value in _once(objects).items())
        self._subids = [subids for subids, _, _ in rows]
        self._names = [ber.oid(name) for _, name, _ in rows]
        self._values: list[Value] = [value for _, _, value in rows]
        self._places = {name[_head(name) :]: place for place, name in enumerate(self._names)}

    def __len__(self) -> int:
        return len(self._names)

    def place(self, name: bytes) -> int | None:
        """Where the object of this name stands; ``name``: the contents of an OID."""
        return self._places.get(name)

    def after(self, name: bytes) -> int:
        """Where the next one stands; as many as there are where nothing follows. Raises `ber.Malformed`."""
        known = self._places.get(name)
        return bisect_right(self._subids, _subids(ber.oid_text(name))) if known is None else known + 1

    def at(self, place: int) -> tuple[bytes, bytes]:
        """Name and value, each with tag and length."""
        value = self._values[place]
        return self._names[place], value if isinstance(value, bytes) else value()


def _once(objects: Objects) -> dict[str, Value]:
    found = dict(objects)
    if len(found) != len(objects):
        raise ValueError("an object stands twice in a MIB")
    return found


def _subids(name: str) -> tuple[int, ...]:
    return tuple(map(int, name.split(".")))


def _head(element: bytes) -> int:
    """Octets before the contents."""
    return 2 if element[1] < 0x80 else 2 + element[1] - 0x80
