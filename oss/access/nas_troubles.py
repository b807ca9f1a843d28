"""What ails a router, from what it sent lately: pure, so that the list, its page and the first page say the same.

The list is narrowed to the routers that ail by SQL of the same meaning.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple, get_args

LATELY = timedelta(minutes=15)
SKEW_MS = (
    60_000  # beyond it, what the router's clock says cannot be laid beside ours; RFC 5176 section 6.3 allows 300 s
)
SKEW_FRESH = timedelta(hours=2)
WRONG_SECRET = ("bad_authenticator", "bad_message_authenticator", "garbled")
DROPS = (  # reasons for which a request gets no answer; repetitions get one
    "missing_message_authenticator",
    *WRONG_SECRET,
    "limited",
    "put_off",
    "malformed",
    "unexpected_code",
    "bad_status",
    "unanswerable",
    "failed",
    "dropped",
)

LOST = ("missing_message_authenticator", *WRONG_SECRET, "limited")  # those of them that are troubles
LATELY_S, FRESH_S = (int(one.total_seconds()) for one in (LATELY, SKEW_FRESH))
_LOST = ", ".join(f"'{name}'" for name in LOST)
# Whether anything is wrong with a router ``n``: what `troubles` finds, for a list to be narrowed by. A tally's slot is
# of five minutes, so what came lately lies in the last ones. One session is asked for in the order of the index: for a
# router that has none, an EXISTS would walk through those of all.
AILING = f"""n.active and (
  exists (select from nas_tally t where t.nas_id = n.id and t.slot > now() - interval '1 hour' and t.what in ({_LOST})
    and t.last_at > now() - interval '{LATELY_S} seconds')
  or (select o.uid from session_open o where o.nas_id = n.id order by o.acct_session_id limit 1) is not null
    and (select o.uid from session_open o where o.nas_id = n.id
      and o.last_seen_at >= now() - make_interval(secs => 3 * n.interim_s) order by o.acct_session_id limit 1) is null
  or exists (select from session_open o where o.nas_id = n.id and o.drift_since < now() - interval '3 seconds')
  or coalesce((select abs(t.skew_ms) > {SKEW_MS} and t.skew_at > now() - interval '{FRESH_S} seconds'
    from nas_state t where t.nas_id = n.id and t.skew_at is not null order by t.skew_at desc limit 1), false))"""

Code = Literal["silent", "stopped_signing", "unsigned", "secret", "skew", "limited", "stuck"]
CODES: tuple[Code, ...] = get_args(Code)


class Tally(NamedTuple):
    """How often something came: in the last hour, in the last day, and between when."""

    hour: int
    day: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that is wrong. ``urgent``: customers are offline for it, or soon will be."""

    code: Code
    count: int
    since: datetime | None
    urgent: bool = False


def troubles(router: Mapping[str, Any], now: datetime) -> list[Trouble]:
    """What is wrong with a router in use, the worst first."""
    if not router["active"]:
        return []
    found = [_unsigned(router, now), _secret(router, now), _silent(router), _limited(router, now)]
    found += [_skew(router, now), _stuck(router)]
    return sorted((one for one in found if one is not None), key=lambda one: not one.urgent)


def _lately(router: Mapping[str, Any], names: tuple[str, ...], now: datetime) -> tuple[int, datetime] | None:
    """How often it came in the last hour, and since when; None where it has not come lately."""
    tallies = [router["tallies"][name] for name in names if name in router["tallies"]]
    if not any(one.last_at > now - LATELY for one in tallies):
        return None
    return sum(one.hour for one in tallies), min(one.first_at for one in tallies)


def _unsigned(router: Mapping[str, Any], now: datetime) -> Trouble | None:
    """Its requests are dropped because they are not signed: after it had signed, its software has changed."""
    found = _lately(router, ("missing_message_authenticator",), now)
    if found is None:
        return None
    signed = router["signs_since"] is not None and router["ma_policy"] == "auto"
    return Trouble("stopped_signing" if signed else "unsigned", *found, urgent=True)


def _secret(router: Mapping[str, Any], now: datetime) -> Trouble | None:
    """Something asks from its address with another secret; urgent where nothing else comes from there."""
    found = _lately(router, WRONG_SECRET, now)
    if found is None:
        return None
    answers = router["tallies"].get("answers")
    return Trouble(
        "secret", *found, urgent=answers is None or answers.last_at <= now - LATELY or not router["sessions"]
    )


def _silent(router: Mapping[str, Any]) -> Trouble | None:
    return Trouble("silent", router["sessions"], router["heard_at"], urgent=True) if router["silent"] else None


def _limited(router: Mapping[str, Any], now: datetime) -> Trouble | None:
    found = _lately(router, ("limited",), now)
    return None if found is None else Trouble("limited", *found)


def _skew(router: Mapping[str, Any], now: datetime) -> Trouble | None:
    skew, at = router["skew_ms"], router["skew_at"]
    if skew is None or abs(skew) <= SKEW_MS or at <= now - SKEW_FRESH:
        return None
    return Trouble("skew", abs(skew) // 1000, at)


def _stuck(router: Mapping[str, Any]) -> Trouble | None:
    return Trouble("stuck", router["drifting"], None) if router["drifting"] else None
