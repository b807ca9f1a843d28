"""The fields that change, by their names in rows: what people call them, and how their values are written."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from web import formats, words
from web.catalogues import N_
from web.console import role_words, sign_in_rules
from web.render import RenderContext, translate

NOTHING = "–"
# name -> what it is called, how it is written
FIELDS = {
    "active": (N_("in use"), "flag"),
    "accounting": (N_("accounting forwarded"), "flag"),
    "acct_port": (N_("accounting port"), "text"),
    "allow": (N_("attributes let through"), "text"),
    "amount_cents": (N_("amount"), "cents"),
    "auth_port": (N_("login port"), "text"),
    "binding": (N_("binding to the line"), "word"),
    "binding_keys": (N_("bound by"), "text"),
    "certificate_name": (N_("name in the certificate"), "text"),
    "address": (N_("address"), "text"),
    "after_s": (N_("after so many seconds"), "text"),
    "clear_s": (N_("over after (seconds)"), "text"),
    "condition": (N_("condition"), "text"),
    "days": (N_("days"), "text"),
    "expected_at": (N_("expected back"), "moment"),
    "flap_window_s": (N_("flapping within (seconds)"), "text"),
    "flaps": (N_("changes that are flapping"), "text"),
    "from_minute": (N_("from the minute of the day"), "text"),
    "is_loss": (N_("means that it is away"), "flag"),
    "metric": (N_("metric"), "text"),
    "narrowing": (N_("only at"), "text"),
    "note_to_customers": (N_("told to the customers"), "text"),
    "raise_s": (N_("raised after (seconds)"), "text"),
    "settings": (N_("settings"), "text"),
    "settle_s": (N_("settled after (seconds)"), "text"),
    "severity": (N_("severity"), "word"),
    "subject": (N_("what is looked at"), "text"),
    "tells_the_end": (N_("tells the end"), "flag"),
    "until_minute": (N_("until the minute of the day"), "text"),
    "box_id": (N_("number of the box"), "text"),
    "box_port": (N_("port of the box"), "text"),
    "capacity": (N_("capacity"), "text"),
    "cli_protocol": (N_("command line"), "text"),
    "ends_at": (N_("until"), "moment"),
    "is_core": (N_("stands at the top"), "flag"),
    "latitude_e6": (N_("latitude in millionths of a degree"), "text"),
    "longitude_e6": (N_("longitude in millionths of a degree"), "text"),
    "management": (N_("management address"), "text"),
    "medium": (N_("medium"), "text"),
    "model": (N_("model"), "text"),
    "note": (N_("note"), "text"),
    "poll_interval_s": (N_("polled every (seconds)"), "text"),
    "ports": (N_("ports"), "text"),
    "serial": (N_("serial number"), "text"),
    "snmp_version": (N_("SNMP version"), "text"),
    "software": (N_("software"), "text"),
    "starts_at": (N_("from"), "moment"),
    "cities": (N_("own cities"), "text"),
    "city": (N_("city"), "text"),
    "coa_enabled": (N_("takes CoA"), "flag"),
    "coa_host": (N_("CoA address"), "text"),
    "coa_port": (N_("CoA port"), "text"),
    "complement": (N_("complement"), "text"),
    "density": (N_("density"), "word"),
    "district": (N_("district"), "text"),
    "document": (N_("document"), "document"),
    "down_kbps": (N_("download"), "rate"),
    "due_day": (N_("due day"), "text"),
    "email": (N_("e-mail"), "email"),
    "enabled": (N_("switched on"), "flag"),
    "ended_on": (N_("ended on"), "moment"),
    "host": (N_("address"), "text"),
    "hours": (N_("hours of signing in"), "hours"),
    "interim_s": (N_("interim every (seconds)"), "text"),
    "kind": (N_("kind"), "word"),
    "language": (N_("language"), "text"),
    "line": (N_("line"), "text"),
    "ma_policy": (N_("signing"), "word"),
    "masked_until": (N_("open until"), "moment"),
    "max_sessions": (N_("sessions at once"), "text"),
    "name": (N_("name"), "text"),
    "nas_identifier": (N_("NAS-Identifier"), "text"),
    "needs_second_factor": (N_("second factor needed"), "flag"),
    "network": (N_("address"), "text"),
    "networks": (N_("networks of signing in"), "text"),
    "number": (N_("house number"), "text"),
    "opens": (N_("opens first"), "flag"),
    "phone": (N_("telephone"), "phone"),
    "plan": (N_("plan"), "text"),
    "pool": (N_("address pool"), "text"),
    "position": (N_("position"), "text"),
    "postcode": (N_("CEP"), "text"),
    "sla": (N_("availability promised"), "hundredths"),
    "price_cents": (N_("price"), "cents"),
    "reduced_down_kbps": (N_("reduced download"), "rate"),
    "reduced_up_kbps": (N_("reduced upload"), "rate"),
    "requests_per_s": (N_("requests a second"), "number"),
    "revoked_at": (N_("revoked at"), "moment"),
    "role": (N_("role"), "role"),
    "routers": (N_("on routers"), "word"),
    "query": (N_("narrowed by"), "text"),
    "shared": (N_("shared"), "flag"),
    "signs": (N_("answers must be signed"), "flag"),
    "signs_since": (N_("signs since"), "moment"),
    "staff_logins": (N_("administrators log in through us"), "flag"),
    "state": (N_("state"), "word"),
    "status": (N_("status"), "word"),
    "street": (N_("street"), "text"),
    "strip": (N_("realm cut off"), "flag"),
    "theme": (N_("theme"), "word"),
    "transport": (N_("transport"), "text"),
    "up_kbps": (N_("upload"), "rate"),
    "value": (N_("value"), "text"),
    "vendor": (N_("maker"), "text"),
    "when_full": (N_("when one more comes"), "word"),
    "when_silent": (N_("when it is silent"), "word"),
    "zone": (N_("time zone"), "text"),
}
# Facts of a row beside what changed; those that are told elsewhere, or tell nothing to people, are left out.
FACTS = {
    "at": N_("asked for the instant"),
    "before": N_("older than"),
    "cause": N_("cause"),
    "cents": N_("amount"),
    "columns": N_("columns"),
    "contracts": N_("contracts"),
    "count": N_("how many"),
    "counts": N_("how many"),
    "days": N_("days"),
    "effects": N_("effect"),
    "format": N_("format"),
    "found": N_("found"),
    "from": N_("from"),
    "level": N_("level"),
    "method": N_("way of paying"),
    "minutes": N_("minutes"),
    "narrowed_by": N_("narrowed by"),
    "number": N_("number"),
    "nas": N_("router"),
    "placed": N_("held"),
    "reason": N_("reason"),
    "reference": N_("reference"),
    "rows": N_("records"),
    "seq": N_("number in the chain"),
    "serial": N_("serial number"),
    "share": N_("share"),
    "text": N_("text"),
    "to": N_("to"),
    "tries": N_("tries"),
    "until": N_("until"),
    "what": N_("what"),
    "with_passwords": N_("with passwords"),
    "worsened": N_("worsened"),
    "password_changed": N_("password changed"),
    "secret_changed": N_("secret changed"),
}
WORDS = {
    "active": N_("active"),
    "approved": N_("approved"),
    "asked": N_("asked"),
    "auto": N_("learned"),
    "changed": N_("a row was changed"),
    "comfortable": N_("comfortable"),
    "compact": N_("compact"),
    "critical": N_("critical"),
    "cut": N_("the end was cut off"),
    "dark": N_("dark"),
    "deny": N_("is refused"),
    "ended": N_("ended"),
    "fixed": N_("fixed"),
    "full": N_("everything"),
    "learn": N_("learned"),
    "light": N_("light"),
    "missing": N_("a row is missing"),
    "newest": N_("ends the oldest"),
    "none": N_("nothing"),
    "notice": N_("notice"),
    "off": N_("off"),
    "optional": N_("optional"),
    "read": N_("reads"),
    "refused": N_("refused"),
    "reject": N_("is refused"),
    "required": N_("required"),
    "silence": N_("no answer"),
    "system": N_("as the system"),
    "warning": N_("warning"),
    "write": N_("configures"),
}


def called(language: str, name: str) -> str:
    """What a field is called; one we have no words for is itself."""
    known = FIELDS.get(name)
    return translate(language, known[0]) if known else name.replace("_", " ")


def written(rc: RenderContext, name: str, value: Any) -> str:
    """A value as people read it. Personal data stay masked: who changed them is asked here, not what they are."""
    if value is None or value == "":
        return NOTHING
    return _WRITERS[FIELDS.get(name, ("", "text"))[1]](rc, value)


def _text(rc: RenderContext, value: Any) -> str:
    if isinstance(value, bool):
        return _flag(rc, value)
    if isinstance(value, dict):
        return ", ".join(f"{name} {_text(rc, one)}" for name, one in value.items()) or NOTHING
    if isinstance(value, list | tuple):
        return ", ".join(_text(rc, one) for one in value[:20]) + (" …" if len(value) > 20 else "") or NOTHING
    return NOTHING if value is None else str(value)


def _flag(rc: RenderContext, value: Any) -> str:
    return translate(rc.language, N_("yes") if value else N_("no"))


def _hours(rc: RenderContext, value: Any) -> str:
    days = ", ".join(translate(rc.language, sign_in_rules.DAYS[day]) for day in value["days"])
    return f"{days} {value['from']}–{value['to']}"


def _word(rc: RenderContext, value: Any) -> str:
    return translate(rc.language, WORDS[value]) if value in WORDS else str(value)


def _role(rc: RenderContext, value: Any) -> str:
    return translate(rc.language, role_words.NAMES[value]) if value in role_words.NAMES else str(value)


def _moment(rc: RenderContext, value: Any) -> str:
    """A day, or an instant; what is neither stands as it is."""
    try:
        if len(str(value)) == 10:
            return formats.day(date.fromisoformat(str(value)), rc.today, rc.language)
        at = datetime.fromisoformat(str(value)).astimezone(rc.timezone)
    except ValueError:
        return str(value)
    return f"{formats.day(at.date(), rc.today, rc.language)}, {formats.clock(at, rc.timezone)}"


def _counted(make: Callable[[Any, str], str]) -> Callable[[RenderContext, Any], str]:
    return lambda rc, value: make(value, rc.language) if isinstance(value, int) else str(value)


_WRITERS: dict[str, Callable[[RenderContext, Any], str]] = {
    "text": _text,
    "flag": _flag,
    "word": _word,
    "role": _role,
    "moment": _moment,
    "cents": _counted(formats.money),
    "rate": _counted(formats.rate),
    "hundredths": _counted(lambda value, language: formats.percent(Decimal(value) / 100, language, 2)),
    "number": _counted(formats.number),
    "hours": _hours,
    "document": lambda rc, value: formats.tax_id(str(value)),
    "phone": lambda rc, value: formats.phone(str(value)),
    "email": lambda rc, value: formats.email(str(value)),
}


def fact(rc: RenderContext, name: str, value: Any) -> str:
    """A fact of a row beside what changed."""
    if name == "cents" and isinstance(value, int):
        return formats.money(value, rc.language)
    if name == "reason" and value in words.REASONS:
        return translate(rc.language, words.REASONS[value])
    if name == "method" and value in words.METHODS:
        return translate(rc.language, words.METHODS[value])
    if name == "share" and isinstance(value, int | float):
        return formats.percent(100 * value, rc.language)
    if name in ("what", "level", "effects"):
        return ", ".join(_word(rc, one) for one in (value if isinstance(value, list) else [value]))
    return _moment(rc, value) if name in ("at", "before", "until") and value else _text(rc, value)
