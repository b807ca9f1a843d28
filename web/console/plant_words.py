"""The plant's part of a customer's line: OLT, outside plant and ONU, as stations of the drawing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from oss.access.affected import Hop
from oss.network.permissions import NetworkPermission
from web.catalogues import N_
from web.console.network_words import ONU_STATES
from web.render import RenderContext, translate

PAGES = {"device": "/console/devices/{id}", "pon": "/console/pons/{id}", "box": "/console/boxes/{id}"}
PAGES |= {"onu": "/console/onus/{id}"}
DARK = {"offline", "los", "dying-gasp"}


def line_stations(rc: RenderContext, hops: Sequence[Hop]) -> list[dict[str, Any]]:
    """OLT, outside plant and ONU. What nobody said has no reading; an ONU that is online tells that all before works.

    A line that ends at a radio or a switch has that in the OLT's place, and nothing between.
    """

    def say(message: str, **values: Any) -> str:
        return translate(rc.language, message, **values)

    first = {hop.kind: hop for hop in reversed(hops)}
    onu, box, pon, device = (first.get(kind) for kind in ("onu", "box", "pon", "device"))
    before = "ok" if onu is not None and onu.state == "online" else "off"
    unread = {"value": say(N_("No reading")), "state": "off"}
    found: list[dict[str, Any]] = [
        {"key": "olt", "name": "OLT", **unread},
        {"key": "plant", "name": say(N_("Outside plant")), **unread},
        {"key": "onu", "name": "ONU", **unread},
    ]
    if device is not None:
        found[0] |= {"value": device.name, "why": f"PON {pon.name}" if pon else device.site, "state": before}
        found[0] |= _page(rc, device)
    if box is not None:
        why = say(N_("port %(port)s"), port=onu.place) if onu is not None and onu.place else ""
        found[1] |= {"value": box.name, "why": why, "state": before, **_page(rc, box)}
    if onu is not None:
        state = "ok" if onu.state == "online" else "bad" if onu.state in DARK else "off"
        found[2] |= {"value": say(ONU_STATES[onu.state][1]), "why": onu.name, "state": state, **_page(rc, onu)}
    return found


def _page(rc: RenderContext, hop: Hop) -> dict[str, str]:
    """Where a station leads, for who may see the network."""
    return {"href": PAGES[hop.kind].format(id=hop.id)} if rc.may(NetworkPermission.READ) else {}
