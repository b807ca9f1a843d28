"""What the search finds, as rows: why it matched, where it leads, what may be done with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from markupsafe import Markup

from oss.base.providers import Found, Group, Hit
from oss.base.typed import Typed
from web import formats
from web.catalogues import N_
from web.marking import marked, veiled
from web.render import RenderContext, translate

KINDS = {
    "customer.name": N_("Customers by name"),
    "customer.document": N_("Customers by CPF or CNPJ"),
    "customer.phone": N_("Customers by telephone"),
    "customer.login": N_("Customers by login"),
    "customer.mac": N_("Customers by MAC"),
    "customer.address": N_("Customers by IP address"),
    "device": N_("Devices"),
    "invoice": N_("Invoices by number"),
    "nas": N_("Routers"),
    "onu": N_("ONUs by serial number"),
    "plan": N_("Plans"),
    "site": N_("Sites"),
    "staff": N_("Staff"),
}
# thing -> icon, and its page
THINGS = {
    "customer": ("user", "/console/subscribers/{id}"),
    "device": ("router", "/console/devices/{id}"),
    "invoice": ("receipt", "/console/subscribers/{owner}#invoices"),
    "nas": ("server", "/console/nas/{id}"),
    "onu": ("house", "/console/onus/{id}"),
    "plan": ("layers", "/console/plans/{id}"),
    "site": ("map-pin", "/console/sites/{id}"),
    "staff": ("user", "/console/staff/{id}"),
}
STATES = {
    "online": ("online", N_("online for %(time)s")),
    "held": ("blocked", N_("held for %(time)s")),
    "offline": ("offline", N_("offline")),
    "ended": ("unknown", N_("no active contract")),
}
# acts on a customer: what it is, its page, icon, permission, key with Alt, and when it makes sense
ACTS = (
    (N_("Reconnect"), "reconnect", "zap", "sessions.write", "r", lambda told: told["online"]),
    (N_("Hold"), "hold", "lock", "holds.write", "b", lambda told: not told["held"]),
    (N_("Release"), "release", "lock-open", "holds.write", "l", lambda told: told["held"]),
    (N_("Change plan"), "plan", "layers", "contracts.write", "p", lambda told: True),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One line: ``title`` and ``match`` are HTML with marks; ``acts``: dicts with label, href, icon, key."""

    thing: str
    name: str
    title: Markup
    match: Markup
    beside: str
    href: str
    icon: str
    state: str
    acts: list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class Rows:
    """The lines of one kind; ``late``: this kind was not waited for."""

    label: str
    rows: list[Row]
    more: bool
    late: bool


def address(hit: Hit) -> str:
    """The page of a thing that was found."""
    return THINGS[hit.thing][1].format(id=hit.id, owner=hit.owner)


def groups(rc: RenderContext, text: str, found: Found) -> list[Rows]:
    """Everything that was found, in the order of its groups."""
    typed = Typed.of(text)
    return [_group(rc, typed, group, found) for group in found.groups]


def _group(rc: RenderContext, typed: Typed, group: Group, found: Found) -> Rows:
    rows = [_row(rc, typed, group.kind, hit, found.told.get(hit.thing, {}).get(hit.id)) for hit in group.hits]
    return Rows(translate(rc.language, KINDS.get(group.kind, group.kind)), rows, group.more, group.late)


def _row(rc: RenderContext, typed: Typed, kind: str, hit: Hit, told: Mapping[str, Any] | None) -> Row:
    icon, _ = THINGS[hit.thing]
    match, beside = _match(rc, typed, kind, hit), [_beside(rc, hit), *_told(rc, told)]
    title = marked(hit.title, typed) if not hit.match else Markup.escape(hit.title)
    state = STATES[told["state"]][0] if told else ""
    acts = _acts(rc, hit, told) if told and told["state"] != "ended" else []
    shown = " · ".join(one for one in beside if one)
    return Row(hit.thing, hit.title, title, match, shown, address(hit), icon, state, acts)


def _match(rc: RenderContext, typed: Typed, kind: str, hit: Hit) -> Markup:
    if not hit.match:
        return Markup()
    spell = {"customer.document": formats.tax_id, "customer.phone": formats.phone}.get(kind)
    if spell is not None and hit.personal:
        return marked(veiled(spell(hit.match), spell(hit.match, reveal=True), typed), typed)
    return marked(formats.mac(hit.match) if kind == "customer.mac" else hit.match, typed)


def _beside(rc: RenderContext, hit: Hit) -> str:
    if hit.thing == "invoice":
        due = formats.slashed(date.fromisoformat(hit.beside), rc.today, rc.language)
        return translate(rc.language, N_("due %(day)s"), day=due)
    return hit.beside


def _told(rc: RenderContext, told: Mapping[str, Any] | None) -> list[str]:
    if told is None:
        return []
    since = told["since"]
    time = formats.duration((rc.now - since).total_seconds()) if since else ""
    return [
        told["plan"] if told["state"] != "ended" else "",
        translate(rc.language, STATES[told["state"]][1], time=time),
    ]


def _acts(rc: RenderContext, hit: Hit, told: Mapping[str, Any]) -> list[dict[str, str]]:
    home = f"/console/subscribers/{hit.id}"
    return [
        {
            "label": translate(rc.language, label),
            "href": f"{home}/{act}?contract={told['contract']}",
            "icon": icon,
            "key": key,
        }
        for label, act, icon, permission, key, fits in ACTS
        if rc.may(permission) and fits(told)
    ]
