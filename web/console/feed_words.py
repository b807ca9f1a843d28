"""What happened, in words: a glyph, what, and where; for the live feed."""

from __future__ import annotations

from typing import Any

from billing.happenings import Happening
from web import formats, words
from web.catalogues import N_
from web.console import retention_words
from web.render import translate
from web.words import ngettext, plural

# action -> state, what; %(contracts)s and the detail of the audit row may stand in it
ACTS = {
    "hold.promised": ("open", N_("Promise to pay taken")),
    "hold.placing_undone": ("online", N_("Hold taken back")),
    "hold.lifting_undone": ("blocked", N_("Release taken back")),
    "contract.plan_changed": ("open", N_("Plan changed")),
    "contract.ended": ("unknown", N_("Contract ended")),
    "session.disconnected": ("degraded", N_("Disconnected by hand")),
    "nas.saved": ("open", N_("Router saved")),
    "nas.secret_settled": ("open", N_("Router's new secret is the only one")),
    "nas.secret_kept": ("open", N_("Router's new secret taken back")),
    "sealing.rotated": ("open", N_("Sealing key changed")),
    "nas.signing_forgotten": ("degraded", N_("Signing of a router is learned anew")),
    "plan.saved": ("open", N_("Plan saved")),
    "dunning.asked": ("degraded", N_("The brake asks before a mass cut")),
    "dunning.approved": ("blocked", N_("Mass cut approved")),
    "dunning.refused": ("open", N_("Mass cut refused")),
    "job.retried": ("open", N_("Jobs tried again")),
    "job.dropped": ("unknown", N_("Job dropped")),
    "setting.changed": ("open", N_("Setting changed")),
    "account.sessions_set": ("open", N_("Sessions at once changed")),
    "account.line_set": ("open", N_("Line of a login set")),
    "account.line_forgotten": ("open", N_("Line of a login forgotten")),
    "accounts.exported": ("open", N_("Logins written to a file")),
}


def line(language: str, one: Happening) -> dict[str, Any]:
    """``state``, ``what``, ``where``, ``at`` and ``href`` of one line."""
    maker = MAKERS.get(one.kind, _act)
    state, what, where = maker(language, one.kind, one.facts)
    customer = one.facts.get("customer_id")
    href = f"/console/subscribers/{customer}" if customer else None
    return {"state": state, "what": what, "where": where, "at": one.at, "href": href}


def _payment(language: str, _: str, facts: dict[str, Any]) -> tuple[str, str, str]:
    amount = formats.money(facts["amount_cents"], language)
    method = translate(language, words.METHODS.get(facts["method"], facts["method"]))
    return "online", translate(language, N_("Paid %(amount)s"), amount=amount), f"{method} · {facts['customer']}"


def _enforced(language: str, _: str, facts: dict[str, Any]) -> tuple[str, str, str]:
    took = formats.latency(facts["seconds"], language)
    opening, cause = facts["wanted"].startswith("full"), words.cause(facts["cause"])
    became = translate(language, N_("Released") if opening else words.profile(facts["wanted"]).label)
    if facts["outcome"] == "disconnected" and facts["wanted"] != "reject":
        became = translate(language, N_("Disconnected"))
    what = translate(language, N_("%(what)s in %(time)s"), what=became, time=took)
    state = "degraded" if words.only_ended(facts) else "online" if opening else "blocked"
    return state, what, f"{translate(language, cause)} · {facts['login']}"


def _many(language: str, _: str, facts: dict[str, Any]) -> tuple[str, str, str]:
    forms = ngettext("%(num)s line released", "%(num)s lines released")
    if not facts["opening"]:
        forms = ngettext("%(num)s line held", "%(num)s lines held")
    if words.only_ended(facts):
        forms = ngettext("%(num)s session disconnected", "%(num)s sessions disconnected")
    slowest = translate(language, N_("the slowest in %(time)s"), time=formats.latency(facts["seconds"], language))
    state = "degraded" if words.only_ended(facts) else "online" if facts["opening"] else "blocked"
    return state, plural(language, forms, facts["count"]), f"{facts['nas'] or '–'} · {slowest}"


def _rejected(language: str, _: str, facts: dict[str, Any]) -> tuple[str, str, str]:
    reason = translate(language, words.REASONS.get(facts["reason"], facts["reason"]))
    if facts["count"] > 1:
        reason = translate(language, N_("%(reason)s, %(count)s times"), reason=reason, count=facts["count"])
    state = words.REASON_STATES.get(facts["reason"], "unknown")
    return state, reason, f"{facts['nas'] or '–'} · {facts['login']}"


def _rejected_many(language: str, _: str, facts: dict[str, Any]) -> tuple[str, str, str]:
    reason = translate(language, words.REASONS.get(facts["reason"], facts["reason"]))
    logins = plural(language, ngettext("%(num)s login", "%(num)s logins"), facts["logins"])
    return words.REASON_STATES.get(facts["reason"], "unknown"), f"{reason}, {logins}", facts["nas"] or "–"


def _held(language: str, kind: str, facts: dict[str, Any]) -> tuple[str, str, str]:
    lifted = kind == "hold.lifted"
    what = plural(language, ngettext("%(num)s contract held", "%(num)s contracts held"), facts["contracts"])
    if lifted:
        what = plural(language, ngettext("%(num)s contract released", "%(num)s contracts released"), facts["contracts"])
    reason = translate(language, words.REASONS.get(facts.get("reason", ""), "–"))
    return "online" if lifted else "blocked", what, f"{reason} · {who(language, facts['actor'])}"


def _act(language: str, kind: str, facts: dict[str, Any]) -> tuple[str, str, str]:
    if kind == "account.enabled":
        on = facts.get("enabled")
        state, what = ("online", N_("Login switched on")) if on else ("blocked", N_("Login switched off"))
    else:
        state, what = ACTS.get(kind, ("open", kind))
    told = facts.get("login") or facts.get("name") or facts.get("listener") or ""
    by = who(language, facts["actor"])
    return state, translate(language, what), f"{told} · {by}" if told else by


def _imported(language: str, kind: str, facts: dict[str, Any]) -> tuple[str, str, str]:
    what = N_("Taken over from FreeRADIUS") if kind == "freeradius.imported" else N_("Logins read from a file")
    counts, by = facts.get("counts", {}), who(language, facts["actor"])
    made = counts.get("logins" if kind == "freeradius.imported" else "logins made", 0)
    logins = plural(language, ngettext("%(num)s new login", "%(num)s new logins"), made)
    return "open", translate(language, what), f"{logins} · {by}"


def _purged(language: str, kind: str, facts: dict[str, Any]) -> tuple[str, str, str]:
    subject = translate(language, retention_words.named(facts["object_id"]))
    if kind == "retention.dropped":
        year, month = facts["partition"].split("_")[-2:]
        return "unknown", translate(language, N_("A month deleted: %(month)s"), month=f"{month}/{year}"), subject
    forms = ngettext("%(num)s old record deleted", "%(num)s old records deleted")
    return "unknown", plural(language, forms, facts["rows"]), subject


def _setting(language: str, kind: str, facts: dict[str, Any]) -> tuple[str, str, str]:
    """A time of keeping is told with what is kept; of other settings their change."""
    head, _, subject = facts["object_id"].partition(".")
    if head != "retention":
        return _act(language, kind, facts)
    kept = translate(language, retention_words.named(subject))
    return "open", translate(language, N_("Retention changed")), f"{kept} · {who(language, facts['actor'])}"


def who(language: str, actor: str) -> str:
    """A person's login, or the part of the system that acted."""
    if actor == "system:dunning":
        return translate(language, N_("dunning"))
    return actor.removeprefix("system:").removeprefix("token:")


MAKERS = {
    "payment": _payment,
    "enforced": _enforced,
    "enforced_many": _many,
    "rejected": _rejected,
    "rejected_many": _rejected_many,
    "hold.placed": _held,
    "hold.lifted": _held,
    "freeradius.imported": _imported,
    "accounts.imported": _imported,
    "retention.purged": _purged,
    "retention.dropped": _purged,
    "setting.changed": _setting,
}
