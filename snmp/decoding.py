"""From what a device says to what it means, as its profile tells. Pure; a column's rule is compiled once."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import Final, get_type_hints

from snmp.profiles.schema import ROWS, WORDS, As, Column, Piece, Table
from snmp.wire import Value

Meaning = int | float | str | None
Decoder = Callable[[Value], Meaning]

_TEXT_FIELDS: Final = {
    of: {name for name, kind in get_type_hints(row).items() if kind in (str, str | None)} for of, row in ROWS.items()
}
_WHOLE_FIELDS: Final = {
    of: {name for name, kind in get_type_hints(row).items() if kind in (int, int | None)} for of, row in ROWS.items()
}


def decoder(table: Table, name: str, column: Column) -> Decoder | None:
    """The rule of one column; None = the raw number as it is."""
    if name.startswith("_"):
        return None
    if column.words or name in WORDS:
        return _worded(column, name)
    if name in _TEXT_FIELDS[table.of]:
        return _texted(column)
    whole = name in _WHOLE_FIELDS[table.of]
    plain = not (column.none or column.pieces or column.pattern) and (column.scale, column.offset) == (1.0, 0.0)
    if whole and plain and column.none_above is None and column.none_below is None:
        return _whole
    number = _number(column)
    return (lambda raw: None if (value := number(raw)) is None else round(value)) if whole else number


def _whole(raw: Value) -> int | None:
    if isinstance(raw, str) and raw.isdecimal():  # a part of an index
        return int(raw)
    return raw if isinstance(raw, int) else None


def _worded(column: Column, name: str) -> Decoder:
    words: dict[str, str | None] = {key.lower(): meant(name, word) for key, word in column.words.items()}
    words |= {str(one).lower(): None for one in column.none}
    other = None if column.other is None else meant(name, column.other)
    return lambda raw: words.get(text(raw).lower(), other)


def meant(name: str, word: str) -> str:
    """A word of a profile's file as the field holds it: a member where the field's words are a closed list."""
    return WORDS[name](word) if name in WORDS else word


def _texted(column: Column) -> Decoder:
    nothing = {str(one).lower() for one in column.none} | {""}

    def decode(raw: Value) -> str | None:
        said = text(raw, column.text_as)
        return None if said.lower() in nothing else said

    return decode


def _number(column: Column) -> Callable[[Value], float | None]:
    nothing = {one for one in column.none if isinstance(one, int)}
    low = -math.inf if column.none_below is None else column.none_below
    high = math.inf if column.none_above is None else column.none_above
    pattern = re.compile(column.pattern) if column.pattern else None
    pieces = column.pieces or (Piece(scale=column.scale, offset=column.offset),)

    def decode(raw: Value) -> float | None:
        number = _read(raw, pattern)
        if number is None or number in nothing or not low <= number <= high:
            return None
        return pieced(number, pieces)

    return decode


def _read(raw: Value, pattern: re.Pattern[str] | None) -> float | None:
    if isinstance(raw, int | float):
        return raw
    said = text(raw)
    found = pattern.search(said) if pattern else None
    try:
        return float(found[1] if found else said)
    except ValueError:
        return None


def pieced(number: float, pieces: Sequence[Piece]) -> float | None:
    """Ours, by the first piece that the raw value is not above."""
    for piece in pieces:
        if piece.up_to is None or number <= piece.up_to:
            value = round(number * piece.scale + piece.offset, 6)
            return microwatts_to_dbm(value) if piece.microwatts else value
    return None


def microwatts_to_dbm(power: float) -> float | None:
    """Decibels over a milliwatt; None for no power at all."""
    return round(10 * math.log10(power / 1000), 2) if power > 0 else None


def text(raw: Value, how: As = "text") -> str:
    """Octets and numbers as text. "serial": four letters and four octets of a GPON serial number (G.984.3)."""
    if not isinstance(raw, bytes):
        return "" if raw is None else str(raw)
    if how == "mac":
        return raw.hex(":") if len(raw) == 6 else _printable(raw)
    if how == "hex":
        return raw.hex()
    if how == "serial" and len(raw) == 8 and raw[:4].isalnum():
        return raw[:4].decode("ascii").upper() + raw[4:].hex().upper()
    return _printable(raw)


def _printable(raw: bytes) -> str:
    """UTF-8 where it is, else Latin-1; without what could harm a screen or a database."""
    try:
        said = raw.decode("utf-8")
    except UnicodeDecodeError:
        said = raw.decode("latin-1")
    return "".join(one for one in said if one.isprintable()).strip()


def index_part(index: str, part: int, layout: str) -> str | None:
    """A part of an index (from 1) as its layout says: {value}, or its bytes {b1} to {b4}."""
    parts = index.split(".")
    if not 1 <= part <= len(parts) or not parts[part - 1].isdecimal():
        return None
    value = int(parts[part - 1])
    b1, b2, b3, b4 = (value & 0xFFFFFFFF).to_bytes(4, "big")
    return layout.format(value=value, b1=b1, b2=b2, b3=b3, b4=b4)
