"""The OpenAPI document laid out for people: resources, their operations, fields in words, a curl line to try."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

METHODS = ("get", "post", "patch", "delete")
TOLD_ONCE = ("If-None-Match",)  # of every read: the introduction tells it


@dataclass(frozen=True, slots=True)
class Value:
    """A parameter or a field of a body or an answer."""

    name: str
    kind: str
    about: Markup
    required: bool
    place: str = ""  # of a parameter: path, query or header


@dataclass(frozen=True, slots=True)
class Entry:
    """One operation."""

    name: str
    method: str
    path: str
    summary: str
    about: list[Markup]
    permission: str | None
    public: bool
    parameters: list[Value]
    body: list[Value]
    status: str
    answer: list[Value]
    listed: bool  # the answer is a page of these
    problems: list[str]
    curl: str


@dataclass(frozen=True, slots=True)
class Section:
    """One resource."""

    name: str
    about: str
    entries: list[Entry]


def sections(document: dict[str, Any], base_url: str) -> list[Section]:
    """The resources in the document's order."""
    entries: dict[str, list[Entry]] = {tag["name"]: [] for tag in document["tags"]}
    for path, methods in document["paths"].items():
        for method in METHODS:
            if method in methods:
                one = methods[method]
                entries[one["tags"][0]].append(_entry(document, base_url, path, method, one))
    return [Section(tag["name"], tag["description"], entries[tag["name"]]) for tag in document["tags"]]


def paragraphs(text: str) -> list[Markup]:
    """Text with ``**strong**`` and `` `code` `` as paragraphs of HTML."""
    return [_inline(part) for part in text.split("\n\n") if part.strip()]


def _inline(text: str) -> Markup:
    html = re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", str(escape(text)))
    return Markup(re.sub(r"`(.+?)`", r"<code>\1</code>", html))  # noqa: S704 escaped above


def _entry(document: dict[str, Any], base_url: str, path: str, method: str, one: dict[str, Any]) -> Entry:
    parameters = [_resolved(document, each) for each in one.get("parameters", ())]
    body = _schema(document, one["requestBody"]) if "requestBody" in one else {}
    status = next(iter(one["responses"]))
    answer = _schema(document, one["responses"][status])
    listed = set(answer.get("properties", ())) == {"items", "next"}
    if listed:
        answer = _resolved(document, answer["properties"]["items"]["items"])
    return Entry(
        name=one["operationId"],
        method=method.upper(),
        path=path,
        summary=one["summary"],
        about=paragraphs(one.get("description", "")),
        permission=one.get("x-permission"),
        public=one.get("security") == [],
        parameters=[_parameter(each) for each in parameters if each["name"] not in TOLD_ONCE],
        body=list(_fields(document, body)),
        status=f"{status} {one['responses'][status]['description']}",
        answer=list(_fields(document, answer)),
        listed=listed,
        problems=[code for code in one["responses"] if code >= "400"],
        curl=_curl(document, base_url, path, method, parameters, body),
    )


def _schema(document: dict[str, Any], holder: dict[str, Any]) -> dict[str, Any]:
    content = holder.get("content", {}).get("application/json")
    return _resolved(document, content["schema"]) if content else {}


def _resolved(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in schema:
        return schema
    found: Any = document
    for part in schema["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return {**found, **{key: value for key, value in schema.items() if key != "$ref"}}


def _parameter(one: dict[str, Any]) -> Value:
    about = _inline(one.get("description") or one["schema"].get("description", ""))
    return Value(one["name"], _kind(one["schema"]), about, one["required"], one["in"])


def _fields(document: dict[str, Any], schema: dict[str, Any]) -> Iterator[Value]:
    for name, raw in schema.get("properties", {}).items():
        field = _resolved(document, raw)
        about = _inline(_said(raw, field))
        yield Value(name, _kind(field), about, name in schema.get("required", ()))
        for inner in _fields(document, field):
            yield Value(f"{name}.{inner.name}", inner.kind, inner.about, inner.required)


def _said(raw: dict[str, Any], field: dict[str, Any]) -> str:
    options = [option.get("description", "") for option in raw.get("anyOf", ())]
    said: str = field.get("description", "") or next((text for text in options if text), "")
    default = raw.get("default")
    return said if default is None else f"{said}{'; ' if said else ''}default `{json.dumps(default)}`"


def _kind(schema: dict[str, Any]) -> str:
    """A type in words: ``integer 1-500``, ``string or null``, ``cut, reduce, wall``."""
    if "anyOf" in schema:
        return " or ".join(_kind(option) for option in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(schema["enum"])
    if "const" in schema:
        return str(schema["const"])
    kind: str = schema.get("format", schema.get("type", "any"))
    if kind == "int64":
        kind = "integer"
    if "maximum" in schema and schema["maximum"] < 2**31:
        return f"{kind} {schema.get('minimum', 0)}–{schema['maximum']}"
    if kind == "array":
        return f"array of {_kind(schema['items'])}"
    return f"{kind} ≤ {schema['maxLength']}" if kind == "string" and schema.get("maxLength", 999) < 999 else kind


def _curl(
    document: dict[str, Any],
    base_url: str,
    path: str,
    method: str,
    parameters: list[dict[str, Any]],
    body: dict[str, Any],
) -> str:
    for one in parameters:
        if one["in"] == "path":
            path = path.replace("{" + one["name"] + "}", str(_example(document, one["schema"])))
    verb = "" if method == "get" else f"-X {method.upper()} "
    lines = [f"curl {verb}{base_url}{path}", "-H 'Authorization: Bearer mil_...'"]
    if method == "post":
        lines.append("-H 'Idempotency-Key: any-text-of-yours'")
    if body:
        given = body.get("required") or list(body["properties"])[:1]
        example = {name: _example(document, body["properties"][name]) for name in given}
        lines.append("-H 'Content-Type: application/json'")
        lines.append(f"-d '{json.dumps(example, ensure_ascii=False)}'")
    return " \\\n  ".join(lines)


def _example(document: dict[str, Any], schema: dict[str, Any]) -> Any:
    schema = _resolved(document, schema)
    if "anyOf" in schema:
        return _example(document, schema["anyOf"][0])
    if "examples" in schema:
        return schema["examples"][0]
    if "enum" in schema:
        return schema["enum"][0]
    plain = {"integer": schema.get("minimum", 1), "boolean": True, "string": "text"}
    return plain[schema["type"]]
