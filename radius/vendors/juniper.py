"""Juniper Junos: MX, EX, QFX, SRX (PEN 2636).

Subscribers' profiles are the standard's: a dialect of its own for them has its place here.
"""

from __future__ import annotations

from typing import Final

from radius.attributes import vsa
from radius.profile import Level
from radius.vendors.standard import accept, change, keys

__all__ = ["accept", "administrator", "change", "keys", "name"]

name: Final = "juniper"

JUNIPER: Final = 2636
LOCAL_USER_NAME: Final = 1


def administrator(level: Level) -> bytes:
    """Juniper-Local-User-Name: the template account on the router, which has a login class.

    Juniper, "Juniper Networks Vendor-Specific RADIUS and LDAP Attributes" (2636/1). The accounts milha-read,
    milha-write and milha-full must be made there once: docs/administrators.md.
    """
    return vsa(JUNIPER, LOCAL_USER_NAME, f"milha-{level}")
