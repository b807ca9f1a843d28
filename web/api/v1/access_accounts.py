"""API: access accounts, the logins routers ask about."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from oss.access import accounts, binding_acts, contract_records
from oss.contracts.permissions import ContractPermission
from oss.crm.permissions import CustomerPermission
from web.api.access import AccessNow
from web.api.fields import Flag, Id, Login, Resource
from web.api.paging import ById, Page, page
from web.api.typed import Call, Operations
from web.inputs.access_accounts import AccessAccountChange, Kind, MaxSessions, NewAccessAccount, Policy, WhenFull
from web.inputs.kinds import BindingKeys

routes = Operations("access-accounts", "Logins on the network. The password goes in and never comes out.")

SESSIONS, POLICY = {"max_sessions", "when_full"}, {"binding", "binding_keys"}
PasswordKind = Annotated[
    Literal["clear", "nt", "hashed", "imported"],
    Field(description="What is kept of the password: itself, its NT hash, a salted hash, another system's hash"),
]


class AccessAccount(Resource):
    """A login as kept, with what is decided about it now."""

    id: int
    contract_id: int
    login: str
    password_kind: PasswordKind
    methods: list[str] = Field(description="By which methods it can log in", examples=[["PAP", "CHAP"]])
    kind: Kind
    enabled: bool
    max_sessions: MaxSessions
    when_full: WhenFull
    binding: Policy | None = Field(description="null: as its plan says")
    binding_keys: BindingKeys | None = Field(description="null: as its plan says")
    bound: dict[str, str] = Field(description="Its line as it is kept: some of mac, nas (id), port, vlan, circuit")
    bound_at: datetime | None
    online: bool = Field(description="Has an open session")
    created_at: datetime
    version: int
    access: AccessNow


class AccessAccountQuery(ById):
    """Filters of the list of logins."""

    login: Login | None = None
    contract_id: Id | None = None
    customer_id: Id | None = None
    enabled: Flag | None = None


@routes.read("/access-accounts", CustomerPermission.READ)
async def list_access_accounts(call: Call, query: AccessAccountQuery) -> Page[AccessAccount]:
    """List logins, in the order they were made."""
    found = await contract_records.accounts(
        call.connection, query.cursor, query.limit, scope=call.scope, **query.filters()
    )
    return page(AccessAccount, found)


@routes.read("/access-accounts/{account_id}", CustomerPermission.READ)
async def get_access_account(call: Call, account_id: Id) -> AccessAccount:
    """Read one login."""
    return await _account(call, account_id)


@routes.create("/access-accounts", ContractPermission.WRITE, location="/access-accounts/{id}")
async def create_access_account(call: Call, body: NewAccessAccount) -> AccessAccount:
    """Create a login of a contract."""
    account_id = await accounts.add(
        call.connection, call.sealer, call.actor, body.contract_id, body.login, body.password, body.kind
    )
    if body.model_fields_set & SESSIONS:
        await accounts.set_sessions(call.connection, call.actor, account_id, body.max_sessions, body.when_full)
    await _bind(call, account_id, {name: getattr(body, name) for name in body.model_fields_set})
    return await _account(call, account_id)


@routes.change("/access-accounts/{account_id}", ContractPermission.WRITE, row="access_account")
async def change_access_account(call: Call, account_id: Id, body: AccessAccountChange) -> AccessAccount:
    """Change a login's password, its sessions at once or what binds it to its line, or switch it on or off."""
    named = body.named()
    if "password" in named:
        await accounts.set_password(call.connection, call.sealer, call.actor, account_id, body.password)
    if "enabled" in named:
        await accounts.set_enabled(call.connection, call.actor, account_id, body.enabled)
    if named.keys() & SESSIONS:
        present = await contract_records.account(call.connection, account_id)
        chosen = [named.get(name, present[name]) for name in ("max_sessions", "when_full")]
        await accounts.set_sessions(call.connection, call.actor, account_id, *chosen)
    if "binding" in named:
        await _bind(call, account_id, {name: getattr(body, name) for name in body.model_fields_set})
    return await _account(call, account_id)


async def _bind(call: Call, account_id: int, named: dict[str, Any]) -> None:
    """Change what is named of the policy and of the line; null clears, or leaves it to the plan."""
    line = {name.removeprefix("bound_"): value for name, value in named.items() if name.startswith("bound_")}
    if not (line or named.keys() & POLICY):
        return
    present = await contract_records.account(call.connection, account_id)
    if named.keys() & POLICY:
        policy, keys = (named.get(name, present[name]) for name in ("binding", "binding_keys"))
        chosen = None if keys is None else keys.split()
        await binding_acts.set_policy(call.connection, call.actor, account_id, policy, chosen)
    if line:
        wanted = {key: value for key, value in {**present["bound"], **line}.items() if value}
        await binding_acts.set_line(call.connection, call.actor, account_id, wanted)


async def _account(call: Call, account_id: int) -> AccessAccount:
    return AccessAccount.model_validate(await contract_records.account(call.connection, account_id))
