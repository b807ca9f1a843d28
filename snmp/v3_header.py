"""The part of an SNMPv3 message that is in clear: whose it says to be, before anything is proven (RFC 3412, 3414)."""

from __future__ import annotations

from typing import Final, NamedTuple

from snmp.ber import INTEGER, OCTETS, SEQUENCE, Malformed, enter, integer

SIGNED: Final = 0x01
SEALED: Final = 0x02
REPORTABLE: Final = 0x04

USER_BASED: Final = 3
"""msgSecurityModel of RFC 3414."""


class Claim(NamedTuple):
    """What a message claims. `engine_id`: the authoritative one; b"" asks for ours. `level`: securityLevel, 1 to 3."""

    engine_id: bytes
    user: bytes
    level: int
    reportable: bool


def claim(octets: bytes) -> Claim:
    """Read the header; raises Malformed."""
    at, end = enter(octets, 0, len(octets), SEQUENCE)
    if end != len(octets):
        raise Malformed("octets behind the message")
    start, at = enter(octets, at, end, INTEGER)
    if integer(octets, start, at) != 3:
        raise Malformed("not version 3")
    flags, at = _global(octets, at, end)
    start, at = enter(octets, at, end, OCTETS)
    at, end = enter(octets, start, at, SEQUENCE)
    start, at = enter(octets, at, end, OCTETS)
    engine_id = octets[start:at]
    _, at = enter(octets, at, end, INTEGER)
    _, at = enter(octets, at, end, INTEGER)
    start, at = enter(octets, at, end, OCTETS)
    if flags & SEALED and not flags & SIGNED:
        raise Malformed("sealed but not signed")
    level = 1 + bool(flags & SIGNED) + bool(flags & SEALED)
    return Claim(engine_id, octets[start:at], level, bool(flags & REPORTABLE))


def _global(octets: bytes, at: int, end: int) -> tuple[int, int]:
    """msgFlags of msgGlobalData, and where that ends."""
    at, end = enter(octets, at, end, SEQUENCE)
    _, at = enter(octets, at, end, INTEGER)
    _, at = enter(octets, at, end, INTEGER)
    start, at = enter(octets, at, end, OCTETS)
    if at - start != 1:
        raise Malformed(f"flags of {at - start} octets")
    flags = octets[start]
    start, at = enter(octets, at, end, INTEGER)
    if integer(octets, start, at) != USER_BASED:
        raise Malformed("not the user-based security model")
    return flags, end
