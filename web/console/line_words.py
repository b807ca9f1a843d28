"""A login's line in words: how it proves itself, what binds it, and the line that was refused last."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from oss.access.lines import KEYS
from web import formats
from web.catalogues import N_
from web.render import translate

LABELS = {"mac": "MAC", "nas": N_("router"), "port": N_("port"), "vlan": "VLAN", "circuit": N_("circuit")}
KINDS = {"password": "", "mac": N_("by its MAC"), "circuit": N_("by its circuit")}


@dataclass(frozen=True, slots=True)
class Line:
    """One login's line. ``bound``: where it must come from, in words; ``offered``: the line that was refused since.

    ``state``: free, learns (nothing known yet), bound, or unset (to be fixed, but nothing is set).
    """

    kind: str
    state: str
    bound: str
    since: datetime | None
    offered: str = ""
    seen: str = ""  # that line, as JSON
    tried_at: datetime | None = None


def told(language: str, line: Mapping[str, str], nas: Mapping[str, str]) -> str:
    """A line in words: ``MAC AA:BB:CC:DD:EE:FF, VLAN 100``; ``nas``: names of routers by id."""
    parts = [
        f"{translate(language, LABELS[key])} {shown(key, nas.get(line[key], line[key]) if key == 'nas' else line[key])}"
        for key in KEYS
        if line.get(key)
    ]
    return ", ".join(parts)


def shown(key: str, value: str) -> str:
    """One value for a person."""
    return formats.mac(value) if key == "mac" else value


def line(language: str, account: Any, rejects: Sequence[Any], nas: Mapping[str, str]) -> Line:
    """The line of an account as `billing.subscriber` reads it, beside the contract's refused logins (newest first)."""
    bound = json.loads(account["bound"])
    policy = account["policy"]
    state = "free" if policy == "off" else "bound" if bound else "learns" if policy == "learn" else "unset"
    proof = translate(language, KINDS[account["kind"]]) if KINDS[account["kind"]] else ""
    found = Line(proof, state, told(language, bound, nas), account["bound_at"])
    if state != "bound":
        return found
    for one in rejects:
        since = account["bound_at"]
        if one["reason"] != "wrong_line" or one["login"] != account["login"] or (since and one["last_at"] < since):
            continue
        seen = json.loads(one["facts"]).get("line")
        if not isinstance(seen, dict):
            continue
        asked = account["keys"].split() if policy == "learn" else list(bound)
        offered = {key: str(seen[key]) for key in asked if seen.get(key)}
        return Line(
            found.kind,
            state,
            found.bound,
            since,
            told(language, offered, nas),
            json.dumps(offered),
            one["last_at"],
        )
    return found
