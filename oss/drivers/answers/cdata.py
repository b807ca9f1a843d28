"""C-Data FD16xx by SNMP: values of CDATA-GPON-MIB2 (what is configured) and NSCRTV-FTTX-GPON-MIB (what runs)."""

from __future__ import annotations

from collections.abc import Mapping

from oss.drivers.answers import cells
from oss.drivers.olt import FoundOnu, OltOnu

Index = tuple[int, ...]
Column = Mapping[Index, object]
STATES = {1: "online", 2: "offline"}
CAUSES = {"los": "los", "losi": "los", "dying-gasp": "dying-gasp", "--": "", "": ""}
NO_LIGHT = (65535, -65535, 0)


def text(value: object) -> str:
    """An OCTET STRING as text."""
    return value.decode("utf-8", "replace").strip("\0 ") if isinstance(value, bytes) else str(value).strip("\0 ")


def serial(oid: str, value: object) -> str:
    """Twelve letters, or the eight octets of ITU-T G.984.3."""
    if isinstance(value, bytes) and len(value) == 8:
        return cells.serial(oid, value.hex(), value.hex().upper())
    return cells.serial(oid, text(value), text(value))


def place(oid: str, index: Index) -> tuple[str, int]:
    """Device, card, port, ONU -> the PON as the inventory spells it, and the number on it."""
    if len(index) != 4:
        cells.unreadable(oid, str(index))
    return f"0/{index[1]}/{index[2]}", index[3]


def same_rows(oid: str, first: Column, *others: Column) -> None:
    """Columns of one table have the same rows, or something was lost."""
    if any(one.keys() != first.keys() for one in others):
        cells.unreadable(oid, "columns with other rows")


def there(oid: str, told: Mapping[str, object], asked: list[str]) -> bool:
    """Whether a row is: all that was asked of it came, or nothing did."""
    if told and set(told) != set(asked):
        cells.unreadable(oid, "a row in part")
    return bool(told)


def found(oid: str, serials: Column, models: Column, versions: Column) -> list[FoundOnu]:
    """gponOnuAutofindInfoTable."""
    same_rows(oid, serials, models, versions)
    rows = [
        FoundOnu(place(oid, at)[0], serial(oid, value), text(models.get(at, "")), text(versions.get(at, "")))
        for at, value in serials.items()
    ]
    cells.each_once(oid, "autofind", (one.serial for one in rows))
    return rows


def onus(oid: str, serials: Column, states: Column, names: Column) -> list[OltOnu]:
    """gponOnuConfigTable with the state of each."""
    same_rows(oid, serials, states, names)
    return [
        OltOnu(
            *place(oid, at), serial(oid, value), STATES.get(_whole(states.get(at)), "unknown"), text(names.get(at, ""))
        )
        for at, value in serials.items()
    ]


def _whole(value: object) -> int:
    return value if isinstance(value, int) else -1


def whole(oid: str, value: object) -> int:
    """An INTEGER that must be there."""
    if not isinstance(value, int):
        cells.unreadable(oid, str(value))
    return value


def dbm(value: object) -> float | None:
    """Hundredths of a dBm."""
    return None if not isinstance(value, int) or value in NO_LIGHT else value / 100
