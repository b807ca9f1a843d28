"""Where the audit's chain does not fit, those who manage users are told."""

from __future__ import annotations

from oss.base import db
from oss.base.audit_check import AuditBroken
from oss.base.events import listens
from oss.notify import notices
from oss.staff.permissions import StaffPermission


@listens(AuditBroken)
async def tell(connection: db.Connection, broken: AuditBroken) -> None:
    """Somebody changed what may only be added to: each place is told once."""
    facts = {"seq": broken.seq}
    await notices.add(connection, StaffPermission.WRITE, "audit.broken", facts, key=f"audit:{broken.seq}")
