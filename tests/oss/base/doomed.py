"""A worker that is killed in the middle of its job: run as a program it works until somebody kills it.

The listener is the same in this program and in the test's process, which takes the job over.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass

from oss.base import db, jobs
from oss.base.events import listens
from oss.base.supervisor import Health

KILLED = False  # in the program: every job ends in the middle


@dataclass(frozen=True, slots=True)
class Doomed:
    """Something happened to a thing."""

    thing: int


@listens(Doomed)
async def work(connection: db.Connection, event: Doomed) -> None:
    """One row for each time the effect took place."""
    await connection.execute("insert into effect (thing) values ($1)", event.thing)
    if KILLED:
        print("in the middle", flush=True)
        await asyncio.Event().wait()


async def main(dsn: str, lease_s: float) -> None:
    """Work until killed."""
    async with db.database(dsn, pool=2):
        await jobs.Worker(dsn, "default", lease_s).run(Health("doomed"))


if __name__ == "__main__":
    from tests.oss.base import doomed

    doomed.KILLED = True
    asyncio.run(doomed.main(sys.argv[1], float(sys.argv[2])))
