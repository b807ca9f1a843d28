"""Words of provisioning: kinds and states of runs, what differs on an OLT, and problems that were kept."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from oss.base.problems import InvalidInput, Problem
from oss.drivers.problems import NotAsOrdered
from web import words
from web.catalogues import N_

KINDS = {
    "authorise": N_("Authorise"),
    "deauthorise": N_("Take out"),
    "replace": N_("Replace"),
    "move": N_("Move"),
    "reboot": N_("Restart"),
}
# state -> glyph, words
STATES = {
    "planned": ("open", N_("waiting for its turn")),
    "running": ("live", N_("being carried out")),
    "done": ("online", N_("done")),
    "rolled-back": ("unknown", N_("taken back")),
    "stuck": ("offline", N_("stuck")),
    "settled": ("blocked", N_("settled by hand")),
}
RUN_VIEWS = {
    "open": N_("Going on"),
    "stuck": N_("Stuck"),
    "done": N_("Done"),
    "rolled-back": N_("Taken back"),
}
STEP_STATES = {
    "waiting": ("unknown", N_("not said")),
    "said": ("live", N_("said, no answer yet")),
    "done": ("online", N_("in force")),
    "refused": ("offline", N_("refused")),
    "unknown": ("degraded", N_("answer lost")),
    "back": ("unknown", N_("taken back")),
}
# kind of difference -> glyph, words, what it means
DRIFTS = {
    "stranger": ("degraded", N_("Of no contract"), N_("The OLT serves an ONU that is nobody's line here.")),
    "ended": ("offline", N_("Contract ended"), N_("The OLT still serves a line whose contract has ended.")),
    "absent": ("offline", N_("Not on the OLT"), N_("We believe it to be there, and the OLT does not know it.")),
    "elsewhere": ("degraded", N_("In another place"), N_("The OLT has it on another PON or under another number.")),
    "different": (
        "degraded",
        N_("Configured otherwise"),
        N_("Its VLAN or profiles are not those of its plan and OLT."),
    ),
}
DRIFT_VIEWS = {kind: told[1] for kind, told in DRIFTS.items()}
FIELDS = {
    "vlan": "VLAN",
    "user_vlan": N_("VLAN towards the customer"),
    "line_profile": N_("Line profile"),
    "service_profile": N_("Service profile"),
    "onu_type": N_("ONU type"),
    "down_profile": N_("Download profile"),
    "up_profile": N_("Upload profile"),
    "bridge": N_("Untagged at its first port"),
    "serial": N_("Serial number"),
    "there": N_("Whether it is there"),
    "name": N_("Name"),
}


@cache
def _problems() -> dict[str, type[Problem]]:
    def every(kind: type[Problem]) -> Iterator[type[Problem]]:
        yield kind
        for one in kind.__subclasses__():
            yield from every(one)

    return {one.code: one for one in every(Problem)}


def sentence(language: str, told: Any, device: str = "") -> str:
    """A problem that was kept as JSON (code and facts), in the reader's language; empty where there is none.

    ``device``: the OLT it is about, where the row tells.
    """
    if not told:
        return ""
    kept: Mapping[str, Any] = json.loads(told) if isinstance(told, str) else told
    kind = _problems().get(kept["code"])
    if kind is None:
        return str(kept["text"])
    facts = {name: words.said(language, one) if isinstance(one, str) else one for name, one in kept["facts"].items()}
    if kind is NotAsOrdered:
        facts |= _not_as_ordered(language, kept["facts"], device)
    return words.said(language, kind.template).format_map(_Facts(facts))


def _not_as_ordered(language: str, facts: Mapping[str, Any], device: str) -> dict[str, str]:
    """A course of commands does not know whose OLT it is said to, and names fields as rules do."""
    fields = str(facts["what"]).split(", ")
    told = {"what": ", ".join(words.said(language, FIELDS.get(one, one)) for one in fields)}
    return told | ({"name": device} if device else {})


class _Facts(dict[str, Any]):
    """A fact that was not kept stands as its name."""

    def __missing__(self, key: str) -> str:
        return key


def step_state(position: int, state: str, back: int, stands: frozenset[int]) -> tuple[str, str]:
    """Glyph and words of a step."""
    key = "back" if state in ("done", "said", "unknown") and back and position not in stands else state
    return STEP_STATES[key]


def kept(problem: Problem) -> dict[str, Any]:
    """A problem as it would be kept."""
    return {"code": problem.code, "facts": problem.facts, "text": str(problem)}


def wrongs(language: str, problem: InvalidInput) -> list[str]:
    """What is wrong with what was typed, without the names of fields: there is one."""
    return list(words.wrongs(language, problem.fields).values())
