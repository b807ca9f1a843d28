"""What the server confines a session to, read from an Access-Accept or a CoA-Request as a router reads it."""

from __future__ import annotations

from dataclasses import dataclass

from oss.lab.traffic import UNLIMITED, Rate, parse_rate_limit
from radius.attributes import FILTER_ID
from radius.packet import Packet
from radius.vendors.mikrotik import ADDRESS_LIST, MIKROTIK, RATE_LIMIT
from radius.vendors.standard import BANDWIDTH_MAX_DOWN, BANDWIDTH_MAX_UP, WISPR


@dataclass(frozen=True, slots=True)
class Profile:
    """`rate_limit` as Mikrotik-Rate-Limit spells it ("upload/download"), "" = none; `address_list` "" = on none."""

    rate_limit: str = ""
    address_list: str = ""
    rate: Rate = UNLIMITED


NOTHING = Profile()


def profile_in(packet: Packet, before: Profile = NOTHING) -> Profile | None:
    """The profile after this packet; None if it says nothing about it. What is not named stays as it was.

    RouterOS' own attributes, or else WISPr's pair and Filter-Id. Raises ValueError where a router answers
    Invalid-Attribute-Value.
    """
    rate_limit, address_list = _rate_limit(packet), _address_list(packet)
    if rate_limit is None and address_list is None:
        return None
    wanted = before.rate_limit if rate_limit is None else rate_limit
    listed = before.address_list if address_list is None else address_list
    return Profile(wanted, listed, parse_rate_limit(wanted))


def _rate_limit(packet: Packet) -> str | None:
    value = packet.vsa(MIKROTIK, RATE_LIMIT)
    if value is not None:
        return value.decode("ascii")
    up, down = (_number(packet.vsa(WISPR, kind)) for kind in (BANDWIDTH_MAX_UP, BANDWIDTH_MAX_DOWN))
    return None if up is None and down is None else f"{up or 0}/{down or 0}"


def _number(value: bytes | None) -> int | None:
    if value is not None and len(value) != 4:
        raise ValueError("a bandwidth is four octets")
    return None if value is None else int.from_bytes(value, "big")


def _address_list(packet: Packet) -> str | None:
    value = packet.vsa(MIKROTIK, ADDRESS_LIST)
    if value is None:
        value = packet.get(FILTER_ID)
    return None if value is None else value.decode()
