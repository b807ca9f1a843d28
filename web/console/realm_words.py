"""Realms and home servers in words: how a realm is spelled, and how a home server does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oss.access.realm_list import Standing
from web.catalogues import N_

STATES = {
    "alive": ("online", N_("It answers")),
    "dead": ("offline", N_("Does not answer")),
    "unknown": ("unknown", N_("Not asked yet")),
}
UNSIGNED = ("degraded", N_("Answers without a signature"))
NAMELESS = {"null": N_("Logins without a realm"), "default": N_("Any other realm")}


def spelled(realm: Mapping[str, Any]) -> str:
    """The realm as it stands in a login; a msgid for those that have no name."""
    if realm["kind"] == "prefix":
        return f"{str(realm['name']).upper()}\\"
    return f"@{realm['name']}" if realm["kind"] == "suffix" else NAMELESS[realm["kind"]]


def state(home: Mapping[str, Any]) -> tuple[str, str]:
    """Glyph and words (a msgid) of how a home server does."""
    standing: Standing = home["standing"]
    if standing.error == "unsigned":
        return UNSIGNED
    return STATES[standing.state]


def worst(realm: Mapping[str, Any]) -> str:
    """The glyph of a realm: as good as the best of its home servers, and degraded if one does not answer."""
    found = [state(home)[0] for home in realm["homes"] if home["active"]]
    if not realm["active"] or not found or set(found) == {"unknown"}:
        return "unknown"
    if "online" not in found:
        return "offline" if "offline" in found else "degraded"
    return "degraded" if {"offline", "degraded"} & set(found) else "online"
