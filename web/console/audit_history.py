"""Who changed this: the newest rows about a thing, for the page of it, where the person may read the audit."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from oss.staff import audit_list
from oss.staff.permissions import AuditPermission
from web.console import audit_words
from web.pages import context


async def history(request: web.Request, *things: tuple[str, object], most: int = 8) -> Sequence[audit_words.Told]:
    """Rows about things (kind and id), the newest first; nothing for who may not read the audit."""
    rc = context(request)
    if not rc.may(AuditPermission.READ):
        return []
    rows = await audit_list.of_things([(kind, str(key)) for kind, key in things], most)
    return await audit_words.told(rc, rows)
