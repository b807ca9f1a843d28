"""API: access accounts, the logins routers ask about."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from oss.access import accounts, contract_records
from web.api.access import AccessNow
from web.api.fields import Body, Change, Flag, Id, Login, Resource, Text, Whole, left_out
from web.api.paging import ById, Page, page
from web.api.typed import Call, Operations

routes = Operations("access-accounts", "Logins on the network. The password goes in and never comes out.")

SESSIONS = {"max_sessions", "when_full"}
Password = Annotated[
    str,
    Text(128),
    Field(description="1 to 128 octets (RFC 2865 5.2)", json_schema_extra={"writeOnly": True}, repr=False),
]
PasswordKind = Annotated[
    Literal["clear", "nt", "hashed", "imported"],
    Field(description="What is kept of the password: itself, its NT hash, a salted hash, another system's hash"),
]
MaxSessions = Annotated[
    int, Whole(1, accounts.MOST_SESSIONS), Field(description="Sessions it may have at once", examples=[1])
]
WhenFull = Annotated[
    Literal["newest", "deny"], Field(description="One more session: the oldest ends (newest), or it is refused (deny)")
]


class AccessAccount(Resource):
    """A login as kept, with what is decided about it now."""

    id: int
    contract_id: int
    login: str
    password_kind: PasswordKind
    methods: list[str] = Field(description="By which methods it can log in", examples=[["PAP", "CHAP"]])
    enabled: bool
    max_sessions: MaxSessions
    when_full: WhenFull
    online: bool = Field(description="Has an open session")
    created_at: datetime
    access: AccessNow


class NewAccessAccount(Body):
    """What a login is made of; logins are kept in lower case."""

    contract_id: Id
    login: Login
    password: Password
    max_sessions: MaxSessions = 1
    when_full: WhenFull = "newest"


class AccessAccountChange(Change):
    """What of a login may change."""

    password: Password = left_out()
    enabled: bool = left_out(description="False refuses this login without touching its contract")
    max_sessions: MaxSessions = left_out()
    when_full: WhenFull = left_out()


class AccessAccountQuery(ById):
    """Filters of the list of logins."""

    login: Login | None = None
    contract_id: Id | None = None
    customer_id: Id | None = None
    enabled: Flag | None = None


@routes.read("/access-accounts", "customers.read")
async def list_access_accounts(call: Call, query: AccessAccountQuery) -> Page[AccessAccount]:
    """List logins, in the order they were made."""
    found = await contract_records.accounts(call.connection, query.cursor, query.limit, **query.filters())
    return page(AccessAccount, found)


@routes.read("/access-accounts/{account_id}", "customers.read")
async def get_access_account(call: Call, account_id: Id) -> AccessAccount:
    """Read one login."""
    return await _account(call, account_id)


@routes.create("/access-accounts", "contracts.write", location="/access-accounts/{id}")
async def create_access_account(call: Call, body: NewAccessAccount) -> AccessAccount:
    """Create a login of a contract."""
    account_id = await accounts.add(
        call.connection, call.sealer, call.actor, body.contract_id, body.login, body.password
    )
    if body.model_fields_set & SESSIONS:
        await accounts.set_sessions(call.connection, call.actor, account_id, body.max_sessions, body.when_full)
    return await _account(call, account_id)


@routes.change("/access-accounts/{account_id}", "contracts.write")
async def change_access_account(call: Call, account_id: Id, body: AccessAccountChange) -> AccessAccount:
    """Change a login's password or its sessions at once, or switch it on or off."""
    named = body.named()
    if "password" in named:
        await accounts.set_password(call.connection, call.sealer, call.actor, account_id, body.password)
    if "enabled" in named:
        await accounts.set_enabled(call.connection, call.actor, account_id, body.enabled)
    if named.keys() & SESSIONS:
        present = await contract_records.account(call.connection, account_id)
        chosen = [named.get(name, present[name]) for name in ("max_sessions", "when_full")]
        await accounts.set_sessions(call.connection, call.actor, account_id, *chosen)
    return await _account(call, account_id)


async def _account(call: Call, account_id: int) -> AccessAccount:
    return AccessAccount.model_validate(await contract_records.account(call.connection, account_id))
