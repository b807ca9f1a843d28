"""Reply attributes of a login or a group: what of them is a plan's speed and pool, and what stays an attribute."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from oss.access.imports import rates
from oss.access.imports.cells import kind, unquoted
from oss.access.imports.rates import Speed, mikrotik
from oss.access.imports.report import Kind, Report
from radius.dictionary import canonical, encode
from radius.errors import Unencodable

SETS, ADDS, IF_NONE = ":=", "+=", "="
NOT_TAKEN = {
    "class": "Milha marks its sessions with Class",
    "user-name": "Milha knows a session by the name it logged in with",
    "fall-through": "a login has one plan: that of its first group",
}
LONGEST_POOL = 64


class Entry(NamedTuple):
    """A row of radreply or radgroupreply; ``key`` is the attribute in lower case."""

    key: str
    name: str
    op: str
    value: str


@dataclass(slots=True)
class Replies:
    """What a login or a group is answered. ``pairs`` are ready for ``reply``: [name, value], known and encodable."""

    speed: Speed | None = None
    pool: str | None = None
    interim_s: int | None = None
    pairs: list[list[str]] = field(default_factory=list)
    mikrotik: bool = False  # whether it speaks MikroTik's language
    sets: frozenset[str] = frozenset()  # keys that a group sets whatever its members' own replies say


def entry(attribute: str, op: str, value: str) -> Entry:
    """A row's cells as an entry."""
    name = attribute.strip()
    return Entry(name.casefold(), name, op.strip(), unquoted(value))


def effective(entries: Iterable[Entry]) -> list[Entry]:
    """What is left when the operators have done their work, in order (FreeRADIUS, unlang: = := +=)."""
    found: list[Entry] = []
    for one in entries:
        if one.op == SETS:
            found = [other for other in found if other.key != one.key]
        if one.op != IF_NONE or all(other.key != one.key for other in found):
            found.append(one)
    return found


def settle(table: str, owner: str, entries: list[Entry], report: Report) -> Replies:
    """Sort the entries of one login or group into a Replies; what is not understood goes to the report."""
    known = []
    for one in entries:
        if one.op in (SETS, ADDS, IF_NONE):
            known.append(one)
        else:
            report.miss(Kind(table, one.name, one.op, kind(one.value), "no operator of a reply"), owner)
    found = Replies(sets=frozenset(one.key for one in known if one.op == SETS))
    found.mikrotik = any(one.key.startswith("mikrotik-") for one in known)
    left = effective(known)
    found.speed = _speed(table, owner, left, report)
    for one in left:
        if one.key not in rates.SPEEDS:
            why = _take(found, one)
            if why:
                report.miss(Kind(table, one.name, one.op, kind(one.value), why), owner)
    return found


def _take(found: Replies, one: Entry) -> str | None:
    """Put an entry where it belongs; the reason if there is no such place."""
    if one.key in NOT_TAKEN:
        return None if one.key == "fall-through" and one.value.lower() in ("no", "0") else NOT_TAKEN[one.key]
    if one.key in rates.BESIDE:
        return rates.BESIDE[one.key]
    if kind(one.value) == "expression":
        return "an expression is not worked out"
    if one.key == "framed-pool" and 0 < len(one.value) <= LONGEST_POOL:
        found.pool = one.value
        return None
    if one.key == "acct-interim-interval" and one.value.isdigit():
        found.interim_s = int(one.value)
        return None
    why = _unencodable(one.name, one.value)
    if why is None:
        found.pairs.append([canonical(one.name) or one.name, one.value])
    return why


@lru_cache(50_000)
def _unencodable(name: str, value: str) -> str | None:
    if canonical(name) is None:
        return "no such attribute in the dictionary"
    try:
        encode(name, value)
    except Unencodable:
        return "the attribute has no such value"
    return None


def _speed(table: str, owner: str, left: list[Entry], report: Report) -> Speed | None:
    """The speed that the surest of the attributes says; those that say another one are reported."""
    said = {one.key: one for one in left if one.key in rates.SPEEDS}
    found: list[tuple[str, Speed]] = []
    if (one := said.get(rates.MIKROTIK)) is not None:
        speed, more = mikrotik(one.value)
        if more and speed:
            why = "burst, threshold and priority are not kept: a plan has one speed each way"
            report.miss(Kind(table, one.name, one.op, "", why), owner)
        found += [(rates.MIKROTIK, speed)] if speed else []
    for down, up, unit in rates.PAIRS:
        if down in said or up in said:
            halves = [said[key].value.strip() if key in said else "" for key in (down, up)]
            speed = rates.speed(halves[0], halves[1], unit)
            found += [(down, speed), (up, speed)] if speed else []
    understood = dict(found)
    taken = found[0][1] if found else None
    for key, one in said.items():
        if key not in understood:
            report.miss(Kind(table, one.name, one.op, kind(one.value), "no speed above zero, both ways"), owner)
        elif understood[key] != taken:
            report.miss(Kind(table, one.name, one.op, kind(one.value), "another attribute says another speed"), owner)
    return taken
