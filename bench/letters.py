"""A bulk listener that takes its time: stands for mails, exports and all that may wait."""

from __future__ import annotations

from dataclasses import dataclass

from oss.base import db
from oss.base.events import listens


@dataclass(frozen=True, slots=True)
class LetterDue:
    """One of many letters; stands for mails, exports and all that may wait."""

    number: int


@listens(LetterDue, lane="bulk")
async def write_letter(connection: db.Connection, event: LetterDue) -> None:
    """About a millisecond of database work, like the rendering of a mail's row."""
    await connection.execute("select length(repeat($1, 2000))", str(event.number))
