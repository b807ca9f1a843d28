"""Lists as ``{"items": [...], "next": cursor}``: the cursor is the key of the last row, opaque to callers."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar

from pydantic import BeforeValidator, Field, TypeAdapter, WithJsonSchema

from oss.base.keyset import Found
from web.api.fields import Id, Instant, Query, Resource, Uid, Whole

T = TypeVar("T", bound=Resource)
MAX_LIMIT = 500
LONGEST = 2048
SHAPE = {"type": "string", "minLength": 1, "maxLength": LONGEST, "pattern": "^[A-Za-z0-9_-]+$"}


def encode(key: tuple[Any, ...]) -> str:
    """An opaque cursor: base64url of the key's JSON."""
    plain = [one.isoformat() if isinstance(one, datetime) else one for one in key]
    raw = json.dumps(plain, default=str, separators=(",", ":"), ensure_ascii=False).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decoder(kind: Any) -> Callable[[Any], Any]:
    adapter: TypeAdapter[Any] = TypeAdapter(kind)

    def decode(value: Any) -> Any:
        try:
            text = str(value)[: LONGEST + 1].encode("ascii")
            if len(text) > LONGEST:
                raise ValueError
            key = adapter.validate_json(base64.b64decode(text + b"=" * (-len(text) % 4), b"-_", validate=True))
        except ValueError:  # binascii's, the codec's and pydantic's own are all ValueErrors
            raise ValueError("is not a cursor of this list: take the value of its next") from None
        return key

    return decode


def _text_without_nul(value: str) -> str:
    if "\0" in value:
        raise ValueError
    return value


_Word = Annotated[str, Field(max_length=300), BeforeValidator(_text_without_nul)]
RejectKey = tuple[Instant, Annotated[int, Whole(0, 2**63 - 1)], _Word, _Word]
NEXT = Field(default=None, description="Where to go on: the next of the page before")
IdCursor = Annotated[tuple[int] | None, BeforeValidator(_decoder(tuple[Id])), WithJsonSchema(SHAPE), NEXT]
UidCursor = Annotated[tuple[uuid.UUID] | None, BeforeValidator(_decoder(tuple[Uid])), WithJsonSchema(SHAPE), NEXT]
RejectCursor = Annotated[
    tuple[datetime, int, str, str] | None, BeforeValidator(_decoder(RejectKey)), WithJsonSchema(SHAPE), NEXT
]


class ListQuery(Query):
    """What every list takes; a list adds its filters, and its cursor's kind."""

    limit: Annotated[int, Whole(1, MAX_LIMIT)] = Field(default=50, description="Items a page")

    def filters(self) -> dict[str, Any]:
        """The filters alone."""
        return {name: getattr(self, name) for name in type(self).model_fields if name not in ("limit", "cursor")}


class ById(ListQuery):
    """A list in the order of ids."""

    cursor: IdCursor = None


class Page(Resource, Generic[T]):
    """A page of a list."""

    items: list[T]
    next: str | None = Field(description="Pass it as cursor for the next page; null on the last")


def page(kind: type[T], found: Found) -> Page[T]:
    """The rows as resources, with the cursor to go on."""
    items = [kind.model_validate(dict(row)) for row in found.rows]
    return Page[kind](items=items, next=encode(found.after) if found.after else None)  # type: ignore[valid-type]
