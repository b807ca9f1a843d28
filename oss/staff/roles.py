"""Roles are named sets of permissions; every route asks for one permission or is public (invariant 10)."""

from __future__ import annotations

PERMISSIONS: dict[str, str] = {
    "overview.read": "See the overview",
    "customers.read": "See customers",
    "customers.export": "Take lists of customers, holds and invoices out as files",
    "customers.write": "Create and change customers",
    "contracts.write": "Create and change contracts and logins",
    "holds.read": "See holds",
    "holds.write": "Block and unblock",
    "invoices.read": "See invoices",
    "invoices.write": "Issue invoices",
    "payments.write": "Register payments",
    "sessions.read": "See live sessions and rejected logins",
    "sessions.export": "Take lists of sessions and rejected logins out as files",
    "sessions.write": "Disconnect and re-apply sessions",
    "nas.read": "See NAS",
    "nas.write": "Create and change NAS",
    "plans.read": "See plans",
    "plans.write": "Create and change plans",
    "health.read": "See health, jobs and queues",
    "health.write": "Retry and drop dead jobs, decide the mass-cut brake",
    "retention.write": "See and change how long records are kept, purge",
    "staff.write": "Manage users and tokens",
}
_READ = frozenset(name for name in PERMISSIONS if name.endswith(".read"))

ROLES: dict[str, frozenset[str]] = {
    "admin": frozenset(PERMISSIONS),
    "noc": _READ | {"sessions.write", "sessions.export", "nas.write", "health.write", "holds.write"},
    "attendant": _READ | {"customers.write", "customers.export", "contracts.write", "holds.write", "payments.write"},
    "finance": _READ | {"invoices.write", "customers.export", "payments.write", "holds.write", "plans.write"},
    "reader": _READ,
}

# What a role may do on the routers themselves, unless a user's own row says otherwise.
LEVELS = ("none", "read", "write", "full")
ROUTERS: dict[str, str] = {"admin": "full", "noc": "write"}


def permissions_of(role: str) -> frozenset[str]:
    """What a role may do; an unknown role may do nothing."""
    return ROLES.get(role, frozenset())


def router_level(role: str, own: str | None) -> str:
    """One of LEVELS: the user's own, else the role's; who is in no list may do nothing."""
    return own if own in LEVELS else ROUTERS.get(role, "none")
