"""How often somebody may ask: strangers by address, programs by token. A fixed amount of memory, whoever asks.

Who is signed in to the console pays nothing; what counts is a request that nobody stands for: a public page, a token
or a session that is none. Each key has a bucket of ``BURST_S`` seconds' worth that fills again at the rate set.
"""

from __future__ import annotations

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable

from aiohttp import web

from oss.base.config import Config
from oss.base.problems import Problem

BURST_S = 10  # of the rate at once
KEYS = 20_000  # buckets kept; the one used longest ago goes first


class TooOften(Problem):
    """Too many requests. Wait {seconds} seconds and try again."""

    status = 429


class Buckets:
    """A bucket for each key: ``rate`` a second, ``rate`` × BURST_S at once; rate 0: no limit."""

    def __init__(self, rate: int, keys: int = KEYS, now: Callable[[], float] = time.monotonic) -> None:
        self.rate, self.keys, self.now = rate, keys, now
        self._empty_until: OrderedDict[str, float] = OrderedDict()  # when a bucket is full again

    def __len__(self) -> int:
        return len(self._empty_until)

    def spend(self, key: str) -> None:
        """Take one or raise TooOften; who is refused is not charged."""
        if not self.rate:
            return
        now = self.now()
        full_at = max(self._empty_until.pop(key, now), now) + 1 / self.rate
        if full_at - now > BURST_S:
            self._empty_until[key] = full_at - 1 / self.rate
            raise TooOften(seconds=max(1, round(full_at - now - BURST_S)))
        self._empty_until[key] = full_at
        if len(self._empty_until) > self.keys:
            self._empty_until.popitem(last=False)


class Throttle:
    """The buckets of one application."""

    def __init__(self, config: Config) -> None:
        self.strangers, self.tokens = Buckets(config.public_rate), Buckets(config.api_rate)

    def stranger(self, address: str) -> None:
        """A request nobody stands for; IPv6 counts by /64, which one household or server has to itself."""
        self.strangers.spend(network_of(address))

    def token(self, token_id: int) -> None:
        """A request of a program we know."""
        self.tokens.spend(str(token_id))


THROTTLE = web.AppKey("throttle", Throttle)
MONITORING = ("/healthz", "/readyz", "/metrics")


def network_of(address: str) -> str:
    """Whom an address counts as."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return "?"
    return str(ip) if ip.version == 4 else str(ipaddress.ip_network((int(ip) >> 64 << 64, 64)))


def is_free(path: str, address: str) -> bool:
    """Whether nobody counts: our own files, and monitoring from this machine."""
    return path.startswith("/static/") or (path in MONITORING and _is_loopback(address))


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
