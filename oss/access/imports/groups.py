"""Groups: what radgroupreply and radgroupcheck say of all their members."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from oss.access.imports.cells import kind, raw, text, unquoted
from oss.access.imports.logins import ANY_METHOD, MATCHES, sessions
from oss.access.imports.replies import Entry, Replies, entry, settle
from oss.access.imports.report import Kind, Report
from oss.access.imports.source import Tables


@dataclass(slots=True)
class Group:
    """``rejects``: its members are refused (Auth-Type := Reject), as daloRADIUS disables a user."""

    name: str
    replies: Replies = field(default_factory=Replies)
    rejects: bool = False
    max_sessions: int | None = None


async def read(tables: Tables, report: Report) -> dict[str, Group]:
    """All groups that answer or check something, by name."""
    found: dict[str, Group] = {}
    entries: dict[str, list[Entry]] = defaultdict(list)
    if tables.has("radgroupreply"):
        async for row in tables.rows("radgroupreply"):
            one = entry(text(row, "attribute"), text(row, "op") or "=", raw(row, "value"))
            entries[text(row, "groupname")].append(one)
    for name, rows in entries.items():
        found[name] = Group(name, settle("radgroupreply", name, rows, report))
    if tables.has("radgroupcheck"):
        async for row in tables.rows("radgroupcheck"):
            name, attribute, op = text(row, "groupname"), text(row, "attribute"), text(row, "op") or "=="
            value = unquoted(raw(row, "value"))
            why = _check(found.setdefault(name, Group(name)), attribute.casefold(), op, value)
            if why:
                report.miss(Kind("radgroupcheck", attribute, op, kind(value), why), name)
    return found


def _check(group: Group, attribute: str, op: str, value: str) -> str | None:
    if op not in MATCHES:
        return "no operator Milha knows"
    if attribute == "simultaneous-use":
        group.max_sessions, why = sessions(value)
        group.rejects = group.rejects or (group.max_sessions is None and why is None)
        return why
    if attribute == "auth-type":
        group.rejects = group.rejects or value.lower() == "reject"
        return None if value.lower() in (*ANY_METHOD, "reject") else "Milha asks every login for its password"
    # Conditions on what the router always sends are true of every login.
    if attribute in ("framed-protocol", "service-type") and value.lower() in ("ppp", "framed-user", "1", "2"):
        return None
    return "a condition of the group that Milha does not check"
