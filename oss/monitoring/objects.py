"""What sampled objects are called: each room that has such things registers their names, graphs ask here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from oss.base import db
from oss.monitoring import tree_rows
from oss.monitoring.kinds import BY_NUMBER, DEVICE, INTERFACE, NAS, ONU, PING, SERVER, Kind

MOST = 200
Name = Callable[[db.Connection, Sequence[int]], Awaitable[Mapping[int, str]]]
_names: dict[str, Name] = {}

SAMPLED = """select object_id, max(seen_at) as seen_at from sample_object where kind = $1
group by 1 order by 2 desc, 1 limit $2"""
KNOWN = "select distinct object_id from sample_object where kind = $1 and object_id = any($2)"
COUNTS = "select kind, count(distinct object_id) as objects, max(seen_at) as seen_at from sample_object group by 1"


@dataclass(frozen=True, slots=True)
class Object:
    """One thing that is sampled."""

    kind: Kind
    id: int
    name: str


def names(kind: Kind) -> Callable[[Name], Name]:
    """Register how the objects of a kind are called: ``async (connection, ids) -> id -> name``."""

    def register(name: Name) -> Name:
        _names[kind.name] = name
        return name

    return register


async def named(connection: db.Connection, kind: Kind, ids: Sequence[int]) -> list[Object]:
    """Objects by their ids, in the order given; one that nobody can name is called by its number."""
    name = _names.get(kind.name)
    known = await name(connection, list(ids)) if name is not None and ids else {}
    return [Object(kind, one, known.get(one, f"{kind.name} {one}")) for one in ids]


async def sampled(connection: db.Connection, kind: Kind, most: int = MOST) -> list[Object]:
    """The objects of a kind that were sampled lately, by name."""
    rows = await connection.fetch(SAMPLED, kind.number, most)
    return sorted(await named(connection, kind, [row["object_id"] for row in rows]), key=lambda one: one.name)


async def known(connection: db.Connection, kind: Kind, ids: Sequence[int]) -> list[int]:
    """Those of some objects that were ever sampled, in their order."""
    found = {row["object_id"] for row in await connection.fetch(KNOWN, kind.number, list(ids))} if ids else set()
    return [one for one in ids if one in found]


async def counts(connection: db.Connection) -> dict[str, int]:
    """How many objects of each kind were ever sampled."""
    rows = await connection.fetch(COUNTS)
    return {BY_NUMBER[row["kind"]].name: row["objects"] for row in rows if row["kind"] in BY_NUMBER}


@names(NAS)
async def _routers(connection: db.Connection, ids: Sequence[int]) -> Mapping[int, str]:
    rows = await connection.fetch("select id, name from nas where id = any($1)", ids)
    return {row["id"]: row["name"] for row in rows}


@names(SERVER)
async def _servers(connection: db.Connection, ids: Sequence[int]) -> Mapping[int, str]:
    rows = await connection.fetch("select id, name from sample_server where id = any($1)", ids)
    return {row["id"]: row["name"] for row in rows}


def _as_the_tree(kind: str) -> Name:
    """As incidents call such things: an interface with its device, an ONU by its serial number."""

    async def call(connection: db.Connection, ids: Sequence[int]) -> Mapping[int, str]:
        rows = await connection.fetch(tree_rows.CALLED[kind], ids)
        return {row["id"]: row["name"] for row in rows}

    return call


for _kind, _called in ((INTERFACE, "interface"), (DEVICE, "device"), (PING, "device"), (ONU, "onu")):
    names(_kind)(_as_the_tree(_called))
