"""Traps and informs of SNMPv1 and v2c: octets to values and back, without a socket (RFC 1157, 3416, 3584).

Reading goes in two steps. `skim` finds who speaks, in which community, and the octets that say what happened: what
differs between repetitions of a trap (request-id, time) stands outside of them, so that a storm of one trap is decoded
once. `decode` reads the rest. Version 3 is told by `version_of` and read elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final, NamedTuple

from snmp.ber import (
    INTEGER,
    IP_ADDRESS,
    OCTETS,
    OID,
    SEQUENCE,
    TIME_TICKS,
    Malformed,
    Varbind,
    element,
    enter,
    integer,
    number,
    oid,
    oid_text,
    unsigned,
    varbinds,
    written,
)

MOST_OCTETS: Final = 8192
"""A longer datagram is not read; traps have some 100 to 1,400 octets."""

MOST_COMMUNITY: Final = 255

RESPONSE: Final = 0xA2
TRAP_V1: Final = 0xA4
INFORM: Final = 0xA6
TRAP_V2: Final = 0xA7

SYS_UPTIME: Final = "1.3.6.1.2.1.1.3.0"
SNMP_TRAP_OID: Final = "1.3.6.1.6.3.1.1.4.1.0"
SNMP_TRAP_ENTERPRISE: Final = "1.3.6.1.6.3.1.1.4.3.0"
SNMP_TRAP_ADDRESS: Final = "1.3.6.1.6.3.18.1.3.0"
SNMP_TRAP_COMMUNITY: Final = "1.3.6.1.6.3.18.1.4.0"
SNMP_TRAPS: Final = "1.3.6.1.6.3.1.1.5"
"""coldStart and its fellows are .1 to .6 of it."""

_UPTIME_OCTETS: Final = oid(SYS_UPTIME)[2:]
_TRAP_OID_OCTETS: Final = oid(SNMP_TRAP_OID)[2:]
ENTERPRISE_SPECIFIC: Final = 6


class Version(IntEnum):
    """As on the wire."""

    V1 = 0
    V2C = 1
    V3 = 3


class Skim(NamedTuple):
    """What is known of a message before its variable bindings are read.

    `content`: the octets that say what happened, the same in every repetition. `bindings`: where they begin, the first
    two of v2c (time and trap) behind them already; `end`: where they end. `kind`: the PDU's tag. `listed`: where the
    list of all variable bindings begins. `uptime`: hundredths of a second.
    """

    version: Version
    community: bytes
    kind: int
    request_id: int
    uptime: int
    content: bytes
    listed: int
    bindings: int
    end: int


@dataclass(frozen=True, slots=True)
class TrapMessage:
    """One trap or inform, whatever its version, in the terms of v2.

    `trap`: the OID that says what happened. `varbinds`: without time and trap. `uptime`: of the agent, hundredths of a
    second. `agent` and `enterprise`: v1 only. The community is not kept: it is a secret.
    """

    version: Version
    confirmed: bool
    request_id: int
    uptime: int
    trap: str
    varbinds: tuple[Varbind, ...]
    agent: str | None = None
    enterprise: str | None = None


def version_of(octets: bytes) -> Version:
    """Which version speaks; raises Malformed for what none is."""
    return _version(octets)[0]


def _version(octets: bytes) -> tuple[Version, int, int]:
    """The version, where the next element begins, and where the message ends, which is with the datagram."""
    size = len(octets)
    if size > MOST_OCTETS:
        raise Malformed(f"{size} octets")
    at, end = enter(octets, 0, size, SEQUENCE)
    if end != size:
        raise Malformed(f"{size - end} octets behind the message")
    start, at = enter(octets, at, end, INTEGER)
    value = integer(octets, start, at)
    if value not in (0, 1, 3):
        raise Malformed(f"version {value}")
    return Version(value), at, end


def skim(octets: bytes) -> Skim:
    """The beginning of a v1 or v2c trap or inform; raises Malformed."""
    version, at, end = _version(octets)
    if version == Version.V3:
        raise Malformed("version 3 is read elsewhere")
    start, at = enter(octets, at, end, OCTETS)
    if at - start > MOST_COMMUNITY:
        raise Malformed(f"community of {at - start} octets")
    community = octets[start:at]
    if at >= end:
        raise Malformed("no PDU")
    kind = octets[at]
    at, stop = enter(octets, at, end, kind)
    if stop != end:
        raise Malformed("octets behind the PDU")
    if kind == TRAP_V1 and version == Version.V1:
        return _skim_v1(octets, community, at, end)
    if kind in (TRAP_V2, INFORM) and version == Version.V2C:
        return _skim_v2(octets, community, kind, at, end)
    raise Malformed(f"PDU {kind:#04x} in version {version.name}")


def skim_pdu(octets: bytes) -> Skim:
    """A trap or inform without a message around it, as v3 seals it; raises Malformed."""
    kind = octets[0] if octets else 0
    if kind not in (TRAP_V2, INFORM):
        raise Malformed(f"PDU {kind:#04x}")
    at, end = enter(octets, 0, len(octets), kind)
    if end != len(octets):
        raise Malformed("octets behind the PDU")
    return _skim_v2(octets, b"", kind, at, end)._replace(version=Version.V3)


def _skim_v2(octets: bytes, community: bytes, kind: int, at: int, end: int) -> Skim:
    """RFC 3416 sections 3 and 4.2.6: the first two variable bindings are sysUpTime.0 and snmpTrapOID.0."""
    request_id, listed = _head_v2(octets, at, end)
    at, stop = enter(octets, listed, end, SEQUENCE)
    if stop != end:
        raise Malformed("octets behind the variable bindings")
    start, trap_at = _named(octets, at, end, _UPTIME_OCTETS)
    start, stop = enter(octets, start, trap_at, TIME_TICKS)
    uptime = unsigned(octets, start, stop)
    start, rest = _named(octets, trap_at, end, _TRAP_OID_OCTETS)
    enter(octets, start, rest, OID)
    return Skim(Version.V2C, community, kind, request_id, uptime, octets[start:end], listed, rest, end)


def _head_v2(octets: bytes, at: int, end: int) -> tuple[int, int]:
    """request-id; error-status and error-index are not used in a notification, but must be there."""
    start, at = enter(octets, at, end, INTEGER)
    request_id = integer(octets, start, at)
    _, at = enter(octets, at, end, INTEGER)
    _, at = enter(octets, at, end, INTEGER)
    return request_id, at


def _named(octets: bytes, at: int, end: int, name: bytes) -> tuple[int, int]:
    """Where the value of the variable binding at `at` begins, and where it ends; it must have this name."""
    at, stop = enter(octets, at, end, SEQUENCE)
    start, value = enter(octets, at, stop, OID)
    if octets[start:value] != name:
        raise Malformed(f"{oid_text(octets[start:value])} where {oid_text(name)} should be")
    return value, stop


def _skim_v1(octets: bytes, community: bytes, at: int, end: int) -> Skim:
    """RFC 1157 section 4.1.6: enterprise, agent-addr, generic-trap, specific-trap, time-stamp, bindings."""
    start = at
    for tag in (OID, IP_ADDRESS, INTEGER, INTEGER):
        _, at = enter(octets, at, end, tag)
    said = octets[start:at]
    start, listed = enter(octets, at, end, TIME_TICKS)
    uptime = unsigned(octets, start, listed)
    at, stop = enter(octets, listed, end, SEQUENCE)
    if stop != end:
        raise Malformed("octets behind the variable bindings")
    return Skim(Version.V1, community, TRAP_V1, 0, uptime, said + octets[at:end], listed, at, end)


def decode(octets: bytes, skimmed: Skim | None = None) -> TrapMessage:
    """A whole trap or inform of v1 or v2c; raises Malformed. Pass what `skim` said where it is known."""
    known = skimmed or skim(octets)
    if known.version == Version.V1:
        return _decode_v1(octets, known)
    start, stop = enter(known.content, 0, len(known.content), OID)
    return TrapMessage(
        known.version,
        known.kind == INFORM,
        known.request_id,
        known.uptime,
        oid_text(known.content[start:stop]),
        varbinds(octets, known.bindings, known.end),
    )


def _decode_v1(octets: bytes, known: Skim) -> TrapMessage:
    said = known.content
    start, at = enter(said, 0, len(said), OID)
    enterprise = oid_text(said[start:at])
    start, at = enter(said, at, len(said), IP_ADDRESS)
    if at - start != 4:
        raise Malformed(f"agent-addr of {at - start} octets")
    agent = ".".join(map(str, said[start:at]))
    start, at = enter(said, at, len(said), INTEGER)
    generic = integer(said, start, at)
    start, at = enter(said, at, len(said), INTEGER)
    trap = trap_oid_of_v1(enterprise, generic, integer(said, start, at))
    found = varbinds(octets, known.bindings, known.end)
    return TrapMessage(Version.V1, False, 0, known.uptime, trap, found, agent, enterprise)


def trap_oid_of_v1(enterprise: str, generic: int, specific: int) -> str:
    """What a v1 trap is called in v2 (RFC 3584 section 3.1, paragraphs 2 and 3)."""
    if 0 <= generic < ENTERPRISE_SPECIFIC:
        return f"{SNMP_TRAPS}.{generic + 1}"
    if generic != ENTERPRISE_SPECIFIC or specific < 0:
        raise Malformed(f"generic-trap {generic}, specific-trap {specific}")
    return f"{enterprise}.0.{specific}"


def bindings_of_v2(message: TrapMessage, community: bytes | None = None) -> tuple[Varbind, ...]:
    """All variable bindings as a v2 trap carries them (RFC 3584 section 3.1, paragraphs 1 to 4).

    Those that tell where a v1 trap came from are added unless they are there. `community`: RFC 3584 wants it too, for a
    proxy that hands a trap on; without one it is left out, because a community is a secret.
    """
    first = (
        Varbind(SYS_UPTIME, TIME_TICKS, message.uptime),
        Varbind(SNMP_TRAP_OID, OID, message.trap),
    )
    added = []
    if message.agent is not None:
        added.append(Varbind(SNMP_TRAP_ADDRESS, IP_ADDRESS, message.agent))
    if message.agent is not None and community is not None:
        added.append(Varbind(SNMP_TRAP_COMMUNITY, OCTETS, community))
    if message.enterprise is not None:
        added.append(Varbind(SNMP_TRAP_ENTERPRISE, OID, message.enterprise))
    there = {one.oid for one in message.varbinds}
    return first + message.varbinds + tuple(one for one in added if one.oid not in there)


def answer(octets: bytes, skimmed: Skim) -> bytes:
    """The Response to an inform: the same variable bindings, octet by octet (RFC 3416 section 4.2.7)."""
    body = number(skimmed.request_id) + number(0) + number(0) + octets[skimmed.listed : skimmed.end]
    return _message(skimmed.version, skimmed.community, element(RESPONSE, body))


def encode_v2(
    community: bytes,
    request_id: int,
    uptime: int,
    trap: str,
    bindings: tuple[Varbind, ...] = (),
    *,
    inform: bool = False,
) -> bytes:
    """A v2c trap or inform; ValueError for values that are not of their type."""
    listed = [Varbind(SYS_UPTIME, TIME_TICKS, uptime), Varbind(SNMP_TRAP_OID, OID, trap), *bindings]
    body = number(request_id) + number(0) + number(0) + element(SEQUENCE, b"".join(map(written, listed)))
    return _message(Version.V2C, community, element(INFORM if inform else TRAP_V2, body))


def encode_v1(
    community: bytes,
    enterprise: str,
    agent: str,
    generic: int,
    specific: int,
    uptime: int,
    bindings: tuple[Varbind, ...] = (),
) -> bytes:
    """A v1 trap."""
    said = oid(enterprise) + element(IP_ADDRESS, bytes(map(int, agent.split(".")))) + number(generic) + number(specific)
    body = said + number(uptime, TIME_TICKS) + element(SEQUENCE, b"".join(map(written, bindings)))
    return _message(Version.V1, community, element(TRAP_V1, body))


def _message(version: Version, community: bytes, pdu: bytes) -> bytes:
    return element(SEQUENCE, number(version) + element(OCTETS, community) + pdu)


def acknowledged(octets: bytes, community: bytes, request_id: int) -> bool:
    """Whether this is the v2c Response to the inform of that number; raises Malformed for what is no message."""
    version, at, end = _version(octets)
    start, at = enter(octets, at, end, OCTETS)
    if version != Version.V2C or octets[start:at] != community:
        return False
    at, end = enter(octets, at, end, RESPONSE)
    start, at = enter(octets, at, end, INTEGER)
    found = integer(octets, start, at)
    start, at = enter(octets, at, end, INTEGER)
    return found == request_id and integer(octets, start, at) == 0
