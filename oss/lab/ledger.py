"""The NAS's own memory of what the server acknowledged: what must be found in the database, line by line."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from oss.lab.records import WORDS, Record

_FLUSH_S = 0.05


class Ledger:
    """One JSON object a line, appended when the Accounting-Response of a record has arrived and been verified.

    Fields: nas, acct_session_id, user, status (start, interim, stop, on, off), in_octets, out_octets,
    session_time (s) and at (seconds since the epoch: the record's Event-Timestamp). A file that is there already
    is continued; `count` is of this run.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.count = 0
        self._file = path.open("a", encoding="utf-8") if path else None
        self._flush_due = False

    def append(self, nas: str, record: Record) -> None:
        """Writes one acknowledged record."""
        self.count += 1
        if self._file is None:
            return
        self._file.write(line(nas, record))
        if not self._flush_due:
            self._flush_due = True
            asyncio.get_running_loop().call_later(_FLUSH_S, self.flush)

    def flush(self) -> None:
        """Puts what was written where other processes see it."""
        self._flush_due = False
        if self._file is not None and not self._file.closed:
            self._file.flush()

    def close(self) -> None:
        """Flushes and closes the file."""
        if self._file is not None:
            self._file.close()


def line(nas: str, record: Record) -> str:
    """A record as it stands in the ledger file."""
    fields = {
        "nas": nas,
        "acct_session_id": record.acct_session_id,
        "user": record.user,
        "status": WORDS[record.status],
        "in_octets": record.in_octets,
        "out_octets": record.out_octets,
        "session_time": record.session_time,
        "at": record.at,
    }
    return json.dumps(fields, separators=(",", ":")) + "\n"
