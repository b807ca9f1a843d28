"""A POST repeated with its Idempotency-Key answers what it answered the first time, and does nothing again.

A key belongs to one token (or, of a posted form, to one member of staff) and one request. Its row is inserted first,
in the transaction of the effect: effect and answer commit together or not at all, and a concurrent duplicate waits at
the primary key until the first is through. Keys are kept two days (oss.staff.kept).

What a device is asked takes its time, and no connection is held for that (`asked_once`): the row is committed before,
its answer behind, and a duplicate between the two is told so (KeyInUse).
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from oss.base import db
from oss.base.problems import Conflict


@dataclass(frozen=True, slots=True)
class Book:
    """Where answers are kept: a table and whose keys they are. Both are constants of this module."""

    table: str
    owner: str


CALLS = Book("idempotency", "token_id")
FORMS = Book("form_answer", "user_id")


class KeyUsedOtherwise(Conflict):
    """This Idempotency-Key was used for another request. Take a new key for a new request."""


class KeyInUse(Conflict):
    """The first request with this Idempotency-Key has no answer yet. Try again shortly."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it was sent; ``location`` is its Location header."""

    status: int
    text: str
    location: str | None


async def claim(
    connection: db.Connection, owner: int, key: str, request_hash: bytes, book: Book = CALLS
) -> Answer | None:
    """Take the key for this transaction: None, or what its request was answered before."""
    sql = f"insert into {book.table} ({book.owner}, key, body_hash) values ($1, $2, $3) on conflict do nothing"
    if await connection.execute(sql, owner, key, request_hash) == "INSERT 0 1":
        return None
    sql = f"select body_hash, status, response from {book.table} where {book.owner} = $1 and key = $2"
    row = await connection.fetchrow(sql, owner, key)
    if row is None or row["status"] is None:
        raise KeyInUse()
    if bytes(row["body_hash"]) != request_hash:
        raise KeyUsedOtherwise()
    return Answer(row["status"], **json.loads(row["response"]))


async def keep(connection: db.Connection, owner: int, key: str, answer: Answer, book: Book = CALLS) -> None:
    """Keep the answer beside the effect."""
    sql = f"update {book.table} set status = $3, response = $4 where {book.owner} = $1 and key = $2"
    response = json.dumps({"text": answer.text, "location": answer.location})
    await connection.execute(sql, owner, key, answer.status, response)


async def asked_once(
    owner: int, key: str, request_hash: bytes, ask: Callable[[], Awaitable[Answer]], book: Book = CALLS
) -> tuple[Answer, bool]:
    """What ``ask`` answers, run outside any transaction, or what it answered before (True). Raises KeyInUse.

    Where it fails or is called off, the key is free again: what was half done must bear to be asked for anew.
    """
    async with db.transaction() as connection:
        before = await claim(connection, owner, key, request_hash, book)
    if before is not None:
        return before, True
    try:
        answer = await ask()
    except BaseException:
        await db.execute(f"delete from {book.table} where {book.owner} = $1 and key = $2", owner, key)
        raise
    async with db.transaction() as connection:
        await keep(connection, owner, key, answer, book)
    return answer, False
