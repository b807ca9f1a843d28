"""The NAS doctor's judgement: from what was heard of one router, what works, what does not, and which cure helps.

Pure. The facts come from the database when somebody asks (``oss.access.exams``) and from each AAA node a moment later
(``oss.access.nas_probe``); the words of evidence and cure are made where somebody reads them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

State = Literal["ok", "wrong", "unknown"]
Facts = Mapping[str, Any]

STATES_FIRST: tuple[State, ...] = ("wrong", "unknown", "ok")  # as a person wants to read them
START_GRACE_S = 6.0  # from a login to the Start of its session
CLOCK_OFF_S = 10.0  # Event-Timestamp is of whole seconds, and a record may wait a little in its router
REPLAY_WINDOW_S = 300.0  # an Event-Timestamp further off is taken for a replay (RFC 5176 section 6.3)
SLOW_MS = 1000.0  # the first repetition of a CoA
REPEATED = 0.2  # share of requests told again from which on answers seem to be lost
FEW = 3
SESSION_UNKNOWN = 503  # RFC 5176 section 3.5


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at. ``cure``: what it means and what helps, a code ('' where all is well)."""

    key: str
    state: State
    cure: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


KEYS = ("heard", "secret", "auth", "acct", "interim", "coa", "clock", "signs", "path", "answer")
CURES = (
    *("other_address", "never_heard", "silent_since", "quiet", "no_node", "not_in_use"),
    *("secret_differs", "secret_some", "secret_garbled", "secret_unproven"),
    *("only_rejects", "no_login", "secret_first", "acct_off", "acct_not_yet"),
    *("interim_off", "interim_slow", "interim_not_yet", "interim_some"),
    *("coa_off_here", "coa_nowhere", "coa_closed", "coa_silent", "coa_deaf", "coa_secret", "coa_clock", "coa_unsent"),
    *("coa_refused", "coa_pretends", "coa_not_connected", "clock_off", "clock_untold"),
    *("signs_never", "signs_stopped", "signs_waived", "signs_unseen", "answers_lost", "path_quiet"),
    *("answer_slow", "answer_none"),
)


@dataclass(frozen=True, slots=True)
class _Case:
    """The facts of one examination: ``asked`` of the database, ``node`` of the node that heard the NAS most."""

    asked: Facts
    node: Facts
    probe: Facts

    @property
    def lately(self) -> Mapping[str, int]:
        return _Counts(self.node.get("lately") or {})

    @property
    def recent(self) -> Mapping[str, int]:
        return _Counts(self.node.get("recent") or {})

    @property
    def badly_signed(self) -> int:
        return self.recent["bad_message_authenticator"] + self.recent["bad_authenticator"]

    @property
    def records(self) -> int:
        return sum(self.lately[name] for name in ("starts", "interims", "stops", "boots"))

    @property
    def logins(self) -> int:
        return self.lately["accepts"] + self.lately["rejects"]

    @property
    def garbled(self) -> bool:
        return self.recent["garbled"] >= FEW and int(self.node["garbled_logins"]) > 1


class _Counts(dict[str, int]):
    def __missing__(self, key: str) -> int:
        return 0


def judge(asked: Facts, findings: Sequence[Facts]) -> list[Check]:
    """All checks, in the order of KEYS; ``findings``: what each node told, none of them so far = nothing is known."""
    known = [one for one in findings if one.get("known")]
    if not known:
        cure = "no_node" if asked.get("active", True) else "not_in_use"
        return [Check(key, "unknown", cure) for key in KEYS]
    node = max(known, key=lambda one: (one.get("heard_at") or 0.0, _Counts(one["lately"])["requests"]))
    probes = [one["probe"] for one in known]
    probe = next((one for one in probes if one["kind"] == "answered"), node["probe"])
    case = _Case(asked, node, probe)
    return [look(case) for look in LOOKS]


def worst(checks: Sequence[Check]) -> State:
    """The state of the whole: wrong if anything is, ok if something is and the rest is not known."""
    states = {one.state for one in checks}
    return "wrong" if "wrong" in states else "ok" if "ok" in states else "unknown"


# ------------------------------------------------------------ the looks


def _heard(case: _Case) -> Check:
    facts = {"requests": case.lately["requests"], "at": case.node.get("heard_at")}
    if case.lately["requests"]:
        return Check("heard", "ok", "", facts)
    at = facts["at"] or case.asked.get("heard_at")
    if case.asked["knocks"]:
        return Check("heard", "wrong", "other_address", {"addresses": case.asked["knocks"], "at": at})
    if at is None:
        return Check("heard", "wrong", "never_heard", {})
    if case.asked["sessions"] and case.asked["at"] - at > 3 * case.asked["interim_s"]:
        return Check("heard", "wrong", "silent_since", {"at": at, "sessions": case.asked["sessions"]})
    return Check("heard", "unknown", "quiet", {"at": at})


def _secret(case: _Case) -> Check:
    good = case.recent["accepts"] + case.recent["rejects"] + case.recent["starts"] + case.recent["interims"]
    if case.garbled:
        facts = {"count": case.recent["garbled"], "logins": case.node["garbled_logins"]}
        return Check("secret", "wrong", "secret_garbled", facts)
    if case.badly_signed:
        cure = "secret_some" if good > case.badly_signed else "secret_differs"
        return Check("secret", "wrong", cure, {"count": case.badly_signed, "good": good})
    if case.records or (case.node["signs"] and case.logins):
        return Check("secret", "ok", "", {"count": case.records + case.logins})
    return Check("secret", "unknown", "secret_unproven", {})


def _auth(case: _Case) -> Check:
    accepts, rejects = case.lately["accepts"], case.lately["rejects"]
    facts = {"accepts": accepts, "rejects": rejects, "at": case.node.get("accepted_at")}
    if accepts:
        return Check("auth", "ok", "", facts)
    if case.garbled or (case.badly_signed and not rejects):
        return Check("auth", "wrong", "secret_first", facts)
    if rejects:
        return Check("auth", "wrong", "only_rejects", facts | {"reasons": case.asked["reasons"]})
    return Check("auth", "unknown", "no_login", {"at": facts["at"]})


def _acct(case: _Case) -> Check:
    told = case.node.get("told_at") or {}
    facts = {"starts": case.lately["starts"], "records": case.records, "at": max(told.values(), default=None)}
    if case.records:
        return Check("acct", "ok", "", facts)
    first = case.node.get("first_accept_at")
    if case.recent["bad_authenticator"]:
        return Check("acct", "wrong", "secret_first", {})
    waited = first is not None and case.node["at"] - first > START_GRACE_S
    if case.lately["accepts"] and waited:
        return Check("acct", "wrong", "acct_off", {"accepts": case.lately["accepts"]})
    return Check("acct", "unknown", "acct_not_yet", {})


def _interim(case: _Case) -> Check:
    node, wanted = case.node, case.node["interim_s"]
    seen, gap_s = case.lately["interims"], node.get("gap_s")
    facts = {"interims": seen, "gap_s": gap_s, "interim_s": wanted, "late": node["late"], "sessions": node["sessions"]}
    missing = node["late"] or case.lately["lost"]
    if not seen and missing:
        return Check("interim", "wrong", "interim_off", facts | {"lost": case.lately["lost"]})
    if gap_s is not None and gap_s > 1.5 * wanted + 5:
        return Check("interim", "wrong", "interim_slow", facts)
    if seen and node["late"] > max(FEW, 0.2 * node["sessions"]):
        return Check("interim", "wrong", "interim_some", facts)
    if seen or gap_s is not None:
        return Check("interim", "ok", "", facts)
    return Check("interim", "unknown", "interim_not_yet", facts | {"oldest_s": node["oldest_s"]})


_UNANSWERED = {
    "off": ("unknown", "coa_off_here"),
    "nowhere": ("unknown", "coa_nowhere"),
    "refused": ("wrong", "coa_closed"),
    "silent": ("wrong", "coa_silent"),
    "deaf": ("wrong", "coa_deaf"),
    "forged": ("wrong", "coa_secret"),
    "unsent": ("wrong", "coa_unsent"),
    "not_connected": ("wrong", "coa_not_connected"),
}


def _coa(case: _Case) -> Check:
    probe = case.probe
    facts = {"host": probe.get("host"), "port": probe.get("port")}
    if probe["kind"] != "answered":
        state, cure = _UNANSWERED[probe["kind"]]
        skew_s = case.node.get("skew_s")
        if cure in ("coa_deaf", "coa_silent") and skew_s is not None and abs(skew_s) > REPLAY_WINDOW_S:
            cure = "coa_clock"
        return Check("coa", "wrong" if state == "wrong" else "unknown", cure, facts | {"error": probe.get("error", "")})
    facts |= {"nobody": probe["nobody"], "session": probe.get("session")}
    if probe["nobody"]["kind"] == "ack":
        return Check("coa", "wrong", "coa_pretends", facts)
    session = probe.get("session") or {}
    if session.get("kind") == "nak" and session.get("cause") != SESSION_UNKNOWN:
        return Check("coa", "wrong", "coa_refused", facts)
    return Check("coa", "ok", "", facts)


def _clock(case: _Case) -> Check:
    skew_s = case.node.get("skew_s")
    if skew_s is None:
        return Check("clock", "unknown", "clock_untold", {"records": case.records})
    wrong = abs(skew_s) > CLOCK_OFF_S
    return Check("clock", "wrong" if wrong else "ok", "clock_off" if wrong else "", {"skew_s": skew_s})


def _signs(case: _Case) -> Check:
    unsigned = case.recent["missing_message_authenticator"]
    facts = {"since": case.asked.get("signs_since"), "unsigned": unsigned}
    if case.node["signs"]:
        return Check("signs", "wrong", "signs_stopped", facts) if unsigned else Check("signs", "ok", "", facts)
    if case.asked["ma_policy"] == "off":
        return Check("signs", "wrong", "signs_waived", facts)
    if case.recent["bad_message_authenticator"]:
        return Check("signs", "unknown", "secret_first", facts)
    if case.logins or unsigned:
        return Check("signs", "wrong", "signs_never", facts)
    return Check("signs", "unknown", "signs_unseen", facts)


def _path(case: _Case) -> Check:
    """RFC 5080 section 2.2.1: a request is repeated when no answer came; RFC 2866 section 5.2: with a delay told."""
    counts = case.recent if case.recent["requests"] else case.lately
    # What waited in a router while we were away is told late, and that is well.
    delayed = counts["delayed"] if case.node["up_s"] > 120 or not case.lately["accepts"] else 0
    again, requests = counts["duplicates"] + delayed, counts["requests"]
    facts = {"again": again, "requests": requests}
    if again >= FEW and again > REPEATED * requests:
        return Check("path", "wrong", "answers_lost", facts)
    if counts["answers"]:
        return Check("path", "ok", "", facts)
    return Check("path", "unknown", "path_quiet", facts)


def _answer(case: _Case) -> Check:
    """How long the router takes to answer: of the orders of late, or else of the probe."""
    trips = case.node.get("trips") or case.probe.get("trips")
    if trips is None:
        return Check("answer", "unknown", "answer_none", {})
    slow = trips["p99_ms"] > SLOW_MS
    return Check("answer", "wrong" if slow else "ok", "answer_slow" if slow else "", dict(trips))


LOOKS = (_heard, _secret, _auth, _acct, _interim, _coa, _clock, _signs, _path, _answer)
