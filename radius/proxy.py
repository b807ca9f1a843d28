"""What a proxy does to packets (RFC 2865 section 2.3): a request for a home server, and its answer for the NAS.

What is hidden with one shared secret is hidden anew with the other: passwords on the way there, keys on the way back.
All else passes as it came, in order; methods (PAP, CHAP, MS-CHAP, EAP) are not looked into.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from typing import Final

from radius import attributes as a
from radius.errors import Unencodable
from radius.integrity import Secret
from radius.packet import Packet, vendor_attributes

__all__ = ["DEFAULT_ALLOWED", "Attribute", "forwarded", "returned"]

Attribute = int | tuple[int, int]
"""A type, or (vendor, type)."""

MICROSOFT: Final = 311
_CHAP_MPPE_KEYS: Final = (MICROSOFT, 12)
_SALTED: Final = frozenset(((MICROSOFT, 16), (MICROSOFT, 17)))  # MS-MPPE-Send-Key, -Recv-Key: RFC 2548 section 2.4
_TUNNEL_PASSWORD: Final = 69  # RFC 2868 section 3.5
_BLOCK: Final = 16

DEFAULT_ALLOWED: Final[frozenset[Attribute]] = frozenset(
    (
        *(a.USER_NAME, a.REPLY_MESSAGE, a.STATE, a.CLASS, a.SESSION_TIMEOUT, a.IDLE_TIMEOUT, a.TERMINATION_ACTION),
        *(a.EAP_MESSAGE, a.ACCT_INTERIM_INTERVAL, 89, 102, 126),  # and Chargeable-User-Id, EAP-Key-Name, Operator-Name
        *((MICROSOFT, kind) for kind in (2, 7, 8, 10, 12, 16, 17, 26)),  # MS-CHAP-Error to MS-CHAP2-Success, MPPE keys
    )
)
"""What comes back from a home server unless its realm allows more: nothing that speed, address, VLAN, filters or a
login to the router itself hang on."""


# ------------------------------------------------------------ to the home server


def forwarded(
    request: Packet, own: Secret, home: Secret, authenticator: bytes, state: bytes, *, name: bytes | None = None
) -> bytes:
    """The attributes of a request for the home server, without Message-Authenticator; raises Unencodable.

    ``own``: the secret shared with whoever asked; ``authenticator``: that of the new request; ``state``: our
    Proxy-State, which stands behind all others (RFC 2865 section 5.33); ``name``: a User-Name in place of the present.
    """
    found = []
    for kind, value in request.attributes():
        if kind == a.MESSAGE_AUTHENTICATOR:
            continue
        if kind == a.USER_PASSWORD:
            value = _rehidden(value, (own, request.authenticator), (home, authenticator))
        elif kind == a.USER_NAME and name is not None:
            value = name
        found.append(a.attr(kind, value))
    if a.CHAP_PASSWORD in request and a.CHAP_CHALLENGE not in request:
        # The challenge was the authenticator, which is another one from here on (RFC 2865 section 2.3).
        found.append(a.attr(a.CHAP_CHALLENGE, request.authenticator))
    return b"".join((*found, a.attr(a.PROXY_STATE, state)))


# ------------------------------------------------------------ back to the NAS


def returned(
    answer: Packet,
    home: Secret,
    authenticator: bytes,
    request: Packet,
    own: Secret,
    allowed: Set[Attribute] = DEFAULT_ALLOWED,
) -> bytes:
    """The attributes of an answer for the NAS: those allowed, keys hidden anew; without Proxy-State, which is the
    server's to copy from ``request``, and without Message-Authenticator.

    ``authenticator``: that of the request to the home server; ``own``: the secret shared with the NAS.
    """
    there, here = (home, authenticator), (own, request.authenticator)
    found = []
    for kind, value in answer.attributes():
        if kind == a.VENDOR_SPECIFIC:
            found.append(_vendor(value, there, here, allowed))
        elif kind in allowed and kind not in (a.PROXY_STATE, a.MESSAGE_AUTHENTICATOR):
            if kind == _TUNNEL_PASSWORD and len(value) > 3:
                value = value[:1] + _resalted(value[1:], there, here)
            found.append(a.attr(kind, value))
    return b"".join(found)


Hiding = tuple[Secret, bytes]
"""A shared secret and the authenticator that go into what is hidden."""


def _vendor(value: bytes, there: Hiding, here: Hiding, allowed: Set[Attribute]) -> bytes:
    """One Vendor-Specific with the allowed of its attributes; nothing where none is, or its octets are laid out
    otherwise."""
    vendor = int.from_bytes(value[:4], "big")
    kept = b""
    for kind, data in vendor_attributes(value):
        if (vendor, kind) in allowed:
            if (vendor, kind) in _SALTED and len(data) > 2:
                data = _resalted(data, there, here)
            elif (vendor, kind) == _CHAP_MPPE_KEYS:
                data = _rehidden(data, there, here)
            kept += bytes((kind, len(data) + 2)) + data
    return a.attr(a.VENDOR_SPECIFIC, value[:4] + kept) if kept else b""


def _rehidden(value: bytes, before: Hiding, after: Hiding) -> bytes:
    """Octets hidden in blocks of 16 (RFC 2865 section 5.2, RFC 2548 section 2.4.1), for another secret."""
    if not value or len(value) % _BLOCK:
        raise Unencodable(f"a hidden value of {len(value)} octets")
    return _hide(_show(value, *before), *after)


def _resalted(value: bytes, before: Hiding, after: Hiding) -> bytes:
    """Salt and hidden octets (RFC 2548 section 2.4.2, RFC 2868 section 3.5), for another secret; the salt stays."""
    salt, hidden = value[:2], value[2:]
    if not hidden or len(hidden) % _BLOCK:
        raise Unencodable(f"a salted value of {len(value)} octets")
    return salt + _hide(_show(hidden, before[0], before[1] + salt), after[0], after[1] + salt)


def _show(hidden: bytes, secret: Secret, vector: bytes) -> bytes:
    clear, last = b"", vector
    for block in _blocks(hidden):
        clear += _xor(block, secret.pad(last))
        last = block
    return clear


def _hide(clear: bytes, secret: Secret, vector: bytes) -> bytes:
    hidden, last = b"", vector
    for block in _blocks(clear):
        last = _xor(block, secret.pad(last))
        hidden += last
    return hidden


def _blocks(octets: bytes) -> Iterable[bytes]:
    return (octets[start : start + _BLOCK] for start in range(0, len(octets), _BLOCK))


def _xor(left: bytes, right: bytes) -> bytes:
    return (int.from_bytes(left, "big") ^ int.from_bytes(right, "big")).to_bytes(len(left), "big")
