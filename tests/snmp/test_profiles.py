"""Profiles: a maker is one file, and a file that is not right is refused with its place and reason."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from snmp.profiles import FOLDER, BadProfile, identify, load, parse, profiles

NEW_MAKER = """
maker = "Novus"
extends = "generic"
without = ["entity_sensors"]

[match]
object_ids = ["1.3.6.1.4.1.77777"]

[[tables]]
of = "sensors"
name = "temperature"
rows = "value"
fixed = { measure = "temperature", name = "board" }
columns = { value = { oid = "1.3.6.1.4.1.77777.1.1", scale = 0.5 } }
"""
GOOD = """
maker = "X"
[[tables]]
of = "onus"
name = "onus"
rows = "serial"
[tables.columns]
serial = { oid = "1.3.6.1.4.1.1.1" }
state = { oid = "1.3.6.1.4.1.1.2", words = { 1 = "online" } }
rx_dbm = { oid = "1.3.6.1.4.1.1.3", scale = 0.1 }
"""


@pytest.mark.parametrize(
    ("object_id", "description", "name"),
    [
        ("1.3.6.1.4.1.14988.1", "RouterOS RB750", "mikrotik"),
        ("1.3.6.1.4.1.14988.12", "", "generic"),
        ("1.3.6.1.4.1.2011.2.62.2.5", "Huawei Versatile Routing Platform Software", "huawei"),
        ("1.3.6.1.4.1.2011.2.248", "Huawei Integrated Access Software", "huawei_olt"),
        ("1.3.6.1.4.1.3902.1082.1001.320.2.1", "C320 Version V2.1.0 Software, Copyright (c) by ZTE", "zte_c300"),
        ("1.3.6.1.4.1.3902.1082.1001.320.2.1", "C320 Version V2.2.3 Software, Copyright (c) by ZTE", "zte_c600"),
        ("1.3.6.1.4.1.3902.1082.1001.600.2.1", "C600 Version V1.2.2 Software", "zte_c600"),
        ("1.3.6.1.4.1.3902.3.100", "ZXR10 router", "generic"),
        ("1.3.6.1.4.1.37950.1.1.5", "V1600D", "vsol"),
        ("1.3.6.1.4.1.34592.1.5", "FD1608S", "cdata"),
        ("1.3.6.1.4.1.10002.1", "Linux 2.6", "ubiquiti"),
        ("1.3.6.1.4.1.17713.21.1.2.18", "ePMP", "cambium"),
        ("1.3.6.1.4.1.8072.3.2.10", "Linux", "generic"),
        ("", "", "generic"),
    ],
)
def test_a_device_is_known_by_what_it_says_of_itself(object_id: str, description: str, name: str) -> None:
    assert identify(object_id, description).name == name


def test_a_new_maker_is_one_new_file(tmp_path: Path) -> None:
    for file in FOLDER.glob("*.toml"):
        shutil.copy(file, tmp_path)
    (tmp_path / "novus.toml").write_text(NEW_MAKER)
    found = load(tmp_path)
    novus = identify("1.3.6.1.4.1.77777.3", "anything", found)
    assert (novus.name, novus.maker) == ("novus", "Novus")
    assert [table.name for table in novus.tables] == ["interfaces", "processors", "storage", "temperature"]
    assert found.keys() - profiles().keys() == {"novus"}


def test_interfaces_come_first_so_that_counters_have_one_time() -> None:
    assert {one.tables[0].name for one in profiles().values()} == {"interfaces"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("scale = 0.1", 'scale = "a tenth"'), "rx_dbm.scale: Input should be a valid number"),
        (("scale = 0.1", "scael = 0.1"), "rx_dbm.scael: Extra inputs are not permitted"),
        (('"1.3.6.1.4.1.1.3"', '".1.3.6.1.4.1.1.3"'), "is no OID"),
        (('"1.3.6.1.4.1.1.3"', '"1.3.6.01"'), "is no OID"),
        (("rx_dbm", "rx_power"), "onus have no 'rx_power'"),
        (('"online"', '"upp"'), "state says upp; there are online"),
        (('rows = "serial"', 'rows = "mac"'), "rows names 'mac'"),
        (('of = "onus"', 'of = "modems"'), "Input should be 'interfaces'"),
        (("scale = 0.1", 'pattern = "dBm"'), "has 0 groups"),
        (("scale = 0.1", 'pattern = "(dBm"'), "is no regular expression"),
        (("scale = 0.1", 'precision = "_digits"'), "needs the column '_digits'"),
        (("scale = 0.1", "index_part = 1"), "an oid or an index_part, and not both"),
        (("scale = 0.1", "scale = 0.1, pieces = [{ scale = 2 }]"), "pieces have scales of their own"),
        (("scale = 0.1", "pieces = [{ scale = 2 }, { scale = 3 }]"), "only the last of the pieces"),
        (('maker = "X"', ""), "maker: Field required"),
        (('maker = "X"', "maker = X"), "Invalid value"),
        (('maker = "X"', 'maker = "X"\n[system]\ncolour = { oid = "1.3.6" }\n'), "system has no colour"),
    ],
)
def test_a_file_that_is_not_right_is_refused_with_its_place(change: tuple[str, str], words: str) -> None:
    with pytest.raises(BadProfile) as refused:
        parse("x", GOOD.replace(*change))
    assert str(refused.value).startswith("profile x: ") and words in str(refused.value)
    assert parse("x", GOOD).maker == "X"


def test_a_sensor_without_a_measure_and_two_tables_of_one_name_are_refused() -> None:
    with pytest.raises(BadProfile, match="a value and a measure"):
        parse("x", NEW_MAKER.replace('measure = "temperature", ', ""))
    with pytest.raises(BadProfile, match="two tables have the same name"):
        parse("x", GOOD + GOOD.partition('maker = "X"')[2])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (('extends = "generic"', 'extends = "nobody"'), "extends 'nobody'"),
        (('extends = "generic"', 'extends = "novus"'), "extends 'novus'"),
        (('"entity_sensors"', '"sensors"'), "generic has no such table"),
    ],
)
def test_what_is_extended_must_be_there(tmp_path: Path, change: tuple[str, str], words: str) -> None:
    shutil.copy(FOLDER / "generic.toml", tmp_path)
    (tmp_path / "novus.toml").write_text(NEW_MAKER.replace(*change))
    with pytest.raises(BadProfile, match=words):
        load(tmp_path)
