"""Any NAS that keeps to the RFCs.

No RFC has a speed attribute; WISPr's pair (PEN 14122, bit/s) is what most software understands besides its
own. The list that confines a session is a Filter-Id (RFC 2865 section 5.11). Neither has a spelling for "no
longer": a change that must clear one is the business of a Disconnect.
"""

from __future__ import annotations

from typing import Final

from radius.attributes import (
    ACCT_INTERIM_INTERVAL,
    ACCT_SESSION_ID,
    CALLING_STATION_ID,
    FILTER_ID,
    FRAMED_IP_ADDRESS,
    FRAMED_POOL,
    NAS_PORT_ID,
    SERVICE_ADMINISTRATIVE,
    SERVICE_NAS_PROMPT,
    SERVICE_TYPE,
    SESSION_TIMEOUT,
    USER_NAME,
    attr,
    vsa,
)
from radius.profile import Level, Profile
from radius.vendors import SessionKeys, identify, present

name: Final = "standard"

WISPR: Final = 14122
BANDWIDTH_MAX_UP: Final = 7
BANDWIDTH_MAX_DOWN: Final = 8
_MAX_BITS: Final = 2**32 - 1


def accept(profile: Profile) -> bytes:
    """Only what the profile sets."""
    return change(profile) + present((FRAMED_POOL, profile.pool), (ACCT_INTERIM_INTERVAL, profile.interim_s))


def change(profile: Profile) -> bytes:
    """What RFC 5176 section 3 lets a CoA-Request change."""
    return b"".join(
        (
            _speed(BANDWIDTH_MAX_UP, profile.up_kbps),
            _speed(BANDWIDTH_MAX_DOWN, profile.down_kbps),
            present((FILTER_ID, profile.address_list), (SESSION_TIMEOUT, profile.session_timeout_s)),
        )
    )


def keys(session: SessionKeys) -> bytes:
    """All that is known (RFC 5176 section 3: the NAS must match every one)."""
    kinds = (USER_NAME, ACCT_SESSION_ID, FRAMED_IP_ADDRESS, CALLING_STATION_ID, NAS_PORT_ID)
    return identify(session, kinds)


def administrator(level: Level) -> bytes:
    """Service-Type: Administrative opens the privileged prompt, NAS-Prompt the other one (RFC 2865 section 5.6)."""
    return attr(SERVICE_TYPE, SERVICE_ADMINISTRATIVE if level == "full" else SERVICE_NAS_PROMPT)


def _speed(kind: int, kbps: int | None) -> bytes:
    """32 bits of bit/s end at 4.29 Gbit/s: above that the most that can be said."""
    return vsa(WISPR, kind, min(kbps * 1000, _MAX_BITS)) if kbps else b""
