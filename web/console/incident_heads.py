"""An incident in one line: what is wrong, where, in whose hands, as lists and the wall say it."""

from __future__ import annotations

from typing import Any

from oss.monitoring.incident_now import Incident
from web import formats
from web.catalogues import N_
from web.render import RenderContext, translate
from web.words import ngettext, plural

PAGE = "/console/incidents/{id}"
WHYS = {
    "down": N_("Does not answer"),
    "power": N_("No power"),
    "cut": N_("Fibre cut"),
    "together": N_("Lost together"),
    "rule": N_("Beyond a limit"),
    "flapping": N_("Comes and goes"),
}
HEADS = {
    "down": N_("%(at)s does not answer"),
    "power": N_("%(at)s: no power"),
    "cut": N_("%(at)s: the fibre is cut"),
    "together": N_("%(at)s: all lost at once"),
    "rule": N_("%(at)s: %(rule)s"),
    "flapping": N_("%(at)s comes and goes"),
}
# The rules that come with the house are rows with English names; a person may call them otherwise.
RULES = {
    name: name
    for name in (
        N_("Device does not answer"),
        N_("ONU is away"),
        N_("Processor is busy"),
        N_("Too warm"),
        N_("ONU receives little light"),
        N_("Link is nearly full"),
        N_("Link is down"),
        N_("Interface goes down and up"),
        N_("Many logins are refused"),
        N_("RADIUS packets are dropped"),
        N_("RADIUS loop lags"),
        N_("Journal lags"),
    )
}
GLYPHS = {"critical": "offline", "warning": "degraded", "notice": "open"}
LOSSES = ("down", "power", "cut", "together")


def glyph(one: Incident) -> str:
    """A loss is an outage however its rule calls it; work that was announced is neither."""
    if one.in_maintenance:
        return "unknown"
    return "offline" if one.why in LOSSES else GLYPHS[one.severity]


def head(language: str, one: Incident) -> str:
    """``CTO-1: the fibre is cut``."""
    rule = translate(language, RULES[one.rule]) if one.rule in RULES else one.rule
    return translate(language, HEADS[one.why], at=one.name or "–", rule=rule)


def short(language: str, one: Incident) -> str:
    """``Fibre cut``; of a rule its name."""
    if one.why == "rule" and one.rule:
        return translate(language, RULES.get(one.rule, one.rule))
    return translate(language, WHYS[one.why])


def hands(rc: RenderContext, one: Incident) -> str:
    """In whose hands it is."""
    if one.in_maintenance:
        return translate(rc.language, N_("Planned work"))
    if one.acknowledged_at is None:
        return translate(rc.language, N_("Nobody has taken it"))
    return one.owner or translate(rc.language, N_("Taken"))


def customers(language: str, count: int) -> str:
    """``63 customers``."""
    return plural(language, ngettext("%(num)s customer", "%(num)s customers"), count)


def an_hour(language: str, cents: int) -> str:
    """``R$ 8,76/h``."""
    return f"{formats.money(cents, language)}/h"


def spoken(rc: RenderContext, one: Incident) -> dict[str, Any]:
    """Everything a row of it says."""
    return {
        "id": one.id,
        "href": PAGE.format(id=one.id),
        "state": glyph(one),
        "head": head(rc.language, one),
        "short": short(rc.language, one),
        "place": one.name or "–",
        "hands": hands(rc, one),
        "unowned": one.unowned,
        "began_at": one.began_at,
        "expected_at": one.expected_at,
        "customers": customers(rc.language, one.customers) if one.customers else "",
        "cost": an_hour(rc.language, one.hourly_cents) if one.hourly_cents else "",
    }
