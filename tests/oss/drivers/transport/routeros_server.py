"""A RouterOS that speaks the real API wire (length-prefixed words), with both logins, TLS and faults on command."""

from __future__ import annotations

import asyncio
import hashlib
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.oss.drivers.transport.equipment import PASSWORD, USER

CHALLENGE = bytes(range(16))
Sentence = list[bytes]


def octets(words: Sentence) -> bytes:
    """A sentence as it goes over the wire."""
    return b"".join(_length(len(word)) + word for word in words) + b"\0"


def _length(n: int) -> bytes:
    if n < 0x80:
        return n.to_bytes(1)
    return (n | 0x8000).to_bytes(2) if n < 0x4000 else (n | 0xC00000).to_bytes(3)


async def sentence(reader: asyncio.StreamReader) -> Sentence:
    """One from the client; empty at the end."""
    words = []
    while True:
        first = (await reader.readexactly(1))[0]
        more = 0 if first < 0x80 else 1 if first < 0xC0 else 2
        length = int.from_bytes(bytes([first & (0xFF >> (more and more + 1))]) + await reader.readexactly(more))
        if not length:
            return words
        words.append(await reader.readexactly(length))


@dataclass
class Router:
    """``tables``: path -> rows of octets; ``faults``: command -> hang, half, close, fatal, trap, reboot.

    ``old``: before 6.43 it asks a challenge.
    """

    old: bool = False
    user: bytes = USER.encode()
    password: bytes = PASSWORD.encode()
    tables: dict[bytes, list[dict[bytes, bytes]]] = field(default_factory=dict)
    faults: dict[bytes, str] = field(default_factory=dict)
    heard: list[Sentence] = field(default_factory=list)
    logins: int = 0
    sessions: set[asyncio.StreamWriter] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self.sessions.add(writer)
        inside = False
        try:
            while True:
                words = await sentence(reader)
                self.heard.append(words)
                if words[0] == b"/login":
                    inside = self._login(words, writer) or inside
                elif not inside:
                    writer.write(octets([b"!fatal", b"not logged in"]))
                    break
                elif not await self._answered(words, writer):
                    break
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            pass
        finally:
            self.sessions.discard(writer)
            writer.close()

    def _login(self, words: Sentence, writer: asyncio.StreamWriter) -> bool:
        said = dict(word[1:].split(b"=", 1) for word in words[1:])
        response = b"00" + hashlib.md5(b"\0" + self.password + CHALLENGE).hexdigest().encode()
        if self.old and b"response" not in said:
            writer.write(octets([b"!done", b"=ret=" + CHALLENGE.hex().encode()]))
            return False
        right = said.get(b"response") == response if self.old else said.get(b"password") == self.password
        if not right or said.get(b"name") != self.user:
            writer.write(octets([b"!trap", b"=message=invalid user name or password (6)"]) + octets([b"!done"]))
            return False
        self.logins += 1
        writer.write(octets([b"!done"]))
        return True

    async def _answered(self, words: Sentence, writer: asyncio.StreamWriter) -> bool:
        command = words[0]
        fault = self.faults.get(command)
        if fault == "hang":
            return True
        if fault == "close":
            return False
        if fault == "fatal":
            writer.write(octets([b"!fatal", b"session terminated on request"]))
            return False
        if fault == "trap":
            trap = [b"!trap", b"=category=2", b"=message=interrupted", b"=why=a word nobody knows", b".tag=9"]
            writer.write(octets(trap) + octets([b"!done"]))
            return True
        if command == b"/system/identity/print":
            writer.write(octets([b"!re", b"=name=R-1"]) + octets([b"!done"]))
            return True
        if command.endswith(b"/remove"):
            writer.write(octets([b"!done"]))
            return True
        return await self._table(command.removesuffix(b"/print"), fault, writer)

    async def _table(self, path: bytes, fault: str | None, writer: asyncio.StreamWriter) -> bool:
        rows = self.tables.get(path)
        if rows is None:
            writer.write(octets([b"!trap", b"=category=0", b"=message=no such command prefix"]) + octets([b"!done"]))
            return True
        if not rows:
            writer.write(octets([b"!empty"]) + octets([b"!done"]))
            return True
        out = [octets([b"!re", *(b"=" + name + b"=" + value for name, value in row.items())]) for row in rows]
        if fault in ("half", "stall"):
            writer.write(b"".join(out[: len(out) // 2]) + out[0][:7])
            await writer.drain()
            return fault == "stall"
        writer.write(b"".join(out) + octets([b"!done"]))
        await writer.drain()
        return True

    def reboot(self) -> None:
        """Everybody is thrown out without a word."""
        for one in list(self.sessions):
            one.transport.abort()


@asynccontextmanager
async def serving(router: Router, tls: ssl.SSLContext | None = None, port: int = 0) -> AsyncIterator[int]:
    """Yields its port."""
    server = await asyncio.start_server(router.serve, "127.0.0.1", port, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        router.reboot()
        await asyncio.sleep(0)
        await server.wait_closed()


def actives(count: int) -> list[dict[bytes, bytes]]:
    """Rows of /ppp/active as a router has them: names with accents in its own octets, ids, eleven fields."""
    return [
        {
            b".id": b"*%X" % n,
            b"name": f"josé.conceição{n}".encode("latin-1") if n % 7 else (b"123456", b"true", b"0123")[n % 3],
            b"service": b"pppoe",
            b"caller-id": b"00:11:22:33:%02X:%02X" % (n >> 8, n & 255),
            b"address": b"100.64.%d.%d" % (n >> 8, n & 255),
            b"uptime": b"3d4h5m6s",
            b"encoding": b"",
            b"session-id": b"0x81200%03X" % (n & 4095),
            b"limit-bytes-in": b"0",
            b"limit-bytes-out": b"0",
            b"radius": b"true",
        }
        for n in range(count)
    ]


def anonymous() -> ssl.SSLContext:
    """A RouterOS without a certificate: anonymous Diffie-Hellman only."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("aNULL:@SECLEVEL=0")
    return context


Certified = Callable[[str], ssl.SSLContext]
__all__ = ["Any", "Router", "actives", "anonymous", "octets", "sentence", "serving"]
