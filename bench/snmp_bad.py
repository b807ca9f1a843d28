"""Devices that are dead or slow: sockets that say nothing, and relays that hold each answer of a real agent back."""

from __future__ import annotations

import heapq
import itertools
import selectors
import socket
import threading
import time
from collections.abc import Sequence
from typing import Any, Self

from snmp.credentials import Target

READ = 65_535


class Bad:
    """``dead`` of them never answer, ``slow`` answer ``slow_s`` late; a thread of ours serves the slow ones."""

    def __init__(self, *, dead: int, slow: int, slow_s: float, agents: Sequence[Target]) -> None:
        self._dead = [_bound() for _ in range(dead)]
        self._slow = [_bound() for _ in range(slow)]
        self._behind = [_towards(agents[n % len(agents)]) for n in range(slow)]
        self._wait_s, self._stopped = slow_s, threading.Event()
        self._thread = threading.Thread(target=self._relay, daemon=True)

    @property
    def targets(self) -> list[Target]:
        """All of them."""
        return [Target(*one.getsockname()) for one in (*self._dead, *self._slow)]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *problem: object) -> None:
        self._stopped.set()
        self._thread.join()
        for one in (*self._dead, *self._slow, *self._behind):
            one.close()

    def _relay(self) -> None:
        watched, held, order = selectors.DefaultSelector(), list[tuple[float, int, Any]](), itertools.count()
        asked: dict[int, Any] = {}
        for number, (front, back) in enumerate(zip(self._slow, self._behind, strict=True)):
            watched.register(front, selectors.EVENT_READ, (number, True))
            watched.register(back, selectors.EVENT_READ, (number, False))
        while not self._stopped.is_set():
            for key, _ in watched.select(0.05):
                number, from_client = key.data
                data, sender = key.fileobj.recvfrom(READ)  # type: ignore[union-attr]
                if from_client:
                    asked[number] = sender
                    self._behind[number].send(data)
                else:
                    heapq.heappush(held, (time.monotonic() + self._wait_s, next(order), (number, data)))
            while held and held[0][0] <= time.monotonic():
                number, data = heapq.heappop(held)[2]
                self._slow[number].sendto(data, asked[number])


def _bound() -> socket.socket:
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.bind(("127.0.0.1", 0))
    return one


def _towards(agent: Target) -> socket.socket:
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.connect((agent.address, agent.port))
    return one
