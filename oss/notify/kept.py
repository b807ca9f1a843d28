"""What this room keeps until it expires: e-mails that were sent."""

from __future__ import annotations

from oss.base.retention import Subject, keep

keep(Subject("mail", "e-mails that were sent", "created_at", days=90, fixed=True))
