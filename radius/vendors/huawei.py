"""Huawei VRP: NE, ME60, S and AR series, MA5600T and MA5800 OLTs (PEN 2011).

Subscribers' profiles are the standard's: a dialect of its own for them has its place here.
"""

from __future__ import annotations

from typing import Final

from radius.attributes import SERVICE_ADMINISTRATIVE, SERVICE_TYPE, attr, vsa
from radius.profile import Level
from radius.vendors.standard import accept, change, keys

__all__ = ["accept", "administrator", "change", "keys", "name"]

name: Final = "huawei"

HUAWEI: Final = 2011
EXEC_PRIVILEGE: Final = 29
LEVELS: Final[dict[Level, int]] = {"read": 1, "write": 2, "full": 15}


def administrator(level: Level) -> bytes:
    """HW-Exec-Privilege, the user level of VRP from 0 to 15, and Service-Type Administrative.

    Huawei, "Appendix: RADIUS Attributes" (attribute 2011/29, integer). VRP's levels: 0 visit, 1 monitoring,
    2 configuration, 3 to 15 management.
    """
    return attr(SERVICE_TYPE, SERVICE_ADMINISTRATIVE) + vsa(HUAWEI, EXEC_PRIVILEGE, LEVELS[level])
