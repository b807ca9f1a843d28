"""Who changed what: plain rows in the change's own transaction (invariant 10), chained later (`audit_chain`).

A row tells who, from which address, in which request, and of a changed thing only the fields that differ, as
``{"before": {...}, "after": {...}}``. A secret is never in it: what bears the name of one is told as changed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from oss.base import db, request_id

SECRET = re.compile(
    r"passw(or)?d|passphrase|secret|token|credential|recovery|(^|[._-])(pin|hash|code|sealed|[ht]?otp)($|[._-])"
    r"|(private|sealing|api|access|signing)[._-]?keys?",
    re.IGNORECASE,
)
HIDDEN = "***"
INSERT = """insert into audit (at, actor, action, object, object_id, detail, ip, request_id)
values (coalesce($1, clock_timestamp()), $2, $3, $4, $5, $6, $7, $8)"""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a staff login, ``token:NAME``, ``system:dunning``; from which address, in which request.

    ``request``: the HTTP request's id; None is the one that is served while the row is written, if any.
    """

    name: str
    ip: str | None = None
    request: str | None = None


def is_secret(name: str) -> bool:
    """Whether a field of this name holds what no row may show."""
    return SECRET.search(name) is not None


def clean(value: Any, name: str = "") -> Any:
    """A value without its secrets: under the name of one nothing is left but a yes, a no or nothing at all."""
    if is_secret(name) and value is not None and not isinstance(value, bool):
        return HIDDEN
    if isinstance(value, Mapping):
        return {str(key): clean(one, str(key)) for key, one in value.items()}
    if isinstance(value, str | bytes) or not isinstance(value, Iterable):
        return value
    return [clean(one) for one in value]


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Of the fields of ``after`` those that differ from ``before`` (a row, or another mapping); empty: none does.

    A secret that differs stands in both as `HIDDEN`. Values are compared as they will be read: as JSON.
    """
    names = [name for name in after if _spelled(before.get(name)) != _spelled(after[name])]
    if not names:
        return {}
    return {
        side: {name: HIDDEN if is_secret(name) else clean(values.get(name)) for name in names}
        for side, values in (("before", before), ("after", after))
    }


def _spelled(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)


async def note(
    connection: db.Connection, actor: Actor, action: str, thing: str, thing_id: object = "", **detail: object
) -> None:
    """Write one audit row in the caller's transaction. Never pass a secret in ``detail``."""
    await _write(connection, None, actor, action, thing, thing_id, json.dumps(clean(detail), default=str))


async def note_at(
    connection: db.Connection, at: datetime, actor: Actor, action: str, thing: str, thing_id: object, detail: str
) -> None:
    """A row about what happened earlier, written behind; ``detail`` is JSON. Rows are chained as they come."""
    await _write(connection, at, actor, action, thing, thing_id, detail)


async def _write(
    connection: db.Connection, at: datetime | None, actor: Actor, action: str, thing: str, thing_id: object, detail: str
) -> None:
    request = actor.request or request_id.current()
    values = (actor.name, action, thing, str(thing_id), detail, actor.ip, request)
    await connection.execute(INSERT, at, *values)
