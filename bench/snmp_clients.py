"""One client's turn over many agents: ``python -m bench.snmp_clients CLIENT PORT,PORT,...`` prints values and CPU."""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
from collections.abc import Awaitable, Callable

from pysnmp.hlapi.v1arch import asyncio as pysnmp

from snmp.client import Client
from snmp.credentials import Auth, Community, Credentials, Privacy, Target, User
from snmp.reading import Reader
from snmp.sizing import Sizing

TABLES = ("1.3.6.1.2.1.2.2", "1.3.6.1.2.1.31.1.1")
ONE_VALUE = "1.3.6.1.2.1.1.3"
REPETITIONS = 50
AT_ONCE = 20
V2C = Community("public")
V3 = User("bench", Auth.SHA1, "authentic-words", Privacy.AES128, "private-words")
BULKWALK = {
    "v2c": ["snmpbulkwalk", "-v2c", "-c", "public"],
    "v3": [
        *("snmpbulkwalk", "-v3", "-l", "authPriv", "-u", "bench", "-a", "SHA", "-A", V3.auth_password),
        *("-x", "AES", "-X", V3.privacy_password),
    ],
}


def cpu_s(who: int) -> float:
    """User and system seconds."""
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


async def ours(target: Target, who: Credentials) -> int:
    """Both tables by our client."""
    async with Client(target, who, sizing=Sizing(REPETITIONS, REPETITIONS)) as client:
        return sum([len(await client.column(table)) for table in TABLES])


async def theirs(target: Target, who: Credentials) -> int:
    """Both tables by pysnmp's quickest: v1arch, no MIBs."""
    del who
    count = 0
    place = await pysnmp.UdpTransportTarget.create((target.address, target.port), timeout=20, retries=1)
    with pysnmp.SnmpDispatcher() as dispatcher:
        for table in TABLES:
            start = pysnmp.ObjectType(pysnmp.ObjectIdentity(table))
            walk = pysnmp.bulk_walk_cmd(
                dispatcher,
                pysnmp.CommunityData("public", mpModel=1),
                place,
                0,
                REPETITIONS,
                start,
                lookupMib=False,
                lexicographicMode=False,
            )
            async for problem, status, _, names in walk:
                if problem or status:
                    raise RuntimeError(f"{problem or status}")
                count += len(names)
    return count


Walk = Callable[[Target, Credentials], Awaitable[int]]


async def many(walk: Walk, who: Credentials, targets: list[Target]) -> int:
    """All agents, so many at once."""
    room = asyncio.Semaphore(AT_ONCE)

    async def one(target: Target) -> int:
        async with room:
            return await walk(target, who)

    return sum(await asyncio.gather(*(one(target) for target in targets)))


def bulkwalks(version: str, targets: list[Target], *, start_apart: bool) -> tuple[int, float]:
    """net-snmp's own client, a process for each table of each agent, two at once; values are counted aside.

    ``start_apart``: less what as many processes cost that ask for one value.
    """
    commands = [
        [*BULKWALK[version], f"-Cr{REPETITIONS}", "-On", str(target), table] for target in targets for table in TABLES
    ]
    lines = [subprocess.run(command, capture_output=True, check=True).stdout.count(b"\n") for command in commands[:2]]
    used = _all(commands)
    if start_apart:
        used -= _all([[*command[:-1], ONE_VALUE] for command in commands])
    return sum(lines) * len(targets), used


def _all(commands: list[list[str]]) -> float:
    """The CPU seconds of these processes."""
    before = cpu_s(resource.RUSAGE_CHILDREN)
    for at in range(0, len(commands), 2):
        pair = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for command in commands[at : at + 2]]
        if any(process.wait() for process in pair):
            raise RuntimeError("snmpbulkwalk failed")
    return cpu_s(resource.RUSAGE_CHILDREN) - before


def run(client: str, targets: list[Target]) -> tuple[int, float]:
    """Values and CPU seconds of one client."""
    who: Credentials = V3 if client.endswith("v3") else V2C
    if client.startswith("snmpbulkwalk"):
        return bulkwalks(client.split()[1].rstrip(","), targets, start_apart=client.endswith("apart"))
    walk: Walk = theirs if client.startswith("pysnmp") else ours
    before = cpu_s(resource.RUSAGE_SELF)
    if client.endswith("readings"):
        return asyncio.run(readings(targets))
    count = asyncio.run(many(walk, who, targets))
    return count, cpu_s(resource.RUSAGE_SELF) - before


async def readings(targets: list[Target]) -> tuple[int, float]:
    """The second reading of each: the first one learns the device and is not what a minute costs."""
    clients = [Client(target, V2C) for target in targets]
    readers = [Reader(client) for client in clients]
    for reader in readers:
        await reader.read({"interfaces"})
    before = cpu_s(resource.RUSAGE_SELF)
    counts = [len((await reader.read({"interfaces"})).interfaces) * 10 + 1 for reader in readers]
    used = cpu_s(resource.RUSAGE_SELF) - before
    for client in clients:
        client.close()
    return sum(counts), used


if __name__ == "__main__":
    found, used = run(sys.argv[1], [Target("127.0.0.1", int(port)) for port in sys.argv[2].split(",")])
    print(json.dumps({"varbinds": found, "cpu_s": used}))
