"""One RADIUS question at a time, built by hand from hashlib: is the server there, and does it check what it should?"""

from __future__ import annotations

import hashlib
import hmac
import os
import socket
import struct
import time
from typing import Literal

ACCESS_REQUEST, ACCESS_ACCEPT, ACCESS_REJECT = 1, 2, 3
USER_NAME, USER_PASSWORD, NAS_IP_ADDRESS, MESSAGE_AUTHENTICATOR = 1, 2, 4, 80
Sign = Literal["right", "wrong", "none"]


class NoAnswer(Exception):
    """The server did not answer as it should in time."""


def _attribute(kind: int, value: bytes) -> bytes:
    return bytes([kind, len(value) + 2]) + value


def access_request(login: str, password: str, secret: bytes, sign: Sign = "right", ident: int = 1) -> bytes:
    """A PAP Access-Request (RFC 2865 5.2, RFC 3579 3.2); passwords up to 16 octets."""
    authenticator = os.urandom(16)
    pad = hashlib.md5(secret + authenticator).digest()
    hidden = bytes(a ^ b for a, b in zip(password.encode().ljust(16, b"\0"), pad, strict=True))
    body = _attribute(USER_NAME, login.encode()) + _attribute(USER_PASSWORD, hidden)
    body += _attribute(NAS_IP_ADDRESS, bytes([127, 0, 0, 1]))
    if sign == "none":
        return struct.pack(">BBH", ACCESS_REQUEST, ident, 20 + len(body)) + authenticator + body
    head = struct.pack(">BBH", ACCESS_REQUEST, ident, 38 + len(body)) + authenticator
    unsigned = head + body + _attribute(MESSAGE_AUTHENTICATOR, bytes(16))
    signature = hmac.digest(secret if sign == "right" else b"not " + secret, unsigned, "md5")
    return head + body + _attribute(MESSAGE_AUTHENTICATOR, signature)


def ask(port: int, packet: bytes, timeout_s: float, source: str = "127.0.0.1") -> bytes | None:
    """The server's answer; None where none comes (nobody listens, or it drops the request)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((source, 0))
        sock.connect(("127.0.0.1", port))
        sock.settimeout(timeout_s)
        try:
            sock.send(packet)
            return sock.recv(4096)
        except (TimeoutError, ConnectionRefusedError):
            return None


def first_answer(
    code: int, port: int, login: str, password: str, secret: str, timeout_s: float = 120, source: str = "127.0.0.1"
) -> float:
    """Ask again and again until an answer with this code comes; returns its monotonic time. Raises NoAnswer."""
    until = time.monotonic() + timeout_s
    while time.monotonic() < until:
        answer = ask(port, access_request(login, password, secret.encode()), 0.02, source)
        now = time.monotonic()
        if answer is not None and answer[0] == code:
            return now
        time.sleep(0.002)
    raise NoAnswer(f"no answer with code {code} for {login} from port {port} within {timeout_s:.0f} s")
