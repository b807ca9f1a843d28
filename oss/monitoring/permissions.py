"""What may be done with what the network shows of itself."""

from __future__ import annotations

from oss.staff.permissions import N_, Permission


class MonitoringPermission(Permission):
    """Graphs and samples."""

    READ = "monitoring.read", N_("See graphs of the network")
