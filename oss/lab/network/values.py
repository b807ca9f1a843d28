"""Values as an agent's objects hold them: octets made once, or made anew each time somebody asks."""

from __future__ import annotations

from collections.abc import Callable

from snmp import ber

Value = bytes | Callable[[], bytes]
"""Tag, length and contents."""

Objects = list[tuple[str, Value]]
"""OIDs in dotted text, in any order."""


def text(value: str | bytes) -> bytes:
    """An OCTET STRING."""
    return ber.element(ber.OCTETS, value.encode() if isinstance(value, str) else value)


def number(value: float) -> bytes:
    """An INTEGER."""
    return ber.number(int(value))


def oid(value: str) -> bytes:
    """An OBJECT IDENTIFIER."""
    return ber.oid(value)


def gauge(value: float) -> bytes:
    """A Gauge32."""
    return ber.number(int(value), ber.GAUGE32)


def ticks(value: float) -> bytes:
    """TimeTicks, modulo 2 ** 32 (RFC 2578 section 7.1.8)."""
    return ber.number(int(value) % 2**32, ber.TIME_TICKS)


def counter(value: float) -> bytes:
    """A Counter32: whatever was counted, modulo 2 ** 32."""
    return ber.number(int(value) % 2**32, ber.COUNTER32)


def counter64(value: float) -> bytes:
    """A Counter64."""
    return ber.number(int(value) % 2**64, ber.COUNTER64)
