"""One device read as its profile says: a `Reading` from the columns that its tables name.

What changes slowly (names, speeds) is kept for an hour, tables that a device has not are asked once an hour, and a
table that goes wrong by itself is reported and rests; a device that does not answer at all raises.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Set
from dataclasses import dataclass, field
from typing import Any, Final

from snmp.client import Client
from snmp.decoding import Decoder, decoder, index_part, meant, text
from snmp.errors import AuthFailed, SnmpError, TimedOut, Unreachable
from snmp.profiles import Profile, identify
from snmp.profiles.schema import ROWS, Column, Table
from snmp.results import Reading, System
from snmp.wire import Value

SYS_DESCR, SYS_OBJECT_ID, SYS_UP_TIME = "1.3.6.1.2.1.1.1.0", "1.3.6.1.2.1.1.2.0", "1.3.6.1.2.1.1.3.0"
SYS_CONTACT, SYS_NAME, SYS_LOCATION = "1.3.6.1.2.1.1.4.0", "1.3.6.1.2.1.1.5.0", "1.3.6.1.2.1.1.6.0"
SYSTEM: Final = (SYS_UP_TIME, SYS_DESCR, SYS_OBJECT_ID, SYS_NAME, SYS_LOCATION, SYS_CONTACT)
SLOW_S: Final = 3600.0
REST_S: Final = 600.0
"""A table that went wrong is left alone for so long."""

NEEDED: Final = {"sensors": ("value", "measure"), "processors": ("load_percent",)}
"""Fields without which a row says nothing."""

Cells = Mapping[str, Value]
"""A column by index."""


@dataclass(slots=True)
class _Kept:
    cells: Cells
    until: float


@dataclass
class _Memory:
    """What a reader remembers of its device between polls; times on the loop's clock."""

    slow: dict[str, _Kept] = field(default_factory=dict)
    absent: dict[str, float] = field(default_factory=dict)
    system: dict[str, Value] = field(default_factory=dict)
    system_until: float = 0.0


class Reader:
    """Reads one device; keep it between polls. ``profile``: None = found by what the device says of itself."""

    def __init__(self, client: Client, profile: Profile | None = None) -> None:
        self.client, self.profile = client, profile
        self._memory = _Memory()
        self._rules: dict[tuple[str, str], Decoder | None] = {}
        self._decoded: dict[tuple[str, str], tuple[Cells, list[str], list[Any]]] = {}
        self._now = asyncio.get_running_loop().time

    async def read(self, only: Collection[str] | None = None, fields: Collection[str] | None = None) -> Reading:
        """Everything the profile names, or ``only`` these kinds ("interfaces", "onus", ...) and of them these
        ``fields``, the others None; raises SnmpError."""
        system = await self._system()
        profile = self._chosen(system)
        at, missing = self._now(), list[str]()
        rows: dict[str, list[Any]] = {of: [] for of in ROWS}
        for table in profile.tables:
            if only is None or table.of in only:
                rows[table.of] += await self._table_or_reason(_narrowed(table, fields), missing)
        parts = {of: tuple(found) for of, found in rows.items()}
        return Reading(at, profile.name, system, missing=tuple(missing), **parts)

    # ------------------------------------------------------------ the system

    async def _system(self) -> System:
        """sysUpTime at each poll, the rest once an hour or after a restart."""
        memory, now = self._memory, self._now()
        extra = {name: one.oid for name, one in self.profile.system.items()} if self.profile else {}
        fresh = memory.system_until > now and all(oid in memory.system for oid in extra.values())
        found = await self.client.get_many([SYS_UP_TIME] if fresh else [*SYSTEM, *extra.values()])
        if fresh and _ticks(found) < _ticks(memory.system):  # restarted: perhaps another version, or another device
            found, fresh = await self.client.get_many([*SYSTEM, *extra.values()]), False
            memory.slow.clear()
            memory.absent.clear()
        if not fresh:
            memory.system = dict.fromkeys(extra.values())  # asked, and not there
            memory.system_until = now + SLOW_S
        memory.system |= found
        return self._told(extra)

    def _told(self, extra: dict[str, str]) -> System:
        values = self._memory.system
        own = {name: text(values.get(oid)) or None for name, oid in extra.items()}
        return System(
            text(values.get(SYS_DESCR)),
            text(values.get(SYS_OBJECT_ID)),
            _ticks(values),
            text(values.get(SYS_NAME)),
            text(values.get(SYS_LOCATION)),
            text(values.get(SYS_CONTACT)),
            serial=own.get("serial"),
            version=own.get("version"),
            model=own.get("model"),
        )

    def _chosen(self, system: System) -> Profile:
        if self.profile is None:
            self.profile = identify(system.object_id, system.description)
            if self.profile.system:
                self._memory.system_until = 0.0  # the maker's own are asked next time
        if not self.profile.bulk:
            self.client.sizing.largest = self.client.sizing.ceiling = 1
        return self.profile

    # ------------------------------------------------------------ tables

    async def _table_or_reason(self, table: Table, missing: list[str]) -> list[Any]:
        if self._memory.absent.get(table.name, 0.0) > self._now():
            return []
        try:
            rows = await self._table(table)
        except (Unreachable, AuthFailed):
            raise
        except SnmpError as problem:
            if isinstance(problem, TimedOut):
                await self.client.get_many([SYS_UP_TIME])  # is it the table or the device? this raises for the device
            missing.append(f"{table.name}: {problem}")
            self._memory.absent[table.name] = self._now() + REST_S
            return []
        if rows is None:
            self._memory.absent[table.name] = self._now() + SLOW_S
        return rows or []

    async def _table(self, table: Table) -> list[Any] | None:
        """The rows; None = the device has no such table."""
        spine = await self._cells(table.columns[table.rows], frozenset())
        if not spine:
            return None
        cells = {table.rows: spine}
        kept = list(spine)
        for name, allowed in table.keep.items():
            if name not in cells:
                cells[name] = await self._cells(table.columns[name], set(spine))
            kept = [index for index in kept if cells[name].get(index) in allowed]
        wanted = set(kept)
        for name, column in table.columns.items():
            if name not in cells and column.oid is not None:
                cells[name] = await self._cells(column, wanted)
        narrow = await self._fall_back(table, cells, kept)
        return self._rows(table, kept, cells, narrow)

    async def _cells(self, column: Column, rows: Set[str]) -> Cells:
        """A column by the row's index; slow ones from memory, where it has all the rows."""
        if column.oid is None:
            return {}
        now, kept = self._now(), self._memory.slow.get(column.oid)
        if column.slow and kept and kept.until > now and (column.join or kept.cells.keys() >= rows):
            return kept.cells
        cells: Cells = await self.client.column(column.oid)
        if column.index is not None:
            cells = {_first(index, column.index): value for index, value in cells.items()}
        if column.slow:
            self._memory.slow[column.oid] = _Kept(dict.fromkeys(rows) | dict(cells), now + SLOW_S)
        return cells

    async def _fall_back(self, table: Table, cells: dict[str, Cells], rows: list[str]) -> dict[str, int]:
        """Fill what is missing from other columns; gives the width of the counters of rows that needed it."""
        narrow: dict[str, int] = {}
        for name, column in table.columns.items():
            other, rule = column.fallback, self._rule(table, name)
            if other is None:
                continue
            gaps = [index for index in rows if _meant(rule, cells[name].get(index)) is None]
            if not gaps:
                continue
            found = await self._cells(Column(oid=other.oid, slow=other.slow), set(gaps))
            told = {index: found[index] for index in gaps if found.get(index) not in (None, *other.none)}
            filled = {index: _scaled(raw, other.scale, column.scale) for index, raw in told.items()}
            cells[name] = {**cells[name], **filled}
            if other.bits:
                narrow |= dict.fromkeys(filled, other.bits)
        return narrow

    def _rule(self, table: Table, name: str) -> Decoder | None:
        key = (table.name, name)
        if key not in self._rules:
            self._rules[key] = decoder(table, name, table.columns[name])
        return self._rules[key]

    def _rows(self, table: Table, kept: list[str], cells: dict[str, Cells], narrow: dict[str, int]) -> list[Any]:
        """Column by column, then a row each: what is the same for a whole column is done once."""
        names = [name for name in table.columns if not name.startswith("_")]
        columns = [self._column(table, name, kept, cells) for name in names]
        make, needed = ROWS[table.of], NEEDED.get(table.of, ())
        fixed = {name: meant(name, word) if isinstance(word, str) else word for name, word in table.fixed.items()}
        rows = []
        for index, *values in zip(kept, *columns, strict=True):
            row: dict[str, Any] = {**fixed, **dict(zip(names, values, strict=True))}
            if row.get("state", "") is None:
                del row["state"]  # not told: unknown, and not one of the states
            if any(row[name] is None for name in needed):
                continue
            if index in narrow:
                row["bits"] = narrow[index]
            rows.append(make(index=int(index) if table.of == "interfaces" else index, **row))
        return rows

    def _column(self, table: Table, name: str, kept: list[str], cells: dict[str, Cells]) -> list[Any]:
        """One field of all rows. A column that came from memory was decoded before."""
        column, raws, key = table.columns[name], cells.get(name), (table.name, name)
        known = self._decoded.get(key)
        if known is not None and raws is not None and known[0] is raws and known[1] == kept:
            return known[2]
        values = _decoded(column, self._rule(table, name), kept, raws or {}, cells)
        if column.slow and raws is not None:
            self._decoded[key] = (raws, kept, values)
        return values


def _narrowed(table: Table, fields: Collection[str] | None) -> Table:
    """The table without the columns that nobody asked for; what others are reckoned with stays."""
    if fields is None:
        return table
    asked = {name: one for name, one in table.columns.items() if name in fields}
    needed = {table.rows, *table.keep, *NEEDED.get(table.of, ())}
    for one in asked.values():
        needed |= {*one.scale_by, *(name for name in (one.precision, one.times) if name)}
    kept = {name: one for name, one in table.columns.items() if name in asked or name in needed}
    return table.model_copy(update={"columns": kept})


def _decoded(column: Column, rule: Decoder | None, kept: list[str], raws: Cells, cells: dict[str, Cells]) -> list[Any]:
    if column.index_part is not None:
        found: list[Any] = [index_part(index, column.index_part, column.layout) for index in kept]
    elif column.join:
        found = [raws.get(_first(index, column.join)) for index in kept]
    else:
        found = [raws.get(index) for index in kept]
    if rule is not None:
        found = [None if raw is None else rule(raw) for raw in found]
    if not (column.scale_by or column.precision or column.times):
        return found
    return [
        _adjusted(column, value, index, cells) if isinstance(value, int | float) else value
        for index, value in zip(kept, found, strict=True)
    ]


def _adjusted(column: Column, value: float, index: str, cells: dict[str, Cells]) -> float | None:
    """Scaled by what other columns of the row say."""
    for name, scales in column.scale_by.items():
        scale = scales.get(text(cells[name].get(index)))
        if scale is None:
            return None
        value *= scale
    if column.precision is not None:
        decimals = cells[column.precision].get(index)
        value /= 10.0 ** (decimals if isinstance(decimals, int) and -8 <= decimals <= 9 else 0)
    if column.times is not None:
        factor = cells[column.times].get(index)
        value *= factor if isinstance(factor, int) else 0
    return round(value, 6) if column.scale_by or column.precision else value


def _meant(rule: Decoder | None, raw: Value) -> Any:
    return raw if rule is None or raw is None else rule(raw)


def _scaled(raw: Value, scale: float, column_scale: float) -> Value:
    """A fallback's value as its column's rule expects it."""
    return raw * scale / column_scale if isinstance(raw, int) and scale != column_scale else raw


def _first(index: str, parts: int) -> str:
    return ".".join(index.split(".", parts)[:parts])


def _ticks(values: Mapping[str, Value]) -> int:
    ticks = values.get(SYS_UP_TIME)
    return ticks if isinstance(ticks, int) else 0
