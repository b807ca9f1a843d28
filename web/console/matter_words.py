"""What needs a person, in words: state, sentence, consequence, and the one act that helps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from billing.attention import Matter, nameless
from oss.access import certificate_list
from oss.access.nas_troubles import Code, Trouble
from oss.access.permissions import NasPermission
from oss.base import clock
from oss.crm.permissions import CustomerPermission
from oss.monitoring.permissions import MonitoringPermission
from oss.staff.permissions import HealthPermission
from web import formats, words
from web.catalogues import N_
from web.console import incident_heads, nas_words
from web.render import RenderContext, translate
from web.words import ngettext, plural

PLAIN: dict[str, Any] = dict.fromkeys(("count", "money", "in_all")) | dict.fromkeys(("main", "urgent", "held"), False)


def may_see_names(rc: RenderContext) -> bool:
    """Whether any customer's name may be told where all customers are told of: the feed, what waits for a person."""
    return rc.may_for_all(CustomerPermission.READ)


def matters(rc: RenderContext, found: Sequence[Matter]) -> list[dict[str, Any]]:
    """All that waits, as this person may be told it."""
    named, network = may_see_names(rc), rc.may(MonitoringPermission.READ)
    found = [one for one in found if network or one.kind != "incident"]
    return [
        PERSONAL[one.kind](rc, one) if one.kind in PERSONAL else matter(rc.language, one if named else nameless(one))
        for one in found
    ]


def _incident(rc: RenderContext, one: Matter) -> dict[str, Any]:
    """What is wrong in the network: ``held`` once somebody has taken it; ``in_all``: what all of them do together."""
    language, said = rc.language, incident_heads.spoken(rc, one.facts["incident"])
    whole, cost = one.facts["customers_in_all"], one.facts["hourly_cents"]
    label = N_("Take it") if said["unowned"] else N_("Follow it")
    return {
        **PLAIN,
        "since": one.since,
        "state": said["state"],
        "title": said["head"],
        "text": said["hands"],
        "count": said["customers"] or None,
        "money": said["cost"] or None,
        "urgent": said["unowned"] and said["state"] == "offline",
        "held": not said["unowned"],
        "in_all": (incident_heads.customers(language, whole), incident_heads.an_hour(language, cost))
        if whole
        else None,
        "href": said["href"],
        "label": translate(language, label),
        "main": said["unowned"] and said["state"] == "offline",
    }


PERSONAL = {"incident": _incident}
"""Makers that ask who is told."""


def matter(language: str, one: Matter) -> dict[str, Any]:
    """The values of ``ui.attention`` and its button."""
    made = MAKERS[one.kind](language, one)
    return {**PLAIN, "since": one.since, **made}


def _contracts(language: str, count: int) -> str:
    return plural(language, ngettext("%(num)s contract", "%(num)s contracts"), count)


def _begin(language: str, one: Matter) -> dict[str, Any]:
    text = N_("Add the first router with its secret. Plans come next; customers and contracts by the API.")
    return {
        "state": "open",
        "title": translate(language, N_("No router may ask yet")),
        "text": translate(language, text),
        "href": "/console/nas/new",
        "label": translate(language, N_("Add router")),
        "main": True,
        "permission": NasPermission.WRITE,
    }


def _brake(language: str, one: Matter) -> dict[str, Any]:
    share = formats.percent(100 * one.facts["share"], language)
    placed = formats.number(one.facts["placed"], language)
    title = N_("The brake asks: hold %(count)s contracts at once?")
    text = N_("%(share)s of all contracts, %(placed)s of them newly. Nothing is held until somebody decides.")
    return {
        "state": "degraded",
        "urgent": True,
        "title": translate(language, title, count=formats.number(one.count, language)),
        "text": translate(language, text, share=share, placed=placed),
        "count": _contracts(language, one.count),
        "href": f"/console/dunning/{one.facts['id']}",
        "label": translate(language, N_("Decide")),
        "main": True,
        "sheet": True,
        "permission": HealthPermission.WRITE,
    }


def _router(language: str, one: Matter) -> dict[str, Any]:
    """What ails a router: the same words as on its page."""
    trouble = Trouble(cast(Code, one.kind), one.count, one.since, urgent=one.facts["urgent"])
    said = nas_words.trouble(language, one.facts, trouble)
    return {name: said[name] for name in ("state", "title", "text", "count", "urgent")} | {
        "href": f"/console/nas/{one.facts['id']}",
        "label": translate(language, N_("Open it")),
    }


def _put_off(language: str, one: Matter) -> dict[str, Any]:
    text = N_(
        "More comes than this machine can serve: logins are answered first, and routers repeat their accounting. "
        "If it lasts, lengthen the interim or add a node."
    )
    return {
        "state": "degraded",
        "title": translate(language, N_("Accounting gives way to logins")),
        "text": translate(language, text),
        "count": plural(language, ngettext("%(num)s packet in 1 h", "%(num)s packets in 1 h"), one.count),
        "href": "/console/health",
        "label": translate(language, N_("Open health")),
    }


def _stuck(language: str, one: Matter) -> dict[str, Any]:
    paid, title = one.facts["paid"], N_("%(changes)s stuck")
    if paid:
        title = N_("%(changes)s stuck, %(paid)s of those who are in order")
    changes = plural(language, ngettext("%(num)s change", "%(num)s changes"), one.count)
    cause = translate(language, words.drift(one.facts["cause"])[0])
    text = f"{one.facts['customer'] or '–'}, {one.facts['nas']}: {cause}."
    if one.facts["next_try_at"] is not None:
        seconds = max(0.0, (one.facts["next_try_at"] - clock.now()).total_seconds())
        text += " " + translate(language, N_("Next try in %(time)s."), time=formats.duration(seconds))
    return {
        "state": "degraded",
        "title": translate(language, title, changes=changes, paid=formats.number(paid, language)),
        "text": text,
        "count": plural(language, ngettext("%(num)s session", "%(num)s sessions"), one.count),
        "href": "/console/enforcement",
        "label": translate(language, N_("See them")),
    }


def _lag(language: str, one: Matter) -> dict[str, Any]:
    text = N_("They are safe in the journal and are applied in order. Screens show an older state meanwhile.")
    title = N_("%(count)s accounting records wait for the database")
    return {
        "state": "degraded",
        "title": translate(language, title, count=formats.number(one.count, language)),
        "text": translate(language, text),
        "href": "/console/health",
        "label": translate(language, N_("Open health")),
    }


def _dead(language: str, one: Matter) -> dict[str, Any]:
    return {
        "state": "offline",
        "title": plural(language, ngettext("%(num)s job was given up", "%(num)s jobs were given up"), one.count),
        "text": f"{one.facts['listener']}: {(one.facts['error'] or '–')[:160]}",
        "href": "/console/health#dead",
        "label": translate(language, N_("Look at it")),
    }


def _knocks(language: str, one: Matter) -> dict[str, Any]:
    title = N_("An unknown router asks: %(ip)s")
    if one.count > 1:
        title = N_("%(count)s unknown addresses ask, last %(ip)s")
    text = N_("It gets no answer. If it is yours, add it with its secret.")
    return {
        "state": "unknown",
        "title": translate(language, title, ip=one.facts["ip"], count=one.count),
        "text": translate(language, text),
        "count": plural(language, ngettext("%(num)s packet", "%(num)s packets"), one.facts["asked"]),
        "href": "/console/nas",
        "label": translate(language, N_("Look at it")),
    }


ENDINGS = {
    "soon": N_("The certificate %(name)s ends on %(date)s"),
    "pressing": N_("The certificate %(name)s ends on %(date)s, in less than two weeks"),
    "last_days": N_("The certificate %(name)s ends within three days, on %(date)s"),
    "expired": N_("The certificate %(name)s ended on %(date)s"),
}
ENDS_FOR = {
    "server": N_("Once it has ended, EAP and RadSec clients refuse us. On node %(node)s, run: %(cure)s"),
    "clients": N_("It signs clients; once it has ended, theirs are refused. On node %(node)s, run: %(cure)s"),
}
ENDED_FOR = {
    "server": N_("EAP and RadSec clients refuse us. On node %(node)s, run: %(cure)s"),
    "clients": N_("It signed clients, and theirs are refused. On node %(node)s, run: %(cure)s"),
}


def _certificate(language: str, one: Matter) -> dict[str, Any]:
    state = one.facts["state"]
    over = state in (certificate_list.DAMAGED, "expired")
    return {
        "state": "offline" if over else "degraded",
        "urgent": state in certificate_list.LOUD,
        "title": _certificate_title(language, state, one.facts),
        "text": _certificate_text(language, state, one.facts),
        "href": "/console/health#certificates",
        "label": translate(language, N_("Open health")),
    }


def _certificate_title(language: str, state: str, facts: dict[str, Any]) -> str:
    if state == certificate_list.DAMAGED:
        return translate(language, N_("The certificates of node %(node)s cannot be used"), node=facts["node"])
    date = formats.deadline(facts["expires_at"].date(), language)
    return translate(language, ENDINGS[state], name=facts["subject"], date=date)


def _certificate_text(language: str, state: str, facts: dict[str, Any]) -> str:
    if state == certificate_list.DAMAGED:
        return translate(language, N_("EAP and RadSec clients are refused. There, milha check says what is wrong."))
    sentences = ENDED_FOR if state == "expired" else ENDS_FOR
    return translate(language, sentences[facts["use"]], node=facts["node"], cure=facts["cure"])


MAKERS = {
    "certificate": _certificate,
    "begin": _begin,
    "brake": _brake,
    **dict.fromkeys(("silent", "stopped_signing", "unsigned", "secret", "limited", "skew"), _router),
    "put_off": _put_off,
    "stuck": _stuck,
    "lag": _lag,
    "dead": _dead,
    "knocks": _knocks,
}
