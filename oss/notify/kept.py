"""What this room keeps: notices, for as long as somebody may want to read them again."""

from __future__ import annotations

from oss.base.retention import Subject, keep

keep(Subject("notice", "notices to staff", "at", 90, 7))
