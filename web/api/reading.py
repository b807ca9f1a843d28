"""Reads a request's path, query, headers and body into typed values, or refuses with each field named."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from aiohttp import web
from pydantic import BaseModel, TypeAdapter, ValidationError

from oss.base.problems import InvalidInput
from web.api.fields import Body, Query
from web.bodies import BODY_S, TooSlow

B = TypeVar("B", bound=Body)
LONGEST_KEY = 255
_BEGINNINGS = ("Input should ", "String should ", "Value error, ")


class MalformedBody(InvalidInput):
    """The request's body cannot be read: {fields}."""

    status = 400


class BrokenBody(MalformedBody):
    """The request's body cannot be read to its end: {fields}."""


class WrongContentType(InvalidInput):
    """The request's body must be JSON: {fields}."""

    status = 415


class BodyTooLarge(InvalidInput):
    """The request's body is larger than this address accepts: {fields}."""

    status = 413


def path_of(request: web.Request, kinds: Mapping[str, TypeAdapter[Any]]) -> dict[str, Any]:
    """The path's parameters by name."""
    found, wrong = {}, {}
    for name, kind in kinds.items():
        try:
            found[name] = kind.validate_strings(request.match_info[name])
        except ValidationError as error:
            wrong[name] = _sentence(error.errors(include_url=False, include_input=False)[0])
    if wrong:
        raise InvalidInput(wrong)
    return found


def query_of(request: web.Request, kind: type[Query]) -> Query:
    """The query's parameters; one that is unknown or given twice is refused."""
    given = request.query
    wrong = {name: "is given more than once" for name in given if len(given.getall(name)) > 1}
    try:
        query = kind.model_validate_strings(dict(given))
    except ValidationError as error:
        wrong = _by_field(error, "query") | wrong
    if wrong:
        raise InvalidInput(wrong)
    return query


async def body_of(request: web.Request, kind: type[B]) -> B:
    """The JSON object in the body."""
    if request.content_type != "application/json" or (request.charset or "utf-8").lower() != "utf-8":
        raise WrongContentType({"Content-Type": "must be application/json in UTF-8"})
    raw = await _read(request)
    try:
        body = kind.model_validate_json(raw)
    except ValidationError as error:
        if error.errors(include_url=False, include_input=False)[0]["type"] == "json_invalid":
            raise MalformedBody(_by_field(error, "body")) from None
        raise InvalidInput(_by_field(error, "body")) from None
    _refuse_repeated(raw)
    return body


async def _read(request: web.Request) -> bytes:
    try:
        async with asyncio.timeout(BODY_S):
            return await request.read()
    except TimeoutError:
        raise TooSlow(seconds=round(BODY_S)) from None
    except web.HTTPRequestEntityTooLarge:
        raise BodyTooLarge({"body": "is too large"}) from None
    except web.RequestPayloadError:
        request.content.feed_eof()  # the server would try to read the rest, and log what we tell the caller
        raise BrokenBody({"body": "is not encoded as its headers say"}) from None


def _refuse_repeated(raw: bytes) -> None:
    """A name given twice means two things to two readers (RFC 8259 4), so it is refused."""

    def once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        repeated = {name for name in names if names.count(name) > 1}
        if repeated:
            raise InvalidInput(dict.fromkeys(sorted(repeated), "is given more than once"))
        return dict(pairs)

    json.loads(raw, object_pairs_hook=once)


def idempotency_key(request: web.Request) -> str | None:
    """The Idempotency-Key header, None without one."""
    keys = request.headers.getall("Idempotency-Key", [])
    if not keys:
        return None
    if len(keys) > 1 or not 0 < len(keys[0]) <= LONGEST_KEY or not all(" " <= c <= "~" for c in keys[0]):
        raise InvalidInput({"Idempotency-Key": f"must be one header of 1 to {LONGEST_KEY} printable ASCII characters"})
    return keys[0]


def _by_field(error: ValidationError, whole: str) -> dict[str, str]:
    """What is wrong, by the field's name; ``whole`` names what is wrong as a whole."""
    wrong: dict[str, str] = {}
    for one in error.errors(include_url=False, include_input=False):
        name = ".".join(str(part) for part in one["loc"]) or whole
        wrong.setdefault(name, _sentence(one))
    return wrong


def _sentence(error: Any) -> str:
    if error["type"] == "missing":
        return "is required"
    if error["type"] == "extra_forbidden":
        return "is not known here"
    text: str = error["msg"]
    for beginning in _BEGINNINGS:
        if text.startswith(beginning):
            rest = text.removeprefix(beginning)
            return rest if beginning.startswith("Value") else f"must {rest}"
    return text


def flat(model: BaseModel) -> bytes:
    """A model's canonical JSON: the same for two spellings of one request."""
    return json.dumps(model.model_dump(mode="json", exclude_unset=True), sort_keys=True).encode()
