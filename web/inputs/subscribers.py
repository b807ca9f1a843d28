"""A new subscriber as one form asks for it: a customer, the terms of a contract, a login with its password."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from web.api.fields import Id, Login, Text
from web.inputs.contracts import Terms
from web.inputs.customers import NewCustomer
from web.inputs.kinds import Typed


class NewConnection(Terms):
    """A contract with its first login, of a customer that is known; the only company need not be named."""

    company_id: Id | None = None
    login: Login
    password: Annotated[str, Text(128), Typed(hidden=True), Field(repr=False)]


class CustomerForm(NewCustomer):
    """A customer as the console asks: also whether a person or a company, which the document tells afterwards."""

    kind: Literal["person", "company"] = "person"

    @model_validator(mode="after")
    def _document_of_its_kind(self) -> CustomerForm:
        if self.document and (len(self.document) == 14) != (self.kind == "company"):
            told = (
                "a company has a CNPJ of 14 characters" if self.kind == "company" else "a person has a CPF of 11 digits"
            )
            raise PydanticCustomError("document", told)
        return self


class NewSubscriber(CustomerForm, NewConnection):
    """A customer and what is connected, at once."""
