"""API tokens: what one is made of, by the API and in the console."""

from __future__ import annotations

import ipaddress
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from web.api.fields import Body, Text, Whole
from web.inputs.kinds import Typed


def _network(value: str) -> str:
    try:
        ipaddress.ip_network(value)
    except ValueError:
        raise ValueError("is not a network, such as 192.0.2.0/24") from None
    return value


def _several(text: str, language: str) -> Any:
    """Networks as they are typed: one a line, or divided by commas."""
    return text.replace(",", " ").split() or None


def _lines(value: Any, language: str) -> str:
    return "\n".join(value)


Permission = Annotated[str, Text(64, spaces=False), Field(examples=["customers.read"])]
Network = Annotated[str, Text(43, spaces=False), Field(examples=["192.0.2.0/24"]), AfterValidator(_network)]
Networks = Annotated[list[Network], Field(min_length=1, max_length=50)]
Cities = Annotated[list[Annotated[str, Text(80)]], Field(max_length=100)]


class NewToken(Body):
    """What a token is made of."""

    name: Annotated[str, Text(80), Field(examples=["crm"])]
    role: Annotated[str, Text(32, spaces=False), Field(examples=["reader"])]
    permissions: Annotated[list[Permission], Field(max_length=200)] | None = Field(
        default=None, description="A part of the role's; null: all the role has now"
    )
    networks: Networks | None = Field(default=None, description="Where it may be used from; null: anywhere")
    cities: Cities = []
    days: Annotated[int, Whole(1, 36_500)] | None = Field(default=None, description="How long it works; null: for good")


class TokenForm(Body):
    """What the console asks of a token: a part of the role only where ``part`` says so, a life out of some."""

    name: Annotated[str, Text(80)]
    days: Literal["30", "90", "365", "0"]  # 0: for good
    role: Annotated[str, Text(32, spaces=False)]
    part: bool = False
    permissions: Annotated[list[Permission], Typed(many=True)] = Field([], max_length=200)
    cities: Annotated[list[Annotated[str, Text(80)]], Typed(many=True)] = Field([], max_length=100)
    networks: Annotated[
        list[Network], Field(max_length=50), Typed(_several, _lines, wrong="is not a network, such as 192.0.2.0/24")
    ] = []
