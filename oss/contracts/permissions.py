"""What may be done with contracts and plans."""

from __future__ import annotations

from oss.staff.permissions import N_, SCOPED, Permission


class ContractPermission(Permission):
    """Contracts and their logins."""

    WRITE = "contracts.write", N_("Create and change contracts and logins"), SCOPED


class PlanPermission(Permission):
    """What is sold."""

    READ = "plans.read", N_("See plans")
    WRITE = "plans.write", N_("Create and change plans")
