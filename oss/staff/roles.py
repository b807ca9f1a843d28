"""Roles are rows: named sets of permissions, each held for all customers, for a person's cities, or for their own.

What is granted counts with the next request: a role's grants are read with whoever asks, in the one query that reads
them (`HELD`), and kept nowhere.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

from oss.base import db
from oss.base.problems import InvalidInput, NotFound
from oss.staff.permissions import RolePermission, StaffPermission, known
from oss.staff.scopes import NONE, Kind, Scope

ADMIN = "admin"
# What a role may do on the routers themselves, unless a user's own row says otherwise.
LEVELS = ("none", "read", "write", "full")
# Columns of a query whose ``r`` is the role of whom it reads.
HELD = """r.everything,
  array(select g.permission || '=' || g.scope from role_grant g where g.role = r.key) as grants"""


def granted(row: Any) -> dict[str, Kind]:
    """What a row with the columns of HELD may do: permission -> kind of its scope."""
    if row["everything"]:
        return dict.fromkeys(known(), "all")
    pairs = (text.rpartition("=") for text in row["grants"])
    return {permission: cast(Kind, kind) for permission, _, kind in pairs}


@dataclass(frozen=True, slots=True)
class Held:
    """What somebody may do: ``kinds`` by permission; ``cities`` and ``user_id`` are what city and own mean for them."""

    kinds: Mapping[str, Kind] = field(default_factory=dict)
    cities: tuple[str, ...] = ()
    user_id: int | None = None

    @property
    def permissions(self) -> frozenset[str]:
        return frozenset(self.kinds)

    @property
    def partial(self) -> frozenset[str]:
        """Those held for some customers only."""
        return frozenset(name for name, kind in self.kinds.items() if kind != "all")

    def scopes(self) -> dict[str, Scope]:
        """For whom each permission is held."""
        return {permission: self.scope(permission) for permission in self.kinds}

    def scope(self, permission: str) -> Scope:
        """For whom a permission is held; NONE if it is not."""
        kind = self.kinds.get(permission, "none")
        return NONE if kind == "none" else Scope(kind, self.cities, self.user_id)


NOTHING = Held()


@dataclass(frozen=True, slots=True)
class Role:
    """One role. ``name`` is None where the house names it; ``people`` and ``tokens`` have it, ``active`` of them
    may sign in.
    """

    key: str
    name: str | None
    note: str
    builtin: bool
    everything: bool
    routers: str
    version: int
    people: int
    active: int
    tokens: int
    grants: Mapping[str, Kind]

    @property
    def is_kept(self) -> bool:
        """Whether it cannot be deleted whatever happens: without administration nobody could edit roles."""
        return self.key == ADMIN or self.everything


SQL = f"""select r.key, r.name, r.note, r.builtin, r.routers, r.version,
  (select count(*) from staff_user u where u.role = r.key) as people,
  (select count(*) from staff_user u where u.role = r.key and u.active) as active,
  (select count(*) from api_token t where t.role = r.key and t.revoked_at is null) as tokens, {HELD}
from role r"""
EDITORS = """select exists (select 1 from staff_user u join role r on r.key = u.role
where u.active and (r.everything or exists
  (select 1 from role_grant g where g.role = r.key and g.permission = $1)))"""


def _role(row: Any) -> Role:
    facts = {name: row[name] for name in Role.__slots__ if name != "grants"}
    return Role(**facts, grants=granted(row))


async def every(connection: db.Connection | None = None) -> list[Role]:
    """All of them, in the order they are shown."""
    rows = await (connection or db.pool()).fetch(SQL + " order by r.place, r.created_at, r.key")
    return [_role(row) for row in rows]


async def one(connection: db.Connection, key: str) -> Role:
    """One of them."""
    row = await connection.fetchrow(SQL + " where r.key = $1", key)
    if row is None:
        raise NotFound(thing="role")
    return _role(row)


async def keys(connection: db.Connection) -> list[str]:
    """Their keys, in that order."""
    return [row["key"] for row in await connection.fetch("select key from role order by place, created_at, key")]


async def exists(connection: db.Connection, key: str) -> bool:
    """Whether there is such a role."""
    return bool(await connection.fetchval("select exists (select 1 from role where key = $1)", key))


async def lock(connection: db.Connection) -> None:
    """Until the transaction ends nobody else changes roles, or who has one: two cannot take them from each other."""
    await connection.execute("select pg_advisory_xact_lock(hashtext('milha:roles'))")


async def _editors(connection: db.Connection) -> bool:
    """Whether an active member of staff may edit roles, and one may manage users."""
    wanted = (RolePermission.WRITE, StaffPermission.WRITE)
    return all([await connection.fetchval(EDITORS, str(one)) for one in wanted])


@asynccontextmanager
async def editors_stay(connection: db.Connection) -> AsyncIterator[None]:
    """Refuse what is done inside if nobody could undo it: no active person would be left to edit roles and users."""
    before = await _editors(connection)
    yield
    if before and not await _editors(connection):
        raise InvalidInput({"role": "one administrator must stay"})


def router_level(role_level: str, own: str | None) -> str:
    """One of LEVELS: the user's own, else the role's."""
    return own if own in LEVELS else role_level
