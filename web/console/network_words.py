"""The inventory's codes as people call them: kinds of sites, roles of devices, media of links, states of ONUs."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from oss.network.discovery import Change
from web import form_values, formats
from web.catalogues import N_
from web.render import translate

SITE_KINDS = {
    "core": N_("Core site"),
    "pop": "POP",
    "tower": N_("Tower"),
    "cabinet": N_("Street cabinet"),
    "customer": N_("At a customer's"),
}
SITE_ICONS = {
    "core": "database",
    "pop": "building-2",
    "tower": "radio-tower",
    "cabinet": "package",
    "customer": "house",
}
ROLES = {
    "router": N_("Router"),
    "switch": N_("Switch"),
    "olt": "OLT",
    "radio": N_("Radio"),
    "server": N_("CPE server"),
    "ups": N_("Power supply"),
}
MANY_ROLES = {
    "router": N_("Routers"),
    "switch": N_("Switches"),
    "olt": "OLT",
    "radio": N_("Radios"),
    "server": N_("CPE servers"),
    "ups": N_("Power supplies"),
}
ROLE_ICONS = {
    "router": "router",
    "switch": "network",
    "olt": "server",
    "radio": "radio-tower",
    "server": "hard-drive",
    "ups": "plug",
}
DEVICE_STATES = {"on": N_("Read"), "unheard": N_("Never read"), "off": N_("Not polled")}
MEDIA = {
    "fibre": N_("Fibre"),
    "radio": N_("Radio"),
    "copper": N_("Copper"),
    "virtual": N_("Virtual"),
    "leased": N_("Leased line"),
}
# ONU state -> glyph, words
ONU_STATES = {
    "online": ("online", N_("Lit")),
    "offline": ("offline", N_("Away")),
    "los": ("offline", N_("No light")),
    "dying-gasp": ("offline", N_("No power in the house")),
    "unknown": ("unknown", N_("No reading")),
}
# How an ONU went the last time, where drivers have a word for it (`oss.drivers.olt.OnuNow`).
LAST_DOWNS = {"los": N_("no light"), "dying-gasp": N_("power cut"), "offline": N_("cause not told")}
# operational state of an interface -> glyph, words (IF-MIB ifOperStatus)
OPER_STATES = {
    "up": ("online", N_("In service")),
    "down": ("offline", N_("Out of service")),
    "testing": ("degraded", N_("Testing")),
    "dormant": ("unknown", N_("Waiting")),
    "absent": ("unknown", N_("Absent")),
    "lower-down": ("offline", N_("Down beneath")),
    "unknown": ("unknown", N_("No reading")),
}
WINDOW_STATES = {
    "running": ("degraded", N_("Running")),
    "planned": ("open", N_("Planned")),
    "over": ("unknown", N_("Over")),
    "cancelled": ("unknown", N_("Called off")),
}
SNMP = {"off": N_("Not asked"), "1": "v1", "2c": "v2c", "3": "v3"}
AUTHS = {
    "none": N_("None"),
    "md5": "MD5",
    "sha1": "SHA-1",
    "sha224": "SHA-224",
    "sha256": "SHA-256",
    "sha384": "SHA-384",
    "sha512": "SHA-512",
}
PRIVS = {"none": N_("None"), "des": "DES", "aes128": "AES-128", "aes192": "AES-192", "aes256": "AES-256"}
CLIS = {"off": N_("Not used"), "ssh": "SSH", "telnet": "Telnet", "api": "RouterOS API", "api-tls": "RouterOS API, TLS"}
ENCODINGS = {
    "latin-1": N_("Latin-1: as RouterOS and most OLTs"),
    "utf-8": "UTF-8",
    "cp1252": "Windows-1252",
    "gb18030": N_("Chinese (GB 18030)"),
}


def oper(interface: Any) -> tuple[str, str]:
    """Glyph and words of an interface; one that somebody shut is no fault, one that is gone is not there."""
    if interface["gone_at"] is not None:
        return "unknown", N_("Gone")
    if interface["admin"] == "down":
        return "unknown", N_("Shut")
    return OPER_STATES[interface["oper"]]


def device_state(device: Any) -> str:
    """One of DEVICE_STATES."""
    if not device["enabled"]:
        return "off"
    return "on" if device["discovered_at"] is not None else "unheard"


def device_glyph(device: Any) -> str:
    """What the inventory knows of a device is that it was read, not that it is well: that is monitoring's to say."""
    return {"on": "open", "unheard": "unknown", "off": "unknown"}[device_state(device)]


def onu_glyph(onu: Any) -> str:
    """The glyph of an ONU's state."""
    return ONU_STATES[onu["state"]][0]


def place(row: Any) -> str:
    """Coordinates as maps take them: ``-21.245287, -44.999812``; empty where nobody gave them."""
    if row["latitude_e6"] is None:
        return ""
    return ", ".join(form_values.show_degrees(row[name], "en") for name in ("latitude_e6", "longitude_e6"))


FIELDS = {
    "name": N_("name"),
    "alias": N_("description"),
    "speed_bps": N_("speed"),
    "mac": "MAC",
    "admin": N_("switched"),
    "oper": N_("state"),
    "if_index": N_("number"),
    "kind": N_("kind"),
}


def changes(language: str, change: Any) -> str:
    """What became of an interface: ``description "" → "Uplink"``."""
    before, after = json.loads(change["before"]), json.loads(change["after"])
    return "; ".join(
        f"{translate(language, FIELDS.get(name, name))} {_value(name, before.get(name))} → {_value(name, value)}"
        for name, value in after.items()
    )


CHANGES = {
    ("system", "changed"): ("open", N_("The device")),
    ("interface", "new"): ("online", N_("New interface")),
    ("interface", "changed"): ("open", N_("Interface changed")),
    ("interface", "gone"): ("offline", N_("Interface gone")),
    ("interface", "back"): ("online", N_("Interface back")),
    ("link", "new"): ("online", N_("New link")),
    ("pon", "new"): ("online", N_("New PON port")),
    ("onu", "new"): ("online", N_("New ONU")),
    ("onu", "moved"): ("degraded", N_("ONU on another PON")),
    ("onu", "changed"): ("open", N_("State of an ONU")),
    ("onu", "gone"): ("offline", N_("ONU no longer listed")),
}
SYSTEM_FIELDS = {
    "sys_name": N_("name of itself"),
    "sys_descr": N_("what it says of itself"),
    "sys_object_id": "sysObjectID",
    "serial": N_("serial number"),
    "software": N_("software"),
    "model_id": N_("model"),
    "pon": "PON",
    "state": N_("state"),
}


def speed(language: str, bps: int) -> str:
    """A speed as it is said of a port: ``10 Gbps``, ``100 Mbps``."""
    if bps >= 10**9:
        return f"{formats.number(Decimal(bps) / 10**9, language)}{formats.NBSP}Gbps"
    return formats.rate(Decimal(bps) / 1000, language)


def change(language: str, one: Change) -> dict[str, str]:
    """What discovery found, as a line: its glyph, what it is, its name, and what differs."""
    state, label = CHANGES[one.thing, one.what]
    told = "; ".join(
        f"{translate(language, (FIELDS | SYSTEM_FIELDS).get(name, name))} "
        f"{_value(name, one.before.get(name))} → {_value(name, value)}"
        for name, value in one.after.items()
    )
    return {"state": state, "what": translate(language, label), "name": one.name, "told": told}


def _value(name: str, value: Any) -> str:
    if value in (None, ""):
        return "–"
    return speed("en", value) if name == "speed_bps" else str(value)
