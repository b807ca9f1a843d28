"""What may be done with sessions, holds and the routers that serve them."""

from __future__ import annotations

from oss.staff.permissions import N_, SCOPED, Permission


class SessionPermission(Permission):
    """Live sessions, refused logins, addresses, enforcement."""

    READ = "sessions.read", N_("See live sessions and refused logins"), SCOPED
    WRITE = "sessions.write", N_("Disconnect and re-apply sessions"), SCOPED
    EXPORT = "sessions.export", N_("Export sessions, refused logins and addresses"), SCOPED


class HoldPermission(Permission):
    """Holds: block, unblock, promise."""

    READ = "holds.read", N_("See holds"), SCOPED
    WRITE = "holds.write", N_("Block and unblock"), SCOPED


class NasPermission(Permission):
    """Routers, realms, names of logins."""

    READ = "nas.read", N_("See equipment")
    WRITE = "nas.write", N_("Create and change equipment")


class ProvisionPermission(Permission):
    """ONUs made known to OLTs. It is equipment; whose line it becomes is narrowed by `customers.read`."""

    READ = "provision.read", N_("See what waits to be provisioned, runs and what differs on OLTs")
    RUN = "provision.run", N_("Authorise, replace, move, restart and remove ONUs on OLTs")
    SETTLE = "provision.settle", N_("Decide about provisioning that is stuck")
    RULES = "provision.rules", N_("Change VLANs and profiles that ONUs are given")
    EXPORT = "provision.export", N_("Export lists of provisioning")
