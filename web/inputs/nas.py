"""NAS: what one is made of, what of it may change, and what the console asks beside it (how it comes, RadSec)."""

from __future__ import annotations

import ipaddress
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from radius.vendors import vendors
from web.api.fields import Address, Body, Change, Text, Whole, left_out
from web.inputs.kinds import Typed


def _network(value: str) -> str:
    try:
        ipaddress.ip_network(value.strip(), strict=False)
    except ValueError:
        raise ValueError("must be an address or a prefix such as 10.0.0.0/24") from None
    return value


def _maker(value: str) -> str:
    if value not in vendors():
        raise ValueError("is not known")
    return value


def _octets(value: str) -> str:
    if len(value.encode("utf-8", "surrogatepass")) > 128:
        raise ValueError("at most 128 octets")
    return value


Name = Annotated[str, Text(64), Field(examples=["bras-centro-1"])]
Network = Annotated[
    str,
    Text(43),
    Field(description="An address or a prefix; the longest match wins", examples=["10.20.0.0/24"]),
    AfterValidator(_network),
]
Vendor = Annotated[str, Text(32, spaces=False), Field(examples=["mikrotik"]), AfterValidator(_maker)]
Secret = Annotated[
    str,
    Text(128),
    Field(description="1 to 128 octets", json_schema_extra={"writeOnly": True}, repr=False),
    AfterValidator(_octets),
    Typed(hidden=True),
]
NewSecret = Annotated[str, Text(128), AfterValidator(_octets), Typed(hidden=True)]
Policy = Literal["auto", "required", "off"]
Port = Annotated[int, Whole(1, 65535)]
Identifier = Annotated[
    str,
    Text(64, least=0),
    Field(description="The NAS-Identifier it says, where several share its network; '' for any other"),
]
Limit = Annotated[int, Whole(0, 1_000_000), Field(description="Requests it may send each second; 0: no limit")]
Interim = Annotated[int, Whole(1, 86400), Field(description="Seconds between interim records")]


class NasBase(Body):
    """What every NAS has, however it comes."""

    name: Name
    vendor: Vendor = "mikrotik"
    ma_policy: Policy = "auto"
    coa_host: Address | None = None
    coa_port: Port = 3799
    coa_enabled: bool = True
    interim_s: Interim = 300
    active: bool = True
    nas_identifier: Identifier = ""
    requests_per_s: Limit = 10_000


class NewNas(NasBase):
    """What a NAS is made of."""

    network: Network
    secret: Secret


class NasForm(NasBase):
    """What the console asks of a NAS: one that comes by TLS is known by its certificate and needs no network.

    A secret left empty stays; a new one by UDP needs one, which `oss.access.nas` says.
    """

    network: Network | None = None
    secret: NewSecret | None = Field(None, repr=False)
    transport: Literal["udp", "radsec"] = "udp"
    certificate_name: Annotated[str, Text(253, least=0)] = ""
    sure: bool = False


class FirstNas(Body):
    """What the first steps ask of a router; its secret is made for it."""

    name: Name
    network: Network
    vendor: Vendor = "mikrotik"


class NasChange(Change):
    """What of a NAS may change; a secret left out stays."""

    name: Name = left_out()
    network: Network = left_out()
    secret: Secret = left_out()
    vendor: Vendor = left_out()
    ma_policy: Policy = left_out()
    coa_host: Address | None = left_out()
    coa_port: Port = left_out()
    coa_enabled: bool = left_out()
    interim_s: Interim = left_out()
    active: bool = left_out()
    nas_identifier: Identifier = left_out()
    requests_per_s: Limit = left_out()
    sure: bool = left_out()
