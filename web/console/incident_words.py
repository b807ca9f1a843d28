"""Incidents in words: what is wrong where, why we think so, the line it lies on, what was said and told of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from oss.monitoring.incident_page import Members, Station
from oss.monitoring.rule_forms import metric_of
from oss.monitoring.telling import cost_an_hour
from oss.network.permissions import NetworkPermission
from web import formats
from web.catalogues import N_
from web.console import audit_words
from web.console.incident_heads import GLYPHS, HEADS, RULES, WHYS
from web.render import RenderContext, translate
from web.words import ngettext, plural

STATES = {"open": N_("Open"), "unheeded": N_("With nobody"), "ended": N_("Ended")}
SEVERITIES = {"critical": N_("Critical"), "warning": N_("Warning"), "notice": N_("Notice")}
PLACES = {
    "site": N_("Site"),
    "device": N_("Device"),
    "link": N_("Link"),
    "pon": "PON",
    "box": N_("Box"),
    "onu": "ONU",
    "interface": N_("Interface"),
    "line": N_("Line"),
    "nas": N_("Router"),
    "server": N_("Our server"),
    "sensor": N_("Sensor"),
}
MANY = {
    "site": ngettext("%(num)s site", "%(num)s sites"),
    "device": ngettext("%(num)s device", "%(num)s devices"),
    "onu": ngettext("%(num)s ONU", "%(num)s ONUs"),
    "interface": ngettext("%(num)s interface", "%(num)s interfaces"),
    "line": ngettext("%(num)s line", "%(num)s lines"),
    "nas": ngettext("%(num)s router", "%(num)s routers"),
}
CAUSES = {
    "down": N_("It answers no question any more. What hangs on it cannot be seen and is not told apart."),
    "power": N_(
        "Those below said with their last breath that they lost power. The fibre is whole: the street is dark."
    ),
    "cut": N_("The OLT lost the light of all below at the same time. The fibre broke%(between)s."),
    "together": N_("All below were lost within 90 seconds and none said why: the fibre, or the power of the street."),
    "rule": N_("The rule “%(rule)s” holds%(value)s."),
    "flapping": N_("It changed so often that it is told once. It is over when nothing has changed for a while."),
}
# How the line breaks: state of the place, of what lies behind it.
BROKEN = {"rule": ("warn", "ok"), "flapping": ("warn", "ok")}
PAGES = {
    "site": "/console/sites/{}",
    "device": "/console/devices/{}",
    "link": "/console/links/{}",
    "pon": "/console/pons/{}",
    "box": "/console/boxes/{}",
    "onu": "/console/onus/{}",
    "nas": "/console/nas/{}",
}
ICONS = {
    "opened": ("triangle-alert", "offline"),
    "grew": ("arrow-up", None),
    "shrank": ("arrow-down", None),
    "moved": ("map-pin", None),
    "merged": ("layers", None),
    "ended": ("circle-check", "online"),
    "explained": ("layers", None),
    "maintenance": ("wrench", None),
    "maintenance-over": ("wrench", None),
    "told": ("send", None),
    "acknowledged": ("user", None),
    "given-back": ("undo-2", None),
    "commented": ("message-square", None),
    "note": ("message-circle", None),
}
ENTRIES: dict[str, str | tuple[str, str]] = {
    "opened": N_("Found: %(what)s"),
    "grew": ngettext("%(num)s more is away", "%(num)s more are away"),
    "shrank": ngettext("%(num)s is back", "%(num)s are back"),
    "moved": N_("Known better now: %(what)s"),
    "merged": N_("Was part of another incident"),
    "ended": N_("Over: all is back"),
    "explained": N_("Over: something above explains it"),
    "maintenance": N_("Somebody began to work there as planned"),
    "maintenance-over": N_("The planned work is over"),
    "acknowledged": N_("%(who)s has it in hand"),
    "given-back": N_("%(who)s gave it back"),
    "commented": N_("%(who)s commented"),
    "note": N_("%(who)s wrote to the customers"),
}
TOLD = {"began": N_("%(channel)s was told"), "ended": N_("%(channel)s was told that it is over")}


def rule_name(language: str, name: str) -> str:
    """A rule as people call it."""
    return translate(language, name) if name in RULES else name


def place(language: str, kind: str, name: str) -> str:
    """A place with what it is: ``PON OLT-1 0/1/0``; devices and sites are called by their names alone."""
    kind_word = translate(language, PLACES.get(kind, kind))
    if not name:
        return kind_word
    return name if kind in ("device", "site", "nas") else f"{kind_word} {name}"


def head(language: str, row: Mapping[str, Any]) -> str:
    """What is wrong where, in one sentence without an end."""
    at = place(language, row["at_kind"], row["at_name"])
    return translate(language, HEADS[row["why"]], at=at, rule=rule_name(language, row["rule_name"]))


def since(rc: RenderContext, row: Mapping[str, Any]) -> str:
    """``64 customers since 14:03``, or from when until when it was."""
    began = formats.moment(row["began_at"], rc.now, rc.timezone, rc.language)
    who = plural(rc.language, ngettext("%(num)s customer", "%(num)s customers"), row["customers"])
    if row["ended_at"] is None:
        words = N_("%(who)s since %(when)s") if row["customers"] else N_("Since %(when)s")
        return translate(rc.language, words, who=who, when=began)
    ended = formats.moment(row["ended_at"], rc.now, rc.timezone, rc.language)
    lasted = formats.duration((row["ended_at"] - row["began_at"]).total_seconds())
    words = (
        N_("%(who)s from %(from)s to %(to)s, %(lasted)s") if row["customers"] else N_("%(from)s to %(to)s, %(lasted)s")
    )
    return translate(rc.language, words, who=who, lasted=lasted, **{"from": began, "to": ended})


def cause(language: str, row: Mapping[str, Any], way: Sequence[Station], subject: str = "", metric: str = "") -> str:
    """Why we think so."""
    between = ""
    if len(way) > 1:
        upper, lower = (place(language, one.kind, one.name) for one in way[-2:])
        between = translate(language, N_(" between %(upper)s and %(lower)s"), upper=upper, lower=lower)
    values = {"between": between, "rule": rule_name(language, row["rule_name"])}
    return translate(language, CAUSES[row["why"]], value=measured(language, row, subject, metric), **values)


def measured(language: str, row: Mapping[str, Any], subject: str, metric: str) -> str:
    """``: 97 %`` of a rule that looks at a number."""
    known = metric_of(subject, metric)
    if row["value"] is None or known is None:
        return ""
    return ": " + figure(language, row["value"], known.unit, known.digits)


def figure(language: str, value: float, unit: str, digits: int = 1) -> str:
    """A measured number with its unit."""
    text = formats.number(Decimal(str(round(value, digits))).normalize() + 0, language)
    return f"{text}{formats.NBSP}{translate(language, unit)}" if unit else text


def money(language: str, monthly_cents: int) -> str:
    """What it costs an hour."""
    return translate(language, N_("%(amount)s an hour"), amount=formats.money(cost_an_hour(monthly_cents), language))


def glyph(row: Mapping[str, Any]) -> str:
    """Open: how grave; at work, or in somebody's hand: the same, quieter by its words; over: grey."""
    if row["ended_at"] is not None:
        return "unknown"
    return "open" if row["in_maintenance"] else GLYPHS[row["severity"]]


def standing(language: str, row: Mapping[str, Any]) -> str:
    """Who has it."""
    if row["ended_at"] is not None:
        return translate(language, N_("Ended"))
    if row["in_maintenance"]:
        return translate(language, N_("Planned work"))
    if row["acknowledged_at"] is None:
        return translate(language, N_("Nobody"))
    return str(row["acknowledged_by"] or translate(language, N_("A program")))


# ------------------------------------------------------------ the line


def stations(
    rc: RenderContext, row: Mapping[str, Any], way: Sequence[Station], members: Members
) -> list[dict[str, Any]]:
    """From the top to the place where it is broken, and what lies behind that."""
    here, behind = BROKEN.get(row["why"], ("bad", "off")) if row["ended_at"] is None else ("ok", "ok")
    made = [_station(rc, one, "ok") for one in way[-5:]]
    made[-1] |= {"state": here, "cause": row["ended_at"] is None, "why": translate(rc.language, WHYS[row["why"]])}
    onus = next((one for one in members.tally if one[0] == "onu"), None)
    if onus is not None and row["at_kind"] != "onu":
        made.append({"key": "onu", "name": "ONU", "state": behind, "value": plural(rc.language, MANY["onu"], onus[1])})
        made[-1]["why"] = plural(rc.language, ngettext("%(num)s still away", "%(num)s still away"), onus[2])
    if row["lines"]:
        value = plural(rc.language, ngettext("%(num)s customer", "%(num)s customers"), row["customers"])
        why = plural(rc.language, MANY["line"], row["lines"])
        customers = {"key": "customers", "name": translate(rc.language, N_("Customers")), "href": "#customers"}
        made.append({**customers, "value": value, "why": why, "state": behind})
    return made


def _station(rc: RenderContext, one: Station, state: str) -> dict[str, Any]:
    made: dict[str, Any] = {"key": one.kind, "name": translate(rc.language, PLACES.get(one.kind, one.kind))}
    made |= {"value": one.name or str(one.id), "state": state}
    if one.kind in PAGES and rc.may(NetworkPermission.READ):
        made["href"] = PAGES[one.kind].format(one.id)
    return made


def member_href(rc: RenderContext, row: Mapping[str, Any]) -> str:
    """The page of a member, empty where there is none."""
    may = row["kind"] in PAGES and rc.may(NetworkPermission.READ)
    return PAGES[row["kind"]].format(row["object_id"]) if may else ""


# ------------------------------------------------------------ what was said and told


def moments(rc: RenderContext, entries: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Its history for ``ui.timeline``."""
    return [_moment(rc, one, json.loads(one["facts"])) for one in entries]


def _moment(rc: RenderContext, row: Mapping[str, Any], facts: Mapping[str, Any]) -> dict[str, Any]:
    icon, state = ICONS.get(row["what"], ("circle-help", None))
    made: dict[str, Any] = {"icon": icon, "state": state, "at": row["at"], "title": _title(rc, row, facts)}
    if row["what"] in ("commented", "note"):
        made["note"] = facts.get("text") or translate(rc.language, N_("Nothing is said to them any more"))
        if expected := facts.get("expected"):
            made["note"] += " · " + expected_words(rc, datetime.fromisoformat(expected))
    if facts.get("into"):
        made["href"] = f"/console/incidents/{facts['into']}"
    return made


def _title(rc: RenderContext, row: Mapping[str, Any], facts: Mapping[str, Any]) -> str:
    what = row["what"]
    if what == "told":
        return translate(rc.language, TOLD.get(facts.get("turn", ""), TOLD["began"]), channel=facts.get("channel", ""))
    words = ENTRIES.get(what)
    if words is None:
        return str(what)
    if isinstance(words, tuple):
        return plural(rc.language, words, int(facts.get("members", 1)))
    why = translate(rc.language, WHYS.get(facts.get("why", ""), "")) if facts.get("why") in WHYS else ""
    said = ": ".join(filter(None, (str(facts.get("at") or ""), why)))
    return translate(rc.language, words, what=said, who=audit_words.who(rc.language, row["actor"], row["name"]))


def expected_words(rc: RenderContext, at: datetime) -> str:
    """When it is expected to be over."""
    return translate(rc.language, N_("expected back %(when)s"), when=soon(rc, at))


def soon(rc: RenderContext, at: datetime) -> str:
    """An instant to come as it is said: ``15:30`` today, else ``27 nov, 15:30``."""
    day, clock = at.astimezone(rc.timezone).date(), formats.clock(at, rc.timezone)
    today = rc.now.astimezone(rc.timezone).date()
    return clock if day == today else f"{formats.day(day, today, rc.language)}, {clock}"


# ------------------------------------------------------------ for the customer's page, and for the customer

SAY = {
    "power": N_(
        "%(name)s, your street has no electricity at the moment, so our equipment there is off too. "
        "As soon as the power is back, your internet is as well."
    ),
    "cut": N_("%(name)s, a fibre of ours in the street broke. A crew is on it; nothing is wrong in your house."),
    "": N_(
        "%(name)s, there is an outage of ours in your neighbourhood. We are on it; nothing is wrong in your house "
        "and you need not restart anything."
    ),
}


def to_read_aloud(rc: RenderContext, row: Mapping[str, Any], name: str) -> str:
    """What the attendant may say: what was written to the customers, else what follows from the cause."""
    said = translate(rc.language, SAY.get(row["why"], SAY[""]), name=name)
    if row["note_to_customers"]:
        said = f"{name}, {row['note_to_customers'][:1].lower()}{row['note_to_customers'][1:]}"
    if row["expected_at"] is not None:
        back = N_("We expect it to be back at %(when)s.")
        said = f"{said.rstrip('.')}. " + translate(rc.language, back, when=soon(rc, row["expected_at"]))
    return said
