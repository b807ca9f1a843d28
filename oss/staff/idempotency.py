"""A POST repeated with its Idempotency-Key answers what it answered the first time, and does nothing again.

A key belongs to one token and one request. Its row is inserted first, in the transaction of the effect: effect
and answer commit together or not at all, and a concurrent duplicate waits at the primary key until the first is
through. Keys are kept two days (oss.staff.kept).
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from oss.base import db
from oss.base.problems import Conflict

CLAIM = """insert into idempotency (token_id, key, body_hash) values ($1, $2, $3)
on conflict (token_id, key) do nothing"""
READ = "select body_hash, status, response from idempotency where token_id = $1 and key = $2"
KEEP = "update idempotency set status = $3, response = $4 where token_id = $1 and key = $2"


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


async def claim(connection: db.Connection, token_id: int, key: str, request_hash: bytes) -> Answer | None:
    """Take the key for this transaction: None, or what its request was answered before."""
    if await connection.execute(CLAIM, token_id, key, request_hash) == "INSERT 0 1":
        return None
    row = await connection.fetchrow(READ, token_id, key)
    if row is None or row["status"] is None:
        raise KeyInUse()
    if bytes(row["body_hash"]) != request_hash:
        raise KeyUsedOtherwise()
    return Answer(row["status"], **json.loads(row["response"]))


async def keep(connection: db.Connection, token_id: int, key: str, answer: Answer) -> None:
    """Keep the answer beside the effect."""
    response = json.dumps({"text": answer.text, "location": answer.location})
    await connection.execute(KEEP, token_id, key, answer.status, response)
