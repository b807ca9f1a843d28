"""A person at a terminal: types commands over SSH or telnet, and reads until the prompt."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Protocol

import asyncssh

USER, PASSWORD = "milha", "lab-comando"
PROMPT = re.compile(r"(?:^|\n)(?:<[^<>\n]+>|\[[^\[\]\n]+\]|[\w.-]+(?:\([^()\n]*\))?[#>]) ?\Z")
PATIENCE_S = 5.0


class Wire(Protocol):
    """What a terminal is connected to."""

    def write(self, text: str) -> None: ...

    async def read(self) -> str:
        """Empty: it ended."""


class Hands:
    """``seen``: all that came so far, as the device sent it."""

    def __init__(self, wire: Wire) -> None:
        self._wire, self.seen = wire, ""

    async def until(self, *patterns: str, timeout_s: float = PATIENCE_S) -> str:
        """What came up to where one of these matches its end. Raises TimeoutError, EOFError."""
        came = ""
        wanted = [re.compile(one) for one in patterns] or [PROMPT]
        async with asyncio.timeout(timeout_s):
            while not any(one.search(came.replace("\r\n", "\n")) for one in wanted):
                piece = await self._wire.read()
                if not piece:
                    raise EOFError(came)
                came += piece
                self.seen += piece
        return came.replace("\r\n", "\n")

    def type(self, text: str) -> None:
        """Keys, as they are."""
        self._wire.write(text)

    async def say(self, command: str, answers: Mapping[str, str] | None = None, timeout_s: float = PATIENCE_S) -> str:
        """A command, and its answer without echo and prompt; questions are answered where they come."""
        questions = {} if answers is None else dict(answers)
        self.type(command + "\r")
        whole = ""
        while True:
            whole += await self.until(PROMPT.pattern, *questions, timeout_s=timeout_s)
            asked = next((one for one in questions if re.search(one, whole[-200:])), None)
            if asked is None:
                break
            self.type(questions[asked])
            whole += "\n"
        lines = whole.split("\n")
        return "\n".join(lines[1:-1]).strip("\n")


class _Ssh:
    def __init__(self, process: Any) -> None:
        self._process = process

    def write(self, text: str) -> None:
        self._process.stdin.write(text)

    async def read(self) -> str:
        try:
            return str(await self._process.stdout.read(65_536))
        except asyncssh.Error:
            return ""


class _Telnet:
    """The barest client: it says no to every option and removes them."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    def write(self, text: str) -> None:
        self._writer.write(text.replace("\r", "\r\0").encode())

    async def read(self) -> str:
        octets = await self._reader.read(65_536)
        text = re.sub(rb"\xff[\xfb-\xfe].", b"", octets)
        return text.decode() if text or not octets else await self.read()


@asynccontextmanager
async def by_ssh(port: int, password: str = PASSWORD, host: str = "127.0.0.1", **options: Any) -> AsyncIterator[Hands]:
    """Logged in, at the first prompt."""
    async with asyncssh.connect(
        host, port, username=USER, password=password, known_hosts=None, client_keys=None, config=None, **options
    ) as connection:
        process = await connection.create_process(term_type="vt100")
        hands = Hands(_Ssh(process))
        await hands.until()
        yield hands


@asynccontextmanager
async def by_telnet(port: int, password: str = PASSWORD, host: str = "127.0.0.1") -> AsyncIterator[Hands]:
    """Logged in, at the first prompt."""
    reader, writer = await asyncio.open_connection(host, port)
    try:
        hands = Hands(_Telnet(reader, writer))
        await hands.until(r"(?i)(name|login):\s*\Z")
        hands.type(USER + "\r")
        await hands.until(r"(?i)password:\s*\Z")
        hands.type(password + "\r")
        await hands.until(PROMPT.pattern, r"(?i)(name|login):\s*\Z")
        yield hands
    finally:
        writer.close()
