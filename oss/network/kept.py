"""What this room keeps for a while: what became of interfaces."""

from __future__ import annotations

from oss.base.retention import Subject, keep

keep(Subject("interface_change", "changes of interfaces", "at", 730, 7))
