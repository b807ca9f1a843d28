"""Logins that are their line: a MAC or a circuit proves itself, in the ways that makers ask about one.

MikroTik's DHCP server and hotspot, Huawei's and Cisco's IPoE and 802.1X switches name the subscriber by his MAC (or the
circuit) and send as password the same in some spelling, nothing at all, or one word that the operator set for all.
Whoever merely types a MAC at a login page comes with another Calling-Station-Id, and is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from hmac import compare_digest
from typing import Any, Final, NamedTuple

from oss.access import names
from radius import attributes as a
from radius.auth import chap_response, pap_decrypt
from radius.integrity import Secret
from radius.packet import Packet

CALL_CHECK: Final = 10  # Service-Type: there is no password to check (RFC 2865 section 5.6)


class No(NamedTuple):
    """Why not: a reason's code and its facts."""

    reason: str
    facts: dict[str, Any]


WRONG_WORD: Final = No("wrong_password", {})
NO_METHOD: Final = No("no_method", {})


def refused(packet: Packet, secret: Secret, kind: str, login: str, word: bytes) -> No | None:
    """Why a request does not prove that it comes from the line ``login``; None: it does.

    ``kind``: mac or circuit; ``word``: what the operator set as the password of MAC authentication, or nothing.
    """
    here = names.calling(packet) or ""
    if kind == "mac":
        if here != login:
            return No("wrong_line", {"what": "mac", "expected": login, "seen": here or _spelled(packet)})
    elif login not in (lines := list(_lines(packet))):
        return No("wrong_line", {"what": "circuit", "expected": login, "seen": lines[0] if lines else ""})
    return _word(packet, secret, login, here, word)


def _spelled(packet: Packet) -> str:
    return names.plain(packet.get(a.CALLING_STATION_ID) or b"")[:64]


def _lines(packet: Packet) -> Iterator[str]:
    """What a circuit's login may be kept as (see `names.also`)."""
    here, there = names.circuits(packet)
    if here and there:
        yield f"{there}|{here}"
    yield from filter(None, (here, there))


def _word(packet: Packet, secret: Secret, login: str, here: str, word: bytes) -> No | None:
    """The line is right: is what was sent as its password what a router sends there?"""
    hidden, answered = packet.get(a.USER_PASSWORD), packet.get(a.CHAP_PASSWORD)
    if hidden is not None and answered is not None:
        return NO_METHOD  # RFC 2865 section 4.1
    if answered is not None:
        challenge = packet.get(a.CHAP_CHALLENGE) or packet.authenticator
        right = any(
            compare_digest(answered, chap_response(answered[:1], one, challenge))
            for one in _words(packet, login, here, word)
        )
        return None if right else WRONG_WORD
    if hidden is None:
        return None if packet.integer(a.SERVICE_TYPE) == CALL_CHECK else NO_METHOD
    sent = pap_decrypt(hidden, secret, packet.authenticator) if hidden else b""
    return None if sent is not None and _is_line(sent, packet, login, here, word) else WRONG_WORD


def _is_line(sent: bytes, packet: Packet, login: str, here: str, word: bytes) -> bool:
    """Whether a clear password is one of those words, in any spelling."""
    if not sent or (word and compare_digest(sent, word)):
        return True
    text = names.plain(sent)
    address = names.mac(text)
    return (
        (address is not None and address in (here, login))
        or names.circuit(text) == login
        or text == names.plain(packet.get(a.USER_NAME) or b"")
    )


def _words(packet: Packet, login: str, here: str, word: bytes) -> Iterator[bytes]:
    """What a CHAP response may have been made of; a response shows no spelling, so each is tried."""
    yield packet.get(a.USER_NAME) or b""
    yield b""
    yield from filter(None, (word, login.encode()))
    for text in (here, here.upper()) if here else ():
        digits = text.replace(":", "")
        quads = [digits[at : at + 4] for at in (0, 4, 8)]
        yield from (one.encode() for one in (text, text.replace(":", "-"), digits, ".".join(quads), "-".join(quads)))
