"""Lists as files, CSV and XLSX: written row by row, in a process of their own where they are long.

A cell that a spreadsheet would take for a formula is made text (OWASP, CSV injection). XLSX is written with constant
memory: a row leaves the memory when the next one begins.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import xlsxwriter

from oss.base import db
from oss.base.problems import Problem
from oss.crm.permissions import PersonalPermission
from oss.staff import exports, people
from oss.staff.roles import Held
from oss.staff.scopes import Scope, covers
from web.downloads import MOST_REST_S, divider_of, lines, safe
from web.tables import TABLES, Column, Speech, State, Table

PIECE = 256 * 1024
BOM = b"\xef\xbb\xbf"
CHARACTERS = 32_767  # of one cell, the most XLSX holds
SHEET_ROWS = 1_048_576

Cells = list[Sequence[object]]


async def chunks(
    table: Table,
    state: State,
    columns: Sequence[Column],
    speech: Speech,
    scope: Scope,
    keys: Sequence[str] | None = None,
) -> AsyncIterator[Cells]:
    """The cells of the list's rows a scope holds, some hundred at a time; ``keys``: of these rows only."""
    zone = speech.zone if isinstance(speech.zone, ZoneInfo) else ZoneInfo("UTC")
    listing, order = table.listing(state, zone, scope)
    if keys is not None:
        listing.only(keys)
    values = [column.value for column in columns if column.value is not None]
    async for rows in listing.chunks(order):
        complete = await table.complete(rows, zone) if table.complete is not None else rows
        yield [[value(row, speech) for value in values] for row in complete]


async def gently(found: AsyncIterator[Cells]) -> AsyncIterator[Cells]:
    """The same, resting as long as each chunk took: routers wait for the same cores and the same database."""
    began = time.monotonic()
    async for cells in found:
        yield cells
        await asyncio.sleep(min(MOST_REST_S, time.monotonic() - began))
        began = time.monotonic()


def still(held: Held, row: Any) -> bool:
    """Whether who asked for a file may see all it holds at this moment too."""
    table, asked = TABLES[row["list"]], exports.scope_of(row)
    personal = not row["clear"] or covers(held.scope(PersonalPermission.READ), asked)
    if asked.kind == "none":  # rows that are the house's, and nothing of a customer
        return personal and {table.exports, table.permission} <= held.kinds.keys()
    return personal and covers(table.file_scope(held), asked)


def make(dsn: str, export_id: str, zone: str) -> None:
    """In the child process: write one file into the database."""
    asyncio.run(_make(dsn, uuid.UUID(export_id), ZoneInfo(zone)))


async def _make(dsn: str, export_id: uuid.UUID, zone: ZoneInfo) -> None:
    from web.app import feature_routes

    feature_routes()  # every list registers itself
    async with db.database(dsn, pool=2, name="milha-export"):
        await write(export_id, zone)


async def write(export_id: uuid.UUID, zone: ZoneInfo) -> None:
    """Make the file of a row, unless nobody wants it any more."""
    row = await exports.begin(export_id)
    person = await people.find(row["user_id"])
    if person is None or not still(person.held, row):
        await exports.fail(export_id, exports.WITHDRAWN)
        return
    table, speech, scope = TABLES[row["list"]], Speech(row["language"], zone, row["clear"]), exports.scope_of(row)
    columns = table.of_file(row["columns"])
    found = gently(chunks(table, table.read_query(row["query"]), columns, speech, scope, row["keys"]))
    try:
        form = _csv if row["format"] == "csv" else _xlsx
        await form(export_id, [speech.say(column.label) for column in columns], found, speech.language)
        await exports.finish(export_id)
    except exports.Cancelled:
        return
    except Problem as problem:
        await exports.fail(export_id, str(problem))


async def _csv(export_id: uuid.UUID, head: Sequence[str], found: AsyncIterator[Cells], language: str) -> None:
    divider, place, done = divider_of(language), 0, 0
    kept = bytearray(BOM + lines([head], divider))
    async for rows in found:
        kept += lines(rows, divider)
        done += len(rows)
        await exports.progress(export_id, done)
        if len(kept) >= PIECE:
            await exports.add_piece(export_id, place, bytes(kept))
            place, kept = place + 1, bytearray()
    if kept:
        await exports.add_piece(export_id, place, bytes(kept))


async def _xlsx(export_id: uuid.UUID, head: Sequence[str], found: AsyncIterator[Cells], language: str) -> None:
    with tempfile.TemporaryDirectory(prefix="milha-export-") as folder:
        path, done = Path(folder) / "list.xlsx", 0
        with Sheet(path, head) as sheet:
            async for rows in found:
                sheet.add(rows)
                done += len(rows)
                await exports.progress(export_id, done)
        with path.open("rb") as file:
            for place, data in enumerate(iter(lambda: file.read(PIECE), b"")):
                await exports.add_piece(export_id, place, data)


class Sheet:
    """One sheet of a workbook: a bold head that stays, then rows as they come."""

    def __init__(self, path: Path, head: Sequence[str]) -> None:
        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        self._book = xlsxwriter.Workbook(str(path), {**options, "strings_to_numbers": False})
        self._sheet, self._next = self._book.add_worksheet(), 1
        self._money = self._book.add_format({"num_format": "#,##0.00"})
        self._sheet.freeze_panes(1, 0)
        self._sheet.set_column(0, len(head) - 1, 18)
        bold = self._book.add_format({"bold": True})
        for at, words in enumerate(head):
            self._sheet.write_string(0, at, words, bold)

    def __enter__(self) -> Sheet:
        return self

    def __exit__(self, *_: object) -> None:
        self._book.close()

    def add(self, rows: Cells) -> None:
        """Rows below those there are; what a sheet cannot hold is left out."""
        for row in rows[: SHEET_ROWS - self._next]:
            for at, cell in enumerate(row):
                self._cell(at, cell)
            self._next += 1

    def _cell(self, at: int, cell: object) -> None:
        if cell is None or cell == "":
            return
        if isinstance(cell, Decimal):
            self._sheet.write_number(self._next, at, float(cell), self._money)
        elif isinstance(cell, int) and not isinstance(cell, bool) and abs(cell) < 10**15:
            self._sheet.write_number(self._next, at, cell)
        else:
            self._sheet.write_string(self._next, at, safe(cell)[:CHARACTERS])
