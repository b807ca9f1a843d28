"""Who answers a ping that a device sends, and how fast. Nothing is sent: it follows from the lab's network."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from ipaddress import ip_address
from typing import Protocol

from oss.lab.network.callers import Callers


class Pinger(Protocol):
    """A router. ``answers``: who answers; None: who is connected to it, and everybody outside."""

    callers: Callers
    answers: Callable[[str], bool] | None


def reached(router: Pinger, address: str) -> bool:
    """Whether it answers."""
    if router.answers is not None:
        return router.answers(address)
    if any(one.address == address for one in router.callers.all()):
        return True
    return not ip_address(address).is_private and not address.startswith("100.")


def took_ms(address: str, number: int) -> float:
    """The same way takes about as long each time."""
    return 1.5 + zlib.crc32(address.encode()) % 180 / 10 + number * 7 % 5 / 10


def way(router: Pinger, address: str, gateway: str) -> list[str | None]:
    """Routers on the way, None where one says nothing; the last three say nothing where the end is away."""
    return [gateway, None, address] if reached(router, address) else [gateway, None, None, None]
