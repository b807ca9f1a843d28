"""The drop: where a login's line ends in the network, the ONU it is served by, or the device itself (a radio, a port).

What a request tells of a line (MAC, NAS, port, VLAN, circuit) is another matter: `oss.access.lines`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from oss.base import audit, db
from oss.base.problems import InvalidInput, NotFound
from oss.crm import within
from oss.staff.scopes import ALL, Scope

PUT = """insert into account_drop (account_id, onu_id, device_id, interface_id) values ($1, $2, $3, $4)
on conflict (account_id) do update set onu_id = excluded.onu_id, device_id = excluded.device_id,
  interface_id = excluded.interface_id, since_at = now()"""
PRESENT = "select onu_id, device_id, interface_id from account_drop where account_id = $1"
READ = """select a.id as account_id, a.login, a.contract_id, dr.onu_id, dr.device_id, dr.interface_id, dr.since_at
from access_account a left join account_drop dr on dr.account_id = a.id where a.id = $1"""
# Whose lines hang on some ONUs, for who may see those customers; others are counted and not named.
ON_ONUS = """select dr.onu_id, a.id as account_id, a.login, k.id as contract_id, c.id as customer_id,
  c.name as customer, s.uid is not null as online
from account_drop dr join access_account a on a.id = dr.account_id join contract k on k.id = a.contract_id
join customer c on c.id = k.customer_id
left join lateral (select uid from session_open o where o.login = a.login limit 1) s on true
where dr.onu_id = any($1::bigint[]) and {inside} order by dr.onu_id, a.login"""


@dataclass(frozen=True, slots=True)
class Drop:
    """An ONU, or a device and perhaps its interface."""

    onu_id: int | None = None
    device_id: int | None = None
    interface_id: int | None = None


async def _check(connection: db.Connection, drop: Drop) -> None:
    if (drop.onu_id is None) == (drop.device_id is None):
        raise InvalidInput({"onu_id": "must be an ONU or a device"})
    wrong = {}
    if drop.onu_id is not None and not await connection.fetchval("select 1 from onu where id = $1", drop.onu_id):
        wrong["onu_id"] = "does not exist"
    if drop.device_id is not None and not await connection.fetchval(
        "select 1 from device where id = $1", drop.device_id
    ):
        wrong["device_id"] = "does not exist"
    sql = "select 1 from device_interface where id = $1 and device_id = $2"
    if drop.interface_id and not await connection.fetchval(sql, drop.interface_id, drop.device_id):
        wrong["interface_id"] = "is not of this device"
    if wrong:
        raise InvalidInput(wrong)


async def tie(connection: db.Connection, actor: audit.Actor, account_id: int, drop: Drop) -> None:
    """Say where a login's line ends. Raises NotFound, InvalidInput; nothing is written where nothing differs."""
    await _check(connection, drop)
    row = await _account(connection, account_id)
    before = await connection.fetchrow(PRESENT, account_id)
    changes = audit.changed(dict(before) if before else {}, asdict(drop))
    if not changes:
        return
    await connection.execute(PUT, account_id, drop.onu_id, drop.device_id, drop.interface_id)
    named = await _named(connection, drop)
    await audit.note(
        connection, actor, "account.drop_set", "contract", row["contract_id"], login=row["login"], what=named
    )


async def untie(connection: db.Connection, actor: audit.Actor, account_id: int) -> None:
    """Say that nobody knows where a login's line ends. Raises NotFound."""
    row = await _account(connection, account_id)
    gone = await connection.fetchval("delete from account_drop where account_id = $1 returning 1", account_id)
    if gone:
        login = row["login"]
        await audit.note(connection, actor, "account.drop_forgotten", "contract", row["contract_id"], login=login)


async def _account(connection: db.Connection, account_id: int) -> Any:
    row = await connection.fetchrow(
        "select login, contract_id from access_account where id = $1 for update", account_id
    )
    if row is None:
        raise NotFound(thing="login")
    return row


async def _named(connection: db.Connection, drop: Drop) -> str:
    """What the audit calls it."""
    if drop.onu_id is not None:
        return str(await connection.fetchval("select serial from onu where id = $1", drop.onu_id))
    return str(await connection.fetchval("select name from device where id = $1", drop.device_id))


async def account_of(connection: db.Connection, login: str) -> int | None:
    """The login's id, None where there is none."""
    found: int | None = await connection.fetchval(
        "select id from access_account where login = $1", login.strip().lower()
    )
    return found


async def one(connection: db.Connection, account_id: int) -> Any:
    """A login with where its line ends. Raises NotFound."""
    row = await connection.fetchrow(READ, account_id)
    if row is None:
        raise NotFound(thing="login")
    return row


async def on_onus(connection: db.Connection, onu_ids: Sequence[int], scope: Scope = ALL) -> Mapping[int, list[Any]]:
    """The lines that some ONUs carry, by ONU: login, contract, customer, whether it is online."""
    found: dict[int, list[Any]] = {}
    for row in await connection.fetch(*within.narrowed(ON_ONUS, scope, "k.customer_id", list(onu_ids))):
        found.setdefault(row["onu_id"], []).append(row)
    return found


async def tie_all(connection: db.Connection, pairs: Sequence[tuple[int, int]]) -> None:
    """Many lines at once, (login's id, ONU's id); the caller leaves one audit row for them all."""
    await connection.copy_records_to_table("account_drop", records=list(pairs), columns=["account_id", "onu_id"])
