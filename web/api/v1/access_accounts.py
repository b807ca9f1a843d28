"""API: access accounts, the logins routers ask about."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from oss.access import accounts, binding_acts, contract_records
from oss.contracts.permissions import ContractPermission
from oss.crm.permissions import CustomerPermission
from web.api.access import AccessNow
from web.api.fields import Body, Change, Flag, Id, Login, Resource, Text, Whole, left_out
from web.api.paging import ById, Page, page
from web.api.typed import Call, Operations

routes = Operations("access-accounts", "Logins on the network. The password goes in and never comes out.")

SESSIONS, POLICY = {"max_sessions", "when_full"}, {"binding", "binding_keys"}
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


Kind = Annotated[
    Literal["password", "mac", "circuit"],
    Field(description="Its proof: a password, its MAC, or the circuit that an access node writes into its requests"),
]
Policy = Annotated[
    Literal["off", "learn", "fixed"],
    Field(description="learn: the first login's line is required from then on; fixed: the line that is set"),
]
Keys = Annotated[
    str,
    Text(32),
    Field(description="What a learned line is told by: some of mac, nas, port, vlan, circuit", examples=["mac nas"]),
]
Mac = Annotated[str, Text(64), Field(description="In any spelling", examples=["aa:bb:cc:dd:ee:ff"])]
Nas = Annotated[str, Text(64), Field(description="A NAS by its name or its id", examples=["BNG-1"])]
Port = Annotated[str, Text(128), Field(description="NAS-Port-Id", examples=["ether1"])]
Vlan = Annotated[str, Text(16), Field(description="A VLAN, or the outer and the inner one", examples=["100", "100.7"])]
Circuit = Annotated[str, Text(128), Field(description="Option 82's circuit id, as text or hex")]


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
    binding_keys: Keys | None = Field(description="null: as its plan says")
    bound: dict[str, str] = Field(description="Its line as it is kept: some of mac, nas (id), port, vlan, circuit")
    bound_at: datetime | None
    online: bool = Field(description="Has an open session")
    created_at: datetime
    access: AccessNow


class NewAccessAccount(Body):
    """What a login is made of; logins are kept in lower case."""

    contract_id: Id
    login: Login = Field(
        description="Of kind mac the MAC in any spelling, of kind circuit the circuit with _ for each space"
    )
    password: Annotated[str, Text(128)] | None = Field(
        None,
        description="Of kind password alone: 1 to 128 octets (RFC 2865 5.2)",
        json_schema_extra={"writeOnly": True},
        repr=False,
    )
    kind: Kind = "password"
    max_sessions: MaxSessions = 1
    when_full: WhenFull = "newest"
    binding: Policy | None = None
    binding_keys: Keys | None = None
    bound_mac: Mac | None = None
    bound_nas: Nas | None = None
    bound_port: Port | None = None
    bound_vlan: Vlan | None = None
    bound_circuit: Circuit | None = None


class AccessAccountChange(Change):
    """What of a login may change."""

    password: Password = left_out()
    enabled: bool = left_out(description="False refuses this login without touching its contract")
    max_sessions: MaxSessions = left_out()
    when_full: WhenFull = left_out()
    binding: Policy | None = left_out()
    binding_keys: Keys | None = left_out()
    bound_mac: Mac | None = left_out()
    bound_nas: Nas | None = left_out()
    bound_port: Port | None = left_out()
    bound_vlan: Vlan | None = left_out()
    bound_circuit: Circuit | None = left_out()


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


@routes.change("/access-accounts/{account_id}", ContractPermission.WRITE)
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
