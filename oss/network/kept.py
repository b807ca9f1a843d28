"""What this room keeps for a while: what became of interfaces, what was said to devices."""

from __future__ import annotations

from oss.base.retention import Subject, keep

keep(Subject("interface_change", "changes of interfaces", "at", 730, 7))
keep(Subject("device_transcript", "transcripts of devices", "at", 90, 1))
# Questions between processes, of which nobody waits for the answer any more.
keep(Subject("device_call", "questions to devices", "at", days=1, fixed=True))
# The latest of a device is seen again each night, and so is never old.
keep(Subject("device_configuration", "configurations of devices", "seen_at", 1095, 30))
# What was read of sessions' limits; those of a session that ended say nothing more.
keep(Subject("session_limit", "limits read from routers", "read_at", days=7, fixed=True))
