"""A refused login in words: why, in one sentence with its facts, and what to do about it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from web import formats, words
from web.catalogues import N_
from web.console import line_words
from web.render import translate
from web.words import ngettext, plural

MANY = "*"  # the login of a row in which a flood of invented logins was folded

HINTS = {  # short enough for one line beside the graph
    "wrong_password": N_("Compare the password in the router at home"),
    "unknown_login": N_("Compare how the login is spelled in the router"),
    "no_method": N_("Set the router to PAP, CHAP or MS-CHAPv2"),
    "needs_clear_password": N_("Set the router to PAP or MS-CHAPv2, or set a new password"),
    "needs_nt_hash": N_("Set the router to PAP, or set a new password"),
    "contract_ended": N_("Fetch the router, or start a new contract"),
    "account_disabled": N_("Switch the login on, if that was not meant"),
    "overdue": N_("Register the payment or a promise to pay"),
    "manual": N_("Ask whoever placed the hold before releasing it"),
    "fraud": N_("Do not release it without whoever placed it"),
    "pause": N_("Release it when the customer wants to come back"),
    "session_open": N_("Router replaced? Reconnect ends the old session"),
    "wrong_line": N_("Router replaced or moved? Accept the line"),
    "slowed": N_("Correct the password, then wait a minute"),
    "home_refused": N_("Ask the partner: the login is theirs"),
    "home_silent": N_("See under Realms which home server answers"),
    "realm_loop": N_("Correct the realm: its home server sends it back"),
    "eap_certificate_refused": N_("Install our authority's certificate on the device"),
    "eap_client_certificate": N_("Issue a new certificate for the device"),
    "eap_failed": N_("Compare the EAP method and TLS version of the device"),
    "eap_lost": N_("Compare the router's timeouts and its servers"),
}

NOTED = {  # what a hold's note says stands behind these
    "manual": N_("Blocked by staff: %(note)s"),
    "fraud": N_("Blocked for suspected fraud: %(note)s"),
    "pause": N_("Paused by the customer: %(note)s"),
}


def hint(language: str, reason: str) -> str:
    """What an attendant does about it; empty for a reason nobody has words for."""
    return translate(language, HINTS[reason]) if reason in HINTS else ""


def lower(text: str) -> str:
    """A sentence as it stands inside another."""
    return text[:1].lower() + text[1:]


def short(language: str, reason: str) -> str:
    """The reason's name, for bars and filters."""
    return translate(language, words.REASONS.get(reason, reason))


def glyph(reason: str) -> str:
    """The state whose glyph a refusal has."""
    return words.REASON_STATES.get(reason, "unknown")


def outcome(language: str, reason: str) -> tuple[str, str]:
    """Glyph and name of how one login went; '' is one that was accepted."""
    return (glyph(reason), short(language, reason)) if reason else ("online", translate(language, N_("Accepted")))


def login(language: str, name: str) -> str:
    """The login as it was sent; the fold of many in words."""
    return translate(language, N_("many logins")) if name == MANY else name


def sentence(language: str, zone: tzinfo, row: Mapping[str, Any]) -> str:
    """Why a row of `oss.access.reject_list` was refused. Days overdue are those of its time, in its company's zone."""
    if row["login"] == MANY:
        return translate(
            language, N_("A flood of logins, counted together: %(why)s"), why=lower(short(language, row["reason"]))
        )
    return said(language, zone, row["reason"], row["detail"], json.loads(row["facts"]), row["last_at"], row["zone"])


def said(
    language: str,
    zone: tzinfo,
    reason: str,
    detail: str,
    facts: Mapping[str, Any],
    at: datetime,
    company_zone: str | None = None,
) -> str:
    """The sentence of a reason; where its facts are missing or are none, its note or its short name."""
    try:
        if reason in PRECISE:
            return PRECISE[reason](
                language, zone, facts, at.astimezone(ZoneInfo(company_zone) if company_zone else zone)
            )
    except (KeyError, ValueError, TypeError):
        pass
    if detail and reason in NOTED:
        return translate(language, NOTED[reason], note=detail)
    return short(language, reason)


def _overdue(language: str, zone: tzinfo, facts: Mapping[str, Any], at: datetime) -> str:
    days = (at.date() - date.fromisoformat(facts["due_on"])).days
    forms = ngettext(
        "Blocked: invoice {invoice} overdue for %(num)s day", "Blocked: invoice {invoice} overdue for %(num)s days"
    )
    return plural(language, forms, days).replace("{invoice}", str(facts["invoice"]))


def _session(language: str, zone: tzinfo, facts: Mapping[str, Any], at: datetime) -> str:
    since, here = datetime.fromisoformat(facts["since"]), at.astimezone(zone)
    there = (since if since.tzinfo else since.replace(tzinfo=UTC)).astimezone(zone)
    clock = formats.clock(there, zone)
    when = clock if there.date() == here.date() else f"{formats.day(there.date(), here.date(), language)}, {clock}"
    return translate(language, N_("Session open at %(nas)s since %(when)s"), nas=facts["nas"], when=when)


def _slowed(language: str, zone: tzinfo, facts: Mapping[str, Any], at: datetime) -> str:
    forms = ngettext(
        "Wrong password %(num)s time: attempts are held back for a minute",
        "Wrong password %(num)s times: attempts are held back for a minute",
    )
    return plural(language, forms, int(facts["tries"]))


def _no_method(language: str, zone: tzinfo, facts: Mapping[str, Any], at: datetime) -> str:
    said = N_("The device wants EAP %(wanted)s, offered are %(offered)s")
    return translate(language, said, wanted=facts["wanted"] or "–", offered=facts["offered"])


def _because(sentence: str) -> Callable[[str, tzinfo, Mapping[str, Any], datetime], str]:
    """A sentence that ends with what the TLS library, or our own code, said of it: ``why``, in English."""

    def say(language: str, zone: tzinfo, facts: Mapping[str, Any], at: datetime) -> str:
        return translate(language, sentence, why=facts["why"])

    return say


LINES = {
    "mac": (N_("Came from MAC %(seen)s, bound to %(expected)s"), N_("Came without a MAC, bound to %(expected)s")),
    "nas": (N_("Came by router %(seen)s, bound to %(expected)s"), N_("Came by another router than %(expected)s")),
    "port": (N_("Came from port %(seen)s, bound to %(expected)s"), N_("Came without a port, bound to %(expected)s")),
    "vlan": (N_("Came from VLAN %(seen)s, bound to %(expected)s"), N_("Came without a VLAN, bound to %(expected)s")),
    "circuit": (
        N_("Came from circuit %(seen)s, bound to %(expected)s"),
        N_("Came without a circuit, bound to %(expected)s"),
    ),
}


def _line(language: str, zone: tzinfo, facts: Mapping[str, Any], at: datetime) -> str:
    what, seen = str(facts["what"]), str(facts["seen"])
    expected = line_words.shown(what, str(facts["expected"]))
    with_seen, without = LINES[what]
    if not seen:
        return translate(language, without, expected=expected)
    return translate(language, with_seen, seen=line_words.shown(what, seen), expected=expected)


PRECISE: dict[str, Callable[[str, tzinfo, Mapping[str, Any], datetime], str]] = {
    "overdue": _overdue,
    "session_open": _session,
    "slowed": _slowed,
    "no_method": _no_method,
    "eap_certificate_refused": _because(N_("The device does not trust our EAP certificate: %(why)s")),
    "eap_client_certificate": _because(N_("The certificate of the device was not accepted: %(why)s")),
    "eap_failed": _because(N_("The EAP login broke off: %(why)s")),
    "wrong_line": _line,
}
