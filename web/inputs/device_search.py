"""A search for devices by SNMP: what a person may say of it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from oss.monitoring import searches
from web.api.fields import Body, Text
from web.inputs.network import Port, Secret, SnmpAuth, SnmpPriv, UserName


def _range(value: str) -> str:
    if told := searches.wrong_range(value):
        raise ValueError(told)
    return value


Range = Annotated[str, Text(49), Field(examples=["10.20.0.0/24"]), AfterValidator(_range)]


class SearchForm(Body):
    """Which addresses are asked, and how."""

    network: Range
    snmp_version: Literal["1", "2c", "3"] = "2c"
    snmp_port: Port = 161
    snmp_community: Secret | None = Field(None, repr=False)
    snmp_user: UserName = ""
    snmp_auth: SnmpAuth = "none"
    snmp_auth_password: Secret | None = Field(None, repr=False)
    snmp_priv: SnmpPriv = "none"
    snmp_priv_password: Secret | None = Field(None, repr=False)
