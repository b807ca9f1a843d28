"""Where another system's tables are read from: its PostgreSQL, or a folder with one CSV file a table."""

from __future__ import annotations

import csv
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Protocol, TextIO

import asyncpg

from oss.access.imports.cells import Row
from oss.base import db
from oss.base.problems import Problem

AT_ONCE = 5000
ESCAPES = {"\\t": "\t", "\\n": "\n", "\\0": "\0", "\\\\": "\\"}
TABLES = """select table_name, column_name from information_schema.columns
where table_schema = any(current_schemas(false)) order by table_name, ordinal_position"""


class NotPostgres(Problem):
    """Only PostgreSQL is read directly (postgresql://user:password@host/name). Of MySQL or MariaDB, export each
    table to a file of its own with mysql --batch, and name their folder with --csv-dir."""


class NoSuchTable(Problem):
    """There is no table {table} in {place}: is it a FreeRADIUS database?"""


class SourceRefuses(Problem):
    """The other database refuses: {wrong}."""


class UnreadableTable(Problem):
    """The file {path} cannot be read: {wrong}."""


class Tables(Protocol):
    """Tables by their names in lower case; columns too."""

    def has(self, name: str) -> bool:
        """Whether the table is there."""

    def rows(self, name: str, since: datetime | None = None) -> AsyncIterator[Row]:
        """All rows; of radacct only what began after ``since``."""


class PostgresTables:
    """Tables of a PostgreSQL, in one read-only snapshot."""

    def __init__(self, connection: db.Connection, columns: dict[str, tuple[str, list[str]]]) -> None:
        self._connection, self._columns = connection, columns

    def has(self, name: str) -> bool:
        return name in self._columns

    async def rows(self, name: str, since: datetime | None = None) -> AsyncIterator[Row]:
        table, columns = self._columns[name]
        # Names come from the database's own catalogue.
        wanted = ", ".join(f'"{column}" as "{column.lower()}"' for column in columns)
        order = "".join(f' order by "{c}"' for c in columns if c.lower() == "id")
        sql = f'select {wanted} from "{table}"'
        started = next((c for c in columns if c.lower() == "acctstarttime"), None)
        with _translated():
            if since is not None and started:
                cursor = self._connection.cursor(f'{sql} where "{started}" >= $1', since, prefetch=AT_ONCE)
            else:
                cursor = self._connection.cursor(sql + order, prefetch=AT_ONCE)
            async for row in cursor:
                yield row


@contextmanager
def _translated() -> Iterator[None]:
    """The other database's complaints as ours; it never says a password."""
    try:
        yield
    except asyncpg.PostgresError as error:
        raise SourceRefuses(wrong=str(error)) from None


@asynccontextmanager
async def postgres(dsn: str) -> AsyncIterator[PostgresTables]:
    """The tables behind a postgresql:// address; all of them as they are at this moment."""
    if not dsn.startswith(("postgresql://", "postgres://")):
        raise NotPostgres()
    connection = await _connected(dsn)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            columns: dict[str, tuple[str, list[str]]] = {}
            for table, column in await connection.fetch(TABLES):
                columns.setdefault(table.lower(), (table, []))[1].append(column)
            yield PostgresTables(connection, columns)
    finally:
        await connection.close()


async def _connected(dsn: str) -> db.Connection:
    with _translated():
        try:
            return await db.connect(dsn, "milha import")
        except ValueError:
            raise NotPostgres() from None


class CsvTables:
    """``radcheck.csv``, ``radreply.csv`` ... of a folder, each with a header line.

    Separated by comma, semicolon or tab, whichever the header has most of; with tabs the escapes of
    ``mysql --batch`` are undone. NULL and \\N are none.
    """

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise UnreadableTable(path=folder, wrong="it is no folder")
        found = sorted(path for path in folder.iterdir() if path.suffix.lower() in (".csv", ".tsv", ".txt"))
        self._files = {path.stem.lower(): path for path in found}

    def has(self, name: str) -> bool:
        return name in self._files

    async def rows(self, name: str, since: datetime | None = None) -> AsyncIterator[Row]:
        for row in read_csv(self._files[name]):
            if since is None or str(row.get("acctstarttime") or "") >= f"{since:%Y-%m-%d}":
                yield row


def read_csv(path: Path) -> Iterator[dict[str, str | None]]:
    """Rows of one file by the header's names in lower case."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        try:
            yield from _rows(path, file)
        except UnicodeDecodeError:
            raise UnreadableTable(path=path, wrong="it is not UTF-8") from None
        except csv.Error as error:
            raise UnreadableTable(path=path, wrong=str(error)) from None


def _rows(path: Path, file: TextIO) -> Iterator[dict[str, str | None]]:
    header = file.readline().rstrip("\r\n")
    mark = max(",;\t", key=header.count)
    columns = [name.strip().lower() for name in next(csv.reader([header], delimiter=mark), [])]
    plain = csv.reader(file, delimiter=mark)
    for cells in csv.reader(file, delimiter=mark, quoting=csv.QUOTE_NONE) if mark == "\t" else plain:
        if len(cells) > len(columns):
            raise UnreadableTable(path=path, wrong=f"a line has {len(cells)} cells, the header {len(columns)}")
        yield dict(zip(columns, (_cell(cell, mark) for cell in cells), strict=False))


def _cell(cell: str, mark: str) -> str | None:
    if cell in ("NULL", "\\N"):
        return None
    if mark == "\t" and "\\" in cell:
        pieces = iter(cell)
        return "".join(ESCAPES.get(c + (n := next(pieces, "")), n) if c == "\\" else c for c in pieces)
    return cell
