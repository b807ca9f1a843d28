"""What tells a subscriber's line, in one spelling each; and the rule of an account: its proof, and what binds it.

A line is told by up to five things (`KEYS`): the MAC in Calling-Station-Id, the NAS, its port, the VLAN in the port's
name, and the circuit that an access node wrote into the request.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from oss.access import names
from radius import attributes as a
from radius.packet import Packet
from radius.server import Peer

KEYS: Final = ("mac", "nas", "port", "vlan", "circuit")
POLICIES: Final = ("off", "learn", "fixed")
KINDS: Final = ("password", "mac", "circuit")
LONGEST = 128  # characters of a port or a circuit that are kept

_ZEROS = re.compile(r"(?<![0-9a-z.])0+(?=\d)")
_VLANS = (
    re.compile(r"\bvlan(?:id)?=(\d+)(?:;vlan(?:id)?2=(\d+))?"),  # Huawei: slot=2;subslot=0;port=1;vlanid=100;vlanid2=7
    re.compile(r"(?:^|[^a-z])[sc]?vlan(?:id)?[-_:.#/]?(\d+)(?:[-_:.](\d+))?"),  # MikroTik: ether1-vlan100
    re.compile(r":(\d+)(?:-(\d+))?$"),  # Juniper: ge-1/0/0.1073741:100-7
    re.compile(r"\d/\d+\.(\d+)(?:\.(\d+))?$"),  # Cisco: 0/0/2/50.1957
)
HUAWEI = "huawei"


@dataclass(frozen=True, slots=True)
class Rule:
    """What an account's row says of proof and line; one for all accounts that say the same."""

    kind: str
    policy: str
    keys: tuple[str, ...]
    by_line: bool  # its line is its proof, and not a password
    binds: bool


@lru_cache(maxsize=4096)
def rule(text: str) -> Rule:
    """A rule as the index reads it: kind, policy, what it binds to."""
    kind, policy, *keys = text.split()
    return Rule(kind, policy, tuple(keys), kind != "password", policy != "off")


# ------------------------------------------------------------ what a request says of its line


def port(value: bytes | str) -> str:
    """NAS-Port-Id in one spelling: lower case, no spaces, no zeros before a number."""
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    kept = "".join(c for c in text.lower() if c.isprintable() and not c.isspace())
    return _ZEROS.sub("", kept.strip(";,"))[:LONGEST]


def vlan(port_id: str) -> str:
    """The VLAN in a port's text, ``outer.inner`` where there are two; empty: it names none."""
    for pattern in _VLANS:
        if found := pattern.search(port_id):
            return ".".join(str(int(number)) for number in found.groups() if number and int(number) < 4096)
    return ""


def seen(key: str, packet: Packet, peer: Peer) -> str:
    """One of the things that tell a request's line, in our spelling; empty: it does not say."""
    if key == "mac":
        said = packet.get(a.CALLING_STATION_ID)
        return (names.calling(packet) or names.plain(said)[:LONGEST]) if said else ""
    if key == "nas":
        return str(peer.key)
    if key == "circuit":
        here, there = names.circuits(packet)
        return here or there
    where = port(packet.get(a.NAS_PORT_ID) or b"")
    return where if key == "port" else vlan(where) or _numbered(packet, peer)


def _numbered(packet: Packet, peer: Peer) -> str:
    """Huawei's NAS-Port is slot, subslot, port and VLAN in 8, 4, 8 and 12 bits; other makers count sessions in it."""
    number = packet.integer(a.NAS_PORT) if peer.vendor == HUAWEI else None
    return str(number & 0xFFF) if number and number & 0xFFF else ""


def line(packet: Packet, peer: Peer) -> dict[str, str]:
    """All that a request says of its line."""
    return {key: value for key in KEYS if (value := seen(key, packet, peer))}
