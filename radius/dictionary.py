"""Names for the numbers: for screens, logs, and attributes written by name; not for the path of a packet."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from ipaddress import IPv4Address, IPv6Address, IPv6Interface
from pathlib import Path
from typing import Final

from pyrad.dictionary import Attribute, Dictionary
from pyrad.tools import DecodeAttr

from radius.attributes import VENDOR_SPECIFIC, attr, vsa
from radius.errors import Unencodable
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

_MADE_BY_US: Final = _SECRET | {"Vendor-Specific", "Message-Authenticator", "Proxy-State", "State"}
"""What the protocol itself puts into a packet: nobody's to write by name."""


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
def _dictionary() -> Dictionary:
    return Dictionary(str(Path(__file__).with_name("dictionary.milha")))


@cache
def _attributes() -> dict[int | tuple[int, int], Attribute]:
    vendors = _dictionary().vendors
    named = _dictionary().attributes.values()
    return {(vendors.GetForward(a.vendor), a.code) if a.vendor else a.code: a for a in named}


# ------------------------------------------------------------ from names to octets


def canonical(name: str) -> str | None:
    """The dictionary's own spelling of a name in any case, with its tag (``ERX-Service-Activate:1``); None: unknown."""
    bare, colon, tag = name.strip().partition(":")
    found = _by_name().get(bare.casefold())
    return found.name + colon + tag if found else None


def number(name: str) -> int | tuple[int, int] | None:
    """The type of an attribute by its name in any case, or (vendor, type); None: unknown."""
    found = _by_name().get(name.strip().partition(":")[0].casefold())
    if found is None:
        return None
    return (int(_dictionary().vendors.GetForward(found.vendor)), found.code) if found.vendor else int(found.code)


def encode(name: str, value: str) -> bytes:
    """One attribute by its dictionary name, ready for the wire, vendor attributes in their Vendor-Specific.

    Values are written as FreeRADIUS writes them: numbers in decimal or 0x..., named values ("Framed-User"), addresses,
    prefixes with their length, octets as 0x..., dates as Unix seconds or ISO 8601. A tagged attribute's tag stands
    behind the name (``Tunnel-Type:1``, RFC 2868). Raises Unencodable for a name or a value it does not know.
    """
    bare, _, tag = name.strip().partition(":")
    attribute = _by_name().get(bare.casefold())
    if attribute is None:
        raise Unencodable(f"no attribute {bare} in the dictionary")
    if attribute.name in _MADE_BY_US or attribute.encrypt:
        raise Unencodable(f"{attribute.name} is made by the server")
    try:
        data = _value(attribute, value)
    except ValueError:
        raise Unencodable(f"{attribute.name} ({attribute.type}) has no such value") from None
    if not data:
        raise Unencodable(f"{attribute.name} must not be empty (RFC 2865 5)")
    data = _tagged(attribute, data, tag)
    if attribute.vendor:
        return vsa(_dictionary().vendors.GetForward(attribute.vendor), attribute.code, data)
    return attr(attribute.code, data)


@cache
def _by_name() -> dict[str, Attribute]:
    return {name.casefold(): attribute for name, attribute in _dictionary().attributes.items()}


def _value(attribute: Attribute, value: str) -> bytes:
    """Raises ValueError."""
    if attribute.type == "string":
        return value.encode()
    value = value.strip()
    if attribute.values.HasForward(value):
        return bytes(attribute.values.GetForward(value))
    if attribute.type not in _ENCODERS:
        raise ValueError(attribute.type)
    return _ENCODERS[attribute.type](value)


def _tagged(attribute: Attribute, data: bytes, tag: str) -> bytes:
    """RFC 2868 3: a number's tag takes its first octet, a text's tag stands before it and may be left out."""
    if not attribute.has_tag:
        if tag:
            raise Unencodable(f"{attribute.name} takes no tag")
        return data
    if not re.fullmatch(r"(0?[0-9]|[12][0-9]|3[01])?", tag):
        raise Unencodable(f"{attribute.name}: a tag is a number from 0 to 31")
    number = int(tag or 0)
    if attribute.type == "string":
        return bytes((number,)) + data if number else data
    if data[0]:
        raise Unencodable(f"{attribute.name}: beside a tag only 24 bits fit")
    return bytes((number,)) + data[1:]


def _number(octets: int) -> Callable[[str], bytes]:
    def encoded(value: str) -> bytes:
        number = int(value, 16 if value[:2].lower() == "0x" else 10)
        if not 0 <= number < 1 << 8 * octets or "_" in value:
            raise ValueError(value)
        return number.to_bytes(octets, "big")

    return encoded


def _hex(value: str) -> bytes:
    """Octets as 0x..., or the octets of a text."""
    return bytes.fromhex(value[2:]) if value[:2].lower() == "0x" else value.encode()


def _prefix(value: str) -> bytes:
    """RFC 3162 2.3: all 16 octets are sent, and those beyond the prefix are zero."""
    network = IPv6Interface(value).network
    return bytes((0, network.prefixlen)) + network.network_address.packed


def _interface_id(value: str) -> bytes:
    if not re.fullmatch(_INTERFACE_ID, value):
        raise ValueError(value)
    return b"".join(_number(2)("0x" + part) for part in value.split(":"))


def _seconds(value: str) -> bytes:
    """Unix time from seconds or ISO 8601; without a zone it is UTC."""
    if not value.isdigit():
        at = datetime.fromisoformat(value)
        value = str(int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()))
    return _number(4)(value)


_INTERFACE_ID: Final = r"[0-9a-fA-F]{1,4}(:[0-9a-fA-F]{1,4}){3}"
_ENCODERS: Final[dict[str, Callable[[str], bytes]]] = {
    "integer": _number(4),
    "short": _number(2),
    "byte": _number(1),
    "integer64": _number(8),
    "ipaddr": lambda value: IPv4Address(value).packed,
    "ipv6addr": lambda value: IPv6Address(value).packed,
    "ipv6prefix": _prefix,
    "ifid": _interface_id,
    "octets": _hex,
    "date": _seconds,
}
