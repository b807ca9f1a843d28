"""Permissions: what a person or a token may be allowed to do, each a member of a typed enum next to its feature.

    class PlanPermission(Permission):
        READ = "plans.read", N_("See plans")

A member is the string ``resource.action``, so that rows, routes and templates speak the same word. Members register
themselves here when their module is imported: upper rooms look down at this registry, it never looks up at them.
``scoped`` members can be held for a part of the customers (`oss.staff.scopes`); the others are held or not.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Self

SCOPED = True
_known: dict[str, Permission] = {}


def N_(message: str) -> str:
    """Mark a sentence kept as data, so that the catalogues find it; it is translated where it is shown."""
    return message


class Permission(StrEnum):
    """The root of each feature's permissions: value, English label, and whether it can be scoped."""

    label: str
    scoped: bool

    def __new__(cls, value: str, label: str, scoped: bool = False) -> Self:
        resource, dot, action = value.partition(".")
        if not (resource and dot and action) or value in _known:
            raise ValueError(f"{value!r} is no new permission")
        member = str.__new__(cls, value)
        member._value_, member.label, member.scoped = value, label, scoped
        _known[value] = member
        return member

    @property
    def resource(self) -> str:
        """What it is about: the part before the dot."""
        return self.value.partition(".")[0]

    @property
    def action(self) -> str:
        """What is done to it: the part behind the dot."""
        return self.value.partition(".")[2]


def known() -> dict[str, Permission]:
    """All permissions of the rooms that are in use, by their string."""
    return dict(_known)


class HealthPermission(Permission):
    """Health of the nodes, jobs, queues, the brake before a mass cut."""

    READ = "health.read", N_("See health, jobs and queues")
    WRITE = "health.write", N_("Retry and drop dead jobs, decide the mass-cut brake")


class RetentionPermission(Permission):
    """How long records are kept."""

    WRITE = "retention.write", N_("See and change how long records are kept, purge")


class StaffPermission(Permission):
    """Members of staff."""

    WRITE = "staff.write", N_("Manage users")


class RolePermission(Permission):
    """Who may do what."""

    WRITE = "roles.write", N_("Edit roles")


class TokenPermission(Permission):
    """Programs that call the API."""

    WRITE = "tokens.write", N_("Manage API tokens")


class AuditPermission(Permission):
    """Who did what."""

    READ = "audit.read", N_("See the audit")
    EXPORT = "audit.export", N_("Export the audit")


class SettingsPermission(Permission):
    """The company, and the rules of signing in."""

    WRITE = "settings.write", N_("Change company and sign-in rules")
