"""The gate on an address with an id: a record outside the scope of who asks does not exist for them (404, never 403).

Which parameter names what is said here once, for console and API alike; a house test finds a scoped route with an
id this table does not know. Who holds all they hold for all customers costs no query.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from aiohttp import web

from billing.whose import BY_NAME
from oss.base import db
from oss.base.problems import InvalidInput, NotFound
from oss.crm import within
from oss.crm.within import CUSTOMER, Thing
from oss.staff.roles import Held

# Parameters of the console's addresses, by where they stand.
PLACES = {"/console/subscribers/{id}": CUSTOMER}
# Kinds of scope that hold the record this request is about; nothing where it is about none.
HERE: web.RequestKey[frozenset[str]] = web.RequestKey("here", frozenset)


def things(path: str, names: Mapping[str, str]) -> Iterator[tuple[Thing, str]]:
    """What an address is about: ``path`` as it is written (``/contracts/{contract_id}``), ``names`` its values."""
    for place, thing in PLACES.items():
        if path == place or path.startswith(place + "/"):
            yield thing, names["id"]
    for name, value in names.items():
        if name in BY_NAME:
            yield BY_NAME[name], value


def _key(thing: Thing, value: object) -> object:
    """A key of its type; None for what cannot be one."""
    try:
        number = uuid.UUID(str(value)) if thing.kind == "uuid" else int(str(value))
    except ValueError:
        return None
    return None if isinstance(number, int) and number >= 1 << 63 else number


async def pass_address(request: web.Request, held: Held, permission: str) -> None:
    """Raise NotFound where the address names a record this permission is not held for; note which kinds of scope do."""
    resource, scope = request.match_info.route.resource, held.scope(permission)
    if not held.partial or not request.match_info or resource is None:
        return
    for thing, value in things(resource.canonical, request.match_info):
        key = _key(thing, value)
        kinds = await within.kinds(db.pool(), held, thing, key) if key is not None else frozenset()
        if scope.kind not in kinds:
            raise NotFound(thing=thing.name)
        request[HERE] = kinds


async def pass_body(connection: db.Connection, held: Held, permission: str, fields: Mapping[str, Any]) -> None:
    """Raise InvalidInput, as for one that is not there, where a body names a record the scope does not hold."""
    scope = held.scope(permission)
    if scope.is_all:
        return
    for name, value in fields.items():
        if name in BY_NAME and value is not None:
            key = _key(BY_NAME[name], value)
            if scope.kind not in await within.kinds(connection, held, BY_NAME[name], key):
                raise InvalidInput({name: "does not exist"})


def permitted(held: Held, request: web.Request) -> frozenset[str]:
    """What may be done on this page: on a record's, what is held for that very record."""
    if HERE not in request:
        return held.permissions
    return frozenset(name for name, kind in held.kinds.items() if kind in request[HERE])
