"""What both libraries are to us: one request at a time towards one device, with a time limit and no retries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

Value = int | float | str | bytes | None
"""As it came: numbers of all kinds -> int; OCTET STRING -> bytes; OID, IpAddress -> str; Opaque -> float."""

Pairs = list[tuple[str, Value]]
"""OIDs without a leading dot, with their values."""


class Kind(StrEnum):
    """Types of a value to SET (RFC 2578)."""

    INTEGER = "integer"
    UNSIGNED = "unsigned"
    OCTETS = "octets"
    OID = "oid"
    ADDRESS = "address"
    TICKS = "ticks"


@dataclass(frozen=True)
class Assignment:
    """One value to SET."""

    oid: str
    kind: Kind
    value: int | str | bytes


@dataclass(slots=True)
class Cursor:
    """A walk below ``oid``, ``size`` rows an answer; ``last`` is the OID it has come to, ``state`` its wire's own."""

    oid: str
    size: int
    last: str
    state: Any = None


class Wire(Protocol):
    """Times are counted on `snmp.free_clock`. Everything raises `snmp.errors`."""

    async def get(self, oids: Sequence[str], timeout_s: float) -> dict[str, Value]:
        """Values by OID; what the agent has not is missing."""

    def cursor(self, oid: str, size: int) -> Cursor:
        """The beginning of a walk below ``oid``, ``size`` rows an answer."""

    async def page(self, cursor: Cursor, timeout_s: float) -> tuple[Pairs, bool]:
        """The next rows, and whether these were the last. Asked again after an error, it asks for the same rows."""

    def close(self) -> None:
        """Give the socket back."""
