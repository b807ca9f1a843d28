"""API: its own tokens. They are made at the command line, where they are shown once (``milha token add``)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from oss.staff import records, tokens
from oss.staff.permissions import TokenPermission
from web.api.fields import Id, Resource, Text
from web.api.paging import ById, Page, page
from web.api.typed import Call, Operations
from web.routing import SIGNED_IN

routes = Operations("tokens", "Who may call. Tokens are made with milha token add; here they are seen and revoked.")


class Token(Resource):
    """A token, without its secret."""

    id: int
    name: str
    role: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None = Field(description="To the minute")
    revoked_at: datetime | None


class CurrentToken(Token):
    """The token of this request, and what it may do."""

    permissions: list[str]


class TokenQuery(ById):
    """Filters of the list of tokens."""

    role: Annotated[str, Text(32)] | None = None


@routes.read("/tokens", TokenPermission.WRITE)
async def list_tokens(call: Call, query: TokenQuery) -> Page[Token]:
    """List tokens, in the order they were made."""
    return page(Token, await records.tokens(call.connection, query.cursor, query.limit, **query.filters()))


@routes.read("/tokens/current", SIGNED_IN)
async def get_current_token(call: Call) -> CurrentToken:
    """Read the token this request came with."""
    row = await records.token(call.connection, call.identity.token_id)
    return CurrentToken.model_validate({**row, "permissions": sorted(call.identity.permissions)})


@routes.remove("/tokens/{token_id}", TokenPermission.WRITE)
async def revoke_token(call: Call, token_id: Id) -> None:
    """Revoke a token at once."""
    await tokens.revoke(call.connection, call.actor, token_id)
