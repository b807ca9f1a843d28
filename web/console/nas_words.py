"""A router in words: what ails it and the cure, how it signs, why its requests got no answer, who asks in vain."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from oss.access import nas_radsec
from oss.access.nas_askers import Asker
from oss.access.nas_list import Router
from oss.access.nas_troubles import DROPS, WRONG_SECRET, Trouble
from web import formats
from web.catalogues import N_
from web.render import translate
from web.words import ngettext, plural, yes_or_no

Words = dict[str, Any]
MAKERS = {"mikrotik": "MikroTik", "cisco": "Cisco", "huawei": "Huawei", "juniper": "Juniper", "nokia": "Nokia"}
MAKERS |= {"zte": "ZTE", "cambium": "Cambium", "ubiquiti": "Ubiquiti", "h3c": "H3C", "accel-ppp": "accel-ppp"}
DROP_WORDS = {
    "missing_message_authenticator": (N_("Not signed"), "offline"),
    "secret": (N_("Under another secret"), "offline"),
    "limited": (N_("Above its limit"), "degraded"),
    "put_off": (N_("Put off, logins came first"), "degraded"),
    "malformed": (N_("Not well formed"), "unknown"),
    "unexpected_code": (N_("Of no kind we serve"), "unknown"),
    "bad_status": (N_("Are-you-there, not signed"), "unknown"),
    "unanswerable": (N_("Answer too long for a packet"), "degraded"),
    "failed": (N_("Failed on our side"), "offline"),
    "dropped": (N_("Left without an answer"), "unknown"),
}
VIEWS = {"trouble": N_("With trouble"), "unsigned": N_("Not signing"), "off": N_("Not in use")}


def trouble(language: str, router: Mapping[str, Any], one: Trouble) -> Words:
    """``state``, ``title``, ``text`` with the cure, ``short`` for a list, ``count`` in words or None."""
    made = TROUBLES[one.code](language, router, one)
    state = "offline" if one.urgent else "degraded"
    return {"code": one.code, "state": state, "since": one.since, "count": None, "urgent": one.urgent, **made}


def ails(language: str, router: Router) -> list[Words]:
    """All that ails a router, the worst first."""
    return [trouble(language, router, one) for one in router["troubles"]]


def in_short(language: str, router: Router) -> str:
    """That in a line; empty where nothing does."""
    return ", ".join(one["short"] for one in ails(language, router))


def _say(language: str, title: str, text: str, short: str, router: Mapping[str, Any], **more: Any) -> Words:
    facts = {"name": router["name"], **more}
    return {
        "title": translate(language, title, **facts),
        "text": translate(language, text, **facts),
        "short": translate(language, short, **facts),
    }


def _packets(language: str, count: int) -> str:
    return plural(language, ngettext("%(num)s packet in 1 h", "%(num)s packets in 1 h"), count)


def _silent(language: str, router: Mapping[str, Any], one: Trouble) -> Words:
    text = N_("None of its sessions has sent an interim. Is it up, and does it reach us by UDP?")
    said = _say(language, N_("%(name)s is silent"), text, N_("silent"), router)
    return said | {"count": plural(language, ngettext("%(num)s session", "%(num)s sessions"), one.count)}


def _stopped(language: str, router: Mapping[str, Any], one: Trouble) -> Words:
    text = N_(
        "It had proven that it signs, so its unsigned logins are dropped now. Its software or settings have changed: "
        "bring the Message-Authenticator back there. If it cannot sign any more, let it be learned anew."
    )
    said = _say(language, N_("%(name)s has stopped signing its logins"), text, N_("stopped signing"), router)
    return said | {"count": _packets(language, one.count)}


def _unsigned(language: str, router: Mapping[str, Any], one: Trouble) -> Words:
    text = N_(
        "What is passed on by a proxy, EAP, and all of a router set to Always required gets no answer without a "
        "Message-Authenticator (CVE-2024-3596). Turn it on in the router or in the proxy."
    )
    said = _say(language, N_("%(name)s has to sign and does not"), text, N_("not signed"), router)
    return said | {"count": _packets(language, one.count)}


def _secret(language: str, router: Mapping[str, Any], one: Trouble) -> Words:
    text = N_(
        "Requests come from its address under another secret and get no answer. Type the same secret here and in the "
        "router. Is it another router behind the same address, add it with its NAS-Identifier."
    )
    said = _say(language, N_("The secret of %(name)s does not match"), text, N_("wrong secret"), router)
    return said | {"count": _packets(language, one.count)}


def _limited(language: str, router: Mapping[str, Any], one: Trouble) -> Words:
    text = N_(
        "What is above %(limit)s requests a second is dropped, so that the other routers are served. Look for "
        "customers who dial without end or an interim that is too short; raise the limit if the load is real."
    )
    limit = formats.number(router["requests_per_s"], language)
    said = _say(language, N_("%(name)s asks more than its limit"), text, N_("above its limit"), router, limit=limit)
    return said | {"count": _packets(language, one.count)}


def _skew(language: str, router: Mapping[str, Any], one: Trouble) -> Words:
    ahead = (router["skew_ms"] or 0) > 0
    title = N_("The clock of %(name)s is %(time)s ahead") if ahead else N_("The clock of %(name)s is %(time)s behind")
    text = N_(
        "Our records use our own clock and stay right. But beyond five minutes it may refuse CoA and Disconnect as "
        "stale, its own log cannot be laid beside ours, and certificates may look expired. Turn on NTP in the router."
    )
    short = N_("clock %(time)s ahead") if ahead else N_("clock %(time)s behind")
    return _say(language, title, text, short, router, time=formats.duration(one.count))


def _stuck(language: str, router: Mapping[str, Any], one: Trouble) -> Words:
    changes = plural(language, ngettext("%(num)s change", "%(num)s changes"), one.count)
    text = N_("It does not do what its contracts want; each try and its cause stand under Enforcement.")
    return _say(language, N_("%(changes)s stuck at %(name)s"), text, N_("%(changes)s stuck"), router, changes=changes)


TROUBLES: dict[str, Callable[[str, Mapping[str, Any], Trouble], Words]] = {
    "silent": _silent,
    "stopped_signing": _stopped,
    "unsigned": _unsigned,
    "secret": _secret,
    "limited": _limited,
    "skew": _skew,
    "stuck": _stuck,
}


def state(router: Router) -> str:
    """The glyph of a router: the worst of what ails it."""
    if not router["active"]:
        return "unknown"
    if router["troubles"]:
        return "offline" if router["troubles"][0].urgent else "degraded"
    return "online" if router["heard_at"] is not None else "unknown"


def maker(language: str, router: Mapping[str, Any]) -> str:
    """Who made a router, as the makers write themselves."""
    vendor = router["vendor"]
    return translate(language, N_("standard")) if vendor == "standard" else MAKERS.get(vendor, str(vendor))


def in_use(language: str, router: Mapping[str, Any]) -> str:
    """Whether it may ask."""
    return yes_or_no(language, router["active"])


def network(router: Mapping[str, Any]) -> str:
    """Where a router asks from; by TLS that says nothing of it."""
    return "TLS" if nas_radsec.is_nowhere(router["network"]) else str(router["network"])


def coa(language: str, router: Mapping[str, Any]) -> str:
    """Where CoA and Disconnect are sent."""
    if not router["coa_enabled"]:
        return translate(language, N_("off"))
    host = router["coa_host"] or translate(language, N_("same address"))
    return f"{host}:{router['coa_port']}"


def signing(language: str, router: Router) -> Words:
    """How a router signs its logins: ``state``, ``short`` for a list, ``text`` in a sentence."""
    unsigned = router["tallies"].get("unsigned")
    made = _signing(router, unsigned is not None)
    hour, day = (unsigned.hour, unsigned.day) if unsigned is not None else (0, 0)
    facts = {"hour": formats.number(hour, language), "day": formats.number(day, language)}
    return {
        "state": made[0],
        "short": translate(language, made[1]),
        "text": translate(language, made[2], **facts),
        "hour": hour,
        "day": day,
    }


def signs(language: str, router: Router) -> str:
    """The same in a word or two."""
    return str(signing(language, router)["short"])


def _signing(router: Router, unsigned: bool) -> tuple[str, str, str]:
    if any(one.code in ("stopped_signing", "unsigned") for one in router["troubles"]):
        return "offline", N_("not signed"), N_("Unsigned requests are being dropped now.")
    if router["ma_policy"] == "off":
        text = N_("Its requests need no signature: %(hour)s came unsigned in the last hour, %(day)s in the last day.")
        return "degraded", N_("not asked for"), text
    if router["ma_policy"] == "required":
        return "online", N_("required"), N_("Every request must be signed; what is not is dropped.")
    if router["signs_since"] is not None:
        return "online", N_("signs"), N_("It has proven that it signs; from then on what is not signed is dropped.")
    if unsigned:
        text = N_("It has never signed: %(hour)s logins came unsigned in the last hour, %(day)s in the last day.")
        return "degraded", N_("never signs"), text
    return "unknown", N_("not seen yet"), N_("No login has come yet; how it signs is learned from the first one.")


def drops(language: str, router: Router) -> list[Words]:
    """Why requests of the last day got no answer, as ``ui.bars`` wants them."""
    found = dict.fromkeys(DROP_WORDS, 0)
    for what in DROPS:
        if (tally := router["tallies"].get(what)) is not None:
            found["secret" if what in WRONG_SECRET else what] += tally.day
    return [
        {"label": translate(language, words), "value": found[what], "state": state}
        for what, (words, state) in DROP_WORDS.items()
        if found[what]
    ]


def lost(language: str, router: Router) -> int:
    """How many requests of the last day got no answer."""
    return sum(one["value"] for one in drops(language, router))


def skew(language: str, router: Router) -> str | None:
    """How far its clock is from ours; None where nothing is known."""
    if router["skew_ms"] is None:
        return None
    seconds = abs(router["skew_ms"]) / 1000
    if seconds < 3:  # the attribute counts whole seconds, and a record takes its time
        return translate(language, N_("right"))
    words = N_("%(time)s ahead") if router["skew_ms"] > 0 else N_("%(time)s behind")
    return translate(language, words, time=formats.duration(seconds))


def asker(language: str, one: Asker) -> Words:
    """A row of those who ask in vain: the glyph, what it is, how it introduced itself."""
    if one.kind == "wrong_secret":
        what = translate(language, N_("asks under another secret than %(nas)s"), nas=one.nas)
    else:
        what = translate(language, N_("is no router of ours"))
    ports = {("auth",): N_("logins"), ("acct",): N_("accounting"), ("acct", "auth"): N_("logins and accounting")}
    asks = translate(language, ports[one.ports]) if one.ports in ports else None
    maker = MAKERS.get(one.vendor, one.vendor) or None
    return {
        "one": one,
        "state": "offline" if one.kind == "wrong_secret" else "unknown",
        "what": what,
        "about": [part for part in (maker, asks) if part],
    }
