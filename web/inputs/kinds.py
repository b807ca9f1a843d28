"""Kinds of values of more than one model, and how each stands in a form.

`Typed` is metadata beside the kind itself: pydantic does not look at it, `web.form_model` does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from oss.base import tax_ids
from web import form_values
from web.api.fields import MAX_CENTS, Text, Whole


@dataclass(frozen=True, slots=True)
class Typed:
    """How a value is typed in a form and shown in it; ``wrong``: what is said where its pattern does not fit.

    ``hidden``: a secret: kept as typed, outer spaces too, and never shown again. ``joined``: several ticked boxes are
    one text, divided by spaces. ``many``: they are a list, each as it is written.
    """

    read: Callable[[str, str], Any] = form_values.line
    show: Callable[[Any, str], str] = form_values.show_line
    wrong: str = "is not written as it must be"
    hidden: bool = False
    joined: bool = False
    many: bool = False


def _tax_id(value: str) -> str:
    if told := tax_ids.wrong(value):
        raise ValueError(told)
    return value


def _phone(value: str) -> str:
    if not (value.isascii() and value.isdigit() and 8 <= len(value) <= 20):
        raise ValueError("must be a telephone number with its area code")
    return value


STATES = (
    *("AC", "AL", "AM", "AP", "BA", "CE", "DF", "ES", "GO", "MA", "MG", "MS", "MT", "PA", "PB", "PE", "PI", "PR"),
    *("RJ", "RN", "RO", "RR", "RS", "SC", "SE", "SP", "TO"),
)

TaxId = Annotated[
    str,
    Field(
        pattern=r"^([0-9]{11}|[0-9A-Z]{12}[0-9]{2})$",
        description="CPF (11 digits) or CNPJ (14 characters), without punctuation; its check digits must fit",
        examples=["52998224725"],
    ),
    AfterValidator(_tax_id),
    Typed(
        form_values.document,
        form_values.show_document,
        wrong="must be a CPF of 11 digits or a CNPJ of 14 characters",
    ),
]
Email = Annotated[
    str,
    Field(max_length=160, pattern=r"^[!-?A-~]{1,64}@[!-?A-~]{1,95}$", examples=["iris@example.com"]),
    Typed(wrong="must be an address such as maria@example.com"),
]
Phone = Annotated[
    str,
    Field(
        pattern=r"^[0-9]{8,20}$",
        description="Digits only, with the area code; outside Brazil with the country code",
        examples=["11987654321"],
    ),
    AfterValidator(_phone),
    Typed(form_values.phone, form_values.show_phone, wrong="must be a telephone number with its area code"),
]
Postcode = Annotated[
    str,
    Field(pattern=r"^[0-9]{8}$", description="CEP, eight digits", examples=["37200000"]),
    Typed(form_values.postcode, form_values.show_postcode, wrong="must be a CEP of 8 digits"),
]
State = Annotated[
    str,
    Field(pattern=r"^[A-Z]{2}$", description="Two letters of the federal unit", examples=["SP"]),
    Typed(form_values.upper, wrong="must be two letters such as SP"),
]
Kbps = Annotated[
    int,
    Whole(1, 400_000_000),
    Field(examples=[500_000]),
    Typed(form_values.kbps, form_values.show_kbps),
]
Price = Annotated[
    int,
    Whole(0, MAX_CENTS),
    Field(examples=[9990]),
    Typed(form_values.cents, form_values.show_cents),
]
Availability = Annotated[
    int,
    Whole(5_000, 10_000),
    Field(description="Share of a month, in hundredths of a percent", examples=[9950]),
    Typed(form_values.hundredths, form_values.show_hundredths, wrong="must be a percentage from 50 to 100"),
]
LoginPassword = Annotated[
    str,
    Text(128),
    Field(description="1 to 128 octets (RFC 2865 5.2)", json_schema_extra={"writeOnly": True}, repr=False),
    Typed(hidden=True),
]
BindingKeys = Annotated[
    str,
    Text(32),
    Field(description="What a line is told by: some of mac, nas, port, vlan, circuit", examples=["mac nas"]),
    Typed(joined=True),
]
