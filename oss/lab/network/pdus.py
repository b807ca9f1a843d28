"""Requests to responses, octets to octets: Get, GetNext, GetBulk, and Set (refused where nobody takes it).

RFC 1157, RFC 3416 section 4.2.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from oss.lab.network.mib import Mib
from snmp import ber
from snmp.trap_message import Version

GET, GET_NEXT, RESPONSE, SET, GET_BULK = 0xA0, 0xA1, 0xA2, 0xA3, 0xA5
TOO_BIG, NO_SUCH_NAME, NOT_WRITABLE = 1, 2, 17
NO_SUCH_OBJECT, END_OF_VIEW = b"\x80\x00", b"\x82\x00"
MOST_OCTETS: Final = 1400
"""Of the bindings of one response: with its head it fits a datagram that is not cut into pieces."""

Bindings = list[tuple[bytes, bytes]]
"""Names and values, each with tag and length."""


@dataclass(frozen=True, slots=True)
class Request:
    """One PDU. ``first``, ``second``: non-repeaters and max-repetitions of a GetBulk; ``names``: contents of OIDs."""

    kind: int
    number: int
    first: int
    second: int
    names: tuple[bytes, ...]
    listed: bytes
    """The bindings as they came."""


@dataclass(frozen=True, slots=True)
class Message:
    """A request of v1 or v2c in its envelope."""

    version: Version
    community: bytes
    request: Request


def read(octets: bytes) -> Message:
    """A message of a community. Raises `ber.Malformed`, for v3 too."""
    version, community, pdu = _opened(octets)
    if version not in (Version.V1, Version.V2C):
        raise ber.Malformed(f"version {version}")
    return Message(Version(version), community, read_pdu(pdu))


def unsealed(octets: bytes) -> bytes:
    """The PDU of a message of a community."""
    return _opened(octets)[2]


def _opened(octets: bytes) -> tuple[int, bytes, bytes]:
    at, end = ber.enter(octets, 0, len(octets), ber.SEQUENCE)
    version, at = _integer(octets, at, end)
    if version == Version.V3:
        raise ber.Malformed("version 3 has no community")
    start, at = ber.enter(octets, at, end, ber.OCTETS)
    return version, octets[start:at], octets[at:end]


def read_pdu(octets: bytes) -> Request:
    """A PDU without an envelope. Raises `ber.Malformed`."""
    if not octets or octets[0] not in (GET, GET_NEXT, SET, GET_BULK):
        raise ber.Malformed("no request")
    at, end = ber.enter(octets, 0, len(octets), octets[0])
    number, at = _integer(octets, at, end)
    first, at = _integer(octets, at, end)
    second, at = _integer(octets, at, end)
    listed = octets[at:end]
    at, end = ber.enter(octets, at, end, ber.SEQUENCE)
    names = []
    while at < end:
        start, at = ber.enter(octets, at, end, ber.SEQUENCE)
        start, stop = ber.enter(octets, start, at, ber.OID)
        names.append(octets[start:stop])
    return Request(octets[0], number, first, second, tuple(names), listed)


def _integer(octets: bytes, at: int, end: int) -> tuple[int, int]:
    start, at = ber.enter(octets, at, end, ber.INTEGER)
    return ber.integer(octets, start, at), at


def sealed(message: Message, pdu: bytes) -> bytes:
    """A response in the envelope of its request."""
    community = ber.element(ber.OCTETS, message.community)
    return ber.element(ber.SEQUENCE, ber.number(message.version) + community + pdu)


Put = Callable[[list[tuple[str, "int | bytes"]]], "int | None"]
"""Names and values of a Set in; error-status out (0: done), None: no answer comes."""


class Unanswered(Exception):
    """Nothing is said to this request."""


def response(request: Request, mib: Mib, version: Version, put: Put | None = None) -> bytes:
    """The Response PDU to a request; ``put``: who takes a Set. Raises `ber.Malformed`, Unanswered."""
    if request.kind == SET and put is not None:
        status = put(assignments(request))
        if status is None:
            raise Unanswered
        return _written(request, status, 1 if status else 0, request.listed)
    if request.kind == SET:
        status = NO_SUCH_NAME if version == Version.V1 else NOT_WRITABLE
        return _written(request, status, 1, request.listed)
    if version == Version.V1:
        return _first_version(request, mib)
    if request.kind == GET_BULK:
        return _answered(request, _many(request, mib), cut=True)
    one = _one if request.kind == GET else _next
    return _answered(request, [one(name, mib) for name in request.names], cut=False)


def assignments(request: Request) -> list[tuple[str, int | bytes]]:
    """Names and values of a Set; what is no number is octets. Raises `ber.Malformed`."""
    found: list[tuple[str, int | bytes]] = []
    octets = request.listed
    at, end = ber.enter(octets, 0, len(octets), ber.SEQUENCE)
    while at < end:
        start, at = ber.enter(octets, at, end, ber.SEQUENCE)
        start, stop = ber.enter(octets, start, at, ber.OID)
        name, tag = ber.oid_text(octets[start:stop]), octets[stop]
        start, stop = ber.enter(octets, stop, at, tag)
        numeric = tag in (ber.INTEGER, ber.GAUGE32, ber.COUNTER32, ber.TIME_TICKS)
        found.append((name, ber.integer(octets, start, stop) if numeric else octets[start:stop]))
    return found


def _one(name: bytes, mib: Mib) -> tuple[bytes, bytes]:
    place = mib.place(name)
    return (ber.element(ber.OID, name), NO_SUCH_OBJECT) if place is None else mib.at(place)


def _next(name: bytes, mib: Mib) -> tuple[bytes, bytes]:
    place = mib.after(name)
    return mib.at(place) if place < len(mib) else (ber.element(ber.OID, name), END_OF_VIEW)


def _many(request: Request, mib: Mib) -> Bindings:
    """RFC 3416 section 4.2.3: the first names once, the others row by row; no more than will fit."""
    once = max(0, min(request.first, len(request.names)))
    found = [_next(name, mib) for name in request.names[:once]]
    room = MOST_OCTETS - sum(len(name) + len(value) + 4 for name, value in found)
    places = [mib.after(name) for name in request.names[once:]]
    last = [ber.element(ber.OID, name) for name in request.names[once:]]
    for _ in range(max(0, request.second)):
        for column, place in enumerate(places):
            one = mib.at(place) if place < len(mib) else (last[column], END_OF_VIEW)
            room -= len(one[0]) + len(one[1]) + 4
            if room < 0 and found:
                return found
            found.append(one)
            last[column], places[column] = one[0], place + 1
        if all(place >= len(mib) for place in places):
            break
    return found


def _first_version(request: Request, mib: Mib) -> bytes:
    """Version 1 knows no Counter64 and no exceptions (RFC 3584 section 4.2.2): passed over, or no such name."""
    found: Bindings = []
    for number, name in enumerate(request.names, 1):
        place = mib.place(name) if request.kind == GET else mib.after(name)
        while place is not None and place < len(mib) and mib.at(place)[1][0] == ber.COUNTER64:
            place = None if request.kind == GET else place + 1
        if place is None or place >= len(mib):
            return _written(request, NO_SUCH_NAME, number, request.listed)
        found.append(mib.at(place))
    return _answered(request, found, cut=False)


def _answered(request: Request, found: Bindings, *, cut: bool) -> bytes:
    listed = b"".join(ber.element(ber.SEQUENCE, name + value) for name, value in found)
    if not cut and len(listed) > 65_000:
        return _written(request, TOO_BIG, 0, ber.element(ber.SEQUENCE, b""))
    return _written(request, 0, 0, ber.element(ber.SEQUENCE, listed))


def _written(request: Request, status: int, index: int, listed: bytes) -> bytes:
    body = ber.number(request.number) + ber.number(status) + ber.number(index) + listed
    return ber.element(RESPONSE, body)
