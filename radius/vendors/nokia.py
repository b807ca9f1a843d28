"""Nokia SR OS: 7750 SR and its family (PEN 6527).

Subscribers' profiles are the standard's: a dialect of its own for them has its place here.
"""

from __future__ import annotations

from typing import Final

from radius.attributes import vsa
from radius.profile import Level
from radius.vendors.standard import accept, change, keys

__all__ = ["accept", "administrator", "change", "keys", "name"]

name: Final = "nokia"

TIMETRA: Final = 6527
ACCESS: Final = 1
PROFILE: Final = 4
CONSOLE: Final = 2
PROFILES: Final[dict[Level, str]] = {"read": "default", "write": "milha-write", "full": "administrative"}


def administrator(level: Level) -> bytes:
    """Timetra-Access console and Timetra-Profile, a user profile on the router.

    Nokia, "SR OS RADIUS Attributes Reference Guide", management access (6527/1 and 6527/4). The profiles default and
    administrative are there from the beginning, milha-write must be made once: docs/administrators.md.
    """
    return vsa(TIMETRA, ACCESS, CONSOLE) + vsa(TIMETRA, PROFILE, PROFILES[level])
