"""Once a day the audit's chain is walked; where it does not fit, administrators are told."""

from __future__ import annotations

from oss.base import audit, db
from oss.base.jobs import periodic
from oss.notify import notices

DAY_S = 86_400


@periodic(every_s=DAY_S, lane="bulk")
async def walk_the_chain(connection: db.Connection) -> None:
    """Somebody changed what may only be added to: that is told, once a day."""
    broken = await audit.verify(connection)
    if broken is not None:
        await notices.add(connection, "staff.write", "audit.broken", {"seq": broken}, key=f"audit:{broken}")
