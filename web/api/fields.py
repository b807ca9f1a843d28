"""The kinds of values the API takes: each refuses in plain words and says its limits in the OpenAPI document.

Input is strict: a number is a JSON number, never "5" or 5.0; a time is RFC 3339 with a zone; text holds no control
characters (PostgreSQL cannot store U+0000). In addresses and queries the same kinds are read from their text.
"""

from __future__ import annotations

import ipaddress
import re
import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import CoreSchema, core_schema

MAX_ID = 2**63 - 1
MAX_CENTS = 10**12
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
CONTROL = r"\u0000-\u001f\u007f"
_UNPRINTABLE = re.compile(rf"[{CONTROL}\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Text:
    """A line of ``least`` to ``most`` characters, without control characters; a word if ``spaces`` is false."""

    most: int
    least: int = 1
    spaces: bool = True

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        inner = core_schema.str_schema(min_length=self.least, max_length=self.most)
        return core_schema.no_info_after_validator_function(self._checked, inner)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        refused = CONTROL if self.spaces else r"\s" + CONTROL
        return handler(schema) | {"pattern": f"^[^{refused}]*$"}

    def _checked(self, value: str) -> str:
        if _UNPRINTABLE.search(value):
            raise ValueError("must not hold control characters")
        if not self.spaces and any(c.isspace() for c in value):
            raise ValueError("must not hold spaces")
        return value


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number from ``least`` to ``most``."""

    least: int
    most: int

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        inner = core_schema.int_schema(ge=self.least, le=self.most)
        return core_schema.no_info_before_validator_function(_digits, inner)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return handler(schema) | ({"format": "int64"} if self.most > 2**31 else {})


def _digits(value: Any) -> Any:
    if isinstance(value, str) and not re.fullmatch(r"-?\d{1,25}", value, re.ASCII):
        raise ValueError("must be a whole number")
    return value


def _flag(value: Any) -> Any:
    if isinstance(value, str) and value not in ("true", "false"):
        raise ValueError("must be true or false")
    return value


def _instant(value: Any) -> datetime:
    if not isinstance(value, str) or not RFC_3339.fullmatch(value):
        raise ValueError("must be a time with its zone, as 2026-11-30T12:00:00Z (RFC 3339; in an address + is %2B)")
    try:
        at = datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("there is no such time") from None
    if not EARLIEST <= at < LATEST:
        raise ValueError("must be between the years 2000 and 2099")
    return at


def _day(value: Any) -> date:
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
        raise ValueError("must be a day such as 2026-11-30")
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise ValueError("there is no such day") from None
    if not EARLIEST.date() <= day < LATEST.date():
        raise ValueError("must be between the years 2000 and 2099")
    return day


def _uid(value: Any) -> uuid.UUID:
    if not isinstance(value, str) or not UUID.fullmatch(value):
        raise ValueError("must be a UUID")
    return uuid.UUID(value)


def _address(value: Any) -> str:
    try:
        if isinstance(value, str) and "%" not in value:  # no zone index: it means nothing on another host
            return str(ipaddress.ip_address(value))
    except ValueError:
        pass
    raise ValueError("must be an IP address")


def _shape(**more: Any) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", **more})


Id = Annotated[int, Whole(1, MAX_ID), Field(examples=[1])]
Cents = Annotated[int, Whole(1, MAX_CENTS), Field(examples=[9990])]
Flag = Annotated[bool, BeforeValidator(_flag)]
Instant = Annotated[datetime, BeforeValidator(_instant), _shape(format="date-time", examples=["2026-11-30T12:00:00Z"])]
Day = Annotated[date, BeforeValidator(_day), _shape(format="date", examples=["2026-11-30"])]
Uid = Annotated[
    uuid.UUID, BeforeValidator(_uid), _shape(format="uuid", examples=["6f1ed002-ab55-9585-9014-ebf0951522d9"])
]
Address = Annotated[str, BeforeValidator(_address), _shape(minLength=2, maxLength=45, examples=["100.64.0.7"])]
Login = Annotated[str, Text(128, spaces=False), Field(examples=["demo001"])]
Document = Annotated[
    str,
    Field(
        pattern=r"^([0-9]{11}|[0-9A-Z]{12}[0-9]{2})$",
        description="CPF (11 digits) or CNPJ (14 characters), without punctuation",
        examples=["52998224725"],
    ),
]


def left_out(**more: Any) -> Any:
    """The default of a field that may be left out, but is not null: the given value's type alone says what it takes."""
    return Field(default=None, **more)


class Body(BaseModel):
    """A request's JSON object: strict types, no unknown fields."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Change(Body):
    """A PATCH (RFC 7396): what is named changes, what is left out stays, null clears where a field allows it."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    @model_validator(mode="after")
    def _names_something(self) -> Change:
        if not self.model_fields_set:
            raise ValueError("must name at least one field to change")
        return self

    def named(self) -> dict[str, Any]:
        """The fields that were given."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class Query(BaseModel):
    """A request's query parameters; no unknown ones."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Resource(BaseModel):
    """What the API shows of a thing; times are UTC, money is integer cents."""

    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)
