"""Customers: what one is made of, and what of it may change."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from web.api.fields import Body, Change, Text, left_out
from web.inputs.kinds import Email, Phone, Postcode, State, TaxId

Name = Annotated[str, Text(160), Field(examples=["Íris Mourão"])]
Street = Annotated[str, Text(160)]
City = Annotated[str, Text(80)]
HouseNumber = Annotated[str, Text(20), Field(description="As people say it: 50, 50 B, s/n", examples=["50"])]
Complement = Annotated[str, Text(80), Field(examples=["ap 12"])]
District = Annotated[str, Text(80)]


class UnseenCustomer(Body):
    """A customer for whoever may not see personal data: the name and where it is connected."""

    name: Name
    street: Street | None = None
    city: City | None = None
    state: State | None = None
    number: HouseNumber | None = None
    complement: Complement | None = None
    district: District | None = None
    postcode: Postcode | None = None


class NewCustomer(UnseenCustomer):
    """What a customer is created from."""

    document: TaxId | None = None
    email: Email | None = None
    phone: Phone | None = None


class CustomerChange(Change):
    """What of a customer may change."""

    name: Name = left_out()
    document: TaxId | None = left_out()
    email: Email | None = left_out()
    phone: Phone | None = left_out()
    street: Street | None = left_out()
    city: City | None = left_out()
    state: State | None = left_out()
    number: HouseNumber | None = left_out()
    complement: Complement | None = left_out()
    district: District | None = left_out()
    postcode: Postcode | None = left_out()
