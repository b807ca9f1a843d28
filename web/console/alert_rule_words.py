"""Alert rules in words: what is looked at, what is looked for, how patient we are; what a trial found."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from oss.monitoring.kinds import KINDS, Kind, Metric
from oss.monitoring.rule_forms import LINE, LINE_RATES, metric_of
from oss.monitoring.stored import instant
from oss.monitoring.trial import Trial, Would
from web import formats
from web.catalogues import N_
from web.console import incident_heads, incident_words, network_words
from web.console.incident_words import figure
from web.render import RenderContext, translate
from web.words import ngettext, plural

KIND_WORDS = {
    "threshold": (N_("Beyond a limit"), N_("above or below a number, for as long as it is asked to last")),
    "allowed": (N_("Share of what is allowed"), N_("per cent of the speed of the port, or of the customer's plan")),
    "rate": (N_("Changes fast"), N_("so much an hour, over a while: a laser that fades, a disc that fills")),
    "absence": (N_("Tells nothing"), N_("no value for a while")),
    "flap": (N_("Comes and goes"), N_("more changes within a while than are normal")),
    "offline": (N_("Line offline"), N_("a customer's line without a session for a while")),
}
LINE_WORDS = N_("Customer's line: session")
LINE_RATE_WORDS = {"in_bps": N_("Customer's line: download"), "out_bps": N_("Customer's line: upload")}
CONDITIONS = {
    ("threshold", "above"): N_("%(metric)s above %(limit)s"),
    ("threshold", "below"): N_("%(metric)s below %(limit)s"),
    ("allowed", "above"): N_("%(metric)s above %(limit)s of what is allowed"),
    ("rate", "above"): N_("%(metric)s rises more than %(limit)s an hour, over %(window)s"),
    ("rate", "below"): N_("%(metric)s falls faster than %(limit)s an hour, over %(window)s"),
    ("absence", "above"): N_("%(metric)s not told for %(window)s"),
    ("flap", "above"): N_("%(metric)s changes more than %(limit)s times within %(window)s"),
    ("offline", "above"): N_("no session for %(window)s"),
}
# What a number of states means is said, where its name alone would not.
METRICS = {("onu", "state"): N_("1 lit, 0 away"), ("interface", "oper"): N_("1 up, 0 down")}
ONLINE = {("onu", "state"): N_("ONU away"), ("interface", "oper"): N_("interface down")}
CUT = {
    "time": N_("It took too long: only %(tried)s of %(every)s were tried."),
    "values": N_("There are too many values: only %(tried)s of %(every)s were tried."),
    "turns": N_("It would have called far too often: only %(tried)s of %(every)s were tried."),
}
SHOWN = 100


def looks_at(language: str) -> list[tuple[str, str]]:
    """Everything a rule may look at: value and words, with the unit."""
    found = [
        (f"{kind.name}.{metric.name}", _looked(language, kind, metric, metric.unit))
        for kind in KINDS.values()
        for metric in kind.metrics
    ]
    rates = [(f"{LINE}.{name}", _rate(language, name)) for name in LINE_RATES]
    return [*found, (LINE, translate(language, LINE_WORDS)), *rates]


def _rate(language: str, metric: str) -> str:
    words: str = translate(language, LINE_RATE_WORDS[metric])
    return words


def _looked(language: str, kind: Kind, metric: Metric, unit: str = "") -> str:
    label = METRICS.get((kind.name, metric.name), metric.label)
    words = f"{translate(language, kind.label)}: {translate(language, label)}"
    return f"{words} ({translate(language, unit)})" if unit else words


def subject(language: str, row: Mapping[str, Any]) -> str:
    """What a rule looks at."""
    known = metric_of(row["subject"], row["metric"])
    if row["subject"] == LINE:
        return _rate(language, row["metric"]) if row["metric"] else translate(language, LINE_WORDS)
    if known is None:
        return str(row["metric"])
    return _looked(language, KINDS[row["subject"]], known)


def condition(language: str, row: Mapping[str, Any]) -> str:
    """What a rule looks for: ``CPU above 90 %``."""
    facts, known = json.loads(row["condition"]), metric_of(row["subject"], row["metric"])
    kind, side = facts["kind"], facts.get("side", "above")
    if kind == "threshold" and side == "below" and (row["subject"], row["metric"]) in ONLINE:
        return translate(language, ONLINE[row["subject"], row["metric"]])
    unit = "%" if kind == "allowed" else "" if kind == "flap" or known is None else known.unit
    values = {
        "metric": translate(language, known.label) if known else "",
        "limit": figure(language, facts.get("limit", 0), unit, 3),
        "window": formats.duration(facts.get("window_s", 0)),
    }
    return translate(language, CONDITIONS.get((kind, side), CONDITIONS[kind, "above"]), **values)


def patience(language: str, row: Mapping[str, Any]) -> str:
    """How long it must last before somebody hears of it."""
    if not row["raise_s"]:
        return translate(language, N_("at once"))
    return translate(language, N_("after %(time)s"), time=formats.duration(row["raise_s"]))


def where(language: str, row: Mapping[str, Any]) -> str:
    """What it is narrowed to."""
    narrowing = json.loads(row["narrowing"])
    role = narrowing.get("role")
    parts = [row["site"], row["device"], translate(language, network_words.MANY_ROLES[role]) if role else None]
    parts.append(translate(language, N_("where a link ends")) if narrowing.get("linked") else None)
    return ", ".join(filter(None, parts)) or translate(language, N_("everywhere"))


# ------------------------------------------------------------ a trial


def summary(rc: RenderContext, trial: Trial) -> str:
    """What came of it, in a sentence."""
    count, days = len(trial.incidents), len(trial.by_day())
    words = plural(rc.language, ngettext("%(num)s incident", "%(num)s incidents"), count)
    if not trial.every:
        return translate(rc.language, N_("Nothing that it looks at was ever sampled."))
    if not count:
        return translate(rc.language, N_("It would have raised nothing in %(days)s days."), days=days)
    return translate(rc.language, N_("It would have raised %(count)s in %(days)s days."), count=words, days=days)


def read(rc: RenderContext, trial: Trial) -> str:
    """What was read for it: how much, how finely, how long it took; and that it was cut, where it was."""
    counts = {"tried": trial.tried, "every": trial.every, "values": trial.values}
    values = {name: formats.number(count, rc.language) for name, count in counts.items()}
    time = formats.latency(trial.seconds, rc.language)
    told = translate(rc.language, N_("%(values)s values of %(tried)s things, in %(time)s."), time=time, **values)
    if trial.fine_since > trial.since + 60 and trial.tried:
        at = formats.appointed(instant(trial.fine_since), rc.timezone, rc.language)
        told += " " + translate(rc.language, N_("Before %(when)s only means of five minutes are kept."), when=at)
    return translate(rc.language, CUT[trial.cut], **values) + " " + told if trial.cut else told


def would(rc: RenderContext, one: Would) -> dict[str, Any]:
    """An incident that would have been, as a row."""
    return {
        "glyph": "offline" if one.ended is None else "unknown",
        "where": incident_words.place(rc.language, one.at.kind, one.name or str(one.at.id)),
        "href": incident_words.PAGES.get(one.at.kind, "").format(one.at.id),
        "why": translate(rc.language, incident_heads.WHYS[one.why]),
        "began": instant(one.began),
        "ended": instant(one.ended) if one.ended is not None else None,
        "lasted": formats.duration(one.lasted(rc.now.timestamp())),
        "members": one.members,
    }


def drawn(rc: RenderContext, trial: Trial) -> dict[str, Any]:
    """How many began on each day, for ``ui.histogram``."""
    days = trial.by_day()
    most = max([*days, 1])
    ends: list[datetime] = [instant(trial.since), instant(trial.until)]
    labels = [formats.day(at.astimezone(rc.timezone).date(), rc.today, rc.language) for at in ends]
    return {
        "buckets": [(count / most, "chart-1") for count in days],
        "labels": [(0, labels[0]), (1, labels[1])],
        "most": most if any(days) else 0,
    }
