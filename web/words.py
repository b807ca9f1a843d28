"""The console's words for what is a code below the web: wrong fields, reasons, causes, ways of paying.

Codes and their facts travel; here they become msgids, translated where somebody reads them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from web.catalogues import N_
from web.formats import number
from web.render import translate, translations

WRONG = frozenset(
    (
        N_("must not be empty"),
        N_("1 to 40 characters"),
        N_("1 to 60 characters"),
        N_("1 to 80 characters"),
        N_("1 to 400 characters"),
        N_("at least 8 characters"),
        N_("at most 31 days after the beginning"),
        N_("both coordinates, or none"),
        N_("cannot hang on itself"),
        N_("goes round in a circle"),
        N_("hangs on another PON"),
        N_("has no other way to the core than over this one"),
        N_("is fed from this one itself"),
        N_("is not of this device"),
        N_("2 to 100 changes, or 0 for never"),
        N_("at least 1"),
        N_("at least one day"),
        N_("at most 31 days away"),
        N_("at most a day"),
        N_("at most a week"),
        N_("must be a chat's number, or @ and its name"),
        N_("must be a time of the day"),
        N_("must be a time to come"),
        N_("must be more than nothing, at most 90 days"),
        N_("must begin with https:// or http://"),
        N_("must differ from the beginning"),
        N_("only a customer's line is offline, and nothing else can be said of one"),
        N_("only of a port's traffic is known how much is allowed"),
        N_("only what stands in the network can be away"),
        N_("these things stand at no site"),
        N_("must be 4 to 24 letters and digits"),
        N_("must be a day and a time"),
        N_("must be a key such as ssh-ed25519 AAAA…"),
        N_("must be an OID such as 1.3.6.1.4.1.2011"),
        N_("must be an OLT"),
        N_("must be another device"),
        N_("must be degrees such as -21.245287"),
        N_("must be later than the beginning"),
        N_("must be one of its own links"),
        N_("needs authentication"),
        N_("on a device or on a link, not on both"),
        N_("a device was said to hang on this link and would no longer be at its end"),
        N_("this window is over: plan a new one"),
        N_("what stands at the top hangs on nothing"),
        N_("must be a number"),
        N_("must be a whole number"),
        N_("must be an amount such as 109.90"),
        N_("must be a day"),
        N_("must not be in the future"),
        N_("must be a day to come, at most 60 days away"),
        N_("does not exist"),
        N_("is not known"),
        N_("is not one of the choices"),
        N_("already taken"),
        N_("must be positive"),
        N_("must not be negative"),
        N_("must be an IP address"),
        N_("must be an address or a prefix such as 10.0.0.0/24"),
        N_("1 to 128 characters without spaces"),
        N_("is required: there are several companies"),
        N_("must be in the future"),
        N_("must not be before the day of issue"),
        N_("must not be before period_from"),
        N_("the database refuses this value"),
        N_("1 to 128 octets (RFC 2865 5.2)"),
        N_("is not a place in this list"),
        N_("is not a CNPJ"),
        N_("the two are not the same"),
        N_("choose at least one"),
        N_("must be an IPv4 address"),
        N_("must be an address or a name"),
        N_("there is no such attribute"),
        N_("letters, digits, dots, dashes and underscores"),
        N_("letters, digits, dots and dashes, at most 40"),
        N_("a rule of a PON holds for nothing else"),
        N_("is in use on another PON"),
        N_("it is on this PON already"),
        N_("must be numbers with slashes, like 0/1/3"),
        N_("must be sha256: and 64 hexadecimal digits"),
        N_("must be the serial number of the other ONU"),
        N_("nobody's line ends at this ONU"),
        N_("is not the code of this moment"),
        N_("one administrator must stay"),
        N_("is not a network, such as 192.0.2.0/24"),
        N_("is more than the role may do"),
        N_("is more than you may do yourself"),
        N_("is not a MAC address"),
        N_("is not a port"),
        N_("is not a circuit"),
        N_("must be a VLAN such as 100, or 100.7"),
        N_("must be realms such as provider.com.br"),
        N_("must be an e-mail address"),
        N_("must be a time such as 08:00"),
        N_("is not your present password"),
        N_("is made of your name, login, e-mail or company"),
        N_("is made of words and numbers that are guessed first"),
        N_("is made of keys in a row, repeats or numbers in order"),
        N_("was found among breached passwords"),
        N_("is not a CPF: its check digits do not fit"),
        N_("is not a CNPJ: its check digits do not fit"),
        N_("must be a CPF of 11 digits or a CNPJ of 14 characters"),
        N_("must be an address such as maria@example.com"),
        N_("must be a telephone number with its area code"),
        N_("must be a CEP of 8 digits"),
        N_("must be two letters such as SP"),
        N_("is not written as it must be"),
        N_("is already a customer's"),
        N_("a company has a CNPJ of 14 characters"),
        N_("a person has a CPF of 11 digits"),
        N_("at most three decimals"),
        N_("must not hold spaces"),
        N_("must not hold control characters"),
        N_("there is no such day"),
        N_("must be addresses of single devices"),
        N_("these addresses are being asked already"),
        N_("other searches are running: wait for one, or call it off"),
        N_("must be between the years 2000 and 2099"),
        N_("cannot be summed"),
        N_("links end at interfaces"),
        N_("must be after the start, at most ten years"),
        N_("must be an ONU or a device"),
        N_("must be one site, one device or one PON port"),
        N_("nothing is kept of what lines carried: this cannot be tried on the past"),
    )
)
SUBSCRIBER_STATES = {"online": N_("Online"), "offline": N_("Offline"), "held": N_("Held"), "ended": N_("Ended")}
HOLD_REASONS = {
    "overdue": N_("Overdue invoice"),
    "manual": N_("Held by staff"),
    "fraud": N_("Suspected fraud"),
    "pause": N_("Paused by the customer"),
}
HOLD_EFFECTS = {"reduce": N_("Slowed"), "wall": N_("Walled"), "cut": N_("Cut off")}
PATTERNS = (
    (re.compile(r"(?:must be )?one of .+"), N_("is not one of the choices")),
    (re.compile(r"at most (?P<number>\d+) printable characters"), N_("at most %(number)s printable characters")),
    (re.compile(r"at most (?P<number>\d+)(?: roles)?"), N_("at most %(number)s")),
    (re.compile(r"at least (?P<number>\d+) characters"), N_("at least %(number)s characters")),
    (re.compile(r"at most (?P<number>\d+) characters"), N_("at most %(number)s characters")),
    (re.compile(r"at most (?P<number>\d+) addresses"), N_("at most %(number)s addresses")),
    (re.compile(r"at most (?P<number>\d+) networks"), N_("at most %(number)s networks")),
    (re.compile(r"at most (?P<number>\d+) roles"), N_("at most %(number)s roles")),
    (re.compile(r"at most (?P<number>\d+)"), N_("at most %(number)s")),
    (re.compile(r"at most (?P<number>\d+) octets"), N_("at most %(number)s octets")),
    (re.compile(r"(?P<low>\d+) to (?P<high>\d+) characters"), N_("%(low)s to %(high)s characters")),
    (re.compile(r"must be between (?P<low>.+) and today"), N_("must be between %(low)s and today")),
    (re.compile(r"must not be before (?P<low>.+), the first day"), N_("must not be before %(low)s, the first day")),
    (
        re.compile(r"must be between (?P<low>-?[\d.,]+) and (?P<high>[\d.,]+)(?: .*)?"),
        N_("must be between %(low)s and %(high)s"),
    ),
    (re.compile(r"must be (?P<low>\d+) to (?P<high>\d+)(?: objects)?"), N_("must be %(low)s to %(high)s")),
    (re.compile(r"must be (?P<low>\d+) to (?P<high>\d+) of (?P<all>.+)"), N_("must be %(low)s to %(high)s of %(all)s")),
    (re.compile(r"port (?P<number>\d+) is in use"), N_("port %(number)s is in use")),
    (re.compile(r"this box has the ports 1 to (?P<high>\d+)"), N_("this box has the ports 1 to %(high)s")),
)


def wrong(language: str, message: str) -> str:
    """What is wrong with one field."""
    for pattern, msgid in PATTERNS:
        if found := pattern.fullmatch(message):
            return _upper(translate(language, msgid) % found.groupdict())
    return _upper(translate(language, message))


def wrongs(language: str, fields: Mapping[str, str]) -> dict[str, str]:
    """The same for every field that was refused."""
    return {name: wrong(language, message) for name, message in fields.items()}


def said(language: str, message: str) -> str:
    """A msgid in a language; of none, nothing (gettext keeps its own heading there)."""
    return translate(language, message) if message else ""


def yes_or_no(language: str, value: bool) -> str:
    """A tick as a word."""
    return translate(language, N_("yes") if value else N_("no"))


def ngettext(one: str, many: str) -> tuple[str, str]:
    """Mark the two forms of a sentence with ``%(num)s`` in it, as `N_` marks one."""
    return one, many


def plural(language: str, forms: tuple[str, str], count: int) -> str:
    """The form for a count, with the number as the language writes it."""
    return translations(language).ngettext(*forms, count) % {"num": number(count, language)}


def _upper(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


# Why a login was refused or a contract is held: short, for tables and bars.
REASONS = {
    "in_order": N_("In good standing"),
    "promised": N_("Promise to pay"),
    "overdue": N_("Overdue invoice"),
    "manual": N_("Held by staff"),
    "fraud": N_("Suspected fraud"),
    "pause": N_("Paused by the customer"),
    "contract_ended": N_("Contract ended"),
    "account_disabled": N_("Login switched off"),
    "account_gone": N_("Login removed"),
    "unknown_login": N_("No such login"),
    "wrong_password": N_("Wrong password"),
    "no_method": N_("Login method not possible"),
    "needs_clear_password": N_("CHAP, but only a hash is kept"),
    "needs_nt_hash": N_("MS-CHAP, but only a hash is kept"),
    "session_open": N_("Session already open"),
    "wrong_line": N_("Another line"),
    "slowed": N_("Too many wrong passwords"),
    "home_refused": N_("Refused at its home server"),
    "home_silent": N_("Its home server is silent"),
    "realm_loop": N_("Realm in a circle"),
    "eap_certificate_refused": N_("EAP certificate not trusted"),
    "eap_client_certificate": N_("Device certificate refused"),
    "eap_failed": N_("EAP broken off"),
    "eap_lost": N_("EAP lost on the way"),
}
REASON_STATES = {
    "wrong_password": "offline",
    "wrong_line": "degraded",
    "slowed": "degraded",
    "overdue": "blocked",
    "manual": "blocked",
    "fraud": "blocked",
}

# Why the network was asked for something: what the decision says, or what explains a Disconnect without one.
ENDINGS = {"too_many_sessions": N_("Too many sessions"), "asked_for": N_("Asked for by staff")}
CAUSES = REASONS | ENDINGS

# A profile key (``full:500000/250000``) as a person reads it.
ACCESSES = {
    "full": ("online", N_("Online")),
    "reduced": ("blocked", N_("Slowed")),
    "walled": ("blocked", N_("Walled")),
    "reject": ("blocked", N_("Cut off")),
}


@dataclass(frozen=True, slots=True)
class Profile:
    """What a session is given: glyph, words, and the rate in kbit/s where it has one."""

    state: str
    label: str
    down_kbps: int | None


def profile(key: str | None) -> Profile:
    """A profile key in words; None is what we cannot know."""
    if key is None:
        return Profile("unknown", N_("Not known"), None)
    access, _, rates = key.partition(":")
    state, label = ACCESSES.get(access, ("unknown", access))
    down = rates.partition("/")[0]
    return Profile(state, label, int(down) if down.isdigit() else None)


EFFECTS = {"reduce": N_("Slowed"), "wall": N_("Walled"), "cut": N_("Cut off")}

# Why a contract ended (`oss.contracts.lifecycle.REASONS`); the empty one where nobody said.
END_REASONS = {
    "price": N_("Too dear"),
    "service": N_("Bad service"),
    "competitor": N_("Another provider"),
    "moved": N_("Moved away"),
    "no_need": N_("No longer needed"),
    "debt": N_("Owed and let go"),
    "ours": N_("Our decision"),
    "other": N_("Something else"),
    "": N_("Nobody said"),
}

METHODS = {
    "pix": N_("Pix"),
    "boleto": N_("Boleto"),
    "card": N_("Card"),
    "cash": N_("Cash"),
    "transfer": N_("Transfer"),
}

# Why a session is not as its contract wants it: what happened, then what it means and what comes next.
DRIFTS = {
    "silent": (N_("The router does not answer"), N_("No reply to CoA. Is it up, and is its CoA port open to us?")),
    "coa_off": (N_("CoA is switched off for this router"), N_("It changes when the session dials again.")),
    "not_connected": (
        N_("The router is not connected"),
        N_("It is reached by the TLS connection it opens itself; as soon as it is back, it is told."),
    ),
    "acknowledged_but_fast": (
        N_("Accepted, but still fast"),
        N_("The router said yes and the traffic says no: next it is disconnected."),
    ),
    "acknowledged_but_alive": (
        N_("Accepted, but still connected"),
        N_("The router said it ended the session, and it goes on."),
    ),
    "nak:session context not found": (
        N_("The router does not know the session"),
        N_("It has probably ended; the next interim or its lease will tell."),
    ),
    "nak": (N_("The router refused the change"), N_("Next it is disconnected and dials again.")),
    "waiting": (N_("On its way"), N_("Sent, waiting for the router's answer.")),
}


def drift(cause: str | None) -> tuple[str, str, str]:
    """Title, explanation and the code beneath them, of a session that drifts."""
    if cause is None:
        return *DRIFTS["waiting"], ""
    title, text = DRIFTS.get(cause) or DRIFTS["nak" if cause.startswith("nak") else "waiting"]
    return title, text, cause.removeprefix("nak:") if cause.startswith("nak:") else ""


# How a session ended: RFC 2866 section 5.10, and what only we say (`oss.access.sessions`).
TERMINATIONS = {
    "User-Request": N_("The router at home hung up"),
    "Lost-Carrier": N_("The line was lost"),
    "Lost-Service": N_("The service was lost"),
    "Idle-Timeout": N_("Idle"),
    "Session-Timeout": N_("Time was up"),
    "Admin-Reset": N_("Ended by us"),
    "Admin-Reboot": N_("The router was restarted"),
    "NAS-Reboot": N_("The router was restarted"),
    "NAS-Request": N_("Ended by the router"),
    "NAS-Error": N_("Error in the router"),
    "Port-Error": N_("Error on the port"),
    "Port-Unneeded": N_("The router gave the port up"),
    "Port-Preempted": N_("The router needed the port"),
    "Port-Suspended": N_("The router suspended the port"),
    "Service-Unavailable": N_("The router could not serve it"),
    "Callback": N_("The router calls back"),
    "User-Error": N_("Error in the router at home"),
    "Host-Request": N_("The far end hung up"),
    "Lease-Expired": N_("Silent for too long"),
    "Superseded": N_("The line dialled again"),
    "Unknown-To-NAS": N_("The router did not know it any more"),
    "Unknown": N_("The router did not say why"),
}


def cause(code: str) -> str:
    """Why something was asked of the network, as a msgid; one we have no words for is itself."""
    return CAUSES.get(code, code)


def only_ended(change: Mapping[str, Any]) -> bool:
    """Whether a change of the network ended a session that dials again, and the contract had no part in it."""
    return change["outcome"] == "disconnected" and change["cause"] in ENDINGS


def ended(code: str) -> str:
    """How a session ended, as a msgid; one we have no words for is itself."""
    return TERMINATIONS.get(code, code)
