"""Rows of the audit in people's words: who did what to what, and which values became which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from oss.base import audit_names
from oss.base.audit_names import Key, Named
from oss.staff.audit_list import Row
from web.catalogues import N_
from web.console import audit_fields, retention_words
from web.console.audit_actions import ACTIONS, CHANGED, MADE
from web.render import RenderContext, translate
from web.words import ngettext, plural

SYSTEMS = {
    "audit": N_("the sealer"),
    "demo": N_("the demo"),
    "dunning": N_("dunning"),
    "nas_secrets": N_("the change of secrets"),
    "passwords": N_("the upgrade of passwords"),
    "retention": N_("the purge"),
    "setup": N_("the set-up"),
}
SETTINGS = {
    "access.eap_methods": N_("EAP methods"),
    "access.mac_password": N_("password of MAC authentication"),
    "access.password_kind": N_("what is kept of passwords"),
    "access.realms": N_("our realms"),
    "audit.many_customers": N_("customers' pages within an hour that are noted"),
    "dunning.brake_minimum": N_("least number at which dunning asks"),
    "dunning.brake_share": N_("share at which dunning asks"),
    "nas.secret_grace_min": N_("minutes in which both secrets hold"),
    "staff.routers_need_code": N_("codes demanded on routers"),
}
# kind -> the permission of its page, and its address
PAGES = {
    "alert_channel": ("alerts.write", "/console/alert-channels/{id}"),
    "alert_rule": ("alerts.write", "/console/alert-rules/{id}"),
    "contract": ("customers.read", "/console/subscribers/{inside}?contract={id}"),
    "box": ("network.read", "/console/boxes/{id}"),
    "customer": ("customers.read", "/console/subscribers/{id}"),
    "device": ("network.read", "/console/devices/{id}"),
    "device_model": ("network.write", "/console/models/{id}"),
    "device_search": ("network.write", "/console/devices/find/{id}"),
    "home_server": ("nas.read", "/console/realms/{inside}"),
    "incident": ("incidents.read", "/console/incidents/{id}"),
    "link": ("network.read", "/console/links/{id}"),
    "maintenance": ("network.read", "/console/maintenance"),
    "nas": ("nas.read", "/console/nas/{id}"),
    "onu": ("network.read", "/console/onus/{id}"),
    "pon": ("network.read", "/console/pons/{id}"),
    "plan": ("plans.read", "/console/plans/{id}"),
    "provision_rule": ("provision.rules", "/console/provisioning/rules/{id}"),
    "provision_run": ("provision.read", "/console/provisioning/runs/{id}"),
    "realm": ("nas.read", "/console/realms/{id}"),
    "site": ("network.read", "/console/sites/{id}"),
    "staff_user": ("staff.write", "/console/staff/{id}"),
}
# What a row's icon says of it: the beginning of an action, and the icon.
ICONS = (
    ("user.signed_in", "door-open"),
    ("user.signed_out", "log-out"),
    ("user.refused", "ban"),
    ("router.refused", "ban"),
    ("router.", "terminal"),
    ("customer.disclosed", "eye"),
    ("customers.", "eye"),
    ("address.", "eye"),
    ("view.", "bookmark-plus"),
    ("export.", "download"),
    ("nas.secret_seen", "eye"),
    ("hold.lifted", "lock-open"),
    ("hold.", "lock"),
    ("payment.", "hand-coins"),
    ("credit.", "hand-coins"),
    ("invoice.", "receipt"),
    ("plan.", "layers"),
    ("nas.", "server"),
    ("site.", "map-pin"),
    ("device.", "router"),
    ("device_model.", "router"),
    ("device_search.", "search"),
    ("link.", "cable"),
    ("pon.", "cable"),
    ("box.", "package"),
    ("onu.", "house"),
    ("provision.", "plug"),
    ("provision_rule.", "plug"),
    ("maintenance.", "wrench"),
    ("incident.", "bell-ring"),
    ("alert_rule.", "triangle-alert"),
    ("alert_channel.", "send"),
    ("alert_step.", "send"),
    ("network.", "download"),
    ("plans.", "download"),
    ("staff.", "download"),
    ("realm.", "globe"),
    ("home_server.", "globe"),
    ("account.", "key-round"),
    ("contract.", "file-text"),
    ("customer.", "user"),
    ("session.", "zap"),
    ("retention.", "trash-2"),
    ("setting.", "settings"),
    ("audit.broken", "triangle-alert"),
    ("audit.", "shield-check"),
)
SHORT = 3  # changes told in one line


@dataclass(frozen=True, slots=True)
class Change:
    """One field: what it is called, as it was, as it is since."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Told:
    """A row as it is shown. ``href``: the page of what it was done to, None where there is none for this person."""

    row: Row
    icon: str
    who: str
    sentence: str
    changes: tuple[Change, ...]
    facts: tuple[tuple[str, str], ...]
    what: str
    href: str | None

    @property
    def summary(self) -> str:
        """The first changes in a line: ``price R$ 99,90 → R$ 109,90``."""
        told = [f"{one.name} {one.before} → {one.after}" for one in self.changes[:SHORT]]
        more = len(self.changes) - SHORT
        return "; ".join(told) + (f" +{more}" if more > 0 else "")

    @property
    def whole(self) -> str:
        """Sentence and changes, for a file."""
        told = "; ".join(f"{one.name} {one.before} → {one.after}" for one in self.changes)
        return f"{self.sentence}: {told}" if told else self.sentence


async def told(rc: RenderContext, rows: Sequence[Row]) -> list[Told]:
    """Rows in words, with the present names of what they are about."""
    names = await audit_names.read({(row.object, row.object_id) for row in rows})
    return [_told(rc, row, names) for row in rows]


def _told(rc: RenderContext, row: Row, names: dict[Key, Named]) -> Told:
    doer, what = who(rc.language, row.actor, row.actor_name), _what(rc, row, names)
    values = {"who": doer, "what": what, "login": row.detail.get("login") or audit_fields.NOTHING}
    sentence = translate(rc.language, form(row), **values)
    icon = next((icon for beginning, icon in ICONS if row.action.startswith(beginning)), "pencil")
    return Told(row, icon, doer, sentence, _changes(rc, row), _facts(rc, row), what, _href(rc, row, names))


def form(row: Row) -> str:
    """The sentence for a row, as a msgid; an action we have no words for is told by its code."""
    if row.action == "account.enabled" and isinstance(row.detail.get("enabled"), bool):
        on = N_("%(who)s switched the login %(login)s of %(what)s on")
        return on if row.detail["enabled"] else N_("%(who)s switched the login %(login)s of %(what)s off")
    if row.detail.get("made") and row.action in MADE:
        return MADE[row.action]
    if row.after and row.action in CHANGED:
        return CHANGED[row.action]
    return ACTIONS.get(row.action) or f"%(who)s: {row.action.replace('%', '%%')} (%(what)s)"


def who(language: str, actor: str, name: str | None) -> str:
    """The one who acted: a person's name, a token, the command line, or a part of the system."""
    kind, _, rest = actor.partition(":")
    if not rest:
        return name or (translate(language, N_("Somebody unknown")) if actor == "nobody" else actor)
    if kind == "token":
        return translate(language, N_("The token %(name)s"), name=rest)
    if kind == "cli":
        return translate(language, N_("%(name)s at the command line"), name=rest)
    words = translate(language, SYSTEMS[rest]) if rest in SYSTEMS else rest
    return words[:1].upper() + words[1:]


def _what(rc: RenderContext, row: Row, names: dict[Key, Named]) -> str:
    known = names.get((row.object, row.object_id))
    if known is not None:
        return known.name
    if row.object == "contracts":
        forms = ngettext("%(num)s contract", "%(num)s contracts")
        return plural(rc.language, forms, len(row.detail.get("contracts") or []))
    if row.object == "retention" or row.object_id.startswith("retention."):
        return translate(rc.language, retention_words.named(row.object_id.removeprefix("retention.")))
    if row.object == "setting":
        return translate(rc.language, SETTINGS.get(row.object_id, row.object_id))
    return str(row.detail.get("name") or row.object_id or audit_fields.NOTHING)


def _changes(rc: RenderContext, row: Row) -> tuple[Change, ...]:
    before, after = row.before, row.after
    hidden = {"plan_id"} if "plan" in after else set()
    return tuple(
        Change(
            audit_fields.called(rc.language, name),
            audit_fields.written(rc, name, before.get(name)),
            audit_fields.written(rc, name, value),
        )
        for name, value in after.items()
        if name not in hidden
    )


def _facts(rc: RenderContext, row: Row) -> tuple[tuple[str, str], ...]:
    return tuple(
        (translate(rc.language, audit_fields.FACTS[name]), audit_fields.fact(rc, name, value))
        for name, value in row.detail.items()
        if name in audit_fields.FACTS and not isinstance(value, dict) and value not in (None, "", [])
    )


def _href(rc: RenderContext, row: Row, names: dict[Key, Named]) -> str | None:
    known, page = names.get((row.object, row.object_id)), PAGES.get(row.object)
    if known is None or page is None or not rc.may(page[0]):
        return None
    return page[1].format(id=row.object_id, inside=known.inside)
