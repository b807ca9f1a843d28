"""Saved views: a list's address under a name of one's own, perhaps shared with everybody, perhaps what opens first.

A view belongs to who saved it. Others see it when it is shared, and never change it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from oss.base import audit, db
from oss.base.problems import Conflict, InvalidInput, NotFound
from oss.base.retention import Subject, keep

MOST = 40  # of one person and one list
COLUMNS = "v.id, v.user_id, v.list, v.name, v.query, v.place, v.shared, v.opens, u.name as owner"
SEEN = f"""select {COLUMNS} from saved_view v join staff_user u on u.id = v.user_id
where v.list = $2 and v.deleted_at is null and (v.user_id = $1 or v.shared)
order by v.user_id <> $1, v.place, v.id limit {2 * MOST}"""
OWN = f"""select {COLUMNS} from saved_view v join staff_user u on u.id = v.user_id
where v.id = $1 and v.user_id = $2 and (v.deleted_at is null or $3)"""
INSERT = """insert into saved_view (user_id, list, name, query, shared, place) select $1, $2::varchar, $3, $4, $5,
  coalesce(max(place), 0) + 1 from saved_view where user_id = $1 and list = $2::varchar returning id"""
# One step left or right: the neighbour takes the place, and everything is numbered anew.
PLACES = """update saved_view v set place = n.place from (select id, row_number() over (order by
  case when id = $3 then place + $4 else place end, case when id = $3 then $4 else 0 end, id) as place
  from saved_view where user_id = $1 and list = $2 and deleted_at is null) n where n.id = v.id"""


class TooManyViews(Conflict):
    """There are {most} views of this list already. Delete one first."""


@dataclass(frozen=True, slots=True)
class View:
    """What is kept of a view. ``shared``: everybody who may see the list has it among their tabs."""

    name: str
    query: str
    shared: bool = False


async def seen(user_id: int, name: str) -> Sequence[Any]:
    """The views of a list that a person has: their own in their order, then the shared ones of others."""
    return await db.fetch(SEEN, user_id, name)


async def own(user_id: int, view_id: int, deleted: bool = False) -> Any:
    """One of a person's own; another's is not found."""
    row = await db.fetchrow(OWN, view_id, user_id, deleted)
    if row is None:
        raise NotFound(thing="view")
    return row


def _check(view: View) -> None:
    if not view.name.strip():
        raise InvalidInput({"name": "must not be empty"})
    if len(view.name) > 60:
        raise InvalidInput({"name": "at most 60 characters"})
    if len(view.query) > 2000:
        raise InvalidInput({"query": "at most 2000 characters"})


async def add(actor: audit.Actor, user_id: int, name: str, view: View) -> int:
    """Keep an address of the list ``name``; returns the view's id."""
    _check(view)
    async with db.transaction() as connection:
        await connection.execute("select 1 from staff_user where id = $1 for update", user_id)
        sql = "select count(*) from saved_view where user_id = $1 and list = $2 and deleted_at is null"
        if await connection.fetchval(sql, user_id, name) >= MOST:
            raise TooManyViews(most=MOST)
        view_id: int = await connection.fetchval(INSERT, user_id, name, view.name, view.query, view.shared)
        await audit.note(connection, actor, "view.saved", "saved_view", view_id, list=name, name=view.name)
    return view_id


async def change(actor: audit.Actor, user_id: int, view_id: int, view: View, opens: bool, step: int = 0) -> None:
    """Another name, address or sharing; whether the list opens with it; ``step`` -1 or 1 moves it by one."""
    _check(view)
    row = await own(user_id, view_id)
    async with db.transaction() as connection:
        if opens:
            sql = "update saved_view set opens = false where user_id = $1 and list = $2 and opens"
            await connection.execute(sql, user_id, row["list"])
        sql = "update saved_view set name = $2, query = $3, shared = $4, opens = $5 where id = $1"
        await connection.execute(sql, view_id, view.name, view.query, view.shared, opens)
        if step in (-1, 1):
            await connection.execute(PLACES, user_id, row["list"], view_id, step)
        after = {"name": view.name, "query": view.query, "shared": view.shared, "opens": opens}
        diff = audit.changed(row, after)
        await audit.note(connection, actor, "view.changed", "saved_view", view_id, name=view.name, **diff)


async def delete(actor: audit.Actor, user_id: int, view_id: int) -> Any:
    """Take a view away (`restore` brings it back for a day); returns what it was."""
    row = await own(user_id, view_id)
    async with db.transaction() as connection:
        sql = "update saved_view set deleted_at = now(), opens = false where id = $1"
        await connection.execute(sql, view_id)
        await audit.note(connection, actor, "view.deleted", "saved_view", view_id, name=row["name"])
    return row


async def restore(actor: audit.Actor, user_id: int, view_id: int) -> Any:
    """Bring a deleted view back; returns it."""
    row = await own(user_id, view_id, deleted=True)
    async with db.transaction() as connection:
        await connection.execute("update saved_view set deleted_at = null where id = $1", view_id)
        await audit.note(connection, actor, "view.restored", "saved_view", view_id, name=row["name"])
    return row


keep(Subject("saved_view", "views that were deleted", "deleted_at", days=1, fixed=True))
