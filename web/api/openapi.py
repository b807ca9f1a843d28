"""The OpenAPI 3.1 document, generated from the typed operations: what is served is what is documented."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, models_json_schema

from web.api.fields import Resource
from web.api.reading import LONGEST_KEY
from web.api.typed import Operation, is_public
from web.routing import SIGNED_IN

REFERENCE = "#/components/schemas/{model}"
ABOUT = """\
The API of Milha. Every call carries a bearer token (`milha token add NAME --role ROLE` prints one).

**Lists** answer `{"items": [...], "next": cursor}`; pass `next` as `cursor` for the next page, until it is null. A \
page begins behind the last item of the page before, so nothing is skipped or repeated while others write.

**Values**: money is integer cents (`..._cents`), rates are kbit/s, times are RFC 3339 in UTC, days are ISO 8601. \
Unknown fields and parameters are refused.

**Errors** are problem details (RFC 9457); `errors` names each refused field, \
`request_id` (also the header `X-Request-Id` of every answer) finds the call in our logs and in the audit.

**Repeating**: a POST with an `Idempotency-Key` may be sent again after a lost answer: it does nothing twice and \
answers what it answered, with `Idempotency-Replayed: true`. A key belongs to one token and one request, for two days. \
While a device is still being asked for the first, a repeat answers 409 `key-in-use`.

**Caching**: reads carry an `ETag`; with `If-None-Match` an unchanged answer is 304 without a body.

**Changing what you read**: a PATCH with `If-Match` and the `ETag` of what was read is refused with 412 if somebody \
changed the thing meanwhile; the answer holds its present state in `current`."""


class WrongField(Resource):
    """One refused field: its name in body, query, path or headers (`body`, `query` for the whole)."""

    field: str
    message: str


class ProblemDetails(BaseModel):
    """What went wrong (RFC 9457). Key on `type`; `detail` is for people. A 412 holds the present state in `current`."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str | None = None
    errors: list[WrongField] = []
    current: dict[str, Any] | None = None


PROBLEMS = {
    400: "The body cannot be read: not JSON, or cut short",
    401: "No valid token",
    403: "The token's role may not do this",
    404: "There is no such thing",
    408: "The body did not come in time",
    409: "It stands against what is there already",
    412: "It was changed after the state that If-Match names; `current` is what it is now",
    413: "The body is too large",
    415: "The body is not JSON",
    422: "Some values cannot be accepted; each is named in `errors`",
    429: "Too many requests; wait the seconds of Retry-After",
    502: "The device cannot be reached, or does not answer as it should",
    503: "The database cannot be reached, or nobody keeps links to devices; try again shortly",
    504: "The device did not answer in time",
}
ASK_DEVICES = ("devices", "device-routers", "device-configurations", "provisioning", "onus")
"""Resources some of whose operations speak to a device and wait for its answer."""
NAME_THINGS = ("provisioning",)
"""Resources whose bodies name what an act is about, and not their addresses."""


class _Plain(GenerateJsonSchema):
    """Without generated titles: a property's name says it already."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def document(operations: list[Operation], tags: dict[str, str], version: str) -> dict[str, Any]:
    """The whole document; ``tags``: what each resource is."""
    paths: dict[str, dict[str, Any]] = {}
    for one in operations:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one)
    licence = {"name": "AGPL-3.0-or-later", "identifier": "AGPL-3.0-or-later"}
    made = {
        "openapi": "3.1.0",
        "info": {"title": "Milha", "version": version, "description": ABOUT, "license": licence},
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "tags": [{"name": name, "description": about} for name, about in tags.items()],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": "`Bearer mil_...`"}},
            "schemas": _schemas(operations),
            "responses": {f"Problem{status}": _problem(words) for status, words in PROBLEMS.items()},
            "parameters": {
                "IdempotencyKey": _idempotency_key(),
                "IfNoneMatch": _if_none_match(),
                "IfMatch": _if_match(),
            },
        },
    }
    # pydantic names a page of customers Page_Customer_; here it is CustomerPage.
    renamed: dict[str, Any] = json.loads(re.sub(r"\bPage_(\w+?)_(?=\")", r"\1Page", json.dumps(made)))
    return renamed


def _schemas(operations: list[Operation]) -> dict[str, Any]:
    models: list[tuple[type[BaseModel], JsonSchemaMode]] = [(ProblemDetails, "serialization")]
    for one in operations:
        models += [(one.body, "validation")] if one.body else []
        models += [(one.result, "serialization")] if one.result else []
    made = models_json_schema(list(dict.fromkeys(models)), ref_template=REFERENCE, schema_generator=_Plain)[1]
    schemas: dict[str, Any] = made["$defs"]
    for schema in schemas.values():
        _without_null_defaults(schema)
    return dict(sorted(schemas.items()))


def _without_null_defaults(schema: dict[str, Any]) -> None:
    """A field that may be left out has no default of its own: leaving it out is not sending null."""
    for one in schema.get("properties", {}).values():
        if one.get("default", 0) is None:
            del one["default"]


def _operation(one: Operation) -> dict[str, Any]:
    summary, rest = one.words
    made: dict[str, Any] = {"operationId": one.name, "tags": [one.tag], "summary": summary.rstrip(".")}
    if rest:
        made["description"] = rest
    if parameters := list(_parameters(one)):
        made["parameters"] = parameters
    if one.body:
        made["requestBody"] = {"required": True, "content": _json(one.body)}
    made["responses"] = _responses(one)
    if is_public(one):
        made["security"] = []
    elif one.permission != SIGNED_IN:
        made["x-permission"] = one.permission
    return made


def _json(model: type[BaseModel]) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": REFERENCE.format(model=_name(model))}}}


def _name(model: type[BaseModel]) -> str:
    return re.sub(r"\W", "_", model.__name__)


def _parameters(one: Operation) -> Iterator[dict[str, Any]]:
    for name, kind in one.parameters.items():
        yield {"name": name, "in": "path", "required": True, "schema": kind.json_schema()}
    if one.query:
        schema = one.query.model_json_schema(schema_generator=_Plain)
        for name, field in schema["properties"].items():
            yield _query_parameter(name, field, name in schema.get("required", []))
    if one.method == "POST":
        yield {"$ref": "#/components/parameters/IdempotencyKey"}
    if one.method == "GET":
        yield {"$ref": "#/components/parameters/IfNoneMatch"}
    if one.row:
        yield {"$ref": "#/components/parameters/IfMatch"}


def _query_parameter(name: str, schema: dict[str, Any], required: bool) -> dict[str, Any]:
    """A parameter cannot be null: it is there or it is not."""
    real = [option for option in schema.pop("anyOf", []) if option.get("type") != "null"]
    schema = {**(real[0] if real else {}), **schema}
    if schema.get("default", 0) is None:
        del schema["default"]
    made: dict[str, Any] = {"name": name, "in": "query", "required": required}
    if about := schema.pop("description", None):
        made["description"] = about
    return {**made, "schema": schema}


def _responses(one: Operation) -> dict[str, Any]:
    done: dict[str, Any] = {"description": HTTPStatus(one.status).phrase}
    if one.result:
        done["content"] = _json(one.result)
    headers = {}
    if one.location:
        headers["Location"] = {"description": "Its address", "schema": {"type": "string"}}
    if one.method == "GET" or one.row:
        headers["ETag"] = {"description": "Changes when the answer does", "schema": {"type": "string"}}
    if headers:
        done["headers"] = headers
    made = {str(one.status): done}
    if one.method == "GET":
        made["304"] = {"description": "Not changed since the ETag in If-None-Match"}
    for status in _problems_of(one):
        made[str(status)] = {"$ref": f"#/components/responses/Problem{status}"}
    return dict(sorted(made.items()))


def _problems_of(one: Operation) -> list[int]:
    found = {422, 429, 503} | ({502, 504} if one.tag in ASK_DEVICES else set())
    if not is_public(one):
        found |= {401, 403} if one.permission != SIGNED_IN else {401}
    if one.parameters or one.tag in NAME_THINGS:
        found.add(404)
    if one.method != "GET":
        found.add(409)
    if one.row:
        found.add(412)
    if one.body:
        found |= {400, 408, 413, 415}
    return sorted(found)


def _problem(words: str) -> dict[str, Any]:
    schema = {"$ref": REFERENCE.format(model="ProblemDetails")}
    return {"description": words, "content": {"application/problem+json": {"schema": schema}}}


def _idempotency_key() -> dict[str, Any]:
    return {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "description": "Any text of your own; makes the request safe to repeat",
        "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY, "pattern": "^[ -~]+$"},
    }


def _if_none_match() -> dict[str, Any]:
    return {
        "name": "If-None-Match",
        "in": "header",
        "required": False,
        "description": "The ETag of an answer you have",
        "schema": {"type": "string"},
    }


def _if_match() -> dict[str, Any]:
    return {
        "name": "If-Match",
        "in": "header",
        "required": False,
        "description": "The ETag of what was read: the change is refused if somebody changed it meanwhile",
        "schema": {"type": "string"},
    }
