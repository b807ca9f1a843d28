"""The matrix of roles as a screen shows it: acts in groups, what a scope is called, what a cell is at present."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from oss.staff.permissions import Permission, known
from oss.staff.roles import Role
from oss.staff.scopes import KINDS
from web.catalogues import N_

GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (N_("Customers"), ("customers", "personal", "contracts")),
    (N_("Access and network"), ("sessions", "holds", "nas", "network", "plant", "monitoring", "incidents", "alerts")),
    (N_("Money"), ("plans", "invoices", "payments")),
    (N_("System"), ()),  # and whatever is in no other group
)
# The roles that are there from the first day.
NAMES = {
    "admin": N_("Administration"),
    "noc": "NOC",
    "attendant": N_("Attendant"),
    "finance": N_("Finance"),
    "technician": N_("Technician"),
    "seller": N_("Seller"),
    "auditor": N_("Auditor"),
    "reader": N_("Reader"),
}
# What a cell says, and what it means where it is chosen.
SHORT = {"all": "", "city": N_("city"), "own": N_("own"), "": ""}
LONG = {"": N_("None"), "all": N_("All"), "city": N_("Those of the person's cities"), "own": N_("The person's own")}
LONG_UNSCOPED = {"": N_("No"), "all": N_("Yes")}
# What is good to know beside an act.
NOTES = {
    "personal.read": N_("Each look is noted in the audit"),
    "customers.export": N_("Each export is noted in the audit"),
    "holds.write": N_("Asks for a reason"),
    "roles.write": N_("Whoever has it can give themselves all others"),
}


@dataclass(frozen=True, slots=True)
class Group:
    """Acts under one heading."""

    label: str
    acts: Sequence[Permission]


def groups() -> list[Group]:
    """All permissions, in the order and under the headings of the screen."""
    placed = {resource for _, resources in GROUPS for resource in resources}
    found = []
    for label, resources in GROUPS:
        acts = [one for one in known().values() if one.resource in resources]
        acts.sort(key=lambda one: resources.index(one.resource))
        rest = [one for one in known().values() if not resources and one.resource not in placed]
        found.append(Group(label, [*acts, *sorted(rest, key=lambda one: one.resource != "overview")]))
    return [group for group in found if group.acts]


def choices(permission: Permission) -> list[tuple[str, str]]:
    """What a cell may be: value and words, the most first."""
    words = LONG if permission.scoped else LONG_UNSCOPED
    return [(kind, words[kind]) for kind in (*(KINDS if permission.scoped else KINDS[:1]), "")]


Matrix = Mapping[str, Mapping[str, str]]


def base(role: Role) -> str:
    """A role's grants as the form carries them: what was seen when it was made."""
    return " ".join(f"{name}={kind}" for name, kind in sorted(role.grants.items()))


def read_base(text: str) -> dict[str, str]:
    """That, read."""
    pairs = (pair.partition("=") for pair in text.split())
    return {name: kind for name, _, kind in pairs}
