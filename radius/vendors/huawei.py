"""Huawei VRP: NE, ME60, S and AR series, MA5600T and MA5800 OLTs (PEN 2011).

Speeds are bits per second, seen from the device: its input is what the customer uploads. VRP has no spelling for "no
limit any more": a change that must clear one is the business of a Disconnect, as is a user group (Filter-Id) that goes.
Huawei, "Appendix: RADIUS Attributes" (2011/2, 3, 5, 6 and 29).
"""

from __future__ import annotations

from typing import Final

from radius.attributes import (
    ACCT_INTERIM_INTERVAL,
    ACCT_SESSION_ID,
    FILTER_ID,
    FRAMED_POOL,
    SERVICE_ADMINISTRATIVE,
    SERVICE_TYPE,
    SESSION_TIMEOUT,
    USER_NAME,
    attr,
    vsa,
)
from radius.profile import Level, Profile
from radius.vendors import SessionKeys, identify, present

name: Final = "huawei"

HUAWEI: Final = 2011
INPUT_AVERAGE_RATE: Final = 2
INPUT_PEAK_RATE: Final = 3
OUTPUT_AVERAGE_RATE: Final = 5
OUTPUT_PEAK_RATE: Final = 6
EXEC_PRIVILEGE: Final = 29
LEVELS: Final[dict[Level, int]] = {"read": 1, "write": 2, "full": 15}
_MAX_BITS: Final = 2**32 - 1


def accept(profile: Profile) -> bytes:
    """Only what the profile sets."""
    return change(profile) + present((FRAMED_POOL, profile.pool), (ACCT_INTERIM_INTERVAL, profile.interim_s))


def change(profile: Profile) -> bytes:
    """Average and peak are the same: the plan's speed is a ceiling."""
    return b"".join(
        (
            _speed(INPUT_AVERAGE_RATE, INPUT_PEAK_RATE, profile.up_kbps),
            _speed(OUTPUT_AVERAGE_RATE, OUTPUT_PEAK_RATE, profile.down_kbps),
            present((FILTER_ID, profile.address_list), (SESSION_TIMEOUT, profile.session_timeout_s)),
        )
    )


def keys(session: SessionKeys) -> bytes:
    """VRP finds a session by its Acct-Session-Id, and compares the name."""
    return identify(session, (USER_NAME, ACCT_SESSION_ID))


def administrator(level: Level) -> bytes:
    """HW-Exec-Privilege, the user level of VRP from 0 to 15, and Service-Type Administrative.

    VRP's levels: 0 visit, 1 monitoring, 2 configuration, 3 to 15 management.
    """
    return attr(SERVICE_TYPE, SERVICE_ADMINISTRATIVE) + vsa(HUAWEI, EXEC_PRIVILEGE, LEVELS[level])


def _speed(average: int, peak: int, kbps: int | None) -> bytes:
    """32 bits of bit/s end at 4.29 Gbit/s: above that the most that can be said."""
    if not kbps:
        return b""
    bits = min(kbps * 1000, _MAX_BITS)
    return vsa(HUAWEI, average, bits) + vsa(HUAWEI, peak, bits)
