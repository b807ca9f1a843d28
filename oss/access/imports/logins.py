"""Logins as radcheck, radreply and radusergroup tell them, and daloRADIUS's tables of persons."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import tzinfo

from oss.access import binding_acts, old_hashes
from oss.access.imports.cells import Row, day, kind, number, raw, text, unquoted
from oss.access.imports.replies import Entry, entry
from oss.access.imports.report import Kind, Report
from oss.access.imports.source import Tables
from oss.access.passwords import Kept
from oss.base import clock

CLEAR = ("cleartext-password", "user-password")
HASHED = {
    *("crypt-password", "md5-password", "smd5-password", "sha-password", "sha1-password", "ssha-password"),
    *("ssha1-password", "sha2-password", "sha224-password", "sha256-password", "sha384-password", "sha512-password"),
    *("ssha2-password", "ssha224-password", "ssha256-password", "ssha384-password", "ssha512-password"),
    *("sha3-password", "nt-password", "lm-password", "pbkdf2-password", "password-with-header"),
}
LINES = {
    "calling-station-id": "mac",
    "nas-port-id": "port",
    "adsl-agent-circuit-id": "circuit",
    "agent-circuit-id": "circuit",
}
MATCHES = (":=", "==", "=")
ANY_METHOD = {"local", "pap", "chap", "ms-chap", "mschap", "eap"}  # Auth-Type: Milha takes what the router sends
MOST_SESSIONS = 1000
LONGEST_LOGIN = 128


@dataclass(slots=True)
class Login:
    """One login of the other system. ``login`` is as Milha keeps it: trimmed, lower case."""

    login: str
    spelling: str
    password: str | None = field(default=None, repr=False)
    hashed: bool = False
    kept: Kept | None = None  # a hash that Milha can check
    disabled: bool = False
    max_sessions: int | None = None
    replies: list[Entry] = field(default_factory=list)
    groups: list[tuple[int, int, str]] = field(default_factory=list)  # (priority, order in the table, name)
    person: Row = field(default_factory=dict)
    billing: Row = field(default_factory=dict)
    bound: dict[str, str] = field(default_factory=dict)  # the line that its check items ask for


async def read(tables: Tables, zone: tzinfo, report: Report) -> dict[str, Login]:
    """All logins that radcheck knows, by login, with their replies, groups and persons."""
    found: dict[str, Login] = {}
    async for row in tables.rows("radcheck"):
        _check_row(found, row, zone, report)
    await _replies(tables, found, report)
    await _groups(tables, found, report)
    for table, column in (("userinfo", "person"), ("userbillinfo", "billing")):
        if tables.has(table):
            async for row in tables.rows(table):
                if login := found.get(text(row, "username").lower()):
                    setattr(login, column, row)
    return found


def why_not(login: Login) -> str | None:
    """Why this login cannot be taken over; None: it can."""
    if len(login.login) > LONGEST_LOGIN or " " in login.login or not login.login.isprintable() or not login.login:
        return "a login has 1 to 128 characters and no spaces"
    if login.password is None and login.kept is not None:
        return None
    if login.password is None:
        return "its password is a hash Milha cannot check: give it a new one" if login.hashed else "it has no password"
    if not 1 <= len(login.password.encode()) <= 128:
        return "a password has 1 to 128 octets (RFC 2865 5.2)"
    return None


def _check_row(found: dict[str, Login], row: Row, zone: tzinfo, report: Report) -> None:
    spelling = text(row, "username")
    attribute, op = text(row, "attribute"), text(row, "op") or "=="
    login = found.get(spelling.lower())
    if login is None:
        login = found[spelling.lower()] = Login(spelling.lower(), spelling)
    elif login.spelling != spelling:
        report.miss(Kind("radcheck", "", "", "", "the same login in another spelling: taken as one"), spelling)
    value = unquoted(raw(row, "value"))
    why = _check_item(login, attribute.casefold(), op, value, zone)
    if why:
        report.miss(Kind("radcheck", attribute, op, kind(value), why), login.login)


def _check_item(login: Login, attribute: str, op: str, value: str, zone: tzinfo) -> str | None:
    """Take one row of radcheck; the reason if it is not understood."""
    if op not in MATCHES:
        return "no operator Milha knows"
    if attribute in CLEAR:
        return _password(login, op, value)
    if attribute in HASHED:
        return _hashed(login, attribute, value)
    if attribute == "simultaneous-use":
        login.max_sessions, why = sessions(value)
        login.disabled = login.disabled or (login.max_sessions is None and why is None)
        return why
    if attribute == "auth-type":
        login.disabled = login.disabled or value.lower() == "reject"
        known = value.lower() in (*ANY_METHOD, "reject")
        return None if known else "Milha asks every login for its password"
    if attribute == "expiration":
        until = day(value, zone)
        if until is None:
            return "no date Milha understands"
        login.disabled = login.disabled or until <= clock.now()
        return None if until <= clock.now() else "it does not expire by itself: end the contract on that day"
    if attribute in LINES:
        return _line(login, LINES[attribute], value)
    return None if attribute == "fall-through" else "a condition of the login that Milha does not check"


def _line(login: Login, key: str, value: str) -> str | None:
    """A line that the login must come from: a fixed binding here."""
    found = binding_acts.spelled(key, value)
    if not found:
        return f"{binding_acts.WRONG[key]}: bind it by hand"
    if login.bound.setdefault(key, found) != found:
        return "two different lines: the first was taken"
    return None


def _password(login: Login, op: str, value: str) -> str | None:
    if login.password is not None and login.password != value:
        login.password = value if op == ":=" else login.password
        return "two different passwords: FreeRADIUS's choice was taken"
    login.password = value
    return None


def _hashed(login: Login, attribute: str, value: str) -> str | None:
    if attribute == "password-with-header" and value.lower().startswith(("{clear}", "{cleartext}")):
        return _password(login, ":=", value.partition("}")[2])
    kept = old_hashes.taken(attribute, value)
    if kept is None:
        login.hashed = True
        return "no hash that Milha can check: the login needs a new password"
    if login.kept is None or kept.kind == "nt":  # an NT hash logs in by more methods than the others
        login.kept = kept
    return None


def sessions(value: str) -> tuple[int | None, str | None]:
    """(sessions at once, why not understood); no session and no reason: the login is switched off."""
    if not value.strip().isdigit():
        return None, "no number"
    count = int(value)
    if count > MOST_SESSIONS:
        return MOST_SESSIONS, f"at most {MOST_SESSIONS} sessions at once"
    return count or None, None


async def _replies(tables: Tables, found: dict[str, Login], report: Report) -> None:
    if not tables.has("radreply"):
        return
    async for row in tables.rows("radreply"):
        login = found.get(text(row, "username").lower())
        one = entry(text(row, "attribute"), text(row, "op") or "=", raw(row, "value"))
        if login is None:
            report.miss(
                Kind("radreply", one.name, one.op, "", "of a login that radcheck does not know"), text(row, "username")
            )
        elif not (one.key == "fall-through" and one.value.lower() in ("yes", "1")):
            login.replies.append(one)


async def _groups(tables: Tables, found: dict[str, Login], report: Report) -> None:
    name = "radusergroup" if tables.has("radusergroup") else "usergroup"
    if not tables.has(name):
        return
    order = 0
    async for row in tables.rows(name):
        order += 1
        login, group = found.get(text(row, "username").lower()), text(row, "groupname")
        if login is None:
            report.miss(Kind(name, "", "", "", "of a login that radcheck does not know"), group)
        elif group and all(group != other for _, _, other in login.groups):
            login.groups.append((number(row, "priority") or 0, order, group))
    for login in found.values():
        login.groups.sort()
