"""The measurement of SNMP: its arithmetic, and its devices that are dead or slow."""

from __future__ import annotations

import pytest

from bench import snmp
from bench.snmp_bad import Bad
from snmp.client import Client, Patience
from snmp.credentials import Community
from snmp.errors import TimedOut
from tests.snmp.scripted import Scripted, integer, table

UPTIME = "1.3.6.1.2.1.1.3.0"
POLLED = {"core": 0.05, "good": 950.0, "good_due": 950.0, "late_p99_s": 0.01}


def turns(**speeds: float) -> list[snmp.Turn]:
    """Two rounds of every client at these speeds."""
    found = [(name, speeds.get(name.split(",")[0].replace(" ", "_"), 100.0)) for name in snmp.CLIENTS]
    return [snmp.Turn(name, int(speed * 10), 10.0, 5) for _ in range(2) for name, speed in found]


def test_a_ratio_is_taken_within_each_round() -> None:
    uneven = [
        *(snmp.Turn("ours v2c", 1000, 1.0, 5), snmp.Turn("pysnmp v2c", 100, 1.0, 5)),
        *(snmp.Turn("ours v2c", 500, 1.0, 5), snmp.Turn("pysnmp v2c", 25, 1.0, 5)),
    ]
    assert snmp.ratio(uneven, "ours v2c", "pysnmp v2c") == 15.0


def test_goals_are_judged_plainly() -> None:
    good = snmp.goals(turns(ours_v2c=3000.0, ours_v3=100.0, snmpbulkwalk_v2c=3000.0))
    assert [held for _, _, held in good] == [True, True, True, True]
    bad = snmp.goals(turns(ours_v2c=1900.0, snmpbulkwalk_v2c=3000.0))
    assert [held for _, _, held in bad] == [False, False, False, True]
    assert "MISSED" in snmp.compared(turns(ours_v2c=1900.0))
    assert [held for _, _, held in snmp.poll_goals(POLLED)] == [True, True, True]
    assert [held for _, _, held in snmp.poll_goals(POLLED | {"core": 0.5, "good": 949.0})] == [False, False, True]


async def test_the_dead_are_silent_and_the_slow_are_slow() -> None:
    with (
        Scripted(table({UPTIME: integer(7, 0x43)})) as agent,
        Bad(dead=1, slow=1, slow_s=0.2, agents=[agent.target]) as bad,
    ):
        dead, slow = bad.targets
        async with Client(dead, Community("public"), patience=Patience((0.1,))) as client:
            with pytest.raises(TimedOut):
                await client.get(UPTIME)
        async with Client(slow, Community("public"), patience=Patience((0.05,))) as client:
            with pytest.raises(TimedOut):
                await client.get(UPTIME)
        async with Client(slow, Community("public")) as client:
            assert await client.get(UPTIME) == 7
