"""Matters that begin to need a person become notices: nobody has to look at the first page to hear of them.

The first page shows what is so now; a notice says that it began, once a day for as long as it lasts.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from billing import attention
from billing.attention import Matter
from oss.access import nas_troubles
from oss.base import db
from oss.base.jobs import periodic
from oss.notify import notices

EVERY_S = 60


@periodic(every_s=EVERY_S)
async def tell_of_matters(connection: db.Connection) -> None:
    """Look at what needs a person, and tell who may do something about it."""
    for one in await attention.matters():
        if one.kind in TELLERS:
            await TELLERS[one.kind](connection, one)


async def _dead(connection: db.Connection, one: Matter) -> None:
    facts = {"count": one.count, "listener": one.facts["listener"]}
    key = f"dead:{one.facts['listener']}"
    await notices.add(connection, "health.read", "jobs.dead", facts, "/console/health#dead", key=key)


async def _knocks(connection: db.Connection, one: Matter) -> None:
    facts = {name: one.facts[name] for name in ("ip", "addresses")}
    await notices.add(connection, "nas.write", "nas.unknown", facts, "/console/nas", key=f"knock:{one.facts['ip']}")


async def _certificate(connection: db.Connection, one: Matter) -> None:
    facts: dict[str, Any] = {name: one.facts[name] for name in ("state", "subject", "node")}
    expires = one.facts.get("expires_at")
    facts["expires_on"] = expires.date().isoformat() if expires else None
    key = f"certificate:{facts['node']}:{facts['subject']}:{facts['state']}"
    await notices.add(connection, "health.read", "certificate", facts, "/console/health#certificates", key=key)


async def _router(connection: db.Connection, one: Matter) -> None:
    facts = {"name": one.facts["name"], "trouble": one.kind, "urgent": one.facts["urgent"]}
    number = one.facts["id"]
    await notices.add(
        connection, "nas.write", "nas.trouble", facts, f"/console/nas/{number}", key=f"{one.kind}:{number}"
    )


Tell = Callable[[db.Connection, Matter], Awaitable[None]]
TELLERS: dict[str, Tell] = {
    "dead": _dead,
    "knocks": _knocks,
    "certificate": _certificate,
    **dict.fromkeys([code for code in nas_troubles.CODES if code != "stuck"], _router),
}
