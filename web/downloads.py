"""Lists as CSV, streamed chunk by chunk: neither the loop nor the memory ever holds the whole."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Sequence

from aiohttp import web

from web.pages import language

RISKY = ("=", "+", "-", "@", "\t", "\r")


def safe(cell: object) -> str:
    """Text that no spreadsheet takes for a formula."""
    text = "" if cell is None else str(cell)
    return "'" + text if text.startswith(RISKY) and not _is_number(text) else text


def _is_number(text: str) -> bool:
    return text.lstrip("-").replace(".", "", 1).replace(",", "", 1).isdigit()


async def csv_response(
    request: web.Request, name: str, head: Sequence[str], chunks: AsyncIterator[list[Sequence[object]]]
) -> web.StreamResponse:
    """A download; semicolons where a comma divides decimals, a byte order mark so that spreadsheets read UTF-8."""
    response = web.StreamResponse(headers={"Content-Disposition": f'attachment; filename="{name}.csv"'})
    response.content_type, response.charset = "text/csv", "utf-8"
    await response.prepare(request)
    divider = ";" if language(request) == "pt-BR" else ","
    await response.write(b"\xef\xbb\xbf" + _lines([head], divider))
    async for rows in chunks:
        await response.write(_lines(rows, divider))
    await response.write_eof()
    return response


def _lines(rows: Sequence[Sequence[object]], divider: str) -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=divider, lineterminator="\r\n").writerows([safe(cell) for cell in row] for row in rows)
    return out.getvalue().encode()
