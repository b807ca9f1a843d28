"""Speeds as the makers' reply attributes say them, in kbit/s from the customer's view."""

from __future__ import annotations

import re
from dataclasses import dataclass

MOST_KBPS = 400_000_000
MIKROTIK = "mikrotik-rate-limit"
# (attribute of the customer's download, of the upload, bit/s a unit), the surest first.
# Input is what the router receives: the customer's upload.
PAIRS = (
    ("huawei-output-average-rate", "huawei-input-average-rate", 1),
    ("h3c-output-average-rate", "h3c-input-average-rate", 1),
    ("wispr-bandwidth-max-down", "wispr-bandwidth-max-up", 1),
    ("ubnt-data-rate-dl", "ubnt-data-rate-ul", 1),
    ("ascend-xmit-rate", "ascend-data-rate", 1),
    ("chillispot-bandwidth-max-down", "chillispot-bandwidth-max-up", 1000),
)
SPEEDS = frozenset(name for down, up, _ in PAIRS for name in (down, up)) | {MIKROTIK}
# They limit the speed too, but a plan has one speed each way: kept in a reply they would outlive a slowing.
BESIDE = {
    **dict.fromkeys(
        (
            *("huawei-input-peak-rate", "huawei-output-peak-rate", "huawei-input-burst-size"),
            *("huawei-output-burst-size", "huawei-input-peak-burst-size", "huawei-output-peak-burst-size"),
            *("h3c-input-peak-rate", "h3c-output-peak-rate", "ubnt-data-rate-dl-burst", "ubnt-data-rate-ul-burst"),
        ),
        "peaks and bursts are not kept: a plan has one speed each way",
    ),
    **dict.fromkeys(
        (
            *("zte-rate-ctrl-scr-down", "zte-rate-ctrl-scr-up", "zte-rate-ctrl-burst-down"),
            *("zte-rate-ctrl-burst-up", "zte-rate-ctrl-pcr"),
        ),
        "ZTE's unit differs from model to model: give the plan its speed by hand",
    ),
    **dict.fromkeys(("wispr-bandwidth-min-up", "wispr-bandwidth-min-down"), "a guaranteed minimum is not kept"),
}
_RATE = re.compile(r"(\d+)([kKmMgG]?)")
_FACTOR = {"": 1, "k": 1000, "m": 1_000_000, "g": 1_000_000_000}


@dataclass(frozen=True, slots=True)
class Speed:
    """kbit/s towards the customer and from him."""

    down_kbps: int
    up_kbps: int

    def __str__(self) -> str:
        return f"{_short(self.down_kbps)}/{_short(self.up_kbps)}"


def _short(kbps: int) -> str:
    return f"{kbps // 1000}M" if kbps % 1000 == 0 else f"{kbps}k"


def _kbps(word: str, unit: int = 1) -> int | None:
    """``10M``, ``512k`` or units as kbit/s; None for what is no speed above zero."""
    found = _RATE.fullmatch(word)
    if found is None:
        return None
    kbps = int(found[1]) * _FACTOR[found[2].lower()] * unit // 1000
    return kbps if 0 < kbps <= MOST_KBPS else None


def speed(down: str, up: str, unit: int = 1) -> Speed | None:
    """A speed from its two halves; None unless both are understood."""
    found = _kbps(down, unit), _kbps(up, unit)
    return Speed(found[0], found[1]) if found[0] and found[1] else None


def mikrotik(value: str) -> tuple[Speed | None, bool]:
    """A Mikrotik-Rate-Limit, and whether it says more (burst, priority) than a plan keeps.

    The router's received rate stands first: that is the customer's upload. One rate alone is both.
    """
    words = value.split()
    up, _, down = (words[0] if words else "").partition("/")
    return speed(down or up, up), len(words) > 1
