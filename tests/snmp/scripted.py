"""An agent that does what a test tells it: v1 and v2c, in a thread, so that it answers while our loop does not.

Its BER is its own on purpose: what is tested must not check itself.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Self

from snmp.credentials import Target

GET, GET_NEXT, RESPONSE, GET_BULK = 0xA0, 0xA1, 0xA2, 0xA5
NO_SUCH_INSTANCE, END_OF_VIEW, NULL = b"\x81\x00", b"\x82\x00", b"\x05\x00"


@dataclass(frozen=True)
class Asked:
    """A request: its PDU's tag, id, the two numbers after the id (non-repeaters, max-repetitions), and OIDs."""

    kind: int
    version: int
    community: bytes
    number: bytes
    first: int
    second: int
    oids: tuple[str, ...]

    def answer(self, *rows: tuple[str, bytes], status: int = 0, number: bytes | None = None) -> bytes:
        """A response; rows are OIDs with encoded values."""
        pairs = b"".join(tlv(0x30, oid(name) + value) for name, value in rows)
        body = (number or self.number) + integer(status) + integer(1 if status else 0) + tlv(0x30, pairs)
        return tlv(0x30, integer(self.version) + tlv(4, self.community) + tlv(RESPONSE, body))


Script = Callable[[Asked], Iterable[bytes]]


class Scripted:
    """Answers each request by what its script yields; a script that yields nothing is a silent device."""

    def __init__(self, script: Script) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.target = Target("127.0.0.1", self._socket.getsockname()[1])
        self.asked: list[Asked] = []
        self._script = script
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *problem: object) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", (self.target.address, self.target.port))
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while data := self._socket.recvfrom(65535):
            if not data[0]:
                return
            asked = parse(data[0])
            self.asked.append(asked)
            for answer in self._script(asked):
                self._socket.sendto(answer, data[1])


def table(rows: dict[str, bytes]) -> Script:
    """An agent with these values, in this order, and nothing else."""
    names = list(rows)

    def after(name: str) -> int:
        position = _sortable(name)
        return next((at for at, one in enumerate(names) if _sortable(one) > position), len(names))

    def script(asked: Asked) -> Iterable[bytes]:
        if asked.kind == GET:
            yield asked.answer(*((name, rows.get(name, NO_SUCH_INSTANCE)) for name in asked.oids))
            return
        begin = after(asked.oids[0])
        size = asked.second if asked.kind == GET_BULK else 1
        found = [(name, rows[name]) for name in names[begin : begin + size]]
        yield asked.answer(*(found or [(asked.oids[0], END_OF_VIEW)]))

    return script


def _sortable(name: str) -> tuple[int, ...]:
    return tuple(int(part) for part in name.split("."))


def tlv(tag: int, body: bytes) -> bytes:
    """BER: tag, length, value."""
    size = len(body)
    length = bytes([size]) if size < 128 else b"\x82" + size.to_bytes(2, "big")
    return bytes([tag]) + length + body


def integer(value: int, tag: int = 2) -> bytes:
    """A signed number; counters and ticks by their tags."""
    return tlv(tag, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def octets(value: bytes) -> bytes:
    """An OCTET STRING."""
    return tlv(4, value)


def oid(name: str) -> bytes:
    """An OBJECT IDENTIFIER."""
    first, second, *rest = (int(part) for part in name.split("."))
    body = bytearray([first * 40 + second])
    for part in rest:
        pieces = [part & 127]
        while part := part >> 7:
            pieces.append(part & 127 | 128)
        body += bytes(reversed(pieces))
    return tlv(6, bytes(body))


def _read(data: bytes, at: int) -> tuple[int, bytes, int]:
    size, start = data[at + 1], at + 2
    if size & 128:
        start += size & 127
        size = int.from_bytes(data[at + 2 : start], "big")
    return data[at], data[start : start + size], start + size


def parse(data: bytes) -> Asked:
    """A request of v1 or v2c."""
    message = _read(data, 0)[1]
    _, version, at = _read(message, 0)
    _, community, at = _read(message, at)
    kind, body, _ = _read(message, at)
    _, number, at = _read(body, 0)
    _, first, at = _read(body, at)
    _, second, at = _read(body, at)
    names, pairs, at = [], _read(body, at)[1], 0
    while at < len(pairs):
        _, pair, at = _read(pairs, at)
        names.append(_name(_read(pair, 0)[1]))
    numbers = (int.from_bytes(one, "big") for one in (first, second))
    return Asked(kind, version[0], community, tlv(2, number), *numbers, tuple(names))


def _name(body: bytes) -> str:
    parts, value = [body[0] // 40, body[0] % 40], 0
    for one in body[1:]:
        value = value << 7 | one & 127
        if one < 128:
            parts.append(value)
            value = 0
    return ".".join(map(str, parts))
