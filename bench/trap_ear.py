"""A process that listens for traps: ``python -m bench.trap_ear milha|pysnmp FLOODER``.

It tells its port on stdout, and when its stdin ends its figures as JSON.

Nothing else runs in it, so that its CPU is the receiver's. 127.0.0.2 to .201 are known, each a source of its own;
FLOODER, the number of one of them, may send as much as it likes.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import resource
import socket
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable
from typing import Any

from oss.base import collector
from snmp.trap_fold import Heard
from snmp.trap_intake import Intake
from snmp.trap_receiver import TrapReceiver, kernel_drops
from snmp.trap_sources import Source

COMMUNITY = b"public"
TICK_S = 0.002
GRACE_S = 1.0
"""For what still waits when the last trap was sent."""

Figures = dict[str, Any]


class Lateness:
    """How late a timer was at most: how long the loop was held, by whatever."""

    def __init__(self) -> None:
        self.most_s = 0.0
        self._due = 0.0

    def start(self) -> None:
        loop = asyncio.get_running_loop()
        if self._due:
            self.most_s = max(self.most_s, loop.time() - self._due)
        self._due = loop.time() + TICK_S
        loop.call_at(self._due, self.start)


def known(flooder: int) -> dict[str, Source]:
    """The table of sources."""
    free = {"per_second": 1e9, "burst": 1e9}
    return {f"127.0.0.{n}": Source(n, frozenset({COMMUNITY}), **(free if n == flooder else {})) for n in range(2, 202)}


async def milha(flooder: int) -> tuple[int, Callable[[], Figures]]:
    """Our receiver; the listener only counts."""
    told: Counter[int] = Counter()

    def heard(one: Heard) -> None:
        told[one.source] += one.count

    receiver = TrapReceiver(Intake(known(flooder), heard))
    _, port = await receiver.open("127.0.0.1", 0)

    def figures() -> Figures:
        receiver.intake.close()  # tells the repetitions that are gathered
        counts = receiver.intake.counts().values()
        names = ("received", "limited", "crowded", "refused", "malformed", "told", "folded")
        sums = {name: sum(getattr(one, name) for one in counts) for name in names}
        own = {"drops": receiver.drops(), "longest_ms": receiver.longest_s * 1e3, "buffer": receiver.buffer_octets}
        return sums | own | {"handled": sum(told.values()), "by_source": dict(told)}

    return port, figures


async def pysnmp(flooder: int) -> tuple[int, Callable[[], Figures]]:
    """pysnmp's NotificationReceiver with as large a buffer; its listener only counts, too."""
    from pysnmp.carrier.asyncio.dgram import udp
    from pysnmp.entity import config, engine
    from pysnmp.entity.rfc3413 import ntfrcv

    del flooder
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with contextlib.suppress(PermissionError):  # root's alone
        sock.setsockopt(socket.SOL_SOCKET, 33, 8 << 20)  # SO_RCVBUFFORCE
    sock.setblocking(False)
    sock.bind(("127.0.0.1", 0))
    count = Counter[str]()
    made = engine.SnmpEngine()
    config.add_transport(made, udp.DOMAIN_NAME, udp.UdpTransport().open_server_mode(sock=sock))
    config.add_v1_system(made, "area", COMMUNITY.decode())
    ntfrcv.NotificationReceiver(made, lambda *said: count.update(["handled"]))

    def figures() -> Figures:
        return {"handled": count["handled"], "drops": kernel_drops(sock)}

    return sock.getsockname()[1], figures


async def listen(which: str, flooder: int) -> None:
    """Until stdin ends."""
    port, figures = await (milha if which == "milha" else pysnmp)(flooder)
    print(port, flush=True)
    lateness = Lateness()
    lateness.start()
    collector.settle()  # as `milha serve` does
    began = time.process_time()
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await asyncio.sleep(GRACE_S)
    used = resource.getrusage(resource.RUSAGE_SELF)
    own = {"cpu_s": time.process_time() - began, "late_ms": lateness.most_s * 1e3, "rss_mib": used.ru_maxrss / 1024}
    print(json.dumps(figures() | own), flush=True)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    asyncio.run(listen(sys.argv[1], int(sys.argv[2])))
