"""The console's places: what the sidebar, the bottom bar and the palette list, each with the permission it asks for."""

from __future__ import annotations

from dataclasses import dataclass

from web.catalogues import N_


@dataclass(frozen=True, slots=True)
class Place:
    """One page: ``key`` names its live count, ``label`` is a msgid, ``shortcut`` follows G on the keyboard."""

    key: str
    label: str
    href: str
    icon: str
    permission: str
    shortcut: str
    on_phone: bool = False

    def holds(self, path: str) -> bool:
        """Whether a request's path lies in this place; the console's front page holds only itself."""
        if self.href == "/console/":
            return path in ("/console", "/console/")
        return path == self.href or path.startswith(self.href + "/")


@dataclass(frozen=True, slots=True)
class Section:
    """A group of places under one small heading (none for the first)."""

    label: str | None
    places: tuple[Place, ...]


SECTIONS = (
    Section(None, (Place("overview", N_("Now"), "/console/", "activity", "overview.read", "a", True),)),
    Section(
        N_("Service"),
        (
            Place("subscribers", N_("Customers"), "/console/subscribers", "users", "customers.read", "c", True),
            Place("holds", N_("Holds"), "/console/holds", "lock", "holds.read", "b", True),
            Place("invoices", N_("Invoices"), "/console/invoices", "receipt", "invoices.read", "v"),
            Place("plans", N_("Plans"), "/console/plans", "layers", "plans.read", "p"),
        ),
    ),
    Section(
        N_("Network"),
        (
            Place("sessions", N_("Sessions"), "/console/sessions", "radio-tower", "sessions.read", "s", True),
            Place("rejects", N_("Refused logins"), "/console/rejects", "shield-ban", "sessions.read", "r"),
            Place("addresses", N_("Addresses"), "/console/addresses", "map-pin", "sessions.read", "i"),
            Place("enforcement", N_("Enforcement"), "/console/enforcement", "scale", "sessions.read", "f"),
            Place("nas", N_("Equipment"), "/console/nas", "server", "nas.read", "e"),
            Place("realms", N_("Realms"), "/console/realms", "globe", "nas.read", "m"),
            Place("router_logins", N_("Logins on routers"), "/console/router-logins", "terminal", "nas.write", "l"),
            Place("names", N_("Names and MAC"), "/console/names", "fingerprint-pattern", "nas.read", "n"),
        ),
    ),
    Section(
        N_("System"),
        (
            Place("health", N_("Health and queues"), "/console/health", "heart-pulse", "health.read", "h"),
            Place("staff", N_("Staff"), "/console/staff", "user", "staff.write", "u"),
            Place("retention", N_("Retention"), "/console/retention", "hourglass", "retention.write", "d"),
        ),
    ),
)


def sections(permissions: frozenset[str]) -> list[Section]:
    """The sections with the places a person may open; empty ones are left out."""
    allowed = [
        Section(section.label, tuple(place for place in section.places if place.permission in permissions))
        for section in SECTIONS
    ]
    return [section for section in allowed if section.places]
