"""MikroTik RouterOS (PEN 14988): Rate-Limit and Address-List.

RouterOS writes a rate from the router's side: received first, which is what the customer uploads. An empty
Address-List in a CoA takes the session off its list; a rate of 0 is no limit.
"""

from __future__ import annotations

from typing import Final

from radius.attributes import (
    ACCT_INTERIM_INTERVAL,
    ACCT_SESSION_ID,
    FRAMED_IP_ADDRESS,
    FRAMED_POOL,
    NAS_PORT_ID,
    SESSION_TIMEOUT,
    USER_NAME,
    vsa,
)
from radius.profile import Level, Profile
from radius.vendors import SessionKeys, identify, present

name: Final = "mikrotik"

MIKROTIK: Final = 14988
GROUP: Final = 3
RATE_LIMIT: Final = 8
ADDRESS_LIST: Final = 19


def accept(profile: Profile) -> bytes:
    """Only what the profile sets."""
    limited = profile.up_kbps or profile.down_kbps
    return b"".join(
        (
            vsa(MIKROTIK, RATE_LIMIT, rate(profile)) if limited else b"",
            vsa(MIKROTIK, ADDRESS_LIST, profile.address_list) if profile.address_list else b"",
            present(
                (FRAMED_POOL, profile.pool),
                (SESSION_TIMEOUT, profile.session_timeout_s),
                (ACCT_INTERIM_INTERVAL, profile.interim_s),
            ),
        )
    )


def change(profile: Profile) -> bytes:
    """Rate and list always, so that the old ones go; the pool never: RouterOS cannot move a live session."""
    return b"".join(
        (
            vsa(MIKROTIK, RATE_LIMIT, rate(profile)),
            vsa(MIKROTIK, ADDRESS_LIST, profile.address_list or ""),
            present((SESSION_TIMEOUT, profile.session_timeout_s)),
        )
    )


def keys(session: SessionKeys) -> bytes:
    """RouterOS matches all it is given; all of it came from its own accounting."""
    return identify(session, (USER_NAME, ACCT_SESSION_ID, FRAMED_IP_ADDRESS, NAS_PORT_ID))


def administrator(level: Level) -> bytes:
    """Mikrotik-Group: the router's user group (MikroTik manual, "RADIUS client", attribute 14988/3).

    The groups read, write and full are on every router.
    """
    return vsa(MIKROTIK, GROUP, level)


def rate(profile: Profile) -> str:
    """`upload/download`, e.g. "10M/100M" or "512k/2M"."""
    return f"{_speed(profile.up_kbps)}/{_speed(profile.down_kbps)}"


def _speed(kbps: int | None) -> str:
    if not kbps:
        return "0"
    return f"{kbps // 1000}M" if kbps % 1000 == 0 else f"{kbps}k"
