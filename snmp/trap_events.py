"""What a trap means: typed events, without rows. The OIDs are data, one file a maker in `snmp/traps/`.

A file names its source. What no file knows is kept as `other`, with some of its variable bindings, so that a person
can read it. Nothing of an event is proven: it came by UDP from an address that anybody may write.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Final

from snmp.ber import Varbind, oid
from snmp.trap_message import TrapMessage

FILES: Final = Path(__file__).with_name("traps")

MOST_KEPT: Final = 16
"""Variable bindings kept of one event."""

LONGEST: Final = 256
"""Octets kept of one string."""

MOST_SEEN: Final = 16_384
"""Names of objects whose column is remembered."""

ROW: Final = "row"
"""Name of the value that is the index of the first column a file knows."""

_IF_ENTRY: Final = "1.3.6.1.2.1.2.2.1."


class Kind(StrEnum):
    """What happened, whoever made the device."""

    COLD_START = "cold_start"
    WARM_START = "warm_start"
    LINK_DOWN = "link_down"
    LINK_UP = "link_up"
    LINK_FAULT = "link_fault"  # the other end of an Ethernet link receives nothing
    CRITICAL_LINK = "critical_link"
    DYING_GASP = "dying_gasp"  # the other end of an Ethernet link loses its power
    AUTHENTICATION_FAILURE = "authentication_failure"
    TEMPERATURE = "temperature"
    ONU_DYING_GASP = "onu_dying_gasp"
    ONU_POWER_OFF = "onu_power_off"
    ONU_POWER_BACK = "onu_power_back"
    ONU_OFFLINE = "onu_offline"
    ONU_ONLINE = "onu_online"
    ONU_CHANGED = "onu_changed"
    PON_LOS = "pon_los"
    PON_LOS_OVER = "pon_los_over"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class TrapEvent:
    """One thing that happened.

    `subject`: what it happened to, on that device (`link:3`, `onu:0/1/4/17`); "" where the trap does not say.
    `values`: what the maker's file has names for, cleaned. `varbinds`: as they came, bounded; none where the trap is
    known and told its subject. `agent`: whom a v1 trap says to come from.
    """

    kind: Kind
    trap: str
    name: str = ""
    maker: str = ""
    subject: str = ""
    if_index: int | None = None
    values: Mapping[str, int | str] = field(default_factory=dict)
    varbinds: tuple[Varbind, ...] = ()
    agent: str | None = None


@dataclass(frozen=True, slots=True)
class Meaning:
    """One trap of a maker's file. `about`: names of the values that tell its subject. `by`: of the value that decides
    between `kinds`."""

    maker: str
    name: str
    kind: Kind
    thing: str = ""
    about: tuple[str, ...] = ()
    by: str = ""
    kinds: Mapping[int, Kind] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Book:
    """All files: traps by OID, names of columns by OID."""

    traps: Mapping[str, Meaning]
    columns: Mapping[str, str]
    _seen: dict[str, tuple[str, str]] = field(default_factory=dict)

    def event(self, message: TrapMessage) -> TrapEvent:
        """What a message tells."""
        meaning = self.traps.get(message.trap)
        values = self._values(message.varbinds)
        if_index = values.get("if_index")
        index = if_index if isinstance(if_index, int) else None
        if meaning is None:
            kept = tuple(_bounded(one) for one in message.varbinds[:MOST_KEPT])
            return TrapEvent(Kind.OTHER, message.trap, "", "", "", index, values, kept, message.agent)
        kind, subject = _kind(meaning, values), _subject(meaning, values)
        kept = () if subject else tuple(_bounded(one) for one in message.varbinds[:MOST_KEPT])
        return TrapEvent(kind, message.trap, meaning.name, meaning.maker, subject, index, values, kept, message.agent)

    def _values(self, varbinds: Iterable[Varbind]) -> dict[str, int | str]:
        """What the files have names for."""
        found: dict[str, int | str] = {}
        for name, _, value in varbinds:
            column, row = self._seen.get(name) or self._column(name)
            if not column or value is None:
                continue
            if column not in found:
                found[column] = clean(value)
            if row and ROW not in found:
                found[ROW] = row
            # A linkDown without ifIndex tells it all the same.
            if "if_index" not in found and name.startswith(_IF_ENTRY) and row.isdecimal():
                found["if_index"] = int(row)
        return found

    def _column(self, name: str) -> tuple[str, str]:
        """The name of an object and which row of it; ("", "") for one that no file knows. Remembered."""
        head, row = name, ""
        while head and head not in self.columns:
            head, _, last = head.rpartition(".")
            row = f"{last}.{row}" if row else last
        if len(self._seen) >= MOST_SEEN:
            self._seen.clear()
        found = self._seen[name] = (self.columns[head], row) if head else ("", "")
        return found


def _kind(meaning: Meaning, values: Mapping[str, int | str]) -> Kind:
    decided = values.get(meaning.by) if meaning.by else None
    return meaning.kinds.get(decided, meaning.kind) if isinstance(decided, int) else meaning.kind


def _subject(meaning: Meaning, values: Mapping[str, int | str]) -> str:
    if not meaning.about:
        return meaning.thing
    if any(name not in values for name in meaning.about):
        return ""
    return f"{meaning.thing}:{'/'.join(str(values[name]) for name in meaning.about)}"


def clean(value: int | bytes | str) -> int | str:
    """A value for people: text without control characters; octets that are no text as hexadecimal."""
    if not isinstance(value, bytes):
        return value
    cut = value[:LONGEST]
    try:
        text = cut.decode().rstrip("\0")
    except UnicodeDecodeError:
        return cut.hex(":")
    return text if text.isprintable() else cut.hex(":")


def _bounded(one: Varbind) -> Varbind:
    if isinstance(one.value, bytes) and len(one.value) > LONGEST:
        return one._replace(value=one.value[:LONGEST])
    return one


@cache
def book() -> Book:
    """All files of `snmp/traps/`; ValueError for one that contradicts itself or another."""
    return read_files(sorted(FILES.glob("*.toml")))


def read_files(paths: Iterable[Path]) -> Book:
    """A book of these files."""
    traps: dict[str, Meaning] = {}
    columns: dict[str, str] = {}
    for path in paths:
        told = tomllib.loads(path.read_text())
        for name, where in told.get("columns", {}).items():
            _once(columns, where, name, path)
        for one in told.get("trap", ()):
            _once(traps, one["oid"], _meaning(told["maker"], one), path)
    return Book(traps, columns)


def _once(known: dict[str, Any], where: str, what: object, path: Path) -> None:
    oid(where)  # ValueError for what is no OID
    if where in known:
        raise ValueError(f"{path.name}: {where} is known already")
    known[where] = what


def _meaning(maker: str, one: dict[str, Any]) -> Meaning:
    kinds = {int(value): Kind(kind) for value, kind in one.get("kinds", {}).items()}
    about = tuple(one.get("about", ()))
    return Meaning(maker, one["name"], Kind(one["kind"]), one.get("thing", ""), about, one.get("by", ""), kinds)
