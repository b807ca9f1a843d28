"""Every login on its way through the journal: what was asked, where from, and why it was refused.

Written behind: at most 100 ms of them are lost when the process is killed. An accept's reason is empty.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from oss.access.journal_reader import Record

MOST_LOGINS = 2_000  # different logins refused at one NAS in one minute; a flood of invented ones folds into one row
FLOOD = "*"
LONGEST = 128  # characters of a login that are kept
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


def accepted(login: str, calling: bytes | None, port_id: bytes | None) -> bytes:
    """The journal's payload for an accept."""
    return b"\0%b\0%b\0%b" % (login.encode(), _clean(calling), _clean(port_id))


def refused(
    login: str,
    reason: str,
    calling: bytes | None,
    port_id: bytes | None,
    contract_id: int | None,
    facts: dict[str, Any],
) -> bytes:
    """The journal's payload for a refusal."""
    said = _NUL.sub(r"\1", json.dumps(facts, default=str)) if facts else "{}"
    parts = (reason.encode(), _clean(login.encode()), _clean(calling), _clean(port_id))
    return b"\0".join((*parts, b"%d" % (contract_id or 0), said.encode()))


def read(record: Record) -> Login:
    """A journalled login; a payload that is none of ours gives empty fields."""
    reason, login, calling, port, contract, facts = (*record.payload.split(b"\0", 5), *[b""] * 6)[:6]
    who = (_text(login)[:LONGEST], _text(reason), _text(calling), _text(port))
    number = int(contract) if contract.isdigit() else 0
    return Login(record.at_us, record.nas_id, *who, number or None, _text(facts) or "{}")


def _clean(octets: bytes | None) -> bytes:
    return octets.replace(b"\0", b"") if octets else b""


def _text(octets: bytes) -> str:
    return octets.decode("utf-8", "replace").replace("\0", "")


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
