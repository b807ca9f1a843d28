"""Where the rows of a table lie: in the table itself, or in its partitions with their bounds and sizes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from oss.base import db

PLACES = r"""select t.name as of_table, c.relname as name, pg_relation_size(c.oid) as heap_octets,
  pg_total_relation_size(c.oid) as octets,
  c.reltuples::float8 as tuples, (regexp_match(b.bound, 'FROM \(''([^'']+)''\)'))[1]::timestamptz as begins,
  (regexp_match(b.bound, 'TO \(''([^'']+)''\)'))[1]::timestamptz as ends
from unnest($1::text[]) t(name) cross join lateral (select to_regclass(t.name) as oid
  union all select inhrelid from pg_inherits where inhparent = to_regclass(t.name)) p
join pg_class c on c.oid = p.oid cross join lateral (select pg_get_expr(c.relpartbound, c.oid) as bound) b
where c.relkind = 'r' order by begins nulls last, c.relname"""

# Months and days taken out of their table whose purge was interrupted: the name tells whose they were.
LEFT = r"""select c.relname from pg_class c where c.relkind = 'r' and not c.relispartition
  and c.relnamespace = current_schema()::regnamespace
  and c.relname ~ ('^' || $1 || '_\d{4}_\d{2}(_\d{2})?$') order by 1"""

COLUMNS = """select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute
where attrelid = to_regclass($1) and attnum > 0 and not attisdropped"""

SAMPLE_OCTETS = 2 << 20  # read of a place at most, to estimate what it holds


@dataclass(frozen=True, slots=True)
class Place:
    """A table or one partition; ``begins`` and ``ends`` bound a month, the default partition has neither.

    ``heap_octets`` hold the rows, ``octets`` indexes too; ``tuples`` is the server's own estimate, below 0 for none.
    """

    name: str
    heap_octets: int
    octets: int
    tuples: float
    begins: datetime | None
    ends: datetime | None

    @property
    def is_small(self) -> bool:
        """Whether all of it is read where an estimate is asked for."""
        return self.heap_octets <= SAMPLE_OCTETS


@dataclass(frozen=True, slots=True)
class Sampled:
    """Rows of a place, how many of them fulfil a condition, and the extremes of its time column."""

    rows: int
    fulfil: int
    oldest: datetime | None
    newest: datetime | None


async def places(connection: db.Connection, table: str) -> list[Place]:
    """The table itself, or its partitions from the oldest month to the default one."""
    return (await places_of(connection, [table]))[table]


async def places_of(connection: db.Connection, tables: Sequence[str]) -> dict[str, list[Place]]:
    """The same of several tables at once."""
    found: dict[str, list[Place]] = {table: [] for table in tables}
    for table, *place in await connection.fetch(PLACES, list(tables)):
        found[table].append(Place(*place))
    return found


async def taken_out(connection: db.Connection, table: str) -> list[str]:
    """Months that are no partitions any more and were not dropped."""
    return [row["relname"] for row in await connection.fetch(LEFT, table)]


async def columns(connection: db.Connection, table: str) -> str:
    """A table's columns by comma: an attached partition may have them in another order."""
    return str(await connection.fetchval(COLUMNS, table))


async def sample(connection: db.Connection, place: Place, column: str, condition: str, *args: object) -> Sampled:
    """Count a place: exactly where it is small, else from a bounded part of its pages.

    ``condition`` is SQL of ours over ``args``. The part is the same each time, so that figures do not flicker.
    """
    share = 100.0 if place.is_small else 100.0 * SAMPLE_OCTETS / place.heap_octets
    row: Any = await connection.fetchrow(
        f"select count(*) as rows, count(*) filter (where {condition}) as fulfil, min({column}) as oldest, "
        f"max({column}) as newest from {place.name} tablesample system ({share:.6f}) repeatable (1)",
        *args,
    )
    scale = 100.0 / share
    return Sampled(round(row["rows"] * scale), round(row["fulfil"] * scale), row["oldest"], row["newest"])


def octets_of(found: Sequence[Place]) -> int:
    """What places take on disk, with their indexes."""
    return sum(one.octets for one in found)
