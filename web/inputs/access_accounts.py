"""Access accounts: what a login is made of, and what of it may change."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from oss.access import accounts
from web.api.fields import Body, Change, Id, Login, Text, Whole, left_out
from web.inputs.kinds import BindingKeys, LoginPassword, Typed

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
Mac = Annotated[str, Text(64), Field(description="In any spelling", examples=["aa:bb:cc:dd:ee:ff"])]
Nas = Annotated[str, Text(64), Field(description="A NAS by its name or its id", examples=["BNG-1"])]
Port = Annotated[str, Text(128), Field(description="NAS-Port-Id", examples=["ether1"])]
Vlan = Annotated[str, Text(16), Field(description="A VLAN, or the outer and the inner one", examples=["100", "100.7"])]
Circuit = Annotated[str, Text(128), Field(description="Option 82's circuit id, as text or hex")]
OptionalPassword = Annotated[
    str,
    Text(128),
    Typed(hidden=True),
]


class NewAccessAccount(Body):
    """What a login is made of; logins are kept in lower case."""

    contract_id: Id
    login: Login = Field(
        description="Of kind mac the MAC in any spelling, of kind circuit the circuit with _ for each space"
    )
    password: OptionalPassword | None = Field(
        None,
        description="Of kind password alone: 1 to 128 octets (RFC 2865 5.2)",
        json_schema_extra={"writeOnly": True},
        repr=False,
    )
    kind: Kind = "password"
    max_sessions: MaxSessions = 1
    when_full: WhenFull = "newest"
    binding: Policy | None = None
    binding_keys: BindingKeys | None = None
    bound_mac: Mac | None = None
    bound_nas: Nas | None = None
    bound_port: Port | None = None
    bound_vlan: Vlan | None = None
    bound_circuit: Circuit | None = None


class AccessAccountChange(Change):
    """What of a login may change."""

    password: LoginPassword = left_out()
    enabled: bool = left_out(description="False refuses this login without touching its contract")
    max_sessions: MaxSessions = left_out()
    when_full: WhenFull = left_out()
    binding: Policy | None = left_out()
    binding_keys: BindingKeys | None = left_out()
    bound_mac: Mac | None = left_out()
    bound_nas: Nas | None = left_out()
    bound_port: Port | None = left_out()
    bound_vlan: Vlan | None = left_out()
    bound_circuit: Circuit | None = left_out()


class SessionsAtOnce(Body):
    """How many sessions a login may have at once, and what becomes of one more."""

    max_sessions: MaxSessions
    when_full: WhenFull


class LoginForm(Body):
    """A login as the console asks: what proves it, and the line it must come from; ``plan``: as its plan says."""

    kind: Kind = "password"
    login: Annotated[str, Text(128)] | None = None
    password: OptionalPassword | None = Field(None, repr=False)
    binding: Literal["plan", "off", "learn", "fixed"] = "plan"
    binding_keys: BindingKeys | None = None
    mac: Mac | None = None
    nas: Nas | None = None
    port: Port | None = None
    vlan: Vlan | None = None
    circuit: Circuit | None = None
