"""What the servers wrote: cleaned before a run, counted after it in PostgreSQL."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from bench.cases import Server
from bench.milha import LEFT
from oss.base.db import Connection

SETTLE_S = 240.0
OURS = """select count(distinct acct_session_id), count(distinct acct_session_id) filter (where ended) from (
  select acct_session_id, false as ended from session_open where starts_with(acct_session_id, $1)
  union all select acct_session_id, true from session_history where starts_with(acct_session_id, $1)) s"""
# Cheap enough to be asked again and again beside a server that still writes; the tables hold nothing but this run.
OURS_SO_FAR = """select (select count(*) from session_open) + (select count(*) from session_history),
  (select count(*) from session_history)"""
THEIRS_SO_FAR = "select count(*), count(acctstoptime) from radacct"
THEIRS = """select count(distinct acctsessionid), count(distinct acctsessionid) filter (where acctstoptime is not null)
from radacct where starts_with(acctsessionid, $1)"""


@dataclass(frozen=True, slots=True)
class Rows:
    """Sessions with a row, those of them that have ended, and how long after the load it took until all were there.

    ``lag_s`` is None where rows of acknowledged records were still missing at the end of our patience.
    """

    sessions: int
    ended: int
    lag_s: float | None


async def clean(admin: Connection, server: Server) -> None:
    """Empty what earlier runs left, and write it out, so that nothing of theirs is done in the next run's time."""
    tables = LEFT if server.side == "milha" else ("radacct", "radpostauth")
    there = [name for name in tables if await admin.fetchval("select to_regclass($1)", name) is not None]
    await admin.execute(f"truncate {', '.join(there)}")
    await admin.execute("checkpoint")


async def sessions(admin: Connection, server: Server, tag: str, started: int, stopped: int, since: float) -> Rows:
    """Wait until each acknowledged Start and Stop is a row; ``since``: monotonic end of the load."""
    so_far, exact = (OURS_SO_FAR, OURS) if server.side == "milha" else (THEIRS_SO_FAR, THEIRS)
    while True:
        asked = time.monotonic()
        late = asked - since > SETTLE_S
        rows, ended = await admin.fetchrow(so_far)
        if late or (rows >= started and ended >= stopped):
            rows, ended = await admin.fetchrow(exact, tag)
            if rows >= started and ended >= stopped:
                return Rows(rows, ended, max(0.0, asked - since))
            if late:
                return Rows(rows, ended, None)
        await asyncio.sleep(max(0.02, time.monotonic() - asked))


async def logins(admin: Connection, server: Server, expected: int, patience_s: float = 5.0) -> int:
    """Lines of the post-auth log, as soon as there are ``expected`` of them."""
    table = "auth_log" if server.side == "milha" else "radpostauth"
    until, found = time.monotonic() + patience_s, 0
    while time.monotonic() < until:
        found = await admin.fetchval(f"select count(*) from {table}")
        if found >= expected:
            break
        await asyncio.sleep(0.1)
    return found
