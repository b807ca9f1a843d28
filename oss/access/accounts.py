"""Access accounts: the login a router asks us about, and what proves it: a password, or its line."""

from __future__ import annotations

import secrets
from typing import Any

from oss.access import names, passwords
from oss.access.lines import KINDS
from oss.access.passwords import TABLE
from oss.base import audit, db
from oss.base.problems import Conflict, InvalidInput, NotFound
from oss.base.secrets import Sealer

__all__ = ["MOST_SESSIONS", "TABLE", "WHEN_FULL", "add", "set_enabled", "set_password", "set_sessions"]
MOST_SESSIONS = 1000
WHEN_FULL = ("newest", "deny")


def spelled(login: str, kind: str = "password") -> str:
    """A login as it is kept; a MAC or a circuit in our spelling, empty where the text is none."""
    if kind == "mac":
        return names.mac(login) or ""
    return names.circuit(login) if kind == "circuit" else names.typed(login)


def unguessable() -> str:
    """The password of a login that has none: a method that asks for one never succeeds."""
    return secrets.token_urlsafe(24)


def _check(login: str, password: str | None, kind: str = "password") -> None:
    wrong = {}
    if kind == "mac" and not login:
        wrong["login"] = "is not a MAC address"
    elif not login or len(login) > 128 or " " in login or not login.isprintable():
        wrong["login"] = "1 to 128 characters without spaces"
    if kind not in KINDS:
        wrong["kind"] = "one of " + ", ".join(KINDS)
    if password is not None and not 1 <= _octets(password) <= 128:
        wrong["password"] = "1 to 128 octets (RFC 2865 5.2)"
    if wrong:
        raise InvalidInput(wrong)


def _octets(text: str) -> int:
    """How long it is as UTF-8; 0 if it is none (JSON can carry half a character)."""
    try:
        return len(text.encode())
    except UnicodeEncodeError:
        return 0


async def add(
    connection: db.Connection,
    sealer: Sealer,
    actor: audit.Actor,
    contract_id: int,
    login: str,
    password: str | None,
    kind: str = "password",
) -> int:
    """Create a login of a contract; returns its id. Logins are kept in lower case.

    Of the password is kept what the policy of the house says (`passwords`). ``kind`` mac or circuit: the login is its
    line and its own proof; the password is not looked at.
    """
    login = spelled(login, kind)
    _check(login, password or "" if kind == "password" else None, kind)
    if not await connection.fetchval("select 1 from contract where id = $1", contract_id):
        raise InvalidInput({"contract_id": "does not exist"})
    if await connection.fetchval("select 1 from access_account where login = $1", login):
        raise Conflict(thing="login", value=login)
    account_id: int = await connection.fetchval("select nextval(pg_get_serial_sequence('access_account', 'id'))")
    asked = password if password and kind == "password" else unguessable()
    kept = passwords.keep(asked.encode(), await passwords.policy(connection))
    await connection.execute(
        "insert into access_account (id, contract_id, login, password_sealed, password_kind, kind) "
        "values ($1, $2, $3, $4, $5, $6)",
        account_id,
        contract_id,
        login,
        passwords.seal(sealer, account_id, kept),
        kept.kind,
        kind,
    )
    await audit.note(connection, actor, "account.added", "contract", contract_id, login=login, kind=kind)
    return account_id


async def set_password(
    connection: db.Connection, sealer: Sealer, actor: audit.Actor, account_id: int, password: str
) -> None:
    """Change a login's password; it is kept as the policy of the house says (`passwords`)."""
    _check("x", password)
    kept = passwords.keep(password.encode(), await passwords.policy(connection))
    row = await connection.fetchrow(
        "update access_account set password_sealed = $2, password_kind = $3 where id = $1 returning contract_id, login",
        account_id,
        passwords.seal(sealer, account_id, kept),
        kept.kind,
    )
    if row is None:
        raise NotFound(thing="account")
    await audit.note(connection, actor, "account.password_set", "contract", row["contract_id"], login=row["login"])


async def _present(connection: db.Connection, account_id: int) -> Any:
    """The row as it stands, locked until the change of it is written."""
    sql = "select login, contract_id, enabled, max_sessions, when_full from access_account where id = $1 for update"
    row = await connection.fetchrow(sql, account_id)
    if row is None:
        raise NotFound(thing="account")
    return row


async def set_enabled(connection: db.Connection, actor: audit.Actor, account_id: int, enabled: bool) -> None:
    """Switch one login on or off without touching its contract."""
    row = await _present(connection, account_id)
    await connection.execute("update access_account set enabled = $2 where id = $1", account_id, enabled)
    detail = {"login": row["login"], "enabled": enabled, **audit.changed(row, {"enabled": enabled})}
    await audit.note(connection, actor, "account.enabled", "contract", row["contract_id"], **detail)


async def set_sessions(
    connection: db.Connection, actor: audit.Actor, account_id: int, max_sessions: int, when_full: str
) -> None:
    """How many sessions a login may have at once; one more ends the oldest (newest) or is refused (deny)."""
    wrong = {}
    if not 1 <= max_sessions <= MOST_SESSIONS:
        wrong["max_sessions"] = f"must be between 1 and {MOST_SESSIONS}"
    if when_full not in WHEN_FULL:
        wrong["when_full"] = "one of " + ", ".join(WHEN_FULL)
    if wrong:
        raise InvalidInput(wrong)
    row, wanted = await _present(connection, account_id), {"max_sessions": max_sessions, "when_full": when_full}
    sql = "update access_account set max_sessions = $2, when_full = $3 where id = $1"
    await connection.execute(sql, account_id, max_sessions, when_full)
    detail = {"login": row["login"], **audit.changed(row, wanted)}
    await audit.note(connection, actor, "account.sessions_set", "contract", row["contract_id"], **detail)
