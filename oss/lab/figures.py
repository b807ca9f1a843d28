"""The lab's numbers: per NAS and in total, as the control port shows them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from oss.lab.latency import Latency
from oss.lab.nas import Nas


def figures(nas: Sequence[Nas]) -> dict[str, Any]:
    """Sums over these NAS. Latencies run from the moment a packet was due to its verified answer (see Latency)."""
    return {
        "online": sum(len(each.table) for each in nas),
        "lines": dict(sum((Counter(line.state for line in each.lines.values()) for each in nas), Counter())),
        "auth": _auth(nas),
        "acct": _acct(nas),
        "coa": dict(sum((each.orders.results for each in nas), Counter())),
        "bad_replies": sum(each.bad_replies for each in nas),
        "reboots": sum(each.reboots for each in nas),
    }


def reset(nas: Sequence[Nas]) -> None:
    """Begins the latencies anew; counters go on."""
    for each in nas:
        each.dialer.latency, each.accounting.latency = Latency(), Latency()


def _auth(nas: Sequence[Nas]) -> dict[str, Any]:
    names = ("sent", "resent", "accepted", "rejected", "distrusted", "lost")
    sums = {name: sum(getattr(each.dialer, name) for each in nas) for name in names}
    return sums | {"latency": _merged([each.dialer.latency for each in nas])}


def _acct(nas: Sequence[Nas]) -> dict[str, Any]:
    names = ("sent", "resent", "acked", "pending", "dropped", "forgotten")
    sums = {name: sum(getattr(each.accounting, name) for each in nas) for name in names}
    return sums | {"latency": _merged([each.accounting.latency for each in nas])}


def _merged(latencies: Sequence[Latency]) -> dict[str, float | int | None]:
    total = Latency()
    for latency in latencies:
        total.add(latency)
    return total.summary()
