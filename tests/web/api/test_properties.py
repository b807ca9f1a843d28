"""Whatever the document lets a caller send, and whatever it does not: no 5xx, and answers as documented."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from oss.base import secrets
from oss.network import device_links
from tests.conftest import Seed
from web.api.v1.docs import document as document_of

from .conftest import Answer, Caller
from .test_openapi import operations, resolved

EXAMPLES = 700
TEXT = st.text(max_size=20) | st.text(alphabet="\0\ud800\n\x7f%&+ éß\U0001f600", max_size=4)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)
FORMATS = {
    "date": st.dates().map(str),
    "date-time": st.datetimes().map(lambda at: at.isoformat() + "Z"),
    "uuid": st.builds(lambda n: str(uuid.UUID(int=n)), st.integers(0, 2**128 - 1)),
}


def from_schema(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values a schema allows; small ids are likelier, because those exist."""
    if "anyOf" in schema:
        return st.one_of(*map(from_schema, schema["anyOf"]))
    if "enum" in schema or "const" in schema:
        return st.sampled_from(schema.get("enum", [schema.get("const")]))
    if schema["type"] == "integer":
        low, high = schema.get("minimum", -(2**63)), schema.get("maximum", 2**63 - 1)
        return st.integers(low, min(high, low + 6)) | st.integers(low, high)
    if schema["type"] == "number":
        return st.floats(schema.get("minimum", -1e300), schema.get("maximum", 1e300))
    if schema["type"] == "string":
        return _strings(schema)
    if schema["type"] == "object":
        properties = {name: from_schema(one) for name, one in schema["properties"].items()}
        needed = {name: properties.pop(name) for name in schema.get("required", ())}
        return st.fixed_dictionaries(needed, optional=properties)
    if schema["type"] == "array":
        return st.lists(from_schema(schema["items"]), min_size=schema.get("minItems", 0), max_size=3)
    return {"boolean": st.booleans(), "null": st.none()}[schema["type"]]


def _strings(schema: dict[str, Any]) -> st.SearchStrategy[str]:
    if schema.get("format") in FORMATS:
        return FORMATS[schema["format"]]
    low, high = schema.get("minLength", 0), min(schema.get("maxLength", 30), 30)
    if "pattern" in schema and not schema["pattern"].startswith("^[^"):
        return st.from_regex(re.compile(schema["pattern"], re.ASCII), fullmatch=True).filter(lambda t: len(t) <= 200)
    word = r"\s" in schema.get("pattern", "")
    alphabet = st.characters(exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"] if word else ["Cc", "Cs"])
    return st.text(alphabet, min_size=low, max_size=high)


Request = tuple[str, str, dict[str, Any], dict[str, str], Any]


@st.composite
def requests(draw: Any, document: dict[str, Any]) -> Request:
    """Method, path, operation, query and body: by the document, or bent somewhere."""
    every = [one for one in operations(document) if one[2]["operationId"] != "revoke_token"]  # would end our own
    path, method, one = draw(st.sampled_from(every))
    bent = draw(st.booleans())
    query: dict[str, str] = {}
    for parameter in (resolved(document, each) for each in one.get("parameters", ())):
        value = from_schema(parameter["schema"]).map(lambda v: str(v).lower() if isinstance(v, bool) else str(v))
        if parameter["in"] == "path":
            given_value = draw(value | TEXT.filter(bool) if bent else value)
            path = path.replace("{" + parameter["name"] + "}", quoted(given_value))
        elif parameter["in"] == "query" and draw(st.booleans()):
            query[parameter["name"]] = draw(value | TEXT if bent else value)
    if bent and draw(st.booleans()):
        query[draw(TEXT)] = draw(TEXT)
    body = None
    if "requestBody" in one:
        schema = resolved(document, one["requestBody"]["content"]["application/json"]["schema"])
        flat = {**schema, "properties": {n: resolved(document, p) for n, p in schema["properties"].items()}}
        body = draw(from_schema(flat))
        if bent:
            body = draw(ANYTHING | bend(body))
    return method.upper(), path, one, query, body


@st.composite
def bend(draw: Any, body: dict[str, Any]) -> Any:
    """A body with one field of another kind, missing, or too many."""
    name = draw(st.sampled_from([*body, "another"]))
    if name in body and draw(st.booleans()):
        return {key: value for key, value in body.items() if key != name}
    return {**body, name: draw(ANYTHING)}


def quoted(text: str) -> str:
    """Everything percent-encoded; what UTF-8 cannot say stands as the bytes a careless client would send."""
    return "".join(f"%{octet:02X}" for octet in text.encode("utf-8", "surrogatepass"))


class Bound:
    """The document as what an answer must keep to."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.kinds = {
            name: Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": document["components"]})
            for name in document["components"]["schemas"]
        }

    def fits(self, content: dict[str, Any], body: Any) -> bool:
        """Whether a body is what its media type's schema says."""
        (media,) = content.values()
        return bool(self.kinds[media["schema"]["$ref"].rpartition("/")[2]].is_valid(body))

    def check(self, one: dict[str, Any], answer: Answer) -> None:
        """The answer's status is documented, and its body is of its schema."""
        assert str(answer.status) in one["responses"], (answer.status, answer.body)
        content = resolved(self.document, one["responses"][str(answer.status)]).get("content")
        assert self.fits(content, answer.body) if content else answer.body == "", answer.body


@pytest.fixture(autouse=True)
async def links(database: str, sealer: secrets.Sealer) -> AsyncIterator[None]:
    """Somebody keeps the links to devices, as in every whole process."""
    async with device_links.holding(sealer):
        yield


@pytest.fixture
def bound(web_app: Any) -> Bound:
    return Bound(document_of(web_app))


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
async def test_no_request_brings_a_5xx_or_an_answer_that_is_not_documented(
    ask: Caller, seed: Seed, bound: Bound, data: st.DataObject
) -> None:
    method, path, one, query, body = data.draw(requests(bound.document))
    address = path.removeprefix("/api/v1") + "?" + "&".join(f"{quoted(k)}={quoted(v)}" for k, v in query.items())
    raw = json.dumps(body) if "requestBody" in one else None
    answer = await ask(method, address, data=raw, headers={"Content-Type": "application/json"} if raw else {})
    assert answer.status < 500 and answer.status not in (413, 415)
    bound.check(one, answer)
    if raw is not None and not bound.fits(one["requestBody"]["content"], json.loads(raw)):
        assert answer.status in (400, 404, 422), (body, answer.body)
