"""Copies of accounting on their way to home servers: in order for each realm, tried again from memory, bounded.

Best effort, and said so: our own record is in the journal before. A copy that finds no home server for a quarter of an
hour, or no room, is lost and counted; so are those that wait when the node stops.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from oss.access.realm_table import Realm
from radius import attributes as a
from radius.errors import RadiusError, Unencodable
from radius.packet import Packet
from radius.peers import Peer
from radius.proxy import forwarded

AT_ONCE: Final = 32
MOST_WAITING: Final = 20_000
GIVEN_UP_S: Final = 900.0
BACKOFF_S: Final = (1.0, 2.0, 5.0, 10.0, 30.0)


@dataclass(slots=True, eq=False)
class Copy:
    """One record; ``heard``: monotonic."""

    packet: Packet
    peer: Peer
    realm: Realm
    state: bytes
    heard: float

    def attributes(self, now: float) -> bytes:
        """For the home server, with how late it is (Acct-Delay-Time: RFC 2866 section 5.2); raises Unencodable."""
        realm = self.realm
        name = realm.bare(self.packet.get(a.USER_NAME) or b"") if realm.strip else None
        secret = self.peer.secret
        body = forwarded(self.packet, secret, secret, self.packet.authenticator, self.state, name=name)
        late = (self.packet.integer(a.ACCT_DELAY_TIME) or 0) + int(now - self.heard)
        return _without(body, a.ACCT_DELAY_TIME) + a.attr(a.ACCT_DELAY_TIME, late)


def _without(attributes: bytes, unwanted: int) -> bytes:
    kept, at = b"", 0
    while at < len(attributes):
        past = at + attributes[at + 1]
        kept += attributes[at:past] if attributes[at] != unwanted else b""
        at = past
    return kept


class Copies:
    """A queue for each realm, and a task that empties it while there is something in it."""

    def __init__(self) -> None:
        self.counts = dict.fromkeys(("copies_sent", "copies_lost"), 0)
        self.waiting = 0
        self._queues: dict[int, deque[Copy]] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}

    def add(self, copy: Copy) -> None:
        """Send it when its turn has come."""
        if self.waiting >= MOST_WAITING:
            self.counts["copies_lost"] += 1
            return
        self.waiting += 1
        key = copy.realm.id
        self._queues.setdefault(key, deque()).append(copy)
        if key not in self._tasks:
            self._tasks[key] = asyncio.get_running_loop().create_task(self._empty(key))

    async def close(self) -> None:
        """What still waits is lost: the home server asks nobody for it."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _empty(self, key: int) -> None:
        queue, failures = self._queues[key], 0
        try:
            while queue:
                batch = [queue.popleft() for _ in range(min(AT_ONCE, len(queue)))]
                done = await asyncio.gather(*(self._send(copy) for copy in batch))
                again = list(itertools.compress(batch, (not one for one in done)))
                self.waiting -= len(batch) - len(again)
                queue.extendleft(reversed(again))
                failures = failures + 1 if again else 0
                if again:
                    await asyncio.sleep(BACKOFF_S[min(failures, len(BACKOFF_S)) - 1])
        finally:
            del self._tasks[key]

    async def _send(self, copy: Copy) -> bool:
        """Whether no more is to be done about it: a home server has it, or it is given up."""
        now = time.monotonic()
        try:
            body = copy.attributes(now)
        except Unencodable:
            return self._lost()
        for home in sorted(copy.realm.homes, key=lambda one: not one.worth_asking):
            with suppress(RadiusError):
                await home.ask(a.ACCOUNTING_REQUEST, body)
                self.counts["copies_sent"] += 1
                return True
        return self._lost() if now - copy.heard > GIVEN_UP_S else False

    def _lost(self) -> bool:
        self.counts["copies_lost"] += 1
        return True
