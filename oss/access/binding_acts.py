"""What people do about an account's line: its policy, the line it is bound to, this line from now on, forget it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from oss.access import names
from oss.access.lines import KEYS, LONGEST, POLICIES, port, vlan
from oss.base import audit, db
from oss.base.problems import InvalidInput, NotFound

SET_LINE = """update access_account set bound = $2::jsonb,
  bound_at = case when $2::jsonb = '{}' then null else now() end
where id = $1 and bound <> $2::jsonb"""
SET_POLICY = """update access_account set binding = $2, binding_keys = $3
where id = $1 and (binding, binding_keys) is distinct from ($2, $3)"""


def keys_text(keys: Sequence[str]) -> str:
    """Keys as a column keeps them: in one order, each once."""
    return " ".join(key for key in KEYS if key in keys)


def checked_policy(policy: str | None, keys: Sequence[str] | None) -> tuple[str | None, str | None]:
    """A policy and what it binds to, as columns; None: the plan's. Raises InvalidInput."""
    wrong = {}
    if policy is not None and policy not in POLICIES:
        wrong["binding"] = "one of " + ", ".join(POLICIES)
    if keys is not None and (not keys or set(keys) - set(KEYS)):
        wrong["binding_keys"] = "choose at least one" if not keys else "one of " + ", ".join(KEYS)
    if wrong:
        raise InvalidInput(wrong)
    return policy, None if keys is None else keys_text(keys)


async def checked_line(connection: db.Connection, line: Mapping[str, str]) -> dict[str, str]:
    """A line as it is kept, out of what a person, a file or a refusal says; empty values are left out.

    A NAS is named by its name or its id. Raises InvalidInput.
    """
    found, wrong = {}, {}
    for key in KEYS:
        said = line.get(key, "").strip()
        value = await _nas(connection, said) if key == "nas" and said else spelled(key, said)
        if said and not value:
            wrong[key] = WRONG[key]
        elif value:
            found[key] = value
    if wrong or set(line) - set(KEYS):
        raise InvalidInput(wrong or {"line": "one of " + ", ".join(KEYS)})
    return found


WRONG = {
    "mac": "is not a MAC address",
    "nas": "does not exist",
    "port": "is not a port",
    "vlan": "must be a VLAN such as 100, or 100.7",
    "circuit": "is not a circuit",
}


def spelled(key: str, said: str) -> str:
    """One value of a line in our spelling; empty: it is none. A NAS stays as it is."""
    if key == "mac":
        return names.mac(said) or ""
    if key == "vlan":
        return vlan(f"vlan{said}") if said.replace(".", "", 1).isdigit() else ""
    if key == "circuit":
        return names.circuit(said)
    return port(said) if key == "port" else said[:LONGEST]


async def _nas(connection: db.Connection, said: str) -> str:
    """The id of a NAS by its name, or by its id."""
    found = await connection.fetchval(
        "select id from nas where name = $1 or id::text = $1 order by name = $1 desc limit 1", said
    )
    return str(found) if found is not None else ""


async def _account(connection: db.Connection, account_id: int) -> Any:
    sql = """select id, login, contract_id, bound::text as bound, binding, binding_keys from access_account
    where id = $1 for update"""
    row = await connection.fetchrow(sql, account_id)
    if row is None:
        raise NotFound(thing="account")
    return row


async def set_policy(
    connection: db.Connection, actor: audit.Actor, account_id: int, policy: str | None, keys: Sequence[str] | None
) -> None:
    """How an account is bound to its line; None: as its plan says."""
    row = await _account(connection, account_id)
    wanted = checked_policy(policy, keys)
    if await connection.execute(SET_POLICY, account_id, *wanted) == "UPDATE 1":
        diff = audit.changed(row, {"binding": wanted[0], "binding_keys": wanted[1]})
        detail = {"login": row["login"], **diff}
        await audit.note(connection, actor, "account.binding_set", "contract", row["contract_id"], **detail)


async def set_line(
    connection: db.Connection, actor: audit.Actor, account_id: int, line: Mapping[str, str]
) -> dict[str, str]:
    """The line an account must come from, from now on; an empty one is forgotten. Returns the line before."""
    row = await _account(connection, account_id)
    wanted = await checked_line(connection, line)
    if await connection.execute(SET_LINE, account_id, json.dumps(wanted)) == "UPDATE 1":
        action = "account.line_set" if wanted else "account.line_forgotten"
        diff = audit.changed({"line": json.loads(row["bound"])}, {"line": wanted})
        detail = {"login": row["login"], "line": wanted, **diff}
        await audit.note(connection, actor, action, "contract", row["contract_id"], **detail)
    before: dict[str, str] = json.loads(row["bound"])
    return before


async def accept_line(
    connection: db.Connection, actor: audit.Actor, account_id: int, line: Mapping[str, str]
) -> dict[str, str]:
    """Bind an account to the line that was refused: what it is bound to now, as that line says it.

    Returns the line before.
    """
    sql = """select coalesce(a.binding, p.binding), coalesce(a.binding_keys, p.binding_keys), a.bound::text
      from access_account a join contract c on c.id = a.contract_id join plan p on p.id = c.plan_id where a.id = $1"""
    row = await connection.fetchrow(sql, account_id)
    if row is None:
        raise NotFound(thing="account")
    wanted = row[1].split() if row[0] == "learn" else list(json.loads(row[2]))
    return await set_line(connection, actor, account_id, {key: line[key] for key in wanted if line.get(key)})
