"""Notices in words: glyph, sentence, and what to do about it."""

from __future__ import annotations

from datetime import date
from typing import Any

from oss.notify.notices import Notice
from web import formats
from web.catalogues import N_
from web.render import translate
from web.words import ngettext, plural

# kind -> state, title, text; both are filled with the notice's facts
KINDS = {
    "export.ready": ("online", N_("The export “%(name)s” is ready"), N_("%(rows)s rows, to be fetched")),
    "export.failed": ("offline", N_("The export “%(name)s” failed"), N_("Nothing was written. Start it again.")),
    "brake.asked": (
        "degraded",
        N_("The brake asks: hold %(contracts)s contracts at once?"),
        N_("Nothing is held until somebody decides."),
    ),
    "credit.proposed": (
        "open",
        N_("Outage credits of %(month)s are proposed"),
        N_("Plans promised more than was kept. Each is accepted or refused by a person."),
    ),
    "jobs.dead": ("offline", N_("%(jobs)s given up"), N_("The last one: %(listener)s")),
    "nas.unknown": (
        "unknown",
        N_("An unknown router asks: %(ip)s"),
        N_("It gets no answer. If it is yours, add it with its secret."),
    ),
    "certificate": ("degraded", N_("The certificate %(subject)s ends on %(day)s"), N_("On node %(node)s")),
    "certificate.expired": ("offline", N_("The certificate %(subject)s ended on %(day)s"), N_("On node %(node)s")),
    "certificate.damaged": (
        "offline",
        N_("The certificates of node %(node)s cannot be used"),
        N_("EAP and RadSec clients are refused. There, milha check says what is wrong."),
    ),
    "device.key_changed": (
        "offline",
        N_("%(name)s shows another key"),
        N_("It was exchanged, or somebody stands between. Nothing is said to it until somebody believes the new key."),
    ),
    "audit.broken": (
        "offline",
        N_("The audit chain does not fit from row %(seq)s on"),
        N_("Rows were changed or taken away outside Milha. Compare with a backup."),
    ),
}
TROUBLES = {
    "silent": N_("%(name)s is silent"),
    "stopped_signing": N_("%(name)s stopped signing its requests"),
    "unsigned": N_("%(name)s does not sign its requests"),
    "secret": N_("Somebody asks as %(name)s with another secret"),
    "skew": N_("The clock of %(name)s is wrong"),
    "limited": N_("%(name)s asks more than it may"),
}


def notice(language: str, one: Notice) -> dict[str, Any]:
    """The values of a row: id, state, title, text, at, read, href."""
    state, title, text = _said(language, one)
    return {"id": one.id, "state": state, "title": title, "text": text, "at": one.at, "read": one.read_at is not None,
            "leads": bool(one.href)}  # fmt: skip


def _said(language: str, one: Notice) -> tuple[str, str, str]:
    if one.kind == "nas.trouble":
        title = TROUBLES.get(one.facts["trouble"], N_("Something is wrong with %(name)s"))
        state = "offline" if one.facts.get("urgent") else "degraded"
        return state, translate(language, title, **one.facts), translate(language, N_("Its page says what helps."))
    kind = f"certificate.{one.facts['state']}" if f"certificate.{one.facts.get('state')}" in KINDS else one.kind
    if kind not in KINDS:  # of a newer version than this process
        return "unknown", one.kind, ""
    state, title, text = KINDS[kind]
    facts = _spelled(language, one)
    return state, translate(language, title) % facts, translate(language, text) % facts


def _spelled(language: str, one: Notice) -> dict[str, Any]:
    """The facts as the language writes them."""
    facts = {name: formats.number(value, language) if isinstance(value, int) else value
             for name, value in one.facts.items()}  # fmt: skip
    if one.kind == "credit.proposed":
        facts["month"] = formats.month(date.fromisoformat(f"{one.facts['month']}-01"), language)
    if one.kind == "jobs.dead":
        facts["jobs"] = plural(language, ngettext("%(num)s job", "%(num)s jobs"), one.facts["count"])
    if one.facts.get("expires_on"):
        facts["day"] = formats.deadline(date.fromisoformat(one.facts["expires_on"]), language)
    return facts
