"""API: refused logins."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from oss.access import reasons, records
from oss.access.permissions import SessionPermission
from web.api.fields import Id, Instant, Login, Resource, Text
from web.api.paging import ListQuery, Page, RejectCursor, page
from web.api.typed import Call, Operations

routes = Operations("rejects", "Refused logins, folded by minute, NAS, login and reason; no password tried is kept.")


class Reject(Resource):
    """Refusals of one login at one NAS for one reason in one minute."""

    minute: datetime
    nas_id: int
    login: str
    reason: str = Field(description="As a code", examples=sorted(reasons.SENTENCES)[:1])
    detail: str
    facts: dict[str, Any] = Field(
        description="What the reason is about, as far as it is known: invoice and due_on; nas and since; tries",
        examples=[{"invoice": "1-123", "due_on": "2026-11-14"}],
    )
    words: str = Field(description="The reason as a sentence", examples=["Wrong password"])
    contract_id: int | None
    count: int
    first_at: datetime
    last_at: datetime


class RejectQuery(ListQuery):
    """Filters of the list of refused logins."""

    cursor: RejectCursor = None
    login: Login | None = None
    nas_id: Id | None = None
    reason: Annotated[str, Text(64, spaces=False)] | None = None
    contract_id: Id | None = None
    since: Instant | None = Field(default=None, description="From this minute on")
    until: Instant | None = Field(default=None, description="Minutes before this time")


@routes.read("/rejects", SessionPermission.READ)
async def list_rejects(call: Call, query: RejectQuery) -> Page[Reject]:
    """List refused logins, the newest minute first."""
    return page(
        Reject, await records.rejects(call.connection, query.cursor, query.limit, scope=call.scope, **query.filters())
    )
