"""What this room keeps: notices and e-mails that were sent, for as long as somebody may want to read them again."""

from __future__ import annotations

from oss.base.retention import Subject, keep

keep(Subject("mail", "e-mails that were sent", "created_at", days=90, fixed=True))
keep(Subject("notice", "notices to staff", "at", 90, 7))
