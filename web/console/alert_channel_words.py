"""Channels and steps in words: what each kind asks for, when a step tells whom."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from oss.monitoring.channels import channels
from web import formats
from web.catalogues import N_
from web.console import incident_words
from web.console.sign_in_rules import DAYS
from web.render import translate

# kind -> its name, what it is for
KINDS = {
    "email": (N_("E-mail"), N_("a letter to one address")),
    "webhook": (N_("Webhook"), N_("a signed message to a program of yours")),
    "telegram": (N_("Telegram"), N_("a message of your bot to a chat")),
    "snmp_trap": (N_("SNMP trap"), N_("a trap or an inform to another system")),
}
SECRETS = {
    "webhook": (N_("Key of the signature"), N_("The receiver proves with it that a message is ours.")),
    "telegram": (N_("Token of the bot"), N_("As @BotFather gave it.")),
    "snmp_trap": (
        N_("Community, or pass phrases"),
        N_("Of v3: for signing and for encryption, a space between; one alone is for both."),
    ),
}
SETTINGS = {
    "address": (N_("Address"), "", "email"),
    "url": (N_("Address"), N_("It is sent a POST of JSON with the header X-Milha-Signature."), "url"),
    "chat": (N_("Chat"), N_("The number of the chat or group, or @name of a channel."), "text"),
    "server": (N_("Bot API server"), N_("Empty: Telegram's own."), "url"),
    "host": (N_("Host"), N_("Who hears the traps: an address or a name."), "text"),
    "port": (N_("Port"), N_("Empty: 162."), "text"),
    "version": (N_("Version"), "", "choice"),
    "inform": (N_("Confirmation"), N_("A lost trap is lost; an inform is sent until it is confirmed."), "choice"),
    "user": (N_("User"), "", "text"),
    "auth": (N_("Signature"), "", "choice"),
    "priv": (N_("Encryption"), "", "choice"),
    "root": (N_("OID of your own"), N_("Below it hangs MILHA-MIB; empty: below netSnmpPlaypen."), "text"),
}
# setting -> its choices; the first one is there when nothing was chosen
CHOICES: dict[str, tuple[tuple[str, str], ...]] = {
    "version": (("2c", "v2c"), ("3", "v3")),
    "inform": (("", N_("trap: nobody confirms")), ("yes", N_("inform: confirmed"))),
    "auth": (
        ("none", N_("none")),
        *((one, one.upper()) for one in ("md5", "sha", "sha224", "sha256", "sha384", "sha512")),
    ),
    "priv": (
        ("none", N_("none")),
        *((one, one.upper()) for one in ("des", "aes", "aes192", "aes256", "aes192c", "aes256c")),
    ),
}
WEEK = set(range(1, 8))
# How a failure as it was kept begins, and what it means.
PREFIX = "The message did not arrive: "
FAILURES = (
    (r"HTTP (401|403)", N_("The other end refuses the secret, or us")),
    (r"HTTP 404", N_("The other end does not know the address")),
    (r"HTTP 429", N_("The other end was asked too often")),
    (r"HTTP 4\d\d", N_("The other end does not take the message")),
    (r"HTTP 3\d\d", N_("The other end sends us elsewhere, and we do not follow")),
    (r"HTTP \d+", N_("The other end failed")),
    (r".*(Timeout).*", N_("The other end did not answer in time")),
    (r".*(Certificate|SSL).*", N_("The other end's certificate does not hold")),
    (r".*(DNS).*", N_("There is no server of that name")),
    (r".*(Connector|Connection|Disconnected|OSError).*", N_("There is no connection to the other end")),
    (r".*(InvalidURL|InvalidUrl|NonHttpUrl).*", N_("The address makes no sense")),
    (r"this process has nothing to tell with.*", N_("The process that should send it is not set up to")),
    (r".*mail server.*", N_("No mail server is set")),
)


def kinds(language: str) -> list[tuple[str, str, str]]:
    """The kinds there are, as choices; one without words of ours is called by its file."""
    found = [(name, *KINDS.get(name, (name, ""))) for name in channels()]
    return [
        (name, translate(language, words), translate(language, help) if help else "") for name, words, help in found
    ]


def kind(language: str, name: str) -> str:
    """A kind's name."""
    return translate(language, KINDS[name][0]) if name in KINDS else name


def failure(language: str, kept: str) -> str:
    """Why a message did not arrive, with the code behind it; what we have no words for stands as it is."""
    code = kept.removeprefix(PREFIX).rstrip(".")
    for pattern, words in FAILURES:
        if re.fullmatch(pattern, code):
            said = translate(language, words)
            return f"{said} ({code})" if re.fullmatch(r"HTTP \d+|[A-Za-z]+", code) else said
    return code


def to(settings: Mapping[str, str]) -> str:
    """Where it tells: the first of its settings, in the order of the form."""
    return next((settings[name] for name in SETTINGS if settings.get(name)), "")


def hours(language: str, step: Mapping[str, Any]) -> str:
    """When it may tell: ``at any time``, ``Mon to Fri, 08:00 to 18:00``."""
    days = set(step["days"])
    day_words = "" if days == WEEK else ", ".join(translate(language, DAYS[day - 1]) for day in sorted(days))
    if (step["from_minute"], step["until_minute"]) == (0, 1440):
        return day_words or translate(language, N_("at any time"))
    span = translate(
        language, N_("%(from)s to %(until)s"), **{"from": at(step["from_minute"]), "until": at(step["until_minute"])}
    )
    return f"{day_words}, {span}" if day_words else span


def at(minute: int) -> str:
    """Minutes of a day as a clock shows them."""
    return f"{minute // 60:02}:{minute % 60:02}"


def after(language: str, step: Mapping[str, Any]) -> str:
    """How long it waits."""
    if not step["after_s"]:
        return translate(language, N_("at once"))
    return translate(language, N_("after %(time)s with nobody"), time=formats.duration(step["after_s"]))


def severity(language: str, step: Mapping[str, Any]) -> str:
    """From which severity on."""
    if step["severity"] == "critical":
        return translate(language, N_("critical ones"))
    if step["severity"] == "notice":
        return translate(language, N_("all of them"))
    return translate(language, N_("warnings and graver"))


def glyph(channel: Mapping[str, Any]) -> str:
    """Off, failing, never used, or well."""
    if not channel["enabled"]:
        return "unknown"
    if channel["failed_at"] and (channel["sent_at"] is None or channel["failed_at"] > channel["sent_at"]):
        return "offline"
    return "online" if channel["sent_at"] else "open"


SEVERITIES = incident_words.SEVERITIES
