"""What devices tell by traps, in words and with the glyph of its weight."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from snmp.trap_events import Kind
from web.catalogues import N_

WORDS: dict[str, tuple[str, str]] = {
    Kind.COLD_START: ("degraded", N_("It was switched on")),
    Kind.WARM_START: ("degraded", N_("It started anew")),
    Kind.LINK_DOWN: ("offline", N_("An interface went down")),
    Kind.LINK_UP: ("online", N_("An interface came up")),
    Kind.LINK_FAULT: ("offline", N_("The other end of a link receives nothing")),
    Kind.CRITICAL_LINK: ("offline", N_("A link has a critical fault")),
    Kind.DYING_GASP: ("offline", N_("The other end of a link loses its power")),
    Kind.AUTHENTICATION_FAILURE: ("degraded", N_("Somebody asked it in a wrong community")),
    Kind.TEMPERATURE: ("degraded", N_("It tells of its temperature")),
    Kind.ONU_DYING_GASP: ("offline", N_("An ONU loses its power")),
    Kind.ONU_POWER_OFF: ("offline", N_("An ONU has no power")),
    Kind.ONU_POWER_BACK: ("online", N_("An ONU has its power back")),
    Kind.ONU_OFFLINE: ("offline", N_("An ONU went away")),
    Kind.ONU_ONLINE: ("online", N_("An ONU came")),
    Kind.ONU_CHANGED: ("unknown", N_("The state of an ONU changed")),
    Kind.PON_LOS: ("offline", N_("A PON receives no light")),
    Kind.PON_LOS_OVER: ("online", N_("A PON receives light again")),
    Kind.OTHER: ("unknown", N_("Something that no file of ours explains")),
}


def told(event: Mapping[str, Any]) -> tuple[str, str]:
    """The glyph and the msgid of a kept trap; of a kind that is gone those of the unknown."""
    return WORDS.get(event["kind"], WORDS[Kind.OTHER])


def facts(event: Mapping[str, Any]) -> str:
    """What it brought along, as it came."""
    return " · ".join(f"{name} {value}" for name, value in event["facts"].items())
