"""Roles changed by a person: the matrix, a new role, its name, its end. Each counts with the next request.

A change is told as cells: role and permission, with the scope that was seen and the scope that is wanted ('' is none).
Who saw older rows than there are is told so, and what they wanted is not lost: it is shown over what is now.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from oss.base import audit, db
from oss.base.problems import Conflict, InvalidInput, NotFound
from oss.staff import roles
from oss.staff.permissions import known
from oss.staff.roles import ADMIN, LEVELS, Role
from oss.staff.scopes import KINDS

GRANT = """insert into role_grant (role, permission, scope) values ($1, $2, $3)
on conflict (role, permission) do update set scope = excluded.scope"""
REVOKE = "delete from role_grant where role = $1 and permission = $2"
ADD = """insert into role (key, name, note, routers, needs_second_factor, hours, networks)
select $1, $2, $3, routers, needs_second_factor, hours, networks from role where key = $4"""
COPY = "insert into role_grant (role, permission, scope) select $1, permission, scope from role_grant where role = $2"
EVERYTHING = "insert into role_grant (role, permission, scope) select $1, unnest($2::text[]), 'all'"
NAME = "update role set name = $2, note = $3, routers = $4, version = version + 1 where key = $1"
MOST_ROLES = 40


class RolesChanged(Conflict):
    """Somebody changed these roles meanwhile. What you wanted stands over what is there now: look, then save again."""


class RoleInUse(Conflict):
    """{count} have this role. Give them another one first."""


class RoleStays(Conflict):
    """This role cannot be changed or deleted: without it nobody could give permissions any more."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One change of the matrix: ``seen`` and ``wanted`` are all, city, own or '' for none."""

    role: str
    permission: str
    seen: str
    wanted: str


def _check(cells: Iterable[Cell], there: Mapping[str, Role]) -> None:
    for cell in cells:
        if cell.role not in there:
            raise NotFound(thing="role")
        if there[cell.role].everything:
            raise RoleStays()
        permission = known().get(cell.permission)
        if permission is None or cell.wanted not in ("", *(KINDS if permission.scoped else KINDS[:1])):
            raise InvalidInput({"matrix": "is not known"})


async def change(
    connection: db.Connection, actor: audit.Actor, cells: Sequence[Cell], versions: Mapping[str, int]
) -> int:
    """Change cells of the matrix, all or none; ``versions`` are those of the roles as they were seen.

    Returns how many people it touches. Raises RolesChanged where a role it changes has another version by now.
    """
    await roles.lock(connection)
    there = {one.key: one for one in await roles.every(connection)}
    _check(cells, there)
    touched = {cell.role for cell in cells}
    if any(versions.get(key) != there[key].version for key in touched):
        raise RolesChanged()
    async with roles.editors_stay(connection):
        for cell in cells:
            if cell.wanted:
                await connection.execute(GRANT, cell.role, cell.permission, cell.wanted)
            else:
                await connection.execute(REVOKE, cell.role, cell.permission)
    for key in sorted(touched):
        await connection.execute("update role set version = version + 1 where key = $1", key)
        mine = [cell for cell in cells if cell.role == key]
        before = {cell.permission: there[key].grants.get(cell.permission, "none") for cell in mine}
        after = {cell.permission: cell.wanted or "none" for cell in mine}
        await audit.note(connection, actor, "role.changed", "role", key, before=before, after=after)
    return sum(there[key].people for key in touched)


@dataclass(frozen=True, slots=True)
class RoleValues:
    """What a form gives. ``name`` '' is the house's own name, for roles Milha comes with."""

    name: str
    note: str = ""
    routers: str = "none"


async def _check_values(connection: db.Connection, values: RoleValues, key: str, builtin: bool) -> None:
    wrong = {}
    if not (1 <= len(values.name) <= 40 or (builtin and not values.name)):
        wrong["name"] = "1 to 40 characters"
    elif await connection.fetchval("select 1 from role where lower(name) = lower($1) and key <> $2", values.name, key):
        wrong["name"] = "already taken"
    if len(values.note) > 200:
        wrong["note"] = "at most 200 characters"
    if values.routers not in LEVELS:
        wrong["routers"] = "one of " + ", ".join(LEVELS)
    if wrong:
        raise InvalidInput(wrong)


def key_of(name: str, taken: Iterable[str]) -> str:
    """A key made of a name: ``Técnico de rua`` -> ``tecnico_de_rua``, with a number where that is taken."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    key = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:24]
    key = key if key[:1].isalpha() else f"role_{key}".strip("_")
    used, number = set(taken), 2
    found = key
    while found in used:
        found, number = f"{key}_{number}", number + 1
    return found


async def add(connection: db.Connection, actor: audit.Actor, values: RoleValues, copy_of: str) -> str:
    """A new role that may do what another may, and signs in by the same rules; returns its key."""
    await roles.lock(connection)
    there = {one.key: one for one in await roles.every(connection)}
    await _check_values(connection, values, "", builtin=False)
    if copy_of not in there:
        raise InvalidInput({"copy_of": "is not known"})
    if len(there) >= MOST_ROLES:
        raise InvalidInput({"name": f"at most {MOST_ROLES} roles"})
    key = key_of(values.name, there)
    await connection.execute(ADD, key, values.name, values.note, copy_of)
    if there[copy_of].everything:  # the copy has what there is today, and can be changed
        await connection.execute(EVERYTHING, key, sorted(known()))
    else:
        await connection.execute(COPY, key, copy_of)
    await audit.note(connection, actor, "role.added", "role", key, name=values.name, copy_of=copy_of)
    return key


async def describe(connection: db.Connection, actor: audit.Actor, key: str, values: RoleValues) -> None:
    """Change a role's name, note, and what it may do on routers."""
    await roles.lock(connection)
    one = await roles.one(connection, key)
    await _check_values(connection, values, key, one.builtin)
    await connection.execute(NAME, key, values.name or None, values.note, values.routers)
    present = {"name": one.name or "", "note": one.note, "routers": one.routers}
    wanted = {"name": values.name, "note": values.note, "routers": values.routers}
    before = {name: value for name, value in present.items() if value != wanted[name]}
    after = {name: wanted[name] for name in before}
    await audit.note(connection, actor, "role.described", "role", key, before=before, after=after)


async def remove(connection: db.Connection, actor: audit.Actor, key: str) -> None:
    """Delete a role that nobody has. Administration stays."""
    await roles.lock(connection)
    one = await roles.one(connection, key)
    if one.is_kept or key == ADMIN:
        raise RoleStays()
    holders = await connection.fetchval("select count(*) from api_token where role = $1", key) + one.people
    if holders:
        raise RoleInUse(count=holders)
    await connection.execute("delete from role where key = $1", key)
    before = {"name": one.name, "grants": dict(one.grants)}
    await audit.note(connection, actor, "role.removed", "role", key, before=before, after={})
