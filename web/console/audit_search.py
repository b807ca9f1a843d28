"""What somebody types or chooses on the audit's page, as a wish; and the chips that tell what was understood."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any

from oss.base import request_id
from oss.crm.customers import search_key
from oss.staff import audit_list
from oss.staff.audit_list import Wanted
from web import formats
from web.catalogues import N_
from web.console.audit_actions import ACTIONS, CHANGED, GROUPS, MADE, of_group
from web.console.audit_words import SYSTEMS, who
from web.render import RenderContext, query_url, translate

NAMES = ("q", "who", "what", "thing", "ip", "request", "since", "until")
MOST_WORDS = 6
DAYS = {"today": 0, "week": 6, "month": 29}


async def wanted(rc: RenderContext, params: Mapping[str, str]) -> Wanted:
    """The wish of an address. Words that say nothing leave an empty list; what is no day narrows nothing."""
    wish: dict[str, Any] = {}
    for word in params.get("q", "").split()[:MOST_WORDS]:
        for name, found in (await _understood(rc.language, word)).items():
            wish[name] = _both(wish.get(name), found)
    if "who" in params:
        wish["actors"] = _both(wish.get("actors"), (params["who"],))
    if params.get("what") in GROUPS:
        wish["actions"] = _both(wish.get("actions"), of_group(params["what"]))
    named = {"thing": "object_id", "ip": "ip", "request": "request"}
    wish |= {column: params[name] for name, column in named.items() if name in params}
    since, until = day(params.get("since")), day(params.get("until"))
    wish["since"] = _midnight(rc, since) if since else None
    wish["before"] = _midnight(rc, until + timedelta(days=1)) if until else None
    return Wanted(**wish)


async def _understood(language: str, word: str) -> dict[str, Any]:
    """What one word narrows: an address, a number of something, a person, an act in words, or a request's id."""
    if _is_address(word):
        return {"ip": word}
    if word.isdecimal():
        return {"object_id": word}
    people = {row["login"] for row in await audit_list.actors(word)} | _systems(language, word)
    if people or ":" in word:
        return {"actors": tuple(sorted(people)) or (word,)}
    acts = tuple(action for action, words in spoken(language).items() if f" {search_key(word)}" in words)
    if acts or not request_id.well_formed(word):
        return {"actions": acts}
    return {"request": word}


def _both(before: Any, found: Any) -> Any:
    """Two words that narrow the same: what both leave."""
    if before is None or not isinstance(found, tuple):
        return found
    return tuple(one for one in found if one in before)


def _is_address(word: str) -> bool:
    try:
        return bool(ipaddress.ip_address(word))
    except ValueError:
        return False


def _systems(language: str, word: str) -> set[str]:
    """Parts of the system that a word names: ``limpeza`` for what people read as ``a limpeza``."""
    key = search_key(word)
    return {
        f"system:{name}" for name, words in SYSTEMS.items() if key in search_key(translate(language, words)).split()
    }


@cache
def spoken(language: str) -> dict[str, str]:
    """Each action with all words it is told by, without accents and capitals, each behind a space."""
    found = {}
    for action, sentence in ACTIONS.items():
        told = [sentence, MADE.get(action, ""), CHANGED.get(action, "")]
        told += [words for words, beginnings in GROUPS.values() if action.startswith(beginnings)]
        text = " ".join(translate(language, one) for one in told if one).replace("%(", " %(")
        found[action] = f" {search_key(' '.join(word for word in text.split() if not word.startswith('%(')))} {action}"
    return found


def day(text: str | None) -> date | None:
    """A day out of an address, None for what is none."""
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def _midnight(rc: RenderContext, on: date) -> datetime:
    return datetime.combine(on, time(), rc.timezone)


def chips(rc: RenderContext, path: str, params: Mapping[str, str], people: Mapping[str, str]) -> list[dict[str, str]]:
    """What narrows the list, each with the address that lets go of it."""

    def chip(name: str, words: str, *keys: str) -> dict[str, str]:
        return {
            "name": translate(rc.language, name),
            "words": words,
            "href": query_url(path, params, **dict.fromkeys(keys)),
        }

    found = []
    if "who" in params:
        found.append(chip(N_("Who"), who(rc.language, params["who"], people.get(params["who"])), "who"))
    if params.get("what") in GROUPS:
        found.append(chip(N_("What"), translate(rc.language, GROUPS[params["what"]][0]), "what"))
    for key, name in (("thing", N_("Number")), ("ip", N_("Origin")), ("request", N_("Request"))):
        if key in params:
            found.append(chip(name, params[key], key))
    since, until = day(params.get("since")), day(params.get("until"))
    if since or until:
        found.append(chip(N_("Days"), _range(rc, since, until), "since", "until"))
    return found


def _range(rc: RenderContext, since: date | None, until: date | None) -> str:
    ends = [formats.day(one, rc.today, rc.language) if one else "…" for one in (since, until)]
    return ends[0] if since == until else " – ".join(ends)


def options(rc: RenderContext, path: str, params: Mapping[str, str], people: Mapping[str, str]) -> list[dict[str, str]]:
    """What the list may still be narrowed by."""
    found: list[dict[str, str]] = []

    def heading(words: str) -> None:
        found.append({"heading": translate(rc.language, words)})

    def option(words: str, **changes: str) -> None:
        found.append({"label": words, "href": query_url(path, params, **changes)})

    if "what" not in params:
        heading(N_("What"))
        for key, (words, _) in GROUPS.items():
            option(translate(rc.language, words), what=key)
    if "who" not in params:
        heading(N_("Who"))
        for login, name in list(people.items())[:8]:
            option(name, who=login)
    if "since" not in params and "until" not in params:
        heading(N_("Days"))
        named = (("today", N_("Today")), ("week", N_("The last 7 days")), ("month", N_("The last 30 days")))
        for key, words in named:
            option(translate(rc.language, words), since=(rc.today - timedelta(days=DAYS[key])).isoformat())
    return found
