"""What a session shall be, in no vendor's language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["read", "write", "full"]
"""What an administrator may do on a router: look, configure, or all (its users and passwords too)."""


@dataclass(frozen=True)
class Profile:
    """Speeds in kbit/s as the customer sees them (down = towards the customer); None = not set by us.

    `address_list` is the router's list that confines the session (walled garden), `pool` the router's address
    pool, times are seconds.
    """

    down_kbps: int | None = None
    up_kbps: int | None = None
    address_list: str | None = None
    pool: str | None = None
    session_timeout_s: int | None = None
    interim_s: int | None = None
