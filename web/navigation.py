"""The console's places: what the sidebar, the bottom bar and the palette list, each with the permission it asks for."""

from __future__ import annotations

from dataclasses import dataclass

from billing.permissions import BoardPermission, InvoicePermission, OverviewPermission
from oss.access.permissions import HoldPermission, NasPermission, ProvisionPermission, SessionPermission
from oss.contracts.permissions import PlanPermission
from oss.crm.permissions import CustomerPermission
from oss.monitoring.permissions import AlertPermission, IncidentPermission, MonitoringPermission
from oss.network.permissions import NetworkPermission
from oss.staff.permissions import (
    AuditPermission,
    HealthPermission,
    RetentionPermission,
    RolePermission,
    StaffPermission,
    TokenPermission,
)
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
    Section(
        None,
        (
            Place("overview", N_("Now"), "/console/", "activity", OverviewPermission.READ, "a", True),
            Place("board", N_("The business"), "/console/board", "building-2", BoardPermission.READ, "g"),
        ),
    ),
    Section(
        N_("Service"),
        (
            Place("subscribers", N_("Customers"), "/console/subscribers", "users", CustomerPermission.READ, "c", True),
            Place("holds", N_("Holds"), "/console/holds", "lock", HoldPermission.READ, "b", True),
            Place("invoices", N_("Invoices"), "/console/invoices", "receipt", InvoicePermission.READ, "v"),
            Place("plans", N_("Plans"), "/console/plans", "layers", PlanPermission.READ, "p"),
        ),
    ),
    Section(
        N_("Network"),
        (
            Place("incidents", N_("Incidents"), "/console/incidents", "bell-ring", IncidentPermission.READ, "x"),
            Place("network", N_("The network"), "/console/network", "network", NetworkPermission.READ, "w"),
            Place("devices", N_("Devices"), "/console/devices", "router", NetworkPermission.READ, "z"),
            Place("pons", "PON", "/console/pons", "cable", MonitoringPermission.READ, "1"),
            Place("onus", "ONU", "/console/onus", "house", NetworkPermission.READ, "y"),
            Place("bandwidth", N_("Bandwidth"), "/console/bandwidth", "chart-bars", SessionPermission.READ, "4"),
            Place(
                "provisioning",
                N_("Provisioning"),
                "/console/provisioning",
                "plug",
                ProvisionPermission.READ,
                "3",
            ),
            Place("graphs", N_("Graphs"), "/console/graphs", "gauge", MonitoringPermission.READ, "q"),
            Place("alerts", N_("Alert rules"), "/console/alert-rules", "triangle-alert", AlertPermission.WRITE, "j"),
            Place("sla", "SLA", "/console/sla", "calendar-check", MonitoringPermission.READ, "2"),
        ),
    ),
    Section(
        N_("Access"),
        (
            Place("sessions", N_("Sessions"), "/console/sessions", "radio-tower", SessionPermission.READ, "s", True),
            Place("rejects", N_("Refused logins"), "/console/rejects", "shield-ban", SessionPermission.READ, "r"),
            Place("addresses", N_("Addresses"), "/console/addresses", "map-pin", SessionPermission.READ, "i"),
            Place("enforcement", N_("Enforcement"), "/console/enforcement", "scale", SessionPermission.READ, "f"),
            Place("nas", N_("Equipment"), "/console/nas", "server", NasPermission.READ, "e"),
            Place("realms", N_("Realms"), "/console/realms", "globe", NasPermission.READ, "m"),
            Place(
                "router_logins", N_("Logins on routers"), "/console/router-logins", "terminal", NasPermission.WRITE, "l"
            ),
            Place("names", N_("Names and MAC"), "/console/names", "fingerprint-pattern", NasPermission.READ, "n"),
        ),
    ),
    Section(
        N_("System"),
        (
            Place("health", N_("Health and queues"), "/console/health", "heart-pulse", HealthPermission.READ, "h"),
            Place("staff", N_("Staff"), "/console/staff", "user", StaffPermission.WRITE, "u"),
            Place("roles", N_("Roles"), "/console/roles", "shield-check", RolePermission.WRITE, "o"),
            Place("tokens", N_("API tokens"), "/console/tokens", "key-round", TokenPermission.WRITE, "k"),
            Place("audit", N_("Audit"), "/console/audit", "scroll-text", AuditPermission.READ, "t"),
            Place("retention", N_("Retention"), "/console/retention", "hourglass", RetentionPermission.WRITE, "d"),
        ),
    ),
)


def place_of(path: str) -> str | None:
    """The label of the place an address lies in, None outside all of them."""
    held = (place.label for section in SECTIONS for place in section.places if place.holds(path))
    return next(held, None)


@dataclass(frozen=True, slots=True)
class Act:
    """Something one begins from anywhere, by the palette: ``label`` is a msgid, ``permission`` what it takes."""

    label: str
    href: str
    icon: str
    permission: str


ACTS = (
    Act(N_("New customer"), "/console/subscribers/new", "users", "customers.write"),
    Act(N_("New plan"), "/console/plans/new", "layers", "plans.write"),
    Act(N_("New router"), "/console/nas/new", "server", "nas.write"),
    Act(N_("New site"), "/console/sites/new", "map-pin", "network.write"),
    Act(N_("New device"), "/console/devices/new", "router", "network.write"),
    Act(N_("Find devices"), "/console/devices/find", "search", "network.write"),
    Act(N_("Plan maintenance"), "/console/maintenance/new", "wrench", "network.write"),
    Act(N_("New alert rule"), "/console/alert-rules/new", "triangle-alert", "alerts.write"),
    Act(N_("New channel for alerts"), "/console/alert-channels/new", "send", "alerts.write"),
    Act(N_("Open the wall"), "/console/wall", "monitor", "monitoring.read"),
    Act(N_("New realm"), "/console/realms/new", "globe", "nas.write"),
    Act(N_("New user"), "/console/staff/new", "user", "staff.write"),
)


def acts(permissions: frozenset[str]) -> list[Act]:
    """The acts a person may begin."""
    return [one for one in ACTS if one.permission in permissions]


def sections(permissions: frozenset[str]) -> list[Section]:
    """The sections with the places a person may open; empty ones are left out."""
    allowed = [
        Section(section.label, tuple(place for place in section.places if place.permission in permissions))
        for section in SECTIONS
    ]
    return [section for section in allowed if section.places]
