"""Rules of the judge for lines that work: less than was bought, or not for long (pure)."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any, Final

from oss.access.decide import Access
from oss.monitoring.diagnosis_causes import Cause, cause
from oss.monitoring.diagnosis_facts import Facts
from oss.monitoring.pon_state import WEAK_DBM

SETTLES: Final = timedelta(seconds=10)  # a change of speed takes that long on its way
BELOW_DB: Final = 6.0  # so much under the middle of the PON is a bend, a dirty connector or a wrong splitter
FELL_DB: Final = 3.0  # half the light
NEARLY: Final = 0.9
FALLS: Final = 6  # sessions that ended within a day


def limit_differs(f: Facts) -> Cause | None:
    """The router does not do what the contract wants: by the enforcer's own books, or as it says itself."""
    here = f.session
    if here is None or f.account is None:
        return None
    wanted = f.account.decision.down_kbps
    if f.live.limit is not None and f.live.limit.down_bps is not None:
        applied = f.live.limit.down_bps // 1000
        if abs(applied - wanted) > max(64, wanted // 20):
            told: dict[str, Any] = {
                "wanted_kbps": wanted,
                "applied_kbps": applied,
                "by": f.live.limit.by,
                "seen": "router",
            }
            return cause("limit_differs", **told)
        return None
    if f.observed is not None and f.observed.state == "differs" and f.observed.down_bps is not None:
        applied = f.observed.down_bps // 1000
        return cause("limit_differs", wanted_kbps=wanted, applied_kbps=applied, by=f.observed.by_queue, seen="router")
    if here.drift_since is None or f.now - here.drift_since < SETTLES:
        return None
    applied_key = kbps(here.applied)
    return cause("limit_differs", wanted_kbps=kbps(here.desired) or wanted, applied_kbps=applied_key or 0,
                 since=here.drift_since, why=here.drift_cause or "", seen="books")  # fmt: skip


def kbps(key: str | None) -> int | None:
    """The downward speed of a profile's key: ``full:500000/250000`` -> 500000."""
    found = re.match(r"\w+:(\d{1,12})/", key or "")
    return int(found[1]) if found else None


def link_full(f: Facts) -> Cause | None:
    """A link on the way carries nearly all it can."""
    fullest = max(f.links, key=lambda one: one.share, default=None)
    if fullest is None or fullest.share < NEARLY or not f.online:
        return None
    return cause("link_full", name=fullest.name, percent=min(100, round(100 * fullest.share)), id=fullest.id)


def plan_full(f: Facts) -> Cause | None:
    """The customer uses all that he bought."""
    here = f.session
    if here is None or f.account is None or f.account.decision.access is not Access.FULL:
        return None
    bps = f.live.rate.down_bps if f.live.rate is not None else here.down_bps
    limit = f.account.decision.down_kbps
    if limit <= 0 or bps < NEARLY * limit * 1000:
        return None
    return cause("plan_full", bps=bps, limit_kbps=limit)


def _now_dbm(f: Facts) -> float | None:
    if f.live.onu is not None and f.live.onu.onu_rx_dbm is not None:
        return f.live.onu.onu_rx_dbm
    return f.plant.rx_dbm if f.plant is not None and f.plant.lit else None


def weak_light(f: Facts) -> Cause | None:
    """Below what an ONU needs to have any reserve."""
    dbm = _now_dbm(f)
    if dbm is None or dbm >= WEAK_DBM:
        return None
    return cause("weak_light", dbm=dbm, median=f.plant.median_dbm if f.plant else None)


def below_neighbours(f: Facts) -> Cause | None:
    """Much less light than the others of the PON have."""
    dbm, median = _now_dbm(f), f.plant.median_dbm if f.plant else None
    if dbm is None or median is None or median - dbm < BELOW_DB:
        return None
    return cause("light_below_neighbours", dbm=dbm, median=median)


def falling(f: Facts) -> Cause | None:
    """Half the light is gone since a week ago, and the neighbours' is not."""
    dbm, trend = _now_dbm(f), f.trend
    if dbm is None or trend is None or trend.was_dbm - dbm < FELL_DB:
        return None
    if trend.others_db is not None and -trend.others_db > FELL_DB / 2:
        return None  # all of them lost it: that is the PON's
    return cause("light_falling", dbm=dbm, was=trend.was_dbm, days=trend.days)


def comes_and_goes(f: Facts) -> Cause | None:
    """Many sessions ended within a day."""
    falls = sum(f.now - one.ended_at < timedelta(days=1) for one in f.history)
    return cause("comes_and_goes", count=falls) if falls >= FALLS else None


def shared_mac(f: Facts) -> Cause | None:
    """Online, and somebody else is too with the same MAC."""
    if f.twin is None or not f.online:
        return None
    return cause("shared_mac", mac=f.twin.mac, other=f.twin.login, nas=f.twin.nas or "")
