"""Files of lists: who asked for what, how far the making of it has come, and its octets, in pieces in the database.

A file is a row and not a path: nothing that is asked for can lead to another file, and any process can serve it.
Only who asked for it finds it. It holds the rows that its asker might see when they asked, and is neither made nor
given once they are no longer active or may see less. It goes after a day.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from oss.base import audit, db
from oss.base.problems import Conflict, InvalidInput, NotFound
from oss.base.retention import Subject, keep
from oss.staff.scopes import Scope

FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
SMALL = 2_000  # rows; a smaller list is sent at once
MOST_WAITING = 5  # files a person may wait for at a time
ATTEMPTS = 3
WITHDRAWN = "withdrawn"  # the error of a file whose asker may not have it any more
LEASE_S = 30.0

COLUMNS = """id, user_id, list, query, columns, format, language, scope, cities, clear, state, done, total,
  octets, error, created_at, ended_at"""
CLAIM = """update list_export set state = 'running', attempts = attempts + 1, done = 0,
  leased_until = clock_timestamp() + make_interval(secs => $1)
where id = (select id from list_export where (state = 'waiting' or (state = 'running' and
  leased_until < clock_timestamp())) and attempts < $2 order by created_at for update skip locked limit 1)
returning id"""
GIVE_UP = """update list_export set state = 'failed', error = 'its process ended', ended_at = now()
where state = 'running' and leased_until < clock_timestamp() and attempts >= $1"""
PROGRESS = """update list_export set done = $2, leased_until = clock_timestamp() + make_interval(secs => $3)
where id = $1 and state = 'running' returning id"""
FINISH = """update list_export set state = 'done', ended_at = now(), leased_until = null,
  octets = (select coalesce(sum(octet_length(data)), 0) from list_export_piece where export_id = $1)
where id = $1 and state = 'running'"""


class TooManyFiles(Conflict):
    """{most} files are being made for you already. Wait for one, or cancel it."""


class Cancelled(Exception):
    """Nobody waits for this file any more."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A list as it was seen: its name, address, columns; ``keys``: only these rows (ticked ones).

    ``scope``: whose rows its asker may take; ``clear``: personal data whole.
    """

    list: str
    query: str
    columns: Sequence[str]
    format: str
    language: str
    total: int
    scope: Scope
    clear: bool = False
    keys: Sequence[str] | None = None
    personal: str = ""  # what the audit calls it (``customers.exported``)


async def ask(actor: audit.Actor, user_id: int, wish: Wish) -> uuid.UUID:
    """Queue a file; that personal data leave the house is noted with its narrowing."""
    if wish.format not in FORMATS:
        raise InvalidInput({"format": "one of " + ", ".join(FORMATS)})
    async with db.transaction() as connection:
        await connection.execute("select 1 from staff_user where id = $1 for update", user_id)
        sql = "select count(*) from list_export where user_id = $1 and state in ('waiting', 'running')"
        if await connection.fetchval(sql, user_id) >= MOST_WAITING:
            raise TooManyFiles(most=MOST_WAITING)
        sql = """insert into list_export (user_id, list, query, keys, columns, format, language, total, scope, cities,
            clear) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) returning id"""
        keys = None if wish.keys is None else list(wish.keys)
        values = (wish.list, wish.query, keys, list(wish.columns), wish.format, wish.language, wish.total)
        whose = (wish.scope.kind, list(wish.scope.cities), wish.clear)
        made: uuid.UUID = await connection.fetchval(sql, user_id, *values, *whose)
        detail = {"query": wish.query, "rows": wish.total, "format": wish.format, "columns": list(wish.columns)}
        await audit.note(connection, actor, f"{wish.personal}.exported", wish.personal, made, **detail)
    return made


def scope_of(row: Any) -> Scope:
    """Whose rows a file holds."""
    return Scope(row["scope"], tuple(row["cities"]), row["user_id"])


async def mine(user_id: int, most: int = 100) -> Sequence[Any]:
    """A person's files, the newest first."""
    sql = f"select {COLUMNS} from list_export where user_id = $1 order by created_at desc limit $2"
    return await db.fetch(sql, user_id, most)


async def one(user_id: int, export_id: uuid.UUID) -> Any:
    """One of a person's own; another's is not found."""
    row = await db.fetchrow(f"select {COLUMNS} from list_export where id = $1 and user_id = $2", export_id, user_id)
    if row is None:
        raise NotFound(thing="file")
    return row


async def cancel(actor: audit.Actor, user_id: int, export_id: uuid.UUID) -> None:
    """Stop the making of a file, or throw a finished one away."""
    await one(user_id, export_id)
    async with db.transaction() as connection:
        sql = "update list_export set state = 'cancelled', ended_at = now(), leased_until = null where id = $1"
        await connection.execute(sql, export_id)
        await connection.execute("delete from list_export_piece where export_id = $1", export_id)
        await audit.note(connection, actor, "export.cancelled", "list_export", export_id)


async def news(user_id: int) -> Sequence[Any]:
    """Files that were finished (or failed) since this was last asked: each is told once."""
    sql = f"""update list_export set told = true where user_id = $1 and not told and state in ('done', 'failed')
        returning {COLUMNS}"""
    return await db.fetch(sql, user_id)


async def pieces(export_id: uuid.UUID) -> AsyncIterator[bytes]:
    """The octets of a file, piece by piece."""
    place = 0
    sql = "select data from list_export_piece where export_id = $1 and place = $2"
    while (data := await db.fetchval(sql, export_id, place)) is not None:
        yield bytes(data)
        place += 1


# ---------------------------------------------------------------- for who makes them


async def claim() -> uuid.UUID | None:
    """The next file to make, leased; one whose maker died is taken again, three times at most."""
    await db.execute(GIVE_UP, ATTEMPTS)
    found: uuid.UUID | None = await db.fetchval(CLAIM, LEASE_S, ATTEMPTS)
    return found


async def begin(export_id: uuid.UUID) -> Any:
    """The whole row with the ticked keys; what an earlier attempt left of the file goes."""
    await db.execute("delete from list_export_piece where export_id = $1", export_id)
    sql = f"select {COLUMNS}, keys from list_export where id = $1"
    return await db.fetchrow(sql, export_id)


async def progress(export_id: uuid.UUID, done: int) -> None:
    """So many rows are written; raises Cancelled if nobody wants them any more."""
    if await db.fetchval(PROGRESS, export_id, done, LEASE_S) is None:
        raise Cancelled


async def add_piece(export_id: uuid.UUID, place: int, data: bytes) -> None:
    """Keep some octets."""
    await db.execute(
        "insert into list_export_piece (export_id, place, data) values ($1, $2, $3)", export_id, place, data
    )


async def release(export_id: uuid.UUID) -> None:
    """This process ends: whoever comes next makes the file from its beginning."""
    sql = """update list_export set state = 'waiting', attempts = 0, leased_until = null
        where id = $1 and state = 'running'"""
    await db.execute(sql, export_id)


async def finish(export_id: uuid.UUID) -> None:
    """It is whole."""
    await db.execute(FINISH, export_id)


async def fail(export_id: uuid.UUID, error: str) -> None:
    """It will not be."""
    sql = """update list_export set state = 'failed', error = left($2, 240), ended_at = now(), leased_until = null
        where id = $1 and state = 'running'"""
    await db.execute(sql, export_id, error)


keep(Subject("list_export", "files of lists", "created_at", days=1, fixed=True))
