"""Typed operations: an async function's signature is its contract, its docstring its documentation.

    routes = Operations("plans", "What is sold.")

    @routes.create("/plans", PlanPermission.WRITE, location="/plans/{id}")
    async def create_plan(call: Call, body: NewPlan) -> Plan:
        \"\"\"Create a plan.\"\"\"

Parameters named in the path are read from it, ``query`` from the query, ``body`` from the body, each by its type;
the return type is what is answered. A change runs in one transaction with its audit and, on POST, with the
Idempotency-Key's row: all of it commits, or nothing. One that asks a device runs outside any: no connection of the
pool waits for what may take a minute.
"""

from __future__ import annotations

import hashlib
import hmac
import inspect
import json
import re
import typing
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any

from aiohttp import web
from pydantic import BaseModel, TypeAdapter

from oss.base import audit, db, refusals, versions
from oss.base.secrets import Sealer
from oss.staff import idempotency
from oss.staff.scopes import Scope
from oss.staff.tokens import Identity
from web import auth, gate
from web.api import reading
from web.api.fields import Body, Query
from web.errors import as_json
from web.keys import SEALER
from web.routing import PUBLIC, Routes

PREFIX = "/api/v1"
Function = Callable[..., Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Call:
    """Who asks, and the connection to work with: the call's transaction, or the pool for reads and for devices."""

    request: web.Request
    connection: db.Connection

    @property
    def actor(self) -> audit.Actor:
        return auth.actor(self.request)

    @property
    def identity(self) -> Identity:
        return self.request[auth.IDENTITY]

    @property
    def scope(self) -> Scope:
        """For whom the operation's permission is held: lists are narrowed to it; ids that are given are already."""
        return auth.scope(self.request)

    @property
    def sealer(self) -> Sealer:
        return self.request.app[SEALER]


class _NoQuery(Query):
    """Takes no parameters."""


@dataclass(frozen=True, slots=True)
class Operation:
    """What one method of one address takes and answers."""

    method: str
    path: str
    permission: str
    tag: str
    function: Function
    status: int
    location: str | None
    parameters: dict[str, TypeAdapter[Any]]
    query: type[Query] | None
    body: type[Body] | None
    result: type[BaseModel] | None
    once: str | None = None  # a field of the result that is told once and kept nowhere
    row: str | None = None  # the table whose version an If-Match names
    asks_device: bool = False  # it takes as long as a device does, and holds no connection for it

    @property
    def name(self) -> str:
        return self.function.__name__

    @property
    def words(self) -> tuple[str, str]:
        """The docstring's first sentence, and the rest."""
        text = inspect.cleandoc(self.function.__doc__ or "")
        first, _, rest = text.partition("\n\n")
        return " ".join(first.split()), rest


@dataclass(slots=True)
class Catalogue:
    """All operations an application serves, what each resource is, and the document once it was made of them."""

    operations: list[Operation] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)
    document: dict[str, Any] | None = None


TAG: web.RequestKey[str] = web.RequestKey("tag", str)  # the entity tag of what a change made
CATALOGUE = web.AppKey("catalogue", Catalogue)


class Operations(Routes):
    """The operations of one resource. ``about`` says in a sentence what the resource is."""

    def __init__(self, tag: str, about: str) -> None:
        super().__init__()
        self.tag, self.about = tag, about

    def read(self, path: str, permission: str) -> Callable[[Function], Function]:
        """GET."""
        return self._operation("GET", path, permission, 200, None)

    def create(
        self,
        path: str,
        permission: str,
        *,
        location: str | None = None,
        once: str | None = None,
        asks_device: bool = False,
    ) -> Callable[[Function], Function]:
        """POST that makes something; ``location`` is its address, filled from path and answer.

        ``once`` names a field of the answer that is not kept for a repeated request: it is null there.
        ``asks_device``: it runs outside any transaction.
        """
        return self._operation("POST", path, permission, 201, location, once=once, asks_device=asks_device)

    def change(self, path: str, permission: str, *, row: str | None = None) -> Callable[[Function], Function]:
        """PATCH; ``row``: the table whose version an If-Match names (`oss.base.versions`)."""
        return self._operation("PATCH", path, permission, 200, None, row=row)

    def remove(self, path: str, permission: str, status: int = 204) -> Callable[[Function], Function]:
        """DELETE; 202 where the network has yet to obey."""
        return self._operation("DELETE", path, permission, status, None)

    def _operation(
        self,
        method: str,
        path: str,
        permission: str,
        status: int,
        location: str | None,
        row: str | None = None,
        once: str | None = None,
        asks_device: bool = False,
    ) -> Callable[[Function], Function]:
        def register(function: Function) -> Function:
            hints = typing.get_type_hints(function, include_extras=True)
            names = re.findall(r"{(\w+)}", path)
            one = Operation(
                method=method,
                path=PREFIX + path,
                permission=permission,
                tag=self.tag,
                function=function,
                status=status,
                location=location,
                parameters={name: TypeAdapter(hints[name]) for name in names},
                query=hints.get("query"),
                body=hints.get("body"),
                result=None if hints["return"] is type(None) else hints["return"],
                row=row,
                once=once,
                asks_device=asks_device,
            )
            self.add(method, one.path, permission, _handler(one), one)
            return function

        return register

    def mount(self, app: web.Application) -> None:
        """Add the operations to the application, and to what it documents."""
        super().mount(app)
        if CATALOGUE not in app:
            app[CATALOGUE] = Catalogue()
        app[CATALOGUE].operations += [route.spec for route in self.routes if route.spec is not None]
        app[CATALOGUE].tags[self.tag] = self.about


def _handler(operation: Operation) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    answer = _show if operation.method == "GET" else _ask if operation.asks_device else _change

    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            return await answer(request, operation, await _values(request, operation))
        except NotAsRead as refused:
            return _not_as_read(refused)
        except reading.BrokenBody as problem:
            response = as_json(problem)
            response.force_close()  # nobody knows where the next request would begin
            return response

    return handle


async def _values(request: web.Request, operation: Operation) -> dict[str, Any]:
    values: dict[str, Any] = reading.path_of(request, operation.parameters)
    query = reading.query_of(request, operation.query or _NoQuery)
    if operation.query:
        values["query"] = query
    if operation.body:
        values["body"] = await reading.body_of(request, operation.body)
    return values


async def _show(request: web.Request, operation: Operation, values: dict[str, Any]) -> web.Response:
    with refusals.told("query"):
        result = await operation.function(Call(request, db.pool()), **values)
    text = result.model_dump_json()
    tag = _tag(result, text)
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if {tag, "*"} & set(_tags(request.headers.get("If-None-Match", ""))):
        return web.Response(status=304, headers=headers)
    return web.Response(text=text, content_type="application/json", headers=headers)


def _tag(result: Any, text: str) -> str:
    """The entity tag of an answer: the version of the row it shows, if it has one, before a hash of all it shows."""
    version = getattr(result, "version", None)
    digest = hashlib.sha256(text.encode()).hexdigest()[:32]
    return f'"{digest}"' if version is None else f'"{version}-{digest}"'


def _tags(header: str) -> list[str]:
    """If-None-Match compares weakly (RFC 9110 13.1.2)."""
    return [one.strip().removeprefix("W/") for one in header.split(",")]


async def _change(request: web.Request, operation: Operation, values: dict[str, Any]) -> web.Response:
    key = reading.idempotency_key(request) if operation.method == "POST" else None
    with refusals.told():
        async with db.transaction() as connection:
            call = Call(request, connection)
            if operation.row and "If-Match" in request.headers:
                await _expect(call, operation, values)
            if key is None:
                answer = _sent(await _effect(call, operation, values))
                if TAG in request:
                    answer.headers["ETag"] = request[TAG]
                return answer
            fingerprint = _fingerprint(request, values)
            before = await idempotency.claim(connection, call.identity.token_id, key, fingerprint)
            if before is not None:
                return _sent(before, replayed=True)
            made = await _effect(call, operation, values)
            await idempotency.keep(connection, call.identity.token_id, key, _kept(operation, made))
            return _sent(made)


async def _ask(request: web.Request, operation: Operation, values: dict[str, Any]) -> web.Response:
    """A POST that waits for a device, with no connection in its hands."""
    key, call = reading.idempotency_key(request), Call(request, db.pool())

    async def ask() -> idempotency.Answer:
        return await _effect(call, operation, values)

    with refusals.told():
        if key is None:
            return _sent(await ask())
        fingerprint = _fingerprint(request, values)
        return _sent(*await idempotency.asked_once(call.identity.token_id, key, fingerprint, ask))


async def _expect(call: Call, operation: Operation, values: dict[str, Any]) -> None:
    """Whether the row is still one that If-Match names (RFC 9110 13.1.1); what the network or the rule say beside the
    row may differ. Raises ChangedMeanwhile with the present state."""
    given = _tags(call.request.headers["If-Match"])
    seen = None if "*" in given else {int(found[1]) for one in given if (found := re.match(r'"(\d{1,9})-', one))}
    row_id = next(iter(values[name] for name in operation.parameters))
    try:
        await versions.expect(call.connection, str(operation.row), row_id, seen)
    except versions.ChangedMeanwhile as problem:
        raise NotAsRead(await _present(call, operation, values), problem) from None


async def _present(call: Call, operation: Operation, values: dict[str, Any]) -> Any:
    every = call.request.app[CATALOGUE].operations
    read = next(one for one in every if (one.method, one.path) == ("GET", operation.path))
    return await read.function(call, **{name: values[name] for name in read.parameters})


class NotAsRead(Exception):
    """A change was refused because the row is at another version; ``present`` is what it is now."""

    def __init__(self, present: Any, problem: versions.ChangedMeanwhile) -> None:
        super().__init__(str(problem))
        self.present, self.problem = present, problem


def _not_as_read(refused: NotAsRead) -> web.Response:
    """412 with the present state beside the problem, and its entity tag: enough to decide and try again."""
    text = refused.present.model_dump_json()
    response = as_json(refused.problem, current=json.loads(text))
    response.headers["ETag"] = _tag(refused.present, text)
    return response


async def _effect(call: Call, operation: Operation, values: dict[str, Any]) -> idempotency.Answer:
    if "body" in values:
        await gate.pass_body(call.connection, auth.held(call.request), operation.permission, dict(values["body"]))
    result = await operation.function(call, **values)
    if operation.row:
        call.request[TAG] = _tag(result, result.model_dump_json())
    if result is None:
        return idempotency.Answer(operation.status, "", None)
    location = None
    if operation.location:
        location = PREFIX + operation.location.format(**{**values, **dict(result)})
    return idempotency.Answer(operation.status, result.model_dump_json(), location)


def _kept(operation: Operation, answer: idempotency.Answer) -> idempotency.Answer:
    """An answer as it is kept for a repeated request."""
    if operation.once is None:
        return answer
    return replace(answer, text=json.dumps({**json.loads(answer.text), operation.once: None}))


def _fingerprint(request: web.Request, values: dict[str, Any]) -> bytes:
    """What the request was, keyed with the token: a body may hold a password, and the table must not tell it."""
    body = reading.flat(values["body"]) if "body" in values else b""
    token = request.headers["Authorization"].partition(" ")[2].strip()
    return hmac.digest(token.encode(), f"{request.method} {request.path}\n".encode() + body, "sha256")


def _sent(answer: idempotency.Answer, replayed: bool = False) -> web.Response:
    headers = {"Idempotency-Replayed": "true"} if replayed else {}
    if answer.location:
        headers["Location"] = answer.location
    if not answer.text:
        return web.Response(status=answer.status, headers=headers)
    return web.Response(text=answer.text, status=answer.status, content_type="application/json", headers=headers)


def is_public(operation: Operation) -> bool:
    """Whether it is answered without a token."""
    return operation.permission == PUBLIC
