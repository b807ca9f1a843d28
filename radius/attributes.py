"""Numbers of RADIUS (codes, attribute types, values) and the encoding of one attribute.

RFC 2865 (authentication), 2866 (accounting), 2869 (extensions), 3162 and 6911 (IPv6), 5176 (dynamic
authorization), 5997 (Status-Server).
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from typing import Final

from radius.errors import Unencodable

# Packet codes: RFC 2865 section 3, RFC 2866 section 3, RFC 5176 section 3, RFC 5997 section 4
ACCESS_REQUEST: Final = 1
ACCESS_ACCEPT: Final = 2
ACCESS_REJECT: Final = 3
ACCOUNTING_REQUEST: Final = 4
ACCOUNTING_RESPONSE: Final = 5
ACCESS_CHALLENGE: Final = 11
STATUS_SERVER: Final = 12
DISCONNECT_REQUEST: Final = 40
DISCONNECT_ACK: Final = 41
DISCONNECT_NAK: Final = 42
COA_REQUEST: Final = 43
COA_ACK: Final = 44
COA_NAK: Final = 45

# Attributes: RFC 2865 section 5
USER_NAME: Final = 1
USER_PASSWORD: Final = 2
CHAP_PASSWORD: Final = 3
NAS_IP_ADDRESS: Final = 4
NAS_PORT: Final = 5
SERVICE_TYPE: Final = 6
FRAMED_PROTOCOL: Final = 7
FRAMED_IP_ADDRESS: Final = 8
FRAMED_IP_NETMASK: Final = 9
FILTER_ID: Final = 11
FRAMED_MTU: Final = 12
REPLY_MESSAGE: Final = 18
FRAMED_ROUTE: Final = 22
STATE: Final = 24
CLASS: Final = 25
VENDOR_SPECIFIC: Final = 26
SESSION_TIMEOUT: Final = 27
IDLE_TIMEOUT: Final = 28
TERMINATION_ACTION: Final = 29
CALLED_STATION_ID: Final = 30
CALLING_STATION_ID: Final = 31
NAS_IDENTIFIER: Final = 32
PROXY_STATE: Final = 33
CHAP_CHALLENGE: Final = 60
NAS_PORT_TYPE: Final = 61
PORT_LIMIT: Final = 62

# RFC 2866 section 5 and RFC 2869 section 5
ACCT_STATUS_TYPE: Final = 40
ACCT_DELAY_TIME: Final = 41
ACCT_INPUT_OCTETS: Final = 42
ACCT_OUTPUT_OCTETS: Final = 43
ACCT_SESSION_ID: Final = 44
ACCT_AUTHENTIC: Final = 45
ACCT_SESSION_TIME: Final = 46
ACCT_INPUT_PACKETS: Final = 47
ACCT_OUTPUT_PACKETS: Final = 48
ACCT_TERMINATE_CAUSE: Final = 49
ACCT_MULTI_SESSION_ID: Final = 50
ACCT_LINK_COUNT: Final = 51
ACCT_INPUT_GIGAWORDS: Final = 52
ACCT_OUTPUT_GIGAWORDS: Final = 53
EVENT_TIMESTAMP: Final = 55
PROMPT: Final = 76
CONNECT_INFO: Final = 77
EAP_MESSAGE: Final = 79
MESSAGE_AUTHENTICATOR: Final = 80
ACCT_INTERIM_INTERVAL: Final = 85
NAS_PORT_ID: Final = 87
FRAMED_POOL: Final = 88

# RFC 3162, RFC 4818, RFC 5176, RFC 6911
NAS_IPV6_ADDRESS: Final = 95
FRAMED_INTERFACE_ID: Final = 96
FRAMED_IPV6_PREFIX: Final = 97
FRAMED_IPV6_POOL: Final = 100
ERROR_CAUSE: Final = 101
DELEGATED_IPV6_PREFIX: Final = 123
FRAMED_IPV6_ADDRESS: Final = 168
DELEGATED_IPV6_PREFIX_POOL: Final = 171

# Values of Acct-Status-Type: RFC 2866 section 5.1
ACCT_START: Final = 1
ACCT_STOP: Final = 2
ACCT_INTERIM: Final = 3
ACCT_ON: Final = 7
ACCT_OFF: Final = 8

# Values of Acct-Terminate-Cause: RFC 2866 section 5.10
CAUSE_USER_REQUEST: Final = 1
CAUSE_LOST_CARRIER: Final = 2
CAUSE_IDLE_TIMEOUT: Final = 4
CAUSE_SESSION_TIMEOUT: Final = 5
CAUSE_ADMIN_RESET: Final = 6
CAUSE_NAS_REBOOT: Final = 11

# Values of Service-Type, Framed-Protocol and NAS-Port-Type: RFC 2865 sections 5.6, 5.7, 5.41
SERVICE_LOGIN: Final = 1
SERVICE_FRAMED: Final = 2
SERVICE_ADMINISTRATIVE: Final = 6
SERVICE_NAS_PROMPT: Final = 7
FRAMED_PPP: Final = 1
PORT_VIRTUAL: Final = 5
PORT_ETHERNET: Final = 15

MAX_VALUE: Final = 253
"""Octets that fit in one attribute (RFC 2865 section 5)."""

Value = bytes | str | int | IPv4Address | IPv6Address


def attr(kind: int, value: Value) -> bytes:
    """One attribute, ready to be joined with others; raises Unencodable.

    Text is UTF-8, a number 32 bits unsigned, an address 4 or 16 octets.
    """
    data = _octets(value)
    if len(data) > MAX_VALUE:
        raise Unencodable(f"attribute {kind}: {len(data)} octets, at most {MAX_VALUE} fit")
    return bytes((kind, len(data) + 2)) + data


def vsa(vendor: int, kind: int, value: Value) -> bytes:
    """One vendor attribute in a Vendor-Specific of its own (RFC 2865 section 5.26); raises Unencodable."""
    data = _octets(value)
    return attr(VENDOR_SPECIFIC, vendor.to_bytes(4, "big") + bytes((kind, min(len(data) + 2, 255))) + data)


def _octets(value: Value) -> bytes:
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, int):
        return _number(value)
    return value.packed


def _number(value: int) -> bytes:
    try:
        return value.to_bytes(4, "big")
    except OverflowError:
        raise Unencodable(f"{value} is not an unsigned number of 32 bits") from None
