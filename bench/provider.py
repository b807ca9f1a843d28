"""A real Milha process for measurements and long tests: the same roof, plus one bulk listener that takes its time.

``python -m bench.provider`` reads the same MILHA_ variables as ``milha serve``.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass

from oss import app
from oss.access.thread import new_loop
from oss.base import config, db, log
from oss.base.events import listens


@dataclass(frozen=True, slots=True)
class LetterDue:
    """One of many letters; stands for mails, exports and all that may wait."""

    number: int


@listens(LetterDue, lane="bulk")
async def write_letter(connection: db.Connection, event: LetterDue) -> None:
    """About a millisecond of database work, like the rendering of a mail's row."""
    await connection.execute("select length(repeat($1, 2000))", str(event.number))


def main() -> None:
    """Serve until SIGTERM."""
    settings = config.load()
    log.configure(settings.log_level, settings.log_format)

    async def ready(process: app.Process) -> None:
        print("ready", flush=True)

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(app.serve(settings, ready=ready))


if __name__ == "__main__":
    sys.exit(main())
