"""Lists as CSV, streamed chunk by chunk: neither the loop nor the memory ever holds the whole.

Files give way. They are written on the main loop, beside routers that wait for the same two or four cores. One after
the other at full speed they keep a core of ours and one of PostgreSQL busy; accounting, which needs several threads in
turn, was then answered three to six times as late (``make bench-beside``). So a file rests behind each chunk, for
longer than the chunk took.
"""

from __future__ import annotations

import asyncio
import csv
import io
import time
from collections.abc import AsyncIterator, Sequence
from decimal import Decimal

from aiohttp import web

from web.pages import language

REST = 2.0  # times what a chunk took: a third of the time is work
MOST_REST_S = 0.5  # where the database or the reader is slow, nothing is gained by a longer one
RISKY = ("=", "+", "-", "@", "\t", "\r")


def safe(cell: object) -> str:
    """Text that no spreadsheet takes for a formula (OWASP, CSV injection)."""
    text = "" if cell is None else str(cell)
    return "'" + text if text.startswith(RISKY) and not _is_number(text) else text


def _is_number(text: str) -> bool:
    return text.lstrip("-").replace(".", "", 1).replace(",", "", 1).isdigit()


def rest_s(took_s: float) -> float:
    """How long a file rests behind a chunk that took so long to read and to write."""
    return min(MOST_REST_S, REST * took_s)


async def csv_response(
    request: web.Request, name: str, head: Sequence[str], chunks: AsyncIterator[list[Sequence[object]]]
) -> web.StreamResponse:
    """A download; semicolons where a comma divides decimals, a byte order mark so that spreadsheets read UTF-8."""
    response = web.StreamResponse(headers={"Content-Disposition": f'attachment; filename="{name}.csv"'})
    response.content_type, response.charset = "text/csv", "utf-8"
    await response.prepare(request)
    divider = divider_of(language(request))
    await response.write(b"\xef\xbb\xbf" + lines([head], divider))
    began = time.monotonic()
    async for rows in chunks:
        await response.write(lines(rows, divider))
        await asyncio.sleep(rest_s(time.monotonic() - began))
        began = time.monotonic()
    await response.write_eof()
    return response


def divider_of(language: str) -> str:
    """Semicolons where a comma divides decimals."""
    return ";" if language == "pt-BR" else ","


def lines(rows: Sequence[Sequence[object]], divider: str) -> bytes:
    """Rows as CSV (RFC 4180); amounts with the comma where the divider leaves it free."""
    out = io.StringIO()
    cells = ([_written(cell, divider) for cell in row] for row in rows)
    csv.writer(out, delimiter=divider, lineterminator="\r\n").writerows(cells)
    return out.getvalue().encode()


def _written(cell: object, divider: str) -> str:
    if isinstance(cell, Decimal):
        return str(cell).replace(".", ",") if divider == ";" else str(cell)
    return safe(cell)
