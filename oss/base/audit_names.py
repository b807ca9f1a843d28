"""What the audit's things are called: each room says how the names of its own are read, screens ask for all at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from oss.base import db

# kind -> SQL that answers id, name and inside (the id of what has a page) for ids in $1::bigint[]
_READERS: dict[str, str] = {}
Key = tuple[str, str]
"""Kind and id of a thing, as the audit's columns ``object`` and ``object_id``."""


@dataclass(frozen=True, slots=True)
class Named:
    """A thing as people call it; ``inside`` is the id of what it is shown with (a contract: its customer)."""

    name: str
    inside: str


def called(kind: str, sql: str) -> None:
    """A room tells how its things are called: ``select id, name, inside ... where id = any($1::bigint[])``."""
    _READERS[kind] = sql


async def read(things: Iterable[Key]) -> dict[Key, Named]:
    """The names of those that are known and still there."""
    wanted: dict[str, set[int]] = {}
    for kind, key in things:
        if kind in _READERS and key.isdecimal() and len(key) < 18:
            wanted.setdefault(kind, set()).add(int(key))
    found = {}
    for kind, keys in wanted.items():
        for row in await db.fetch(_READERS[kind], sorted(keys)):
            found[kind, str(row["id"])] = Named(row["name"], str(row["inside"]))
    return found
