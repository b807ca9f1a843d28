"""The steps of the first day as a screen shows them: in order, what is done, where one is."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from aiohttp import web

from web.catalogues import N_
from web.pages import said

STEPS = {
    "company": N_("The company"),
    "person": N_("The administrator"),
    "factor": N_("Second factor"),
    "plan": N_("First plan"),
    "router": N_("First router"),
    "login": N_("Test login"),
}


def steps(request: web.Request, now: str, done: Collection[str]) -> list[dict[str, Any]]:
    """As ``ui.steps`` wants them, with the address of those of the console."""
    return [
        {
            "key": name,
            "label": said(request, STEPS[name]),
            "done": name in done,
            "now": name == now,
            "href": f"/console/first-steps/{name}" if name not in ("company", "person") else None,
        }
        for name in STEPS
    ]
