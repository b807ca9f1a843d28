"""Cisco IOS, IOS XE and those that took its words over (PEN 9): the privilege level in a Cisco-AVPair.

Subscribers' profiles are the standard's: a dialect of its own for them has its place here.
"""

from __future__ import annotations

from typing import Final

from radius.attributes import SERVICE_ADMINISTRATIVE, SERVICE_NAS_PROMPT, SERVICE_TYPE, attr, vsa
from radius.profile import Level
from radius.vendors.standard import accept, change, keys

__all__ = ["accept", "administrator", "change", "keys", "name"]

name: Final = "cisco"

CISCO: Final = 9
AV_PAIR: Final = 1
LEVELS: Final[dict[Level, int]] = {"read": 1, "write": 15, "full": 15}


def administrator(level: Level) -> bytes:
    """`shell:priv-lvl=15` or 1, beside the Service-Type that IOS asks for.

    Cisco, "RADIUS Attributes Overview and RADIUS IETF Attributes" (Service-Type 6 and 7 for EXEC) and "RADIUS
    Vendor-Proprietary Attributes" (AV pair shell:priv-lvl). The levels 2 to 14 hold no command until somebody moves
    one there, so who may configure has 15.
    """
    kind = SERVICE_NAS_PROMPT if level == "read" else SERVICE_ADMINISTRATIVE
    return attr(SERVICE_TYPE, kind) + vsa(CISCO, AV_PAIR, f"shell:priv-lvl={LEVELS[level]}")
