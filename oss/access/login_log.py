"""Every login on its way through the journal: what was asked, where from, and why it was refused.

Written behind: at most 100 ms of them are lost when the process is killed. An accept's reason is empty.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from oss.access.journal import Journal
from oss.access.journal_reader import LOGIN

MOST_LOGINS = 2_000  # different logins refused at one NAS in one minute; a flood of invented ones folds into one row
FLOOD = "*"
LONGEST = 128  # characters of a login that are kept
FIELDS = 8  # of a login in a record: time, NAS, reason, login, line, port, contract, facts; NUL stands between all
RECORD_OCTETS = 4096
MOST_US, BIGINT = 1 << 53, 1 << 63  # what columns hold; more comes from nobody of ours
MOST_BEHIND = 20_000  # records that wait for a failing disk, beyond which logins are not written down
_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")  # as JSON spells it; PostgreSQL's jsonb does not hold it


class Login(NamedTuple):
    """One answered Access-Request. ``at_us``: microseconds since 1970; ``facts``: of a refusal, for its words."""

    at_us: int
    nas_id: int
    login: str
    reason: str
    calling: str
    port: str
    contract_id: int | None = None
    facts: str = "{}"


def accepted(at_us: int, nas_id: int, login: str, calling: bytes | None, port_id: bytes | None) -> bytes:
    """An accept as the journal keeps it."""
    return b"%d\0%d\0\0%b\0%b\0%b\0\0" % (at_us, nas_id, login.encode(), _clean(calling), _clean(port_id))


def refused(
    at_us: int,
    nas_id: int,
    login: str,
    reason: str,
    calling: bytes | None,
    port_id: bytes | None,
    contract_id: int | None,
    facts: dict[str, Any],
) -> bytes:
    """A refusal as the journal keeps it."""
    said = _NUL.sub(r"\1", json.dumps(facts, default=str)) if facts else ""
    parts = (reason.encode(), _clean(login.encode()), _clean(calling), _clean(port_id))
    return b"\0".join((b"%d" % at_us, b"%d" % nas_id, *parts, b"%d" % (contract_id or 0), said.encode()))


def read(payload: bytes) -> list[Login]:
    """The logins of a record; what is none of ours, or cut off, is left out."""
    fields = iter(payload.decode("utf-8", "replace").split("\0"))
    found = []
    for at_us, nas_id, reason, login, calling, port, contract, facts in zip(*[fields] * FIELDS, strict=False):
        try:
            at, nas, number = int(at_us), int(nas_id), int(contract or 0)
        except ValueError:
            continue
        if 0 <= at < MOST_US and abs(nas) < BIGINT and abs(number) < BIGINT:
            found.append(Login(at, nas, login[:LONGEST], reason, calling, port, number or None, facts or "{}"))
    return found


def _clean(octets: bytes | None) -> bytes:
    return octets.replace(b"\0", b"") if octets else b""


class LoginLog:
    """Logins on their way into the journal: many in one record, written when a group is."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._said: list[bytes] = []
        self._octets = 0
        journal.gather = self.write

    def add(self, said: bytes) -> None:
        """One login, as `accepted` or `refused` spells it."""
        self._octets += len(said) + 1
        if self._octets > RECORD_OCTETS:
            self.write()
            self._octets = len(said) + 1
        self._said.append(said)

    def write(self) -> None:
        """Give the journal what has come together. While its disk fails only so much is kept."""
        said, self._said, self._octets = self._said, [], 0
        if said and not (self._journal.failing and self._journal.backlog > MOST_BEHIND):
            self._journal.append(LOGIN, 0, time.time_ns() // 1000, b"\0".join(said))


# ------------------------------------------------------------ refusals of a minute


@dataclass(slots=True)
class Refusals:
    """Refusals of one login at one NAS for one reason in one minute (microseconds since 1970)."""

    first_us: int
    last_us: int
    contract_id: int | None
    facts: str
    count: int = 1


Key = tuple[int, int, str, str]  # minute (epoch / 60), nas id, login, reason


@dataclass(slots=True)
class Refused:
    """Folds refusals; remembers which logins the present minute has seen, so that a flood does not become rows."""

    _minute: int = 0
    _seen: dict[int, set[str]] = field(default_factory=dict)

    def fold(self, logins: Iterable[Login]) -> dict[Key, Refusals]:
        """Refusals by minute, NAS, login and reason."""
        found: dict[Key, Refusals] = {}
        for one in logins:
            if not one.reason:
                continue
            minute = one.at_us // 60_000_000
            key = (minute, one.nas_id, self._name(minute, one), one.reason)
            known = found.get(key)
            if known is None:
                found[key] = Refusals(one.at_us, one.at_us, one.contract_id, one.facts)
            else:
                known.count, known.last_us, known.facts = known.count + 1, one.at_us, one.facts
        return found

    def _name(self, minute: int, one: Login) -> str:
        if minute != self._minute:
            self._minute, self._seen = minute, {}
        seen = self._seen.setdefault(one.nas_id, set())
        if one.login in seen:
            return one.login
        if len(seen) >= MOST_LOGINS:
            return FLOOD
        seen.add(one.login)
        return one.login
