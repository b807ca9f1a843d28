"""ZTE ZXR10 (PEN 3902).

Subscribers' profiles are the standard's: a dialect of its own for them has its place here.
"""

from __future__ import annotations

from typing import Final

from radius.attributes import SERVICE_ADMINISTRATIVE, SERVICE_NAS_PROMPT, SERVICE_TYPE, attr, vsa
from radius.profile import Level
from radius.vendors.standard import accept, change, keys

__all__ = ["accept", "administrator", "change", "keys", "name"]

name: Final = "zte"

ZTE: Final = 3902
PRIVILEGE: Final = 104
LEVELS: Final[dict[Level, int]] = {"read": 1, "write": 15, "full": 15}


def administrator(level: Level) -> bytes:
    """ZTE-SW-Privilege, 0 (lowest) to 15.

    From FreeRADIUS's dictionary.zte (3902/104); some software has it as number 191, no document of the maker is
    public. Service-Type goes beside it for those that know only that.
    """
    kind = SERVICE_NAS_PROMPT if level == "read" else SERVICE_ADMINISTRATIVE
    return attr(SERVICE_TYPE, kind) + vsa(ZTE, PRIVILEGE, LEVELS[level])
