"""What routers say to the tests' node: Access-Requests and accounting records, as packets."""

from __future__ import annotations

from radius import attributes as a
from radius.auth import pap_encrypt
from radius.integrity import Secret
from radius.packet import Packet, build

SECRET = Secret(b"testing123")
AUTHENTICATOR = bytes(range(16))


def asks(login: str | None = "cli1", *pairs: tuple[int, a.Value], password: bytes = b"pw1") -> Packet:
    """An Access-Request of PAP, unless the pairs bring a method of their own."""
    said = [] if login is None else [(a.USER_NAME, login)]
    if not any(kind in (a.USER_PASSWORD, a.CHAP_PASSWORD, a.VENDOR_SPECIFIC) for kind, _ in pairs):
        said.append((a.USER_PASSWORD, pap_encrypt(password, SECRET, AUTHENTICATOR)))
    body = b"".join(a.attr(kind, value) for kind, value in (*said, *pairs))
    return Packet.parse(build(a.ACCESS_REQUEST, 1, AUTHENTICATOR, body))


def says(
    status: int, session_s: int = 0, sid: str = "8000", login: str = "cli1", *pairs: tuple[int, a.Value]
) -> Packet:
    """An Accounting-Request; ``session_s`` is its Acct-Session-Time."""
    said = [(a.ACCT_STATUS_TYPE, status), (a.ACCT_SESSION_ID, sid), (a.USER_NAME, login)]
    body = b"".join(a.attr(*one) for one in (*said, (a.ACCT_SESSION_TIME, session_s), *pairs))
    return Packet.parse(build(a.ACCOUNTING_REQUEST, 1, bytes(16), body))


def mac(value: str) -> tuple[int, a.Value]:
    """The Calling-Station-Id pair of a line's MAC."""
    return a.CALLING_STATION_ID, value


def port(value: str) -> tuple[int, a.Value]:
    """The NAS-Port-Id pair of a line's port."""
    return a.NAS_PORT_ID, value
