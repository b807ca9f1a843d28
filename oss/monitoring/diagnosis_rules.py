"""One rule a cause, or a few that look at the same: facts in, a cause or none out (pure)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from oss.access.decide import Access
from oss.access.line_known import GIVEN, Refusal
from oss.monitoring.causes import LEAST_TOGETHER, SHARE
from oss.monitoring.diagnosis_causes import Cause, cause
from oss.monitoring.diagnosis_facts import Facts
from oss.monitoring.diagnosis_slow import (
    below_neighbours,
    comes_and_goes,
    falling,
    limit_differs,
    link_full,
    plan_full,
    shared_mac,
    weak_light,
)
from oss.monitoring.line_facts import Away, Plant, Standing

FRESH: Final = timedelta(minutes=30)  # a refusal that old still says why somebody is offline
QUIET: Final = timedelta(minutes=10)  # a router at home that is on asks again sooner
EMPTY_LOGINS: Final = 3
READ_BACK: Final = timedelta(hours=1)  # what was read back of an OLT is believed before polls tell of it
LONG_DARK: Final = timedelta(days=1)

Rule = Callable[[Facts], Cause | None]


# ------------------------------------------------------------ contract, money, holds


def ended(f: Facts) -> Cause | None:
    """The contract is over."""
    if f.contract is None or f.contract.runs:
        return None
    return cause("contract_ended", on=f.contract.ended_on or f.contract.today)


def not_begun(f: Facts) -> Cause | None:
    """It begins on a day to come, and nobody is online by it."""
    if f.contract is None or f.online or f.contract.started_on <= f.contract.today:
        return None
    return cause("contract_not_begun", on=f.contract.started_on)


def login_off(f: Facts) -> Cause | None:
    """Somebody switched the login off."""
    if f.account is None or f.account.decision.reason.code != "account_disabled":
        return None
    return cause("login_off", login=f.login)


def cut(f: Facts) -> Cause | None:
    """A hold that lets nobody in."""
    return _hold(f) if f.account and f.account.decision.access is Access.REJECT else None


def held_back(f: Facts) -> Cause | None:
    """A hold that lets in, slowly or to one page only."""
    slowed = f.account and f.account.decision.access in (Access.REDUCED, Access.WALLED)
    return _hold(f) if slowed else None


def _hold(f: Facts) -> Cause | None:
    assert f.account is not None
    hold = f.account.hold
    if hold is None:
        return None
    known: dict[str, Any] = {"since": hold.since, "note": hold.note, "by": f.account.placed_by, "effect": hold.effect}
    if hold.reason == "overdue":
        return _debt(f, hold.effect, hold.since)
    key = {"fraud": "fraud", "pause": "paused"}.get(hold.reason, "held")
    return cause(key, **known)


def _debt(f: Facts, effect: str, since: datetime) -> Cause | None:
    if f.debt is None or not f.debt.invoices:
        return cause("debt_lifting", since=since)
    key = {"reduce": "debt_slowed", "wall": "debt_walled"}.get(effect, "debt_cut")
    assert f.account is not None
    told: dict[str, Any] = {"days": f.debt.days, "cents": f.debt.cents, "number": f.debt.number, "since": since}
    return cause(key, **told, down_kbps=f.account.decision.down_kbps)


# ------------------------------------------------------------ the way to the customer


def device_away(f: Facts) -> Cause | None:
    """Something above the customer does not answer: what is nearest to the core is the cause.

    An alarm that stands while its customers work (echoes are filtered, say) hides no outage behind it.
    """
    first = next((one for one in f.away if not _worked_since(f, one.since)), None)
    if first is None:
        return None
    return cause(_device(f, first), _incident_of(f, first), name=first.name, at=first.since, role=first.role)


def _device(f: Facts, one: Away) -> str:
    if f.router is not None and one.id == f.router.device_id:
        return "nas_down"
    return "olt_down" if one.role == "olt" else "device_down"


def _incident_of(f: Facts, one: Away) -> int | None:
    found = [each.id for each in f.incidents if (each.at_kind, each.at_id) == ("device", one.id)]
    return next(iter(found), _incident(f))


def _standing(f: Facts) -> Standing | None:
    """The oldest open incident that the line did not work through."""
    return next((one for one in f.incidents if not _worked_since(f, one.from_at)), None)


def _incident(f: Facts) -> int | None:
    one = _standing(f)
    return one.id if one else None


def place_away(f: Facts) -> Cause | None:
    """An incident at a site, a device or a link takes the line along; a device that is told to be away is enough."""
    one = _standing(f)
    if device_away(f) is not None or one is None or one.why != "down" or one.at_kind not in ("site", "device", "link"):
        return None
    return cause("device_down", one.id, name=one.at_name or one.at_kind, at=one.began_at, role=one.at_kind)


AREA: Final = {"dying-gasp": "area_power", "los": "area_fibre", "": "area_lost"}
AREA_OF: Final = {"power": "area_power", "cut": "area_fibre", "together": "area_lost"}


def area(f: Facts) -> Cause | None:
    """Many of the PON, or below one box, went together."""
    one, plant = _standing(f), _lately_lit(f.plant)
    if one is not None and one.why in AREA_OF and not _lit_now(f):
        return _area_of(one, f.plant)
    if plant is None or not plant.dark or _worked_since(f, _dark_at(f, plant)):
        return None
    gone = plant.gone()
    if gone < LEAST_TOGETHER or gone < SHARE * plant.size:
        return None
    word = next((each for each in ("dying-gasp", "los") if plant.gone(each) >= SHARE * gone), "")
    place = f"{plant.olt} {plant.pon}".strip()
    told: dict[str, Any] = {
        "gone": plant.gone(word),
        "of": plant.size,
        "place": place,
        "kind": "pon",
        "at": _area_since(plant),
    }
    return cause(AREA[word], _incident(f), **told)


def _lately_lit(plant: Plant | None) -> Plant | None:
    """Without neighbours that were dark long before its own ONU: modems of who moved away say nothing of today."""
    if plant is None or plant.since is None:
        return plant
    before = plant.since - LONG_DARK
    kept = [one for one in plant.others if one.word not in ONU or one.since is None or one.since > before]
    return replace(plant, others=tuple(kept))


def _area_of(one: Standing, plant: Plant | None) -> Cause | None:
    """As the watch found it; on a PON its ONUs are counted as they are now."""
    gone, of = one.onus or one.lines, one.onus or one.lines
    if one.at_kind == "pon" and plant is not None and plant.pon_id == one.at_id:
        gone, of = max(plant.gone(), 1), plant.size
    return cause(AREA_OF[one.why], one.id, gone=gone, of=max(gone, of), place=one.at_name or one.at_kind,
                 kind=one.at_kind, at=one.began_at)  # fmt: skip


def _area_since(plant: Plant) -> datetime | None:
    times = [one.since for one in plant.others if one.since and one.word not in ("online", "unknown")]
    return min([*times, *([plant.since] if plant.since else [])], default=plant.told_at)


def _lit_now(f: Facts) -> bool:
    """Its OLT has just said so, whatever the incident still counts."""
    return f.live.onu is not None and f.live.onu.state == "online"


def _dark_at(f: Facts, plant: Plant) -> datetime | None:
    """When its ONU was dark. Of an offline line the newest word: it may have worked between two losses of one alarm."""
    heard_later = f.online and f.live.onu is None
    return plant.since if heard_later else plant.told_at or plant.since


def _worked_since(f: Facts, at: datetime | None) -> bool:
    """Accounting told of the line well after an instant: whatever broke there, it did not break this line.

    Of sessions that are over only the begin counts: who cleans up what hangs says that it ended now.
    """
    told = [*(one.last_seen_at for one in f.sessions), *(one.started_at for one in f.history)]
    return at is not None and max(told, default=at) > at + timedelta(minutes=1)


def provisioning(f: Facts) -> Cause | None:
    """Its ONU is being authorised, or that stopped half-way."""
    run = f.provision
    if run is None or f.online or run.state not in ("planned", "running", "stuck"):
        return None
    key = "provision_stuck" if run.state == "stuck" else "provision_running"
    return cause(key, serial=run.serial, olt=run.olt, at=run.made_at, run=run.run_id)


def _just_authorised(f: Facts, plant: Plant) -> bool:
    """The OLT itself showed it, when it was authorised: polls may not know it yet."""
    run = f.provision
    if run is None or run.state != "done" or run.serial != plant.serial or run.made_at is None:
        return False
    return f.now - run.made_at < READ_BACK


def unauthorised(f: Facts) -> Cause | None:
    """The OLT was read, and has no such ONU; or no OLT is known to have it."""
    plant, run = f.plant, f.provision
    if run is not None and run.waiting_serial and not f.online:
        return cause("onu_unauthorised", serial=run.waiting_serial, olt=run.waiting_olt, pon=run.waiting_pon)
    if plant is None or f.online or plant.dark:
        return None
    if plant.pon_id is None:
        return cause("onu_nowhere", serial=plant.serial)
    if plant.polled and not plant.listed and plant.word == "unknown" and not _just_authorised(f, plant):
        return cause("onu_unauthorised", serial=plant.serial, olt=plant.olt)
    return None


ONU: Final = {"dying-gasp": "power", "los": "fibre", "offline": "dark"}
ALONE: Final = 0.1  # of the others: somewhere a modem is always switched off


def onu(f: Facts) -> Cause | None:
    """This ONU is dark: alone, or some others with it."""
    plant = _lately_lit(f.plant)
    if plant is None or not plant.dark or _worked_since(f, _dark_at(f, plant)):
        return None
    gone = plant.gone()
    kind = "onu" if gone - 1 <= ALONE * len(plant.others) else "some"
    told: dict[str, Any] = {"at": plant.since or plant.told_at or f.now, "gone": gone, "of": plant.size}
    return cause(f"{kind}_{ONU[plant.word]}", _incident(f), serial=plant.serial, **told)


# ------------------------------------------------------------ the router and RADIUS


def router(f: Facts) -> Cause | None:
    """The router of the line asks nobody, asks as a stranger, or with another secret."""
    one = f.router
    if one is None or f.online:
        return None
    if not one.active:
        return cause("nas_off", nas=one.name, id=one.id)
    if one.knock_ip and (one.heard_at is None or (one.knocked_at or f.now) > one.heard_at):
        return cause("nas_unknown", nas=one.name, ip=one.knock_ip, id=one.id)
    if one.garbled and not _asked_since(f, f.now - QUIET):
        return cause("nas_secret", nas=one.name, count=one.garbled, id=one.id)
    if one.silent(f.now):
        return cause("nas_silent", nas=one.name, at=one.heard_at, id=one.id)
    return None


def _asked_since(f: Facts, at: datetime) -> bool:
    return f.last_asked_at is not None and f.last_asked_at > at


# ------------------------------------------------------------ logins


def refused(f: Facts) -> Cause | None:
    """The last logins were refused, and nobody is online by this login."""
    one = next((each for each in f.rejects if f.now - each.last_at < FRESH), None)
    if one is None or (f.online and one.reason != "session_open") or _given_since(f, one.last_at):
        return None
    return _refusal(f, one)


def _refusal(f: Facts, one: Refusal) -> Cause | None:
    told: dict[str, Any] = {"count": one.count, "at": one.last_at, "nas": one.nas or ""}
    if one.reason in ("wrong_password", "slowed"):
        return cause("wrong_password", **told)
    if one.reason == "wrong_line":
        return _wrong_line(one) or cause("refused", reason=one.reason, **told)
    if one.reason == "session_open":
        since = _instant(one.facts.get("since")) or (f.sessions[0].started_at if f.sessions else one.first_at)
        nas = one.facts.get("nas") or one.nas or (f.sessions[0].nas if f.sessions else None)
        return cause("too_many_sessions", nas=nas, at=since, mac=str(one.facts.get("calling_station_id") or ""))
    return cause("refused", reason=one.reason, facts=dict(one.facts), **told)


def _wrong_line(one: Refusal) -> Cause | None:
    what = str(one.facts.get("what", ""))
    if what not in ("mac", "nas", "port", "vlan", "circuit"):
        return None
    seen, expected = one.facts.get("seen"), one.facts.get("expected")
    line = one.facts.get("line")
    offered = line if isinstance(line, dict) else {}
    texts: dict[str, Any] = {
        "seen": None if seen is None else str(seen),
        "expected": None if expected is None else str(expected),
    }
    return cause(f"wrong_{what}", **texts, at=one.last_at, count=one.count, line=offered)


def _instant(value: object) -> datetime | None:
    if not isinstance(value, str) or not re.match(r"\d{4}-\d\d-\d\dT", value):
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def _given_since(f: Facts, at: datetime) -> bool:
    """Accepted after it was refused."""
    return any(one.reason in GIVEN and one.at > at for one in f.asked)


def stranger(f: Facts) -> Cause | None:
    """A login nobody has comes from this customer's router."""
    one = f.stranger
    if one is None or f.online or f.now - one.last_at > FRESH or _given_since(f, one.last_at):
        return None
    return cause("unknown_login", typed=one.login, login=f.login, at=one.last_at, count=one.count, nas=one.nas or "")


def no_address(f: Facts) -> Cause | None:
    """Let in again and again, and no session comes of it; or one without an address."""
    here = f.session
    if here is not None:
        young = f.now - here.started_at < timedelta(minutes=2)
        if here.addressed or young or here.nas is None:
            return None
        return cause("no_address", count=1, nas=here.nas, pool=_pool(f), online=True)
    given = [one for one in f.asked if one.reason in GIVEN and f.now - one.at < FRESH]
    if len(given) < EMPTY_LOGINS or not given[0].nas:
        return None
    if any(one.session_s > 60 and one.ended_at > given[-1].at for one in f.history):
        return None
    return cause("no_address", count=len(given), nas=given[0].nas, pool=_pool(f), online=False)


def _pool(f: Facts) -> str:
    return (f.account.decision.pool if f.account else None) or ""


def duplicate(f: Facts) -> Cause | None:
    """Another login is online with this router's MAC, and this one is not."""
    if f.twin is None or f.online:
        return None
    return cause("duplicate_mac", mac=f.twin.mac, other=f.twin.login, nas=f.twin.nas or "")


def stale(f: Facts) -> Cause | None:
    """A session is open of which nothing was heard for three interims."""
    if f.online or not f.sessions:
        return None
    one = f.sessions[0]
    return cause("stale_session", nas=one.nas, at=one.last_seen_at)


def cpe_off(f: Facts) -> Cause | None:
    """The ONU is lit, and no login is tried: the customer's router is off, reset, or not plugged in."""
    if f.online or f.plant is None or not f.plant.lit:
        return None
    last = f.last_asked_at or f.last_online_at
    if last is None:
        return cause("never_dialled", dbm=f.plant.rx_dbm)
    if f.now - last < QUIET:
        return None
    ended = f.last_online_at
    return cause("cpe_off", at=max(last, ended) if ended else last, dbm=f.plant.rx_dbm)


def offline(f: Facts) -> Cause | None:
    """Nobody is online, and nothing tells why."""
    if f.online:
        return None
    last = f.last_online_at or f.last_asked_at
    return cause("offline", at=last) if last else cause("never_seen")


def well(f: Facts) -> Cause | None:
    """Online, and nothing is wrong."""
    if f.session is None:
        return None
    return cause("well", since=f.session.started_at, bps=f.session.down_bps)


RULES: Final[tuple[Rule, ...]] = (
    *(ended, not_begun, login_off, cut),
    *(device_away, place_away, area, provisioning, unauthorised, onu, router),
    *(refused, stranger, no_address, duplicate, held_back),
    *(limit_differs, link_full, plan_full, weak_light, below_neighbours, falling, shared_mac, comes_and_goes),
    *(cpe_off, stale, offline, well),
)
"""In the order of their likelihood: what is first explains the line, what follows is told beside it."""
