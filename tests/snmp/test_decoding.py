"""From raw values to ours: scales, sentinels, words, texts, parts of an index."""

from __future__ import annotations

from typing import Any

import pytest

from snmp.decoding import decoder, index_part, microwatts_to_dbm, pieced, text
from snmp.profiles.schema import Column, Piece, Table

SERIAL = Column(oid="1.3.1")


def decoded(name: str, raw: Any, **column: Any) -> Any:
    """A raw value by a column's rule."""
    one = Column(oid="1.3.2", **column)
    rule = decoder(Table(of="onus", name="onus", rows="serial", columns={"serial": SERIAL, name: one}), name, one)
    return raw if rule is None else rule(raw)


@pytest.mark.parametrize(
    ("raw", "column", "meaning"),
    [
        (-1987, {"scale": 0.01}, -19.87),
        (7768, {"scale": 0.01, "offset": -100.0}, -22.32),
        (2147483647, {"scale": 0.01, "none": [2147483647]}, None),
        (70000, {"none_above": 60000}, None),
        (-70000, {"none_below": -60000}, None),
        (b"0.03 mW (-16.02 dBm)", {"pattern": r"(-?\d+(?:\.\d+)?) ?dBm"}, -16.02),
        (b"-22.01", {}, -22.01),
        (b"N/A", {}, None),
        (b"", {"pattern": r"(\d+)"}, None),
        (None, {}, None),
        (3.5, {}, 3.5),
    ],
)
def test_powers(raw: Any, column: dict[str, Any], meaning: float | None) -> None:
    assert decoded("rx_dbm", raw, **column) == meaning


def test_whole_fields_are_whole() -> None:
    assert decoded("distance_m", 1234) == 1234
    assert decoded("distance_m", 12.6, scale=2.0) == 25
    assert decoded("distance_m", b"far") is None


def test_words_of_a_closed_list_and_what_is_none() -> None:
    words = {"words": {"1": "online", "los": "los"}, "none": [-1], "other": "unknown"}
    assert [decoded("state", raw, **words) for raw in (1, b"LOS", 9, -1)] == ["online", "los", "unknown", None]


def test_pieces_are_taken_by_the_raw_value() -> None:
    zte = (Piece(up_to=30000, scale=0.002, offset=-30.0), Piece(up_to=65534, scale=0.002, offset=-161.07))
    assert [pieced(raw, zte) for raw in (0, 30000, 30001, 65534, 65535)] == [-30.0, 30.0, -101.068, -30.002, None]
    huawei = (Piece(up_to=0, scale=0.01), Piece(microwatts=True))
    assert [pieced(raw, huawei) for raw in (-612, 501, 1000)] == [-6.12, -3.0, 0.0]
    assert microwatts_to_dbm(0) is None


@pytest.mark.parametrize(
    ("raw", "how", "said"),
    [
        (b"HWTC\x12\x34\x56\x78", "serial", "HWTC12345678"),
        (b"HWTC12345678", "serial", "HWTC12345678"),
        (b"\x00\x01\x02\x03\x04\x05", "mac", "00:01:02:03:04:05"),
        (b"\x00\xff", "hex", "00ff"),
        (b"1.3.6", "text", "1.3.6"),
        ("José".encode(), "text", "José"),
        ("José".encode("latin-1"), "text", "José"),
        (b"port\x00\x00\n\x1b[31m", "text", "port[31m"),
        (5, "text", "5"),
        (None, "text", ""),
    ],
)
def test_octets_become_text_that_harms_nobody(raw: Any, how: Any, said: str) -> None:
    assert text(raw, how) == said


def test_a_part_of_an_index_as_its_maker_packs_it() -> None:
    assert index_part("268501504.7", 1, "1/{b2}/{b3}") == "1/1/2"
    assert index_part("285278467.7", 1, "1/{b3}/{b4}") == "1/1/3"
    assert index_part("5.7", 2, "{value}") == "7"
    assert index_part("5", 2, "{value}") is None
