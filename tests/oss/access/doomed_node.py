"""A journal and its applier, killed by a fault in the middle; as a program it says what it acknowledged until then."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from oss.access.apply_process import ApplyProcess
from oss.access.journal import Journal
from oss.access.journal_reader import LOGIN, PACKET
from oss.access.login_log import accepted
from oss.base import faults
from oss.base.supervisor import Health
from tests.oss.access.said import START, at_us, record


async def main(dsn: str, folder: Path, fault: str, nas: int) -> None:
    """Write sessions and logins until the fault kills this process, and the applier with it."""
    faults.arm(faults.parse(fault))
    journal = Journal(folder)
    journal.open()
    process = ApplyProcess(journal, dsn, folder.name)
    tasks = [asyncio.create_task(journal.flush_for_ever()), asyncio.create_task(process.run_for_ever(Health("doomed")))]
    await process.caught_up.wait()
    for number in range(10_000):
        said = record(START, 0, f"{number:05}", nas=nas)
        journal.append(LOGIN, 0, 0, accepted(at_us(0), nas, f"cli{number:05}", None, None))
        durable = asyncio.Event()
        journal.append(PACKET, nas, said.at_us, said.payload, durable.set)
        await durable.wait()
        print(number, flush=True)
    await asyncio.gather(*tasks)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])))
