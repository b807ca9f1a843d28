"""Names for the numbers, for screens and logs; not for the path of a packet."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

from pyrad.dictionary import Attribute, Dictionary
from pyrad.tools import DecodeAttr

from radius.attributes import VENDOR_SPECIFIC
from radius.packet import Packet, vendor_attributes

MASK: Final = "***"

_SECRET: Final = frozenset(
    (
        "User-Password",
        "CHAP-Password",
        "Tunnel-Password",
        "EAP-Message",
        "MS-CHAP-Response",
        "MS-CHAP2-Response",
        "MS-CHAP2-Success",
        "MS-CHAP2-CPW",
        "MS-CHAP-MPPE-Keys",
        "MS-MPPE-Send-Key",
        "MS-MPPE-Recv-Key",
    )
)
"""Passwords, and what a password can be guessed from."""


def describe(packet: Packet) -> list[tuple[str, str]]:
    """(name, value) of every attribute in order; secrets masked, octets that are no text as 0x..."""
    return [(name, value) for kind, data in packet.attributes() for name, value in _described(kind, data)]


def _described(kind: int, data: bytes) -> Iterator[tuple[str, str]]:
    subs = vendor_attributes(data) if kind == VENDOR_SPECIFIC else []
    if not subs:
        yield _pair(kind, f"Attr-{kind}", data)
    vendor = int.from_bytes(data[:4], "big")
    for sub, value in subs:
        yield _pair((vendor, sub), f"Attr-{VENDOR_SPECIFIC}.{vendor}.{sub}", value)


def _pair(key: int | tuple[int, int], otherwise: str, data: bytes) -> tuple[str, str]:
    attribute = _attributes().get(key)
    if attribute is None:
        return otherwise, "0x" + data.hex()
    if attribute.name in _SECRET:
        return attribute.name, MASK
    return attribute.name, _readable(attribute, data)


def _readable(attribute: Attribute, data: bytes) -> str:
    if attribute.values.HasBackward(data):
        return str(attribute.values.GetBackward(data))
    try:
        value = DecodeAttr(attribute.type, data)
    except ValueError:  # a NAS that sends the wrong size must still be readable
        return "0x" + data.hex()
    return "0x" + value.hex() if isinstance(value, bytes) else _printable(str(value))


def _printable(text: str) -> str:
    """No control characters: this text goes to terminals and logs."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


@cache
def _attributes() -> dict[int | tuple[int, int], Attribute]:
    dictionary = Dictionary(str(Path(__file__).with_name("dictionary.milha")))
    vendors = dictionary.vendors
    return {(vendors.GetForward(a.vendor), a.code) if a.vendor else a.code: a for a in dictionary.attributes.values()}
