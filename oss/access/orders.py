"""Orders to the AAA nodes from the console and the API: sent by NOTIFY, so that any process may give them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from oss.base import audit, db

AT_MOST = 200  # NOTIFY carries at most 8,000 octets


async def disconnect(connection: db.Connection, actor: audit.Actor, uids: Sequence[uuid.UUID]) -> int:
    """Ask the nodes to end these sessions; returns how many of them are open."""
    rows = await connection.fetch("select uid, contract_id, login from session_open where uid = any($1)", list(uids))
    for start in range(0, len(rows), AT_MOST):
        part = ",".join(str(row["uid"]) for row in rows[start : start + AT_MOST])
        await connection.execute("select pg_notify('milha_access', $1)", "disconnect:" + part)
    for row in rows:
        contract = row["contract_id"] or ""
        await audit.note(connection, actor, "session.disconnected", "contract", contract, login=row["login"])
    return len(rows)


async def reapply(connection: db.Connection, actor: audit.Actor, contract_ids: Sequence[int]) -> None:
    """Ask the nodes to look at these contracts' sessions again."""
    for start in range(0, len(contract_ids), 500):
        part = ",".join(str(one) for one in contract_ids[start : start + 500])
        await connection.execute("select pg_notify('milha_access', $1)", "again:" + part)
    await audit.note(connection, actor, "session.reapplied", "contracts", "", contracts=list(contract_ids))
