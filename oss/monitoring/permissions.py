"""What may be done with what the network shows of itself.

An incident is of the network and no customer's, so none of this is scoped; whom it touches is asked with
`customers.read`.
"""

from __future__ import annotations

from oss.staff.permissions import N_, Permission


class MonitoringPermission(Permission):
    """Graphs and samples."""

    READ = "monitoring.read", N_("See graphs of the network")


class IncidentPermission(Permission):
    """What is out of order, and who has it in hand."""

    READ = "incidents.read", N_("See incidents, whom they touch and who was told")
    WRITE = "incidents.write", N_("Acknowledge incidents, comment on them, write to the customers they touch")


class AlertPermission(Permission):
    """Which incidents there are at all, and who is told."""

    WRITE = "alerts.write", N_("See and change alert rules, and who is told by which way")
