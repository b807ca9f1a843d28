"""Rows that people edit carry a version: who saves says which one was seen, and nobody overwrites unseen work.

A trigger counts the version (migration 15), so that no writer can forget to. Sealed secrets and what the network
writes beside it do not count.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from oss.base import db
from oss.base.problems import Conflict, NotFound

# table -> how the audit calls it, and which of its notes are changes
OBJECTS = {
    "customer": ("customer", "customer.changed"),
    "contract": ("contract", "contract.%"),
    "plan": ("plan", "plan.saved"),
    "nas": ("nas", "nas.%saved"),
    "access_account": ("account", "account.%"),
    "staff_user": ("staff_user", "user.changed"),
    "realm": ("realm", "realm.saved"),
    "home_server": ("home_server", "home_server.saved"),
    "site": ("site", "site.saved"),
    "device_model": ("device_model", "device_model.saved"),
    "device": ("device", "device.saved"),
    "network_link": ("link", "link.saved"),
    "pon_port": ("pon", "pon.saved"),
    "splitter_box": ("box", "box.saved"),
    "onu": ("onu", "onu.saved"),
    "provision_rule": ("provision_rule", "provision_rule.saved"),
    "maintenance_window": ("maintenance", "maintenance.%"),
    "incident": ("incident", "incident.%"),
    "alert_rule": ("alert_rule", "alert_rule.saved"),
    "alert_channel": ("alert_channel", "alert_channel.saved"),
    "alert_step": ("alert_step", "alert_step.saved"),
}
LAST = """select at, actor from audit where object = $1 and object_id = $2 and action like $3
order by id desc limit 1"""
# What is done to a login is noted beneath its contract.
ITS_CONTRACT = "select contract_id from access_account where id = $1"


class ChangedMeanwhile(Conflict):
    """Somebody changed this {thing} after you read it; it is at version {version} now. Read it again and decide."""

    status = 412


@dataclass(frozen=True, slots=True)
class Change:
    """Who changed something last, and when."""

    at: datetime
    actor: str


async def expect(connection: db.Connection, table: str, row_id: int, seen: Collection[int] | None) -> int:
    """Lock a row and check that its version is one of those ``seen`` (None: whichever it is); returns the version.

    Raises NotFound, ChangedMeanwhile.
    """
    thing, _ = OBJECTS[table]
    # ``table`` is a key of a constant of this module.
    version: Any = await connection.fetchval(f"select version from {table} where id = $1 for update", row_id)
    if version is None:
        raise NotFound(thing=thing)
    if seen is not None and version not in seen:
        raise ChangedMeanwhile(thing=thing, version=version)
    return int(version)


async def last_change(table: str, row_id: int) -> Change | None:
    """The newest change of a row that the audit tells of."""
    thing, changes = OBJECTS[table]
    if table == "access_account":
        thing, row_id = "contract", await db.fetchval(ITS_CONTRACT, row_id)
    row = await db.fetchrow(LAST, thing, str(row_id), changes)
    return Change(row["at"], row["actor"]) if row else None
