"""Our poller alone: ``python -m bench.snmp_poller PLAN.json`` polls for two intervals and says what the second cost.

What a database would be given goes to `Tally.take`: whoever measures with one puts its writing there.
"""

from __future__ import annotations

import asyncio
import json
import resource
import statistics
import sys
from pathlib import Path
from typing import Any

from snmp.client import Client
from snmp.counters import InterfaceRates
from snmp.credentials import Community, Target
from snmp.polling import Outcome, Plan, Schedule
from snmp.reading import Reader
from snmp.results import Reading

COLUMNS = 10  # of the generic profile's interfaces, at each poll
TICK_S = 0.01


class Tally:
    """Takes every outcome, as the writer of samples would."""

    def __init__(self, bad: set[str]) -> None:
        self.bad, self.counting = bad, False
        self.rates: dict[str, InterfaceRates] = {}
        self.took: list[float] = []
        self.late: list[float] = []
        self.good = self.failed = self.bad_polls = self.bad_answered = self.varbinds = 0

    def take(self, outcome: Outcome[str, Reading]) -> None:
        """Rates of what was read; counts of the measured interval."""
        if outcome.reading is not None:
            self.rates.setdefault(outcome.key, InterfaceRates()).take(outcome.reading)
        if self.counting:
            self._count(outcome)

    def _count(self, outcome: Outcome[str, Reading]) -> None:
        self.late.append(outcome.late_s)
        if outcome.reading is not None:
            self.varbinds += len(outcome.reading.interfaces) * COLUMNS + 1
        if outcome.key in self.bad:
            self.bad_polls += 1
            self.bad_answered += outcome.reading is not None
            return
        self.took.append(outcome.took_s)
        self.good += outcome.reading is not None
        self.failed += outcome.reading is None


class Held:
    """The longest time in which the loop could not look."""

    def __init__(self) -> None:
        self.longest_s, self._loop = 0.0, asyncio.get_running_loop()
        self._due = self._loop.time()
        self._again()

    def _again(self) -> None:
        now = self._loop.time()
        self.longest_s = max(self.longest_s, now - self._due)
        self._due = now + TICK_S
        self._loop.call_at(self._due, self._again)


def cpu_s() -> float:
    """User and system seconds of this process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def run(plan: dict[str, Any]) -> dict[str, float]:
    """Poll for an interval to learn the devices, then measure."""
    places = [(address, port, False) for address, port in plan["devices"]]
    places += [(address, port, True) for address, port in plan["bad"]]
    readers = {f"{a}:{p}": Reader(Client(Target(a, p), Community("public"))) for a, p, _ in places}
    tally = Tally({f"{a}:{p}" for a, p, bad in places if bad})
    schedule: Schedule[str, Reading] = Schedule(tally.take)
    schedule.keep({key: _plan(reader, plan["interval_s"]) for key, reader in readers.items()})
    task = asyncio.create_task(schedule.run())
    await asyncio.sleep(plan["interval_s"])
    held, before, began = Held(), cpu_s(), asyncio.get_running_loop().time()
    tally.counting = True
    await asyncio.sleep(plan["measured_s"])
    tally.counting = False
    seconds, used = asyncio.get_running_loop().time() - began, cpu_s() - before
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    for reader in readers.values():
        reader.client.close()
    return _found(tally, seconds, used) | {"held_s": held.longest_s, "skipped": schedule.skipped}


def _plan(reader: Reader, interval_s: float) -> Plan[Reading]:
    return Plan(lambda: reader.read({"interfaces"}), interval_s, deadline_s=30.0)


def _found(tally: Tally, seconds: float, used: float) -> dict[str, float]:
    late, took = (statistics.quantiles(one, n=100) for one in (tally.late, tally.took))
    return {
        "measured_s": seconds,
        "cpu_s": used,
        "core": used / seconds,
        "polls": len(tally.late),
        "varbinds": tally.varbinds,
        "good": tally.good,
        "good_due": tally.good + tally.failed,
        "bad_polls": tally.bad_polls,
        "bad_answered": tally.bad_answered,
        "late_p50_s": late[49],
        "late_p99_s": late[98],
        "took_p50_s": took[49],
        "took_p99_s": took[98],
        "rss_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(run(json.loads(Path(sys.argv[1]).read_text())))))
