"""Every sealed column of the database: which keys its rows use, and sealing them again under the current key.

A column whose name ends in ``_sealed`` holds sealed values, each bound to its place ``table/column/key``; the key is
the table's primary key of one column. A room whose places are longer says so by ``place``. Nothing has to be
registered, so that no column can be forgotten.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from oss.base import db
from oss.base.problems import Problem
from oss.base.secrets import Sealer

AT_ONCE = 500  # rows a statement
COLUMNS = """select c.relname as table, a.attname as column, k.attname as key, format_type(k.atttypid, -1) as type
from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
left join pg_index i on i.indrelid = c.oid and i.indisprimary and i.indnkeyatts = 1
left join pg_attribute k on k.attrelid = c.oid and k.attnum = i.indkey[0]
where n.nspname = 'public' and c.relkind in ('r', 'p') and not c.relispartition and a.attnum > 0
  and not a.attisdropped and a.attname like '%\\_sealed' order by 1, 2"""
_places: dict[str, str] = {}


class ColumnWithoutKey(Problem):
    """The sealed column {column} has no primary key of one column: its values have no place."""

    status = 500


@dataclass(frozen=True, slots=True)
class Column:
    """A sealed column; the names come from the catalogue and are safe in SQL. ``type``: of the primary key."""

    table: str
    name: str
    key: str
    type: str

    @property
    def place(self) -> str:
        """SQL of a row's place."""
        return _places.get(f"{self.table}/{self.name}", f"'{self.table}/{self.name}/' || x.{self.key}")


@dataclass(slots=True)
class Progress:
    """What has been done so far; ``unreadable``: places that no key of ours opens, at most 20 of them."""

    done: int = 0
    unreadable: list[str] | None = None


def place(column: str, sql: str) -> None:
    """Say that the places of a column (``table/column``) are this SQL expression, with ``x`` for its row."""
    _places[column] = sql


async def columns(connection: db.Connection) -> list[Column]:
    """All sealed columns there are; raises ColumnWithoutKey."""
    found = []
    for row in await connection.fetch(COLUMNS):
        if row["key"] is None:
            raise ColumnWithoutKey(column=f"{row['table']}.{row['column']}")
        found.append(Column(*row))
    return found


async def in_use(connection: db.Connection) -> Counter[str]:
    """How many values each key has sealed, by key id; ``?`` for what is no sealed value."""
    found: Counter[str] = Counter()
    for one in await columns(connection):
        sql = f"""select case when x.{one.name} like 'v1:%' then split_part(x.{one.name}, ':', 2) else '?' end, count(*)
        from {one.table} x where x.{one.name} is not null group by 1"""
        found.update({row[0]: row[1] for row in await connection.fetch(sql)})
    return found


async def reseal(connection: db.Connection, sealer: Sealer, told: Callable[[int], None]) -> Progress:
    """Seal again what is not under the current key, some rows at a time, each part a transaction of its own.

    A value that somebody changes meanwhile stays as he made it. ``told`` hears how many are done.
    """
    progress = Progress(unreadable=[])
    for one in await columns(connection):
        last: Any = None
        while rows := await _part(connection, one, sealer.current, last):
            progress.done += await _again(connection, sealer, one, rows, progress)
            told(progress.done)
            last = rows[-1]["key"]
    return progress


async def _part(connection: db.Connection, one: Column, current: str, last: Any) -> list[Any]:
    beyond = f" and x.{one.key} > $2" if last is not None else ""
    sql = f"""select x.{one.key} as key, x.{one.name} as sealed, {one.place} as place from {one.table} x
    where x.{one.name} is not null and not starts_with(x.{one.name}, $1){beyond} order by x.{one.key} limit {AT_ONCE}"""
    return list(await connection.fetch(sql, f"v1:{current}:", *([last] if last is not None else [])))


async def _again(connection: db.Connection, sealer: Sealer, one: Column, rows: list[Any], progress: Progress) -> int:
    old, fresh = {}, {}
    for row in rows:
        try:
            fresh[row["key"]] = sealer.reseal(row["sealed"], row["place"])
            old[row["key"]] = row["sealed"]
        except Problem:
            if progress.unreadable is not None and len(progress.unreadable) < 20:
                progress.unreadable.append(row["place"])
    sql = f"""update {one.table} x set {one.name} = n.fresh
    from unnest($1::{one.type}[], $2::text[], $3::text[]) as n (key, old, fresh)
    where x.{one.key} = n.key and x.{one.name} = n.old"""
    tag = await connection.execute(sql, list(fresh), list(old.values()), list(fresh.values()))
    return int(tag.split()[-1])
