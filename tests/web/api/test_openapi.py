"""The OpenAPI document: sound by 3.1's rules, complete, and what the page for people shows."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from typing import Any

import pytest
from aiohttp import web
from jsonschema import Draft202012Validator

from oss.staff.permissions import known
from web.api import reference
from web.api.typed import Operations
from web.api.v1.docs import document as document_of
from web.app import feature_routes
from web.keys import PERMISSIONS as PERMISSIONS_OF
from web.routing import PUBLIC

from .conftest import Caller, Callers

# What OpenAPI 3.1.0 lets stand in an object, and what it asks for (4.8; here the objects we use).
ROOT = {"openapi!", "info!", "servers", "security", "tags", "paths!", "components"}
OPERATION = {"tags", "summary", "description", "operationId", "parameters", "requestBody", "responses", "security"}
PARAMETER = {"name!", "in!", "description", "required", "schema!"}
RESPONSE = {"description!", "headers", "content"}
NAME = re.compile(r"^[a-zA-Z0-9._-]+$")


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """The document of all operations there are; no database is asked for it."""
    app = web.Application()
    app[PERMISSIONS_OF] = {}
    for routes in feature_routes():
        if isinstance(routes, Operations):
            routes.mount(app)
    made: dict[str, Any] = json.loads(json.dumps(document_of(app)))
    return made


def keys_wrong(found: dict[str, Any], allowed: set[str], where: str) -> Iterator[str]:
    names = {name.rstrip("!") for name in allowed}
    yield from (f"{where}: unknown {key}" for key in found if key not in names and not key.startswith("x-"))
    yield from (f"{where}: needs {n[:-1]}" for n in allowed if n.endswith("!") and n[:-1] not in found)


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for one in value.values():
            yield from references(one)
    elif isinstance(value, list):
        for one in value:
            yield from references(one)


def resolved(document: dict[str, Any], value: dict[str, Any]) -> Any:
    while "$ref" in value:
        found: Any = document
        for part in value["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        value = found
    return value


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, one in methods.items():
            yield path, method, one


def schemas(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from document["components"]["schemas"].values()
    for _, _, one in operations(document):
        for parameter in one.get("parameters", ()):
            yield resolved(document, parameter)["schema"]


async def test_every_object_has_what_openapi_3_1_asks_for_and_nothing_else(document: dict[str, Any]) -> None:
    wrong = list(keys_wrong(document, ROOT, "root"))
    assert re.fullmatch(r"3\.1\.\d+", document["openapi"]) and {"title", "version"} <= set(document["info"])
    for path, method, one in operations(document):
        where = f"{method} {path}"
        assert path.startswith("/") and method in ("get", "post", "patch", "delete")
        wrong += keys_wrong(one, OPERATION, where)
        for parameter in one.get("parameters", ()):
            found = resolved(document, parameter)
            wrong += keys_wrong(found, PARAMETER, f"{where} {found['name']}")
            assert found["in"] in ("path", "query", "header") and (found["in"] != "path" or found["required"])
        for status, response in one["responses"].items():
            assert re.fullmatch(r"[1-5]\d\d", status)
            wrong += keys_wrong(resolved(document, response), RESPONSE, f"{where} {status}")
    assert wrong == []


async def test_every_reference_leads_somewhere_and_every_schema_is_one(document: dict[str, Any]) -> None:
    for reference_to in set(references(document)):
        assert resolved(document, {"$ref": reference_to})
    for kind in document["components"].values():
        assert all(NAME.match(name) for name in kind)
    used = set(references(document))
    assert {f"#/components/schemas/{name}" for name in document["components"]["schemas"]} <= used
    for schema in schemas(document):
        Draft202012Validator.check_schema(schema)
        assert not ("default" in schema and schema["default"] is None)


async def test_path_parameters_are_those_of_the_path_and_names_are_unique(document: dict[str, Any]) -> None:
    seen = [one["operationId"] for _, _, one in operations(document)]
    assert len(seen) == len(set(seen))
    for path, _, one in operations(document):
        found = [resolved(document, each) for each in one.get("parameters", ())]
        assert {each["name"] for each in found if each["in"] == "path"} == set(re.findall(r"{(\w+)}", path))
        places = [(each["in"], each["name"]) for each in found]
        assert len(places) == len(set(places))


async def test_every_address_of_the_api_is_documented_with_its_permission(document: dict[str, Any]) -> None:
    served = [one for routes in feature_routes() for one in routes.routes if one.path.startswith("/api/")]
    plain = {one.path for one in served if one.spec is None}
    assert plain == {"/api/v1/openapi.json", "/api/v1/docs"}
    for one in served:
        if one.spec is not None:
            documented = document["paths"][one.path][one.method.lower()]
            assert documented.get("x-permission") in known() or one.permission not in known()
            assert one.permission != PUBLIC and documented["summary"]
            assert {"401", "422", "503"} <= set(documented["responses"])


async def test_the_resources_the_api_promises_are_there(document: dict[str, Any]) -> None:
    promised = (
        "customers plans contracts access-accounts contracts/{contract_id}/holds invoices payments sessions rejects nas"
    )
    assert {f"/api/v1/{one}" for one in promised.split()} <= set(document["paths"])
    assert set(document["components"]["schemas"]["NewPayment"]["required"]) == {"invoice_id", "amount_cents", "method"}


async def test_money_is_integer_cents_and_times_say_what_they_are(document: dict[str, Any]) -> None:
    for name, schema in document["components"]["schemas"].items():
        for field, raw in schema.get("properties", {}).items():
            kinds = [one for one in raw.get("anyOf", [raw]) if one.get("type") != "null"]
            if field.endswith("_cents"):
                assert [one["type"] for one in kinds] == ["integer"], (name, field)
            if field.endswith("_at"):
                assert [one["format"] for one in kinds] == ["date-time"], (name, field)
            if field.endswith("_on"):
                assert [one["format"] for one in kinds] == ["date"], (name, field)


async def test_a_write_only_value_stands_in_no_answer(document: dict[str, Any]) -> None:
    made = document["components"]["schemas"]
    secret = {
        field for one in made.values() for field, raw in one.get("properties", {}).items() if raw.get("writeOnly")
    }
    of_devices = {"snmp_community", "snmp_auth_password", "snmp_priv_password", "cli_password", "enable_password"}
    assert secret == {"password", "secret"} | of_devices
    for path, method, one in operations(document):
        for response in one["responses"].values():
            content = resolved(document, response).get("content", {})
            for media in content.values():
                assert not secret & set(resolved(document, media["schema"]).get("properties", {})), (method, path)


async def test_the_served_document_is_the_generated_one(document: dict[str, Any], callers: Callers) -> None:
    served = (await (await callers(None))("GET", "/openapi.json")).body
    assert served["paths"] == document["paths"] and served["components"] == document["components"]


async def test_every_example_for_curl_is_a_request_the_document_allows(document: dict[str, Any]) -> None:
    entries = [one for section in reference.sections(document, "http://localhost") for one in section.entries]
    assert len(entries) == len(list(operations(document)))
    for entry in entries:
        words = shlex.split(entry.curl.replace("\\\n", " "))
        assert "{" not in words[words.index("-X") + 2 if "-X" in words else 1]
        if entry.body:
            wanted = document["paths"][entry.path][entry.method.lower()]["requestBody"]["content"]["application/json"]
            schema = {**wanted["schema"], "components": document["components"]}
            Draft202012Validator(schema).validate(json.loads(words[words.index("-d") + 1]))


async def test_the_page_shows_every_operation_under_the_policy(document: dict[str, Any], callers: Callers) -> None:
    page = await (await callers(None))("GET", "/docs")
    for path, _, one in operations(document):
        assert f'id="{one["operationId"]}"' in page.body and path in page.body
    assert 'lang="en"' in page.body
    assert not re.search(r"<style|\sstyle=|<script(?![^>]*\ssrc=)|\son\w+=|https?://(?!127|localhost)", page.body)
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


async def test_the_document_asks_for_a_token_everywhere(document: dict[str, Any], ask: Caller) -> None:
    assert document["security"] == [{"token": []}]
    assert all("security" not in one for _, _, one in operations(document))
    assert (await ask("GET", "/openapi.json")).body["openapi"] == "3.1.0"
