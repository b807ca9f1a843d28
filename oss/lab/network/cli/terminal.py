"""What a person at the other end types, key by key or line by line, with the echo that a device gives."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

RUBBED_OUT = "\b \b"
MOST = 65_536


class Gone(Exception):
    """Nobody is at the other end any more."""


class Terminal:
    """``send`` puts text on the wire, ``hang_up`` ends the connection, ``drain`` waits until the wire takes more."""

    def __init__(self, send: Callable[[str], None], hang_up: Callable[[], None]) -> None:
        self._send, self.hang_up = send, hang_up
        self._keys: deque[str] = deque()
        self._came = asyncio.Event()
        self._after_return = False
        self.over = False

    def feed(self, text: str) -> None:
        """Keys came over the wire."""
        self._keys.extend(text)
        if len(self._keys) > MOST:
            self.end()
        self._came.set()

    def end(self) -> None:
        """The wire is cut."""
        self.over = True
        self._came.set()

    def write(self, text: str) -> None:
        """Show text; line ends become those of a terminal. Raises Gone."""
        if self.over:
            raise Gone
        self._send(text.replace("\r\n", "\n").replace("\n", "\r\n"))

    async def key(self) -> str:
        """The next key; a line's end is ``\\n`` however it was sent (CR, CR LF, CR NUL, LF). Raises Gone."""
        while True:
            while not self._keys:
                if self.over:
                    raise Gone
                self._came.clear()
                await self._came.wait()
            key = self._keys.popleft()
            skipped = self._after_return and key in "\n\0"
            self._after_return = key == "\r"
            if not skipped:
                return "\n" if key == "\r" else key

    async def line(self, echo: str | None = "all") -> str:
        """A line, echoed, or a star for each key ("*"), or without echo (None). Raises Gone."""
        typed: list[str] = []
        while (key := await self.key()) != "\n":
            if key in "\b\x7f":
                if typed:
                    typed.pop()
                    self._show(echo and RUBBED_OUT)
            elif key in "\x03\x15":
                self._show(echo and RUBBED_OUT * len(typed))
                typed.clear()
            elif key >= " ":
                typed.append(key)
                self._show(key if echo == "all" else echo)
        self.write("\n")
        return "".join(typed)

    def _show(self, text: str | None) -> None:
        if text:
            self.write(text)
