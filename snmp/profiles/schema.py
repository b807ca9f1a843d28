"""What a profile's file may say. Nothing else may stand in it."""

from __future__ import annotations

import re
from dataclasses import fields
from enum import StrEnum
from typing import Annotated, Any, Final, Literal, Self, get_type_hints

from pydantic import AfterValidator, BaseModel, ConfigDict, model_validator

from snmp.results import DownCause, Interface, Measure, Memory, Onu, OnuState, Processor, Sensor

ROWS: Final[dict[str, type]] = {
    "interfaces": Interface,
    "processors": Processor,
    "memories": Memory,
    "sensors": Sensor,
    "onus": Onu,
}
WORDS: Final[dict[str, type[StrEnum]]] = {"state": OnuState, "last_down": DownCause, "measure": Measure}
"""Fields whose words are a closed list."""


def _oid(text: str) -> str:
    if not re.fullmatch(r"[012](\.(0|[1-9]\d{0,9}))+", text):
        raise ValueError(f"{text!r} is no OID: numbers with dots between, none before")
    return text


def _pattern(text: str) -> str:
    try:
        groups = re.compile(text).groups
    except re.error as problem:
        raise ValueError(f"{text!r} is no regular expression: {problem}") from None
    if groups != 1:
        raise ValueError(f"{text!r} has {groups} groups; the one of it is the number")
    return text


Oid = Annotated[str, AfterValidator(_oid)]
Pattern = Annotated[str, AfterValidator(_pattern)]
As = Literal["text", "mac", "serial", "hex"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Piece(_Strict):
    """How raw values up to ``up_to`` (None: all others) become ours. ``microwatts``: a power, wanted in dBm."""

    up_to: float | None = None
    scale: float = 1.0
    offset: float = 0.0
    microwatts: bool = False


class Fallback(_Strict):
    """Where a row has no value, this column is asked. ``bits``: width of the counters of such a row."""

    oid: Oid
    none: tuple[int, ...] = ()
    scale: float = 1.0
    bits: int | None = None
    slow: bool = False


class Column(_Strict):
    """One field of a row: from a column of the device, or from a part of the row's index.

    ``scale``, ``offset``: ours = raw * scale + offset. ``pieces`` instead, where the rule depends on the value.
    ``none``, ``none_above``, ``none_below``: raw values that mean "no value". ``words``: raw value -> our word, with
    ``other`` for the rest. ``pattern``: the number inside a text. ``text_as``: how octets become text.
    ``index``: so many parts of this column's index are the row's. ``join``: this column is indexed by so many first
    parts of the row's index. ``index_part`` (from 1) with ``layout``: {value}, or its bytes {b1} (highest) to {b4}.
    ``scale_by``: scales by the raw value of another column; ``precision``: column with decimals to divide by;
    ``times``: column to multiply by. ``slow``: read once an hour, not at every poll.
    """

    oid: Oid | None = None
    index_part: int | None = None
    layout: str = "{value}"
    scale: float = 1.0
    offset: float = 0.0
    pieces: tuple[Piece, ...] = ()
    none: tuple[int | str, ...] = ()
    none_above: float | None = None
    none_below: float | None = None
    words: dict[str, str] = {}
    other: str | None = None
    pattern: Pattern | None = None
    text_as: As = "text"
    index: int | None = None
    join: int | None = None
    scale_by: dict[str, dict[str, float]] = {}
    precision: str | None = None
    times: str | None = None
    slow: bool = False
    fallback: Fallback | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.oid is None) == (self.index_part is None):
            raise ValueError("a column has an oid or an index_part, and not both")
        if self.pieces and (self.scale, self.offset) != (1.0, 0.0):
            raise ValueError("pieces have scales of their own")
        if self.pieces and any(piece.up_to is None for piece in self.pieces[:-1]):
            raise ValueError("only the last of the pieces may be without up_to")
        return self


class Scalar(_Strict):
    """One value of the system."""

    oid: Oid
    text_as: As = "text"


class Table(_Strict):
    """Rows of one kind. A row stands where column ``rows`` has a value, and where ``keep`` allows it.

    Columns named with ``_`` are helpers. ``fixed``: fields that are the same in all rows. ``keep``: raw values of a
    column that a row must have one of. A scalar is a table of one row, "0".
    """

    of: Literal["interfaces", "processors", "memories", "sensors", "onus"]
    name: str
    rows: str
    fixed: dict[str, str | int | float] = {}
    keep: dict[str, tuple[int | str, ...]] = {}
    columns: dict[str, Column]

    @model_validator(mode="after")
    def _fields_exist(self) -> Self:
        known = {field.name for field in fields(ROWS[self.of])} - {"index", "bits"}
        for name in (*self.columns, *self.fixed):
            if not name.startswith("_") and name not in known:
                raise ValueError(f"{self.name}: {self.of} have no {name!r}; there are {', '.join(sorted(known))}")
        self._columns_exist()
        self._words_exist()
        return self

    def _columns_exist(self) -> None:
        if self.rows not in self.columns or self.columns[self.rows].oid is None:
            raise ValueError(f"{self.name}: rows names {self.rows!r}, which is no column with an oid")
        for name, column in self.columns.items():
            for other in (*column.scale_by, column.precision, column.times, *self.keep):
                if other is not None and other not in self.columns:
                    raise ValueError(f"{self.name}: {name} needs the column {other!r}, which is not there")
        if self.of == "sensors" and not {"measure", "value"} <= {*self.columns, *self.fixed}:
            raise ValueError(f"{self.name}: a sensor has a value and a measure")

    def _words_exist(self) -> None:
        for name, words in WORDS.items():
            said: list[Any] = [self.fixed[name]] if name in self.fixed else []
            if name in self.columns:
                column = self.columns[name]
                said += [*column.words.values(), *([column.other] if column.other else [])]
            wrong = set(said) - {word.value for word in words} if name in get_type_hints(ROWS[self.of]) else set()
            if wrong:
                raise ValueError(
                    f"{self.name}: {name} says {', '.join(map(str, sorted(wrong)))}; there are {', '.join(words)}"
                )


class Match(_Strict):
    """Beginnings of sysObjectID and parts of sysDescr; where both are given, both must fit."""

    object_ids: tuple[Oid, ...] = ()
    descriptions: tuple[str, ...] = ()


class ProfileFile(_Strict):
    """A file as written. ``extends``: the profile whose tables are read too, but those ``without``."""

    maker: str
    extends: str | None = None
    without: tuple[str, ...] = ()
    bulk: bool = True
    match: Match = Match()
    system: dict[str, Scalar] = {}
    tables: tuple[Table, ...] = ()

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        if unknown := set(self.system) - {"serial", "version", "model"}:
            raise ValueError(f"system has no {', '.join(sorted(unknown))}; there are serial, version, model")
        names = [table.name for table in self.tables]
        if len(set(names)) != len(names):
            raise ValueError("two tables have the same name")
        return self
