"""Why a line is ill, in one plain sentence with the next step: the words of `oss.monitoring.diagnosis_causes`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from oss.access.line_known import Refusal
from oss.monitoring.diagnosis_causes import Cause
from web import formats
from web.catalogues import N_
from web.console.diagnosis_sentences import SENTENCES
from web.console.incident_words import PLACES
from web.console.reject_words import glyph, lower, said, short
from web.render import RenderContext, translate

GLYPHS: Final = {
    "down": "offline",
    "blocked": "blocked",
    "slow": "degraded",
    "warning": "degraded",
    "well": "online",
    "unknown": "unknown",
}
SEVERITIES: Final = {
    "down": N_("No service"),
    "blocked": N_("Held back"),
    "slow": N_("Slow"),
    "warning": N_("At risk"),
    "well": N_("Well"),
    "unknown": N_("Not clear"),
}
INCIDENT: Final = N_("An incident is open; do not send anybody.")
STEPS: Final = {
    "contract": N_("Contract"),
    "switch_on": N_("Switch the login on"),
    "promise": N_("Promise to pay"),
    "pay": N_("Register payment"),
    "reapply": N_("Ask the network again"),
    "release": N_("Release"),
    "incident": N_("The incident"),
    "plant": N_("The PON"),
    "onu": N_("The ONU"),
    "provision": N_("Provisioning"),
    "doctor": N_("Router's doctor"),
    "access": N_("Login and password"),
    "accept_line": N_("Accept this line"),
    "forget_line": N_("Forget the line"),
    "disconnect": N_("End the session"),
    "other": N_("The other customer"),
    "links": N_("The network"),
    "plan": N_("Change the plan"),
}
LATE: Final = {
    "contract": N_("the contract"),
    "account": N_("the login"),
    "sessions": N_("sessions"),
    "history": N_("earlier sessions"),
    "rejects": N_("refused logins"),
    "asked": N_("the last logins"),
    "stranger": N_("unknown logins"),
    "twin": N_("other sessions with this MAC"),
    "router": N_("the router"),
    "observed": N_("the limit that was read"),
    "provision": N_("provisioning"),
    "used": N_("usage"),
    "plant": N_("the ONU and its neighbours"),
    "trend": N_("the light of last week"),
    "away": N_("devices on the way"),
    "links": N_("links on the way"),
    "incidents": N_("incidents"),
    "debt": N_("the debt"),
    "available": N_("availability"),
}


@dataclass(frozen=True, slots=True)
class Said:
    """A cause in words: what is so (one sentence), and the next step (another)."""

    key: str
    state: str
    severity: str
    sentence: str
    step: str
    incident: int | None


def cause(rc: RenderContext, one: Cause) -> Said:
    """In the language and zone of the request."""
    sentence, step = SENTENCES[one.key]
    values = {name: _value(rc, one, name, value) for name, value in one.facts.items()}
    if isinstance(one.facts.get("at"), datetime):
        values["when"] = when(rc, one.facts["at"])
    step_words = translate(rc.language, INCIDENT if one.incident and one.key.startswith(AREAS) else step)
    severity = translate(rc.language, SEVERITIES[one.severity])
    return Said(
        one.key,
        GLYPHS[one.severity],
        severity,
        translate(rc.language, sentence, **values),
        step_words,
        one.incident,
    )


def refusal(rc: RenderContext, one: Refusal) -> dict[str, Any]:
    """Logins refused for one reason: glyph, sentence, how many, when last, by which router."""
    told = said(rc.language, rc.timezone, one.reason, "", one.facts, one.last_at)
    return {"state": glyph(one.reason), "why": told, "count": one.count, "last_at": one.last_at, "nas": one.nas}


AREAS: Final = ("area_", "olt_", "nas_down", "device_")


def when(rc: RenderContext, at: datetime) -> str:
    """``at 14:02`` today, ``on 23 Oct`` before."""
    told = formats.moment(at, rc.now, rc.timezone, rc.language)
    today = at.astimezone(rc.timezone).date() == rc.today
    return translate(rc.language, N_("at %(clock)s") if today else N_("on %(day)s"), clock=told, day=told)


def _value(rc: RenderContext, one: Cause, name: str, value: Any) -> Any:
    """One fact for a person."""
    if name in SPOKEN:
        return SPOKEN[name](rc, one, value)
    if isinstance(value, datetime):
        return formats.moment(value, rc.now, rc.timezone, rc.language)
    if isinstance(value, date):
        return formats.slashed(value, rc.now.astimezone(rc.timezone).date(), rc.language)
    return value if isinstance(value, str) else formats.number(value, rc.language) if _is_number(value) else value


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _dbm(rc: RenderContext, one: Cause, value: Any) -> str:
    return formats.dbm(value, rc.language) if _is_number(value) else "–"


def _kbps(rc: RenderContext, one: Cause, value: Any) -> str:
    return formats.rate(value, rc.language)


def _bps(rc: RenderContext, one: Cause, value: Any) -> str:
    return formats.rate(value / 1000, rc.language)


def _place(rc: RenderContext, one: Cause, value: Any) -> str:
    kind = str(one.facts.get("kind", ""))
    if kind in ("site", "device", ""):
        return str(value)
    word = translate(rc.language, PLACES.get(kind, kind))
    return f"{word if word.isupper() else lower(word)} {value}"


def _reason(rc: RenderContext, one: Cause, value: Any) -> str:
    told, at = one.facts.get("facts"), one.facts.get("at")
    if isinstance(told, Mapping) and isinstance(at, datetime):
        return lower(said(rc.language, rc.timezone, str(value), "", told, at))
    return lower(short(rc.language, str(value)))


def _seen(rc: RenderContext, one: Cause, value: Any) -> str:
    if not value:
        return translate(rc.language, N_("(none told)"))
    return formats.mac(value) if one.key == "wrong_mac" else str(value)


def _pool(rc: RenderContext, one: Cause, value: Any) -> str:
    return f" {value}" if value else ""


def _by(rc: RenderContext, one: Cause, value: Any) -> str:
    text = str(value).removeprefix("system:")
    return text or translate(rc.language, N_("staff"))


def _note(rc: RenderContext, one: Cause, value: Any) -> str:
    return f": {str(value).rstrip('.')}" if value else ""


Speak = Callable[[RenderContext, Cause, Any], str]
SPOKEN: Final[Mapping[str, Speak]] = {
    **dict.fromkeys(("dbm", "was", "median"), _dbm),
    **dict.fromkeys(("wanted_kbps", "applied_kbps", "limit_kbps", "down_kbps"), _kbps),
    **dict.fromkeys(("seen", "expected"), _seen),
    "bps": _bps,
    "place": _place,
    "reason": _reason,
    "pool": _pool,
    "by": _by,
    "other": lambda rc, one, value: str(value) or translate(rc.language, N_("another login")),
    "note": _note,
    "cents": lambda rc, one, value: formats.money(value, rc.language),
    "mac": lambda rc, one, value: formats.mac(str(value)),
}
