"""The doctor's findings in words: what was seen, with its numbers, and what helps; codes of `oss.access.doctor`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from oss.access.doctor import Check, State
from oss.access.permissions import SessionPermission
from oss.base import clock
from radius.dynamic_authorization import error_cause_name
from web import formats
from web.catalogues import N_
from web.console import health_words, reject_words
from web.render import RenderContext, translate

NAMES = {
    "heard": N_("Requests arrive"),
    "secret": N_("Shared secret"),
    "auth": N_("Logins"),
    "acct": N_("Accounting"),
    "interim": N_("Interims"),
    "coa": N_("CoA and Disconnect"),
    "clock": N_("Clock"),
    "signs": N_("Message-Authenticator"),
    "path": N_("Way of our answers"),
    "answer": N_("Time to answer"),
}
GLYPHS: dict[State, str] = {"ok": "online", "wrong": "offline", "unknown": "unknown"}
STATES: dict[State, str] = {"ok": N_("works"), "wrong": N_("wrong"), "unknown": N_("not known")}

FINE = {
    "heard": N_("%(requests)s in the last 5 minutes, the last: %(at)s"),
    "secret": N_("The same on both sides: %(count)s proved it in the last 5 minutes"),
    "auth": N_("%(accepts)s accepted and %(rejects)s refused in the last 5 minutes, the last accept: %(at)s"),
    "acct": N_("%(records)s in the last 5 minutes, the last: %(at)s"),
    "interim": N_("Each session tells every %(gap_s)s; asked for every %(interim_s)s"),
    "coa": N_("%(host)s port %(port)s takes orders, and obeys"),
    "clock": N_("Within %(skew_s)s of ours"),
    "signs": N_("It signs its requests"),
    "path": N_("%(again)s of %(requests)s came again"),
    "answer": N_("Half within %(p50_ms)s, 99 of 100 within %(p99_ms)s (of %(count)s)"),
}
# Where the sentence above has not all its facts.
PLAINER = {
    "heard": N_("%(requests)s in the last 5 minutes"),
    "interim": N_("%(interims)s in the last 5 minutes; asked for every %(interim_s)s"),
    "coa": N_("%(host)s port %(port)s takes orders; no session was open to try one on"),
}
# code -> what was seen, what helps
CURES: dict[str, tuple[str, str]] = {
    "other_address": (
        N_("Nothing comes from its address, but unknown addresses ask: %(addresses)s"),
        N_(
            "If one of them is this router, it asks from another address: set src-address in its RADIUS client, or "
            "enter that address in the form."
        ),
    ),
    "never_heard": (
        N_("Nothing has ever come from it"),
        N_("Paste the configuration below into the router. If it is there already, look for a firewall on the way."),
    ),
    "silent_since": (
        N_("Last heard: %(at)s; sessions open: %(sessions)s"),
        N_("Is the router up, and does a way lead from it to us? Look at power, link and route first."),
    ),
    "quiet": (
        N_("Nothing in the last 5 minutes; last heard: %(at)s"),
        N_("Perhaps nobody dialled. Watch, and have a test login dial."),
    ),
    "no_node": (
        N_("No AAA node has answered"),
        N_("Look at Health: the node that hears the routers does not run, or does not reach the database."),
    ),
    "not_in_use": (
        N_("This router is not in use"),
        N_("Tick In use in its form; until then its requests are dropped like those of a stranger."),
    ),
    "secret_differs": (
        N_("Signed with another secret in the last minute: %(count)s"),
        N_("Type the same secret in the router and in the form. A space at its end counts."),
    ),
    "secret_some": (
        N_("Signed with another secret in the last minute: %(count)s; the others rightly"),
        N_("More than one router behind this address, or more than one RADIUS client in it? One has another secret."),
    ),
    "secret_garbled": (
        N_("Passwords arrive garbled (logins: %(logins)s)"),
        N_("Type the same secret in the router and in the form: with another one every password reads as noise."),
    ),
    "secret_unproven": (
        N_("Nothing has come of late that proves it"),
        N_("A session's record or a signed login proves it. Have a test login dial."),
    ),
    "only_rejects": (
        N_("Every login of the last 5 minutes was refused: %(reasons)s"),
        N_("Open its refused logins: the most frequent reason tells where to look."),
    ),
    "no_login": (
        N_("No login in the last 5 minutes"),
        N_("Watch, and have a test login dial."),
    ),
    "secret_first": (
        N_("Cannot work while the secret differs"),
        N_("Cure the shared secret first."),
    ),
    "acct_off": (
        N_("Logins are accepted (%(accepts)s), and no session tells of itself"),
        N_(
            "Accounting is off in the router. RouterOS: /ppp aaa set accounting=yes. Elsewhere: accounting by RADIUS "
            "in the domain or the AAA profile."
        ),
    ),
    "acct_not_yet": (
        N_("No record in the last 5 minutes"),
        N_("It follows within seconds of an accepted login. Have a test login dial."),
    ),
    "interim_off": (
        N_("Sessions begin, and none tells of itself later (asked for every %(interim_s)s)"),
        N_(
            "Interims are off in the router. RouterOS: /ppp aaa set interim-update. Without them a session is given up "
            "after three silent intervals."
        ),
    ),
    "interim_slow": (
        N_("Each session tells every %(gap_s)s; asked for every %(interim_s)s"),
        N_("The router has an interval of its own: let it take the server's, or enter the router's in the form."),
    ),
    "interim_some": (
        N_("%(late)s of %(sessions)s sessions are late to tell (asked for every %(interim_s)s)"),
        N_("Records get lost, or the router is overloaded: look at its CPU, and at the way between."),
    ),
    "interim_not_yet": (
        N_("No session has been open for long enough (asked for every %(interim_s)s)"),
        N_("Examine again when one has been open for an interval."),
    ),
    "coa_off_here": (
        N_("Switched off in the form"),
        N_("Tick it in the form once the router takes CoA. Until then a payment is felt at the next login."),
    ),
    "coa_not_connected": (
        N_("It is not connected by TLS"),
        N_(
            "It opens the connection itself: look at its certificate, at the port and at the firewall between us. Once "
            "it is connected, changes go back over the same connection."
        ),
    ),
    "coa_nowhere": (
        N_("We do not know its address yet"),
        N_("Its row is a network: enter a CoA address in the form, or wait for its first record."),
    ),
    "coa_closed": (
        N_("%(host)s says that nothing listens at port %(port)s"),
        N_(
            "Switch incoming CoA on (RouterOS: /radius incoming set accept=yes), or enter the router's own port in the "
            "form: Cisco's is often 1700."
        ),
    ),
    "coa_silent": (
        N_("No answer from %(host)s port %(port)s"),
        N_("Incoming CoA is off, at another port, or a firewall drops it: let UDP %(port)s from our address in."),
    ),
    "coa_deaf": (
        N_("Something listens at %(host)s port %(port)s, and discards what we ask"),
        N_("The router has another secret for CoA, or expects it from another address: compare both with ours."),
    ),
    "coa_secret": (
        N_("An answer came from %(host)s port %(port)s, signed with another secret"),
        N_(
            "The router has another secret for CoA (dynamic-author, authorization server, dae-server): make it "
            "the same."
        ),
    ),
    "coa_clock": (
        N_("%(host)s port %(port)s discards what we ask: its clock is too far from ours"),
        N_("Cure the clock first: an order more than 5 minutes off is taken for a replay."),
    ),
    "coa_unsent": (
        N_("The question could not be sent: %(error)s"),
        N_("Does this server have a route to the router?"),
    ),
    "coa_refused": (
        N_("It takes orders, and refused to repeat to a session what it has: %(cause)s"),
        N_("Changes end the session instead, and the customer dials again. Is the maker in the form the right one?"),
    ),
    "coa_pretends": (
        N_("It says that it ended a session that does not exist"),
        N_("Its answers prove nothing: update the router's software."),
    ),
    "clock_off": (
        N_("%(skew_s)s %(side)s ours"),
        N_("Set NTP in the router. Its log cannot be compared with ours, and more than 5 minutes off it discards CoA."),
    ),
    "clock_untold": (
        N_("No record has told the router's time yet"),
        N_("It stands in accounting records (Event-Timestamp); some old routers send none."),
    ),
    "signs_never": (
        N_("It does not sign its logins"),
        N_(
            "RouterOS 7.15 and later sign by themselves; update the router. Answers to unsigned requests can be forged "
            "by whoever stands on the way (CVE-2024-3596)."
        ),
    ),
    "signs_stopped": (
        N_("It has signed before and does not now: dropped in the last minute: %(unsigned)s"),
        N_(
            "Was its software or its RADIUS client changed? Have it sign again; if it cannot any more, choose another "
            "rule in the form."
        ),
    ),
    "signs_waived": (
        N_("It does not sign, and the form does not ask for it"),
        N_("Update the router and choose Learn it: answers to unsigned requests can be forged (CVE-2024-3596)."),
    ),
    "signs_unseen": (
        N_("No login seen yet that could be signed"),
        N_("Have a test login dial."),
    ),
    "answers_lost": (
        N_("%(again)s of %(requests)s of the last minute came again though we had answered"),
        N_(
            "Our answers do not reach the router: a firewall or NAT on the way back, or we answer from another address "
            "than the one it asks."
        ),
    ),
    "path_quiet": (
        N_("There was nothing to answer in the last 5 minutes"),
        N_("Have a test login dial."),
    ),
    "answer_slow": (
        N_("Half within %(p50_ms)s, 99 of 100 within %(p99_ms)s (of %(count)s)"),
        N_("After a second an order is repeated: is the router's CPU busy, or does the way lose packets?"),
    ),
    "answer_none": (
        N_("It has answered no order yet"),
        N_("Shows itself once CoA works."),
    ),
}
AHEAD, BEHIND = N_("ahead of"), N_("behind")

KINDS = {
    "login": N_("Login accepted"),
    "start": N_("Session begins"),
    "interim": N_("Session goes on"),
    "stop": N_("Session ends"),
    "on": N_("Router starts"),
    "off": N_("Router shuts down"),
    "other": N_("Another record"),
    "stranger": N_("Unknown address asks"),
}
LINE_GLYPHS = {"login": "online", "stranger": "degraded", "fault": "degraded", "on": "degraded", "off": "degraded"}


@dataclass(frozen=True, slots=True)
class Told:
    """One check as a person reads it; ``cure`` is empty where all is well."""

    key: str
    state: State
    glyph: str
    name: str
    seen: str
    cure: str


def told(rc: RenderContext, check: Check) -> Told:
    """A check in the reader's language."""
    facts = {name: _fact(rc, name, value) for name, value in check.facts.items()}
    facts |= _derived(rc, check)
    if check.cure in CURES:
        seen, cure = CURES[check.cure]
    else:
        lacking = [name for name in ("at", "gap_s", "session") if check.facts.get(name, 0) is None]
        seen, cure = (PLAINER if lacking and check.key in PLAINER else FINE)[check.key], ""
    name, said = translate(rc.language, NAMES[check.key]), translate(rc.language, seen, **facts)
    return Told(check.key, check.state, GLYPHS[check.state], name, said, _filled(rc, cure, facts))


def _filled(rc: RenderContext, message: str, facts: dict[str, Any]) -> str:
    return translate(rc.language, message, **facts) if message else ""


def _fact(rc: RenderContext, name: str, value: Any) -> str:
    if value is None:
        return "–"
    if name in _SHOWN:
        return _SHOWN[name](rc, value)
    return formats.number(value, rc.language) if isinstance(value, int) else str(value)


def _derived(rc: RenderContext, check: Check) -> dict[str, str]:
    """What a sentence needs beyond the facts as they stand."""
    found = {}
    if "skew_s" in check.facts:
        found["side"] = translate(rc.language, AHEAD if check.facts["skew_s"] > 0 else BEHIND)
    session = check.facts.get("session")
    if isinstance(session, dict):
        found["cause"] = error_cause_name(session.get("cause")) or "NAK"
    return found


def _reasons(rc: RenderContext, value: list[list[Any]]) -> str:
    parts = [f"{reject_words.lower(reject_words.short(rc.language, why))} ({count})" for why, count in value]
    return ", ".join(parts) or "–"


def _about(seconds: float) -> int:
    """Whole seconds up to two minutes, then whole minutes: what is told is of whole seconds and comes a little late."""
    return max(1, round(seconds) if seconds < 120 else 60 * round(seconds / 60))


def _instant(rc: RenderContext, at: datetime) -> str:
    """To the second today: it is compared with the router's log."""
    if at.astimezone(rc.timezone).date() == rc.today:
        return formats.clock(at, rc.timezone, seconds=True)
    return f"{formats.moment(at, rc.now, rc.timezone, rc.language)}, {formats.clock(at, rc.timezone)}"


_SHOWN: dict[str, Callable[[RenderContext, Any], str]] = {
    "at": lambda rc, at: _instant(rc, clock.from_timestamp(at)),
    "addresses": lambda rc, value: ", ".join(value),
    "reasons": _reasons,
    "gap_s": lambda rc, value: formats.duration(max(1, round(value))),
    "interim_s": lambda rc, value: formats.duration(value),
    "skew_s": lambda rc, value: formats.duration(_about(abs(value))),
    "p50_ms": lambda rc, value: formats.latency(value / 1000, rc.language),
    "p99_ms": lambda rc, value: formats.latency(value / 1000, rc.language),
    "port": lambda rc, value: str(value),
    "since": lambda rc, value: "",
}


# ------------------------------------------------------------ what is watched


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a watch as a person reads it."""

    glyph: str
    what: str
    where: str
    at: datetime


def row(rc: RenderContext, kind: str, login: str, why: str, many: int, at: datetime) -> Row:
    """A line; the login is hidden from who may not see sessions."""
    what = translate(rc.language, KINDS.get(kind, KINDS["other"]))
    glyph = LINE_GLYPHS.get(kind, "open")
    if kind == "login" and why:
        what, glyph = reject_words.short(rc.language, why), "offline"
    elif kind == "fault":
        what = translate(rc.language, health_words.COUNTERS[why][0])
    where = login if kind == "stranger" or rc.may_for_all(SessionPermission.READ) else hidden(login)
    return Row(glyph, what, f"{where} × {many}".strip() if many > 1 else where, at)


def hidden(login: str) -> str:
    """A login of which enough is left to know one's own by."""
    return login[:2] + "***" if login else ""
