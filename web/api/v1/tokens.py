"""API: its own tokens. One is made with at most what the token that makes it may do, and shown once."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from oss.staff import records, tokens
from oss.staff.permissions import TokenPermission
from oss.staff.tokens import Limits
from web.api.fields import Id, Resource, Text
from web.api.paging import ById, Page, page
from web.api.typed import Call, Operations
from web.inputs.tokens import NewToken
from web.routing import SIGNED_IN

routes = Operations("tokens", "Who may call, what each token is kept to, and their end.")


class Token(Resource):
    """A token, without its secret."""

    id: int
    name: str
    role: str
    permissions: list[str] | None = Field(description="The part of its role it may use; null: all of it")
    networks: list[str] | None = Field(description="Where it may be used from; null: anywhere")
    cities: list[str] = Field(description='What "own cities" means where its role has them')
    made_by: str = Field(description="Who made it: a login, cli, or token: and a token's name")
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None = Field(description="To the minute")
    revoked_at: datetime | None


class CurrentToken(Token):
    """The token of this request; `permissions` is what it may do."""

    permissions: list[str]


class MadeToken(Token):
    """A token that was just made."""

    token: str | None = Field(description="Shown this once; null in the answer to a repeated request", repr=False)


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


@routes.create("/tokens", TokenPermission.WRITE, location="/tokens/{id}", once="token")
async def create_token(call: Call, body: NewToken) -> MadeToken:
    """Make a token, with at most what this one may do itself."""
    limits = Limits(body.permissions, body.networks, body.cities)
    made = await tokens.make(
        call.connection, call.actor, body.name, body.role, body.days, limits, maker=call.identity.held
    )
    row = await records.token(call.connection, made.id)
    return MadeToken.model_validate({**row, "token": made.token})


@routes.read("/tokens/{token_id}", TokenPermission.WRITE)
async def get_token(call: Call, token_id: Id) -> Token:
    """Read one token."""
    return Token.model_validate(dict(await records.token(call.connection, token_id)))


@routes.remove("/tokens/{token_id}", TokenPermission.WRITE)
async def revoke_token(call: Call, token_id: Id) -> None:
    """Revoke a token at once."""
    await tokens.revoke(call.connection, call.actor, token_id)
