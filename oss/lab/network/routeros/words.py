"""RouterOS API: words with their lengths in front, sentences ended by an empty word. Octets in, octets out.

Text is kept as RouterOS keeps it: octets, here one character each (latin-1), whatever they mean to whom.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Final

LONGEST: Final = 1 << 20


class Malformed(Exception):
    """What came is no sentence."""


def length(count: int) -> bytes:
    """A word's length, 1 to 5 octets: as many as it needs."""
    for octets, most, mark in ((1, 0x80, 0), (2, 0x4000, 0x8000), (3, 0x200000, 0xC00000), (4, 0x10000000, 0xE0000000)):
        if count < most:
            return (count | mark).to_bytes(octets)
    return b"\xf0" + count.to_bytes(4)


def further(first: int) -> tuple[int, int]:
    """How many more octets a length has that begins so, and what its first one adds. Raises Malformed."""
    for more, mark, mask in ((0, 0x00, 0x80), (1, 0x80, 0xC0), (2, 0xC0, 0xE0), (3, 0xE0, 0xF0)):
        if first & mask == mark:
            return more, first & ~mask & 0xFF
    if first == 0xF0:
        return 4, 0
    raise Malformed(f"control octet {first:#x}")


def sentence(words: Iterable[str]) -> bytes:
    """As it goes over the wire."""
    octets = (word.encode("latin-1") for word in words)
    return b"".join(length(len(one)) + one for one in octets) + b"\0"


def reply(kind: str, fields: Mapping[str, str], tag: str | None) -> bytes:
    """``!re``, ``!done``, ``!trap`` with its attributes and the tag of the command that it answers."""
    tagged = [] if tag is None else [f".tag={tag}"]
    return sentence([kind, *tagged, *(f"={key}={value}" for key, value in fields.items())])


async def read_sentence(reader: asyncio.StreamReader) -> list[str]:
    """The next one; empty ones are skipped. Raises Malformed, IncompleteReadError, ConnectionError."""
    words: list[str] = []
    while True:
        word = await _word(reader)
        if word:
            words.append(word)
        elif words:
            return words


async def _word(reader: asyncio.StreamReader) -> str:
    more, count = further((await reader.readexactly(1))[0])
    for octet in await reader.readexactly(more):
        count = count << 8 | octet
    if count > LONGEST:
        raise Malformed(f"a word of {count} octets")
    return (await reader.readexactly(count)).decode("latin-1")
