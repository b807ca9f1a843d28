"""An operator's own list of breached passwords, on disk: SHA-1 in hexadecimal, one a line, in order (as Have I Been
Pwned gives it, "ordered by hash": ``000000005AD76BD555C1D6D771DE417A4B87E4B4:10``). Nothing is asked of a network.

Lines may be shorter: a prefix of at least 16 digits stands for all that begin with it. A look is a binary search of
the file, about 35 short reads in one of 40 GB.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from pathlib import Path
from typing import BinaryIO

log = logging.getLogger(__name__)
LINE_MOST = 128  # octets
LEAST_PREFIX = 16


async def holds(path: Path | None, password: str) -> bool:
    """Whether the list holds this password; False without a list, or where it cannot be read (which is logged)."""
    if path is None:
        return False
    digest = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper().encode()
    try:
        return await asyncio.to_thread(_find, path, digest)
    except OSError as error:
        log.error("the list of breached passwords cannot be read", extra={"facts": {"why": str(error)}})
        return False


def _find(path: Path, digest: bytes) -> bool:
    with path.open("rb") as file:
        low, high = 0, file.seek(0, 2)
        while low < high:
            middle = (low + high) // 2
            start, line = _line_at(file, middle)
            if line is None or start >= high:
                high = middle
                continue
            kept = line.split(b":")[0].strip().upper()
            if len(kept) >= LEAST_PREFIX and digest.startswith(kept):
                return True
            if kept < digest:
                low = start + len(line)
            else:
                high = middle
    return False


def _line_at(file: BinaryIO, place: int) -> tuple[int, bytes | None]:
    """The first whole line that begins at this octet or behind it, and where it begins."""
    file.seek(max(0, place - 1))
    if place > 0:
        file.readline(LINE_MOST)
    start = file.tell()
    line = file.readline(LINE_MOST)
    return start, line or None
