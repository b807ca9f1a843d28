"""Administrators on routers, in words: what they may do there, and why one was not let in."""

from __future__ import annotations

from typing import Any

from web.catalogues import N_
from web.render import translate

LEVELS = {
    "none": N_("No router"),
    "read": N_("Look"),
    "write": N_("Configure"),
    "full": N_("Everything"),
}
# reason -> what happened, what to do about it
REASONS = {
    "wrong_password": (N_("Wrong password"), ""),
    "unknown_login": (N_("Nobody of the staff"), N_("The name is not kept: it may be a password typed too early.")),
    "slowed": (N_("Too many wrong passwords"), N_("Attempts are held back for a while.")),
    "no_method": (N_("Login method not possible"), N_("Set the router to PAP.")),
    "staff_no_router_password": (
        N_("The router asks by CHAP or MS-CHAP"),
        N_("Set it to PAP, or make a password for routers: RouterOS asks by MS-CHAPv2 only."),
    ),
    "staff_disabled": (N_("The account is switched off"), ""),
    "staff_no_routers": (
        N_("The account may not log in to routers"),
        N_("Its role gives none, or its own page says so."),
    ),
    "staff_changed": (N_("The account was changed meanwhile"), N_("Try again with what is true now.")),
    "staff_unreadable": (
        N_("What is sealed of the account cannot be opened"),
        N_("Put the right sealing key back, or have codes and password for routers made anew."),
    ),
    "code_missing": (N_("The code was missing"), N_("By CHAP it stands behind the password.")),
    "code_wrong": (N_("Wrong code"), N_("Is the clock of the telephone right?")),
    "code_used": (N_("The code was used already"), N_("A code is good once: wait for the next one.")),
    "code_late": (N_("The code came too late"), N_("A question for it is good for two minutes and one answer.")),
    "code_not_enrolled": (N_("No one-time codes"), N_("They are demanded on routers, and this account has none.")),
}


def reason(language: str, code: str) -> tuple[str, str]:
    """What happened, and what to do about it."""
    title, hint = REASONS.get(code, (code, ""))
    return translate(language, title), translate(language, hint) if hint else ""


def level(language: str, name: str) -> str:
    """What somebody may do on routers."""
    return translate(language, LEVELS.get(name, name))


def told(language: str, row: dict[str, Any]) -> dict[str, Any]:
    """A row of `oss.access.router_logins.logins` with its glyph and words."""
    facts = row["facts"]
    if row["accepted"]:
        may = level(language, str(facts.get("level", "")))
        code = translate(language, N_("with code")) if facts.get("code") else ""
        words = translate(language, N_("Accepted")), ", ".join(filter(None, (may, code)))
    else:
        words = reason(language, str(facts.get("reason", "")))
    return {**row, "state": "online" if row["accepted"] else "offline", "title": words[0], "hint": words[1]}
