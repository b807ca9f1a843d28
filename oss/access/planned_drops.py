"""Where a login's ONU is to be put, until it is there: the sale or the crew says it, provisioning finds it thereby.

Where a line ends that is there is another matter: `oss.access.drops`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from oss.base import audit, db
from oss.base.problems import Conflict, InvalidInput, NotFound

# A login with what is planned for it, and whether its line ends somewhere already.
READ: Final = """select a.id as account_id, a.login, a.contract_id, b.name as box, b.id as box_id, p.box_port,
  d.name as olt, o.name as pon, p.planned_at, exists (select 1 from account_drop r where r.account_id = a.id) as tied
from access_account a left join planned_drop p on p.account_id = a.id left join splitter_box b on b.id = p.box_id
left join pon_port o on o.id = b.pon_id left join device d on d.id = o.device_id where a.id = any($1::bigint[])"""
PUT: Final = """insert into planned_drop (account_id, box_id, box_port) values ($1, $2, $3)
on conflict (account_id) do update set box_id = excluded.box_id, box_port = excluded.box_port, planned_at = now()"""
TAKEN: Final = """select o.serial from onu o where o.box_id = $1 and o.box_port = $2
union all select a.login from planned_drop p join access_account a on a.id = p.account_id
  where p.box_id = $1 and p.box_port = $2 and p.account_id <> $3"""


async def of_accounts(connection: db.Connection, account_ids: Sequence[int]) -> Mapping[int, Any]:
    """What is planned for some logins, by login's id; box null where nothing is."""
    return {row["account_id"]: row for row in await connection.fetch(READ, list(account_ids))}


async def one(connection: db.Connection, account_id: int) -> Any:
    """The same of one. Raises NotFound."""
    found = (await of_accounts(connection, [account_id])).get(account_id)
    if found is None:
        raise NotFound(thing="login")
    return found


async def plan(connection: db.Connection, actor: audit.Actor, account_id: int, box: str, port: int | None) -> None:
    """A login's ONU comes into this box, into this port if one is said. Raises NotFound, InvalidInput, Conflict."""
    row = await _locked(connection, account_id)
    box_id = await _box(connection, account_id, box, port)
    if (row["box_id"], row["box_port"]) == (box_id, port):
        return
    await connection.execute(PUT, account_id, box_id, port)
    await _note(connection, actor, "account.box_planned", row, box=box, **({} if port is None else {"port": port}))


async def _box(connection: db.Connection, account_id: int, box: str, port: int | None) -> int:
    found = await connection.fetchrow("select id, ports from splitter_box where name = $1 for update", box)
    if found is None:
        raise InvalidInput({"box": "does not exist"})
    if port is not None and not 1 <= port <= found["ports"]:
        raise InvalidInput({"box_port": f"this box has the ports 1 to {found['ports']}"})
    if port is not None and await connection.fetchval(TAKEN, found["id"], port, account_id):
        raise Conflict(thing="box_port", value=port)
    return int(found["id"])


async def forget(connection: db.Connection, actor: audit.Actor, account_id: int) -> None:
    """Nothing is planned for it any more. Raises NotFound."""
    row = await _locked(connection, account_id)
    if row["box_id"] is not None:
        await connection.execute("delete from planned_drop where account_id = $1", account_id)
        await _note(connection, actor, "account.box_unplanned", row)


async def _locked(connection: db.Connection, account_id: int) -> Any:
    await connection.fetchval("select 1 from access_account where id = $1 for update", account_id)
    return await one(connection, account_id)


async def _note(connection: db.Connection, actor: audit.Actor, action: str, row: Any, **facts: Any) -> None:
    await audit.note(connection, actor, action, "contract", row["contract_id"], login=row["login"], **facts)
