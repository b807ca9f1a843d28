"""A POST repeated with its Idempotency-Key answers what it answered the first time, and does nothing again.

A key belongs to one token (or, of a posted form, to one member of staff) and one request. Its row is inserted first,
in the transaction of the effect: effect and answer commit together or not at all, and a concurrent duplicate waits at
the primary key until the first is through. Keys are kept two days (oss.staff.kept).
"""

from __future__ import annotations

import json
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
