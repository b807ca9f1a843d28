"""What this room keeps until it expires: sign-ins, links, known browsers, answers to repeated API calls."""

from __future__ import annotations

from oss.base.retention import Subject, keep

keep(Subject("web_session", "sign-ins to the console", "expires_at", days=0, fixed=True))
keep(Subject("setup_link", "set-up links", "expires_at", days=0, fixed=True))
keep(Subject("staff_link", "invitations and recovery links", "expires_at", days=0, fixed=True))
keep(Subject("staff_device", "browsers staff have signed in with", "expires_at", days=0, fixed=True))
keep(Subject("idempotency", "answers to repeated API calls", "created_at", days=2, fixed=True))
keep(Subject("form_answer", "answers to posted forms", "created_at", days=2, fixed=True))
