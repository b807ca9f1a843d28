"""API tokens as a screen lists them: in force or ended, by name, maker, role."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from oss.base import db
from oss.base.listing import Listing, Order, chosen
from oss.base.problems import NotFound

ACTIVE = "(t.revoked_at is null and (t.expires_at is null or t.expires_at > now()))"
COLUMNS = f"""t.id, t.name, t.role, r.name as role_name, t.permissions, t.networks::text[] as networks, t.cities,
  t.made_by, t.created_at, t.expires_at, t.last_used_at, t.revoked_at, {ACTIVE} as active"""
TABLES = "api_token t join role r on r.key = t.role"
ORDERS = {
    "name": Order('t.name collate "C"', "text"),
    "role": Order('t.role collate "C"', "text"),
    "by": Order('t.made_by collate "C"', "text"),
    "made": Order("t.created_at", "timestamptz"),
    "until": Order("t.expires_at", "timestamptz", optional=True),
    "used": Order("t.last_used_at", "timestamptz", optional=True),
}
WHERE = {"active": ACTIVE, "ended": f"not {ACTIVE}", "anywhere": f"{ACTIVE} and t.networks is null"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the list is narrowed to and sorted by; ``state`` one of WHERE, empty: all of them."""

    text: str = ""
    state: str = ""
    role: str = ""
    sort: str = "-made"

    @property
    def order(self) -> Order:
        return chosen(ORDERS, self.sort, "-made")


def listing(wanted: Wanted) -> Listing:
    """The list's SQL for a wish."""
    found = Listing(COLUMNS, TABLES, "t.id")
    if wanted.state in WHERE:
        found.where(WHERE[wanted.state])
    if wanted.role:
        found.where("t.role = {}", wanted.role)
    if wanted.text:
        like = "%" + re.sub(r"([\\%_])", r"\\\1", wanted.text) + "%"
        found.where("(t.name ilike {} or t.made_by ilike {})", like, like)
    return found


async def counts() -> Mapping[str, int]:
    """How many there are, and in each state."""
    parts = ", ".join(f"count(*) filter (where {condition}) as {name}" for name, condition in WHERE.items())
    return dict(await db.fetchrow(f"select count(*) as every, {parts} from api_token t"))


async def one(token_id: int) -> Any:
    """One of them."""
    row = await db.fetchrow(f"select {COLUMNS} from {TABLES} where t.id = $1", token_id)
    if row is None:
        raise NotFound(thing="token")
    return row
