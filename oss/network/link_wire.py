"""What crosses between who asks and who keeps the links: sealed rows, rung by NOTIFY, deleted when they were read.

Without an answer: nobody has heard the question; an empty one: somebody has, and nobody else may. Values are JSON, a
large list in pieces of its own lines, so that no single call holds a loop; octets are base64.
"""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any, Final

from oss.base import db
from oss.base.problems import NotFound, Problem
from oss.base.secrets import Sealer
from oss.drivers.problems import DeviceProblem, restored

CALLS: Final = "milha_device_call"
ANSWERS: Final = "milha_device_answer"
DONE: Final = "done"
AT_ONCE: Final = 200
PUT: Final = """with put as (insert into device_call (id, asker, question_sealed) values ($1, $2, $3) returning id)
select pg_notify('milha_device_call', id::text) from put"""
ASKED: Final = "select question_sealed from device_call where id = $1 and answer_sealed is null"
CLAIM: Final = """with put as (update device_call set answer_sealed = '' where id = $1 and answer_sealed is null
  returning asker, id)
select id, pg_notify('milha_device_answer', asker || ' ' || id || ' heard') from put"""
ANSWER: Final = """with put as (update device_call set answer_sealed = $2 where id = $1 returning asker, id)
select pg_notify('milha_device_answer', asker || ' ' || id || ' done') from put"""
WITHDRAW: Final = "delete from device_call where id = $1 and answer_sealed is null"
FORGET: Final = "delete from device_call where id = $1"
PENDING: Final = """select id from device_call where answer_sealed is null and at > now() - interval '1 minute'
order by id"""
ANSWERED: Final = "select id from device_call where id = any($1::bigint[]) and answer_sealed <> ''"
FETCH: Final = "delete from device_call where id = $1 returning answer_sealed"


async def pending() -> list[int]:
    """Questions of this minute that nobody answered yet."""
    return [row["id"] for row in await db.fetch(PENDING)]


async def answered(call_ids: list[int]) -> list[int]:
    """Those of some questions whose answer is there."""
    return [row["id"] for row in await db.fetch(ANSWERED, call_ids)]


async def spelled(head: dict[str, Any], rows: list[Any] | None = None) -> str:
    """The head's line, and rows behind it."""
    lines = [json.dumps(head, default=_octets)]
    for at in range(0, len(rows or ()), AT_ONCE):
        lines.append(json.dumps((rows or [])[at : at + AT_ONCE], default=_octets))
        await asyncio.sleep(0)
    return "\n".join(lines)


async def read(text: str) -> tuple[dict[str, Any], list[Any]]:
    """The head, and its rows."""
    first, *lines = text.split("\n")
    rows: list[Any] = []
    for line in lines:
        rows += json.loads(line, object_hook=_of_octets)
        await asyncio.sleep(0)
    return json.loads(first, object_hook=_of_octets), rows


def _octets(value: Any) -> Any:
    if isinstance(value, bytes | bytearray):
        return {"base64": base64.b64encode(value).decode()}
    return str(value)


def _of_octets(found: dict[str, Any]) -> Any:
    return base64.b64decode(found["base64"]) if set(found) == {"base64"} else found


def told(problem: Problem) -> dict[str, Any]:
    """A problem as it crosses."""
    return {"problem": problem.code, "facts": {name: str(value) for name, value in problem.facts.items()}}


def untold(head: dict[str, Any]) -> Problem:
    """The problem again."""
    if head["problem"] == NotFound.code:
        return NotFound(**head["facts"])
    return restored(head["problem"], head["facts"])


async def put(sealer: Sealer, asker: str, call_id: int, question: dict[str, Any]) -> None:
    """Ask."""
    text = await spelled(question)
    await db.execute(PUT, call_id, asker, sealer.seal(text, f"device_call/question_sealed/{call_id}"))


async def asked(sealer: Sealer, call_id: int) -> dict[str, Any] | None:
    """What is asked; None where it is not any more, or was heard by somebody."""
    sealed = await db.fetchval(ASKED, call_id)
    if sealed is None:
        return None
    opened = sealer.open(sealed, f"device_call/question_sealed/{call_id}").decode()
    return (await read(opened))[0]


async def claimed(call_id: int) -> bool:
    """Whether the caller alone has heard it; who asks is told."""
    return await db.fetchrow(CLAIM, call_id) is not None


async def heard(call_id: int) -> bool:
    """Whether somebody has heard it; where not, nobody will any more."""
    await db.execute(WITHDRAW, call_id)
    return bool(await db.fetchval("select exists (select from device_call where id = $1)", call_id))


async def forget(call_id: int) -> None:
    """Nobody waits for the answer any more."""
    await db.execute(FORGET, call_id)


async def answer(sealer: Sealer, call_id: int, head: dict[str, Any], rows: list[Any] | None = None) -> None:
    """Say what became of it."""
    text = await spelled(head, rows)
    await db.execute(ANSWER, call_id, sealer.seal(text, f"device_call/answer_sealed/{call_id}"))


async def fetched(sealer: Sealer, call_id: int) -> tuple[dict[str, Any], list[Any]]:
    """The answer; its row is gone. Raises the problem that it tells."""
    sealed = await db.fetchval(FETCH, call_id)
    if not sealed:
        raise DeviceProblem(name="?")
    head, rows = await read(sealer.open(sealed, f"device_call/answer_sealed/{call_id}").decode())
    if "problem" in head:
        raise untold(head)
    return head, rows
