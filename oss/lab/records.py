"""What the NAS puts into its packets: who asks, as a PPPoE access concentrator says it, and accounting."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from enum import IntEnum
from struct import Struct

from radius import attributes as a
from radius.attributes import attr

AUTHENTIC_RADIUS = 1
_PACKET_OCTETS = 900


class Status(IntEnum):
    """Acct-Status-Type (RFC 2866 5.1)."""

    START = a.ACCT_START
    STOP = a.ACCT_STOP
    INTERIM = a.ACCT_INTERIM
    ON = a.ACCT_ON
    OFF = a.ACCT_OFF


class Cause(IntEnum):
    """Acct-Terminate-Cause (RFC 2866 5.10)."""

    USER_REQUEST = a.CAUSE_USER_REQUEST
    LOST_CARRIER = a.CAUSE_LOST_CARRIER
    SESSION_TIMEOUT = a.CAUSE_SESSION_TIMEOUT
    ADMIN_RESET = a.CAUSE_ADMIN_RESET


WORDS = {status: status.name.lower() for status in Status}


@dataclass(slots=True)
class Record:
    """One accounting record; what it says does not change however often it is sent again.

    `at` is the event's time (s since the epoch), `due` the same instant on the monotonic clock; `body` holds
    all attributes but Acct-Delay-Time. Octets are counted by the NAS: in = uploaded by the subscriber.
    """

    acct_session_id: str
    user: str
    status: Status
    in_octets: int
    out_octets: int
    session_time: int
    at: int
    due: float
    body: bytes


def nas_identity(name: str, address: str) -> bytes:
    """NAS-Identifier and the NAS's address (RFC 2865 5.4, 5.32; RFC 3162 2.1)."""
    parsed = ipaddress.ip_address(address)
    number = a.NAS_IP_ADDRESS if parsed.version == 4 else a.NAS_IPV6_ADDRESS
    return attr(number, parsed) + attr(a.NAS_IDENTIFIER, name)


def line_identity(login: str, mac: str, port: int, port_id: str, service: str) -> bytes:
    """What tells one subscriber's line from another, in Access- and Accounting-Requests alike."""
    return b"".join(
        (
            attr(a.USER_NAME, login),
            attr(a.SERVICE_TYPE, a.SERVICE_FRAMED),
            attr(a.FRAMED_PROTOCOL, a.FRAMED_PPP),
            attr(a.NAS_PORT, port),
            attr(a.NAS_PORT_ID, port_id),
            attr(a.NAS_PORT_TYPE, a.PORT_ETHERNET),
            attr(a.CALLING_STATION_ID, mac),
            attr(a.CALLED_STATION_ID, service),
        )
    )


_COUNTERS = Struct(">" + "BBI" * 10)
_SHORT = Struct(">" + "BBI" * 2)


def session_body(
    identity: bytes, status: Status, session_time: int, octets: tuple[int, int], at: int, cause: Cause | None
) -> bytes:
    """The attributes of a Start, Interim or Stop; octets beyond 32 bits go to the Gigawords (RFC 2869 5.1, 5.2)."""
    received, sent = octets
    counters = _COUNTERS.pack(
        *(a.ACCT_STATUS_TYPE, 6, status),
        *(a.EVENT_TIMESTAMP, 6, at),
        *(a.ACCT_AUTHENTIC, 6, AUTHENTIC_RADIUS),
        *(a.ACCT_SESSION_TIME, 6, session_time),
        *(a.ACCT_INPUT_OCTETS, 6, received & 0xFFFFFFFF),
        *(a.ACCT_INPUT_GIGAWORDS, 6, received >> 32),
        *(a.ACCT_OUTPUT_OCTETS, 6, sent & 0xFFFFFFFF),
        *(a.ACCT_OUTPUT_GIGAWORDS, 6, sent >> 32),
        *(a.ACCT_INPUT_PACKETS, 6, received // _PACKET_OCTETS & 0xFFFFFFFF),
        *(a.ACCT_OUTPUT_PACKETS, 6, sent // _PACKET_OCTETS & 0xFFFFFFFF),
    )
    return identity + counters + (attr(a.ACCT_TERMINATE_CAUSE, cause) if cause is not None else b"")


def boot_body(identity: bytes, status: Status, at: int) -> bytes:
    """The attributes of an Accounting-On or -Off (RFC 2866 5.1): the whole NAS starts or stops accounting."""
    pair = _SHORT.pack(a.ACCT_STATUS_TYPE, 6, status, a.EVENT_TIMESTAMP, 6, at)
    return identity + attr(a.ACCT_SESSION_ID, "0") + pair


def delay(seconds: int) -> bytes:
    """Acct-Delay-Time (RFC 2866 5.2), which makes each sending another packet with another identifier."""
    return bytes((a.ACCT_DELAY_TIME, 6)) + min(max(seconds, 0), 0xFFFFFFFF).to_bytes(4, "big")
