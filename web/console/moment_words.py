"""A customer's timeline in words: icon, title in the past tense, a note beneath, a tint where service changed."""

from __future__ import annotations

from typing import Any

from billing.subscriber import Moment
from web import formats, words
from web.catalogues import N_
from web.console.feed_words import who
from web.render import translate

EFFECTS = {"reduce": N_("Speed reduced"), "wall": N_("Only the notice page"), "cut": N_("Cut off")}
# kind -> icon, title, state
ACTS: dict[str, tuple[str, str, str | None]] = {
    "contract.started": ("file-check", N_("Contract began"), None),
    "contract.plan_changed": ("arrow-up-right", N_("Plan changed"), None),
    "contract.due_day_changed": ("calendar", N_("Due day changed"), None),
    "contract.ended": ("file-text", N_("Contract ended"), None),
    "account.added": ("user", N_("Login created"), None),
    "account.password_set": ("key-round", N_("Password of the login changed"), None),
    "account.sessions_set": ("users", N_("Sessions at once of the login changed"), None),
    "account.binding_set": ("lock", N_("Binding of the login changed"), None),
    "account.line_set": ("lock", N_("Line of the login set"), None),
    "account.line_forgotten": ("lock-open", N_("Line of the login forgotten"), None),
    "session.disconnected": ("zap", N_("Disconnected by hand"), None),
    "hold.promised": ("handshake", N_("Promised to pay"), None),
}


def moment(language: str, one: Moment) -> dict[str, Any]:
    """An item of ``ui.timeline``."""
    icon, title, note, state = MAKERS.get(one.kind, _act)(language, one.kind, one.facts)
    return {"icon": icon, "title": title, "note": note, "state": state, "at": one.at}


Made = tuple[str, str, str, str | None]


def _confirmed(language: str, facts: dict[str, Any]) -> str:
    """How fast the router obeyed, if a session was live then."""
    obeyed = facts.get("obeyed")
    if obeyed is None:
        return ""
    time = formats.latency(max(0.0, obeyed["seconds"]), language)
    return translate(language, N_("Confirmed by %(nas)s in %(time)s"), nas=obeyed["nas"] or "–", time=time)


def _reason(language: str, facts: dict[str, Any], by: str) -> str:
    reason = translate(language, words.REASONS.get(facts["reason"], facts["reason"]))
    return f"{reason} · {who(language, by)}"


def _placed(language: str, _: str, facts: dict[str, Any]) -> Made:
    note = _confirmed(language, facts) or _reason(language, facts, facts["placed_by"])
    return "lock", translate(language, EFFECTS[facts["effect"]]), note, "blocked"


def _lifted(language: str, _: str, facts: dict[str, Any]) -> Made:
    note = _reason(language, facts, facts["lifted_by"])
    obeyed, title = facts.get("obeyed"), translate(language, N_("Released"))
    if obeyed is not None:
        time = formats.latency(max(0.0, obeyed["seconds"]), language)
        title = translate(language, N_("Released in %(time)s"), time=time)
    return "lock-open", title, note, "online"


def _paid(language: str, _: str, facts: dict[str, Any]) -> Made:
    amount = formats.money(facts["amount_cents"], language)
    method = translate(language, words.METHODS.get(facts["method"], facts["method"]))
    icon = {"pix": "qr-code", "cash": "hand-coins"}.get(facts["method"], "receipt")
    title = translate(language, N_("Paid %(amount)s"), amount=amount)
    return (
        icon,
        title,
        translate(language, N_("%(method)s, invoice %(number)s"), method=method, number=facts["number"]),
        "online",
    )


def _told(language: str, _: str, facts: dict[str, Any]) -> Made:
    title = N_("Reminder of the due day") if facts["day"] <= 0 else N_("Notice of an overdue invoice")
    return (
        "mail",
        translate(language, title),
        translate(language, N_("Invoice %(number)s"), number=facts["number"]),
        None,
    )


def _obeyed(language: str, _: str, facts: dict[str, Any]) -> Made:
    became = words.profile(facts["wanted"])
    rate = f", {formats.rate(became.down_kbps, language)}" if became.down_kbps else ""
    time = formats.latency(max(0.0, facts["seconds"]), language)
    note = translate(language, N_("%(nas)s in %(time)s"), nas=facts["nas"] or "–", time=time)
    if facts["outcome"] == "disconnected" and facts["wanted"] != "reject":
        why = f"{translate(language, words.cause(facts['cause']))} · " if words.only_ended(facts) else ""
        return "zap", translate(language, N_("Disconnected")), why + note, None
    title = translate(
        language, N_("The network applied: %(what)s"), what=translate(language, became.label).lower() + rate
    )
    return "radio-tower", title, note, None


def _act(language: str, kind: str, facts: dict[str, Any]) -> Made:
    by = who(language, facts["actor"])
    if kind == "account.enabled":
        on = facts.get("enabled")
        title = translate(language, N_("Login switched on") if on else N_("Login switched off"))
        return ("circle-check" if on else "ban"), title, f"{facts.get('login', '')} · {by}", None if on else "blocked"
    icon, title, state = ACTS.get(kind, ("info", kind, None))
    told = facts.get("login") or ""
    return icon, translate(language, title), f"{told} · {by}" if told else by, state


MAKERS = {"placed": _placed, "lifted": _lifted, "paid": _paid, "told": _told, "obeyed": _obeyed}
