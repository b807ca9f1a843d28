"""A TCP port that tells whether a device is there: on loopback the kernel answers every ping, so none would be away.

Who is there takes each connection and closes it. Who is away answers nothing at all: its queue of connections is full,
and then Linux drops further requests to connect instead of refusing them, as the way to a dead device does.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket

WAITING = 128
FILLERS = 4


class EchoDoor:
    """Open from the beginning."""

    def __init__(self, address: str, port: int) -> None:
        self._address = (address, port)
        self._listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.setblocking(False)
        self._fillers: list[socket.socket] = []
        self._there = False
        try:
            self._listener.bind(self._address)
        except OSError:
            self._listener.close()
            raise
        self.there()

    def there(self) -> None:
        """Take connections."""
        if self._there:
            return
        self._there = True
        self._listener.listen(WAITING)
        self._let_go()
        asyncio.get_running_loop().add_reader(self._listener, self._take)
        self._take()

    def away(self) -> None:
        """Let nobody through, without a word."""
        if not self._there:
            return
        self._there = False
        asyncio.get_running_loop().remove_reader(self._listener)
        self._take()
        self._listener.listen(0)
        for _ in range(FILLERS):
            one = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            one.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                one.connect(self._address)
            self._fillers.append(one)

    def close(self) -> None:
        """Give the port back."""
        if self._there:
            asyncio.get_running_loop().remove_reader(self._listener)
        self._let_go()
        self._listener.close()

    def _take(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                self._listener.accept()[0].close()

    def _let_go(self) -> None:
        for one in self._fillers:
            one.close()
        self._fillers.clear()
