"""BER as SNMP uses it: definite lengths, a handful of types, integers of at most 64 bits (RFC 3417 section 8, X.690).

Reading never recurses: SNMP's nesting is fixed, so that what calls this decides the depth. Everything that does not fit
is `Malformed`, whatever octets a stranger sends.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final, NamedTuple

INTEGER: Final = 0x02
OCTETS: Final = 0x04
NULL: Final = 0x05
OID: Final = 0x06
SEQUENCE: Final = 0x30
IP_ADDRESS: Final = 0x40
COUNTER32: Final = 0x41
GAUGE32: Final = 0x42
TIME_TICKS: Final = 0x43
OPAQUE: Final = 0x44
COUNTER64: Final = 0x46

MOST_SUBIDS: Final = 128
"""Sub-identifiers of an OID (RFC 2578 section 3.5)."""

MOST_VARBINDS: Final = 128
"""Variable bindings read of one message; a trap has some 3 to 30."""


class Malformed(Exception):
    """Octets that are not what SNMP says they should be."""


class Varbind(NamedTuple):
    """One variable binding. `oid`: dotted text. `value`: int for the numbers, bytes for OCTET STRING and Opaque, dotted
    text for OID and IpAddress, None for NULL; `tag` tells them apart."""

    oid: str
    tag: int
    value: int | bytes | str | None


# Reading


def enter(octets: bytes, at: int, end: int, tag: int) -> tuple[int, int]:
    """Where the contents of the element at `at` begin and end; it has this tag and ends before `end`."""
    if at + 2 > end or octets[at] != tag:
        raise Malformed(f"no element {tag:#04x} at octet {at}")
    length = octets[at + 1]
    at += 2
    if length >= 0x80:
        at, length = _long_length(octets, at, end, length - 0x80)
    stop = at + length
    if stop > end:
        raise Malformed(f"{length} octets announced at octet {at}, {end - at} are there")
    return at, stop


def _long_length(octets: bytes, at: int, end: int, size: int) -> tuple[int, int]:
    """A length of 1 to 4 octets; padded ones are common (82 00 05) and allowed (X.690 section 8.1.3.5)."""
    if not 1 <= size <= 4 or at + size > end:
        raise Malformed(f"length of {size} octets at octet {at}")
    return at + size, int.from_bytes(octets[at : at + size], "big")


def integer(octets: bytes, start: int, stop: int) -> int:
    """The contents of an INTEGER: Integer32."""
    if not 1 <= stop - start <= 4:
        raise Malformed(f"integer of {stop - start} octets")
    return int.from_bytes(octets[start:stop], "big", signed=True)


def unsigned(octets: bytes, start: int, stop: int, most: int = 4) -> int:
    """The contents of a Counter, Gauge or TimeTicks of `most` octets.

    One that begins with a set bit is read as the positive number it was meant to be: agents forget the zero before it.
    """
    size = stop - start
    if not 1 <= size <= most + 1 or (size > most and octets[start]):
        raise Malformed(f"unsigned number of {size} octets")
    return int.from_bytes(octets[start:stop], "big")


@lru_cache(maxsize=8192)
def oid_text(contents: bytes) -> str:
    """The contents of an OBJECT IDENTIFIER as dotted text; remembered, since a network speaks of the same things."""
    if not contents or contents[-1] & 0x80 or len(contents) > 5 * MOST_SUBIDS:
        raise Malformed(f"object identifier of {len(contents)} octets")
    subids, value, fresh = [], 0, True
    for octet in contents:
        if fresh and octet == 0x80:
            raise Malformed("padded sub-identifier")
        value = value << 7 | octet & 0x7F
        fresh = octet < 0x80
        if fresh:
            subids.append(value)
            value = 0
        elif value > 0x1FFFFFF:
            raise Malformed("sub-identifier above 32 bits")
    first = min(subids[0] // 40, 2)
    subids[:1] = [first, subids[0] - 40 * first]
    if len(subids) > MOST_SUBIDS:
        raise Malformed(f"{len(subids)} sub-identifiers")
    return ".".join(map(str, subids))


def _octets(octets: bytes, start: int, stop: int) -> bytes:
    return octets[start:stop]


def _oid(octets: bytes, start: int, stop: int) -> str:
    return oid_text(octets[start:stop])


def _null(octets: bytes, start: int, stop: int) -> None:
    del octets
    if start != stop:
        raise Malformed("a NULL that is not empty")


def _address(octets: bytes, start: int, stop: int) -> str:
    if stop - start != 4:
        raise Malformed(f"IpAddress of {stop - start} octets")
    return ".".join(map(str, octets[start:stop]))


def _counter64(octets: bytes, start: int, stop: int) -> int:
    return unsigned(octets, start, stop, 8)


_READERS: Final[dict[int, Callable[[bytes, int, int], int | bytes | str | None]]] = {
    INTEGER: integer,
    OCTETS: _octets,
    NULL: _null,
    OID: _oid,
    IP_ADDRESS: _address,
    COUNTER32: unsigned,
    GAUGE32: unsigned,
    TIME_TICKS: unsigned,
    OPAQUE: _octets,
    COUNTER64: _counter64,
}


def varbind(octets: bytes, at: int, end: int) -> tuple[Varbind, int]:
    """The variable binding at `at`, and where the next one begins."""
    at, stop = enter(octets, at, end, SEQUENCE)
    start, name_end = enter(octets, at, stop, OID)
    if name_end + 2 > stop:
        raise Malformed("a name without a value")
    tag, value_at, value_end = octets[name_end], name_end + 2, name_end + 2 + octets[name_end + 1]
    reader = _READERS.get(tag)
    if reader is None:
        raise Malformed(f"value of type {tag:#04x}")
    if octets[name_end + 1] >= 0x80:  # the others, nearly all, need no call
        value_at, value_end = enter(octets, name_end, stop, tag)
    if value_end != stop:
        raise Malformed("a value that does not end where its binding does")
    return Varbind(oid_text(octets[start:name_end]), tag, reader(octets, value_at, value_end)), stop


def varbinds(octets: bytes, at: int, end: int) -> tuple[Varbind, ...]:
    """All variable bindings from `at` to `end`."""
    found: list[Varbind] = []
    while at < end:
        if len(found) == MOST_VARBINDS:
            raise Malformed(f"more than {MOST_VARBINDS} variable bindings")
        one, at = varbind(octets, at, end)
        found.append(one)
    return tuple(found)


# Writing


def element(tag: int, contents: bytes) -> bytes:
    """Tag, length in its shortest form, contents."""
    size = len(contents)
    if size < 0x80:
        return bytes((tag, size)) + contents
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + contents


def number(value: int, tag: int = INTEGER) -> bytes:
    """INTEGER or one of the unsigned types, in as few octets as it needs, its sign included."""
    bits = (value + (value < 0)).bit_length()
    return element(tag, value.to_bytes(bits // 8 + 1, "big", signed=True))


@lru_cache(maxsize=1024)
def oid(text: str) -> bytes:
    """An OBJECT IDENTIFIER from dotted text, a dot in front or not; ValueError for what is none."""
    subids = [int(part) for part in text.lstrip(".").split(".")]
    if not 2 <= len(subids) <= MOST_SUBIDS or subids[0] > 2 or not all(0 <= one < 1 << 32 for one in subids):
        raise ValueError(f"{text!r} is no object identifier")
    return element(OID, b"".join(map(_subid, [40 * subids[0] + subids[1], *subids[2:]])))


def _subid(value: int) -> bytes:
    parts = [value & 0x7F]
    while value := value >> 7:
        parts.append(0x80 | value & 0x7F)
    return bytes(reversed(parts))


def written(one: Varbind) -> bytes:
    """A variable binding; ValueError for a value that is not of its type."""
    match one.tag, one.value:
        case (0x02 | 0x41 | 0x42 | 0x43 | 0x46) as tag, int() as value:
            coded = number(value, tag)
        case (0x04 | 0x44) as tag, bytes() as value:
            coded = element(tag, value)
        case 0x06, str() as value:
            coded = oid(value)
        case 0x40, str() as value:
            coded = element(IP_ADDRESS, bytes(map(int, value.split("."))))
        case 0x05, None:
            coded = element(NULL, b"")
        case _:
            raise ValueError(f"{one.value!r} is no value of type {one.tag:#04x}")
    return element(SEQUENCE, oid(one.oid) + coded)
