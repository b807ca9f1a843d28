"""What traps mean, by the makers' files."""

from __future__ import annotations

from pathlib import Path

import pytest

from snmp.ber import INTEGER, OCTETS, OID, Varbind
from snmp.trap_events import FILES, LONGEST, MOST_KEPT, Kind, TrapEvent, book, clean, read_files
from snmp.trap_message import TrapMessage, Version, decode, encode_v1

IF_ENTRY = "1.3.6.1.2.1.2.2.1"
ZTE = "1.3.6.1.4.1.3902.1015.1010.1.10"
HUAWEI = "1.3.6.1.4.1.2011.5.25.179.1"
CDATA = "1.3.6.1.4.1.34592.1.3"


def event(trap: str, *varbinds: Varbind) -> TrapEvent:
    return book().event(TrapMessage(Version.V2C, False, 1, 1, trap, varbinds))


def number(oid: str, value: int) -> Varbind:
    return Varbind(oid, INTEGER, value)


@pytest.mark.parametrize(
    ("last", "kind"),
    [
        (1, Kind.COLD_START),
        (2, Kind.WARM_START),
        (3, Kind.LINK_DOWN),
        (4, Kind.LINK_UP),
        (5, Kind.AUTHENTICATION_FAILURE),
    ],
)
def test_the_standard_traps_mean_what_rfc_3418_and_2863_say(last: int, kind: Kind) -> None:
    assert event(f"1.3.6.1.6.3.1.1.5.{last}").kind == kind


def test_a_link_is_known_by_its_if_index() -> None:
    found = event("1.3.6.1.6.3.1.1.5.3", number(f"{IF_ENTRY}.1.9", 9), number(f"{IF_ENTRY}.8.9", 2))
    assert (found.if_index, found.subject, found.values["if_oper"], found.varbinds) == (9, "link:9", 2, ())


def test_a_link_down_without_if_index_is_known_by_the_row_of_another_column() -> None:
    found = event("1.3.6.1.6.3.1.1.5.3", number(f"{IF_ENTRY}.8.12", 2))
    assert (found.if_index, found.subject) == (12, "link:12")


def test_a_link_down_that_does_not_say_which_keeps_what_it_brought() -> None:
    other = Varbind("1.3.6.1.4.1.99999.1", OCTETS, b"eth0")
    assert event("1.3.6.1.6.3.1.1.5.3", other) == TrapEvent(
        Kind.LINK_DOWN, "1.3.6.1.6.3.1.1.5.3", "linkDown", varbinds=(other,)
    )


@pytest.mark.parametrize(
    ("trap", "kind"),
    [
        (f"{ZTE}.3.12", Kind.ONU_DYING_GASP),
        (f"{ZTE}.3.15", Kind.ONU_POWER_OFF),
        (f"{ZTE}.3.16", Kind.ONU_POWER_BACK),
        (f"{ZTE}.3.3", Kind.ONU_OFFLINE),
        (f"{ZTE}.3.4", Kind.ONU_ONLINE),
    ],
)
def test_zte_tells_of_an_onu_by_its_if_index(trap: str, kind: Kind) -> None:
    found = event(trap, number(f"{IF_ENTRY}.1.268501248", 268501248), Varbind(f"{ZTE}.2.9", OCTETS, b"epon_1/2/3"))
    assert (found.kind, found.maker, found.subject) == (kind, "zte", "onu:268501248")
    assert found.values["pon_port"] == "epon_1/2/3"


def test_huawei_tells_of_an_onu_by_slot_card_port_and_number() -> None:
    place = [number(f"{HUAWEI}.6.{column}.0", value) for column, value in ((1, 0), (2, 1), (3, 4), (4, 17))]
    off = event(f"{HUAWEI}.7.7", *place, Varbind(f"{HUAWEI}.6.5.0", OCTETS, b"\x00\x1a\x2b\xff\xfe\x01"))
    assert (off.kind, off.subject, off.values["onu_mac"]) == (Kind.ONU_OFFLINE, "onu:0/1/4/17", "00:1a:2b:ff:fe:01")
    dark = event(f"{HUAWEI}.7.1", *place[:3])
    assert (dark.kind, dark.subject) == (Kind.PON_LOS, "pon:0/1/4")


def test_c_data_tells_of_an_onu_by_the_row_of_its_status() -> None:
    found = event(f"{CDATA}.6.0.17", number(f"{CDATA}.4.1.1.11.1.4.17", 2))
    assert (found.kind, found.maker, found.subject) == (Kind.ONU_DYING_GASP, "cdata", "onu:1.4.17")


@pytest.mark.parametrize(
    ("value", "kind"), [(256, Kind.LINK_FAULT), (257, Kind.DYING_GASP), (258, Kind.CRITICAL_LINK), (1, Kind.OTHER)]
)
def test_ethernet_oam_tells_by_a_value_what_happened(value: int, kind: Kind) -> None:
    found = event("1.3.6.1.2.1.158.0.2", number("1.3.6.1.2.1.158.1.6.1.4.5.77", value))
    assert (found.kind, found.values["oam_event"]) == (kind, value)


def test_a_trap_that_no_file_knows_is_kept_with_some_of_what_it_brought() -> None:
    many = [Varbind(f"1.3.6.1.4.1.99999.{n}", OCTETS, b"x" * 1000) for n in range(40)]
    found = event("1.3.6.1.4.1.99999.0.1", *many)
    assert (found.kind, found.name, found.maker, len(found.varbinds)) == (Kind.OTHER, "", "", MOST_KEPT)
    assert all(one.value == b"x" * LONGEST for one in found.varbinds)


def test_a_v1_trap_keeps_whom_it_says_to_come_from() -> None:
    octets = encode_v1(b"public", "1.3.6.1.4.1.14988.1.1.9", "192.0.2.9", 6, 2, 1)
    found = book().event(decode(octets))
    assert (found.kind, found.agent, found.subject) == (Kind.TEMPERATURE, "192.0.2.9", "device")


@pytest.mark.parametrize(
    ("value", "text"),
    [(b"ether1", "ether1"), (b"ether1\0", "ether1"), (b"a\x1b[2J", "61:1b:5b:32:4a"), (b"\xff\x00", "ff:00"), (7, 7)],
)
def test_values_are_cleaned_for_people(value: int | bytes, text: str | int) -> None:
    assert clean(value) == text


def test_every_file_names_its_source() -> None:
    files = sorted(FILES.glob("*.toml"))
    assert {path.stem for path in files} >= {"standard", "zte", "huawei", "cdata", "mikrotik"}
    assert all('\nsource = "' in path.read_text() for path in files)


@pytest.mark.parametrize(
    "text",
    [
        'maker="x"\n[[trap]]\noid="1.3.6"\nname="a"\nkind="no_such_kind"\n',
        'maker="x"\n[[trap]]\noid="not an oid"\nname="a"\nkind="other"\n',
        'maker="x"\n[[trap]]\noid="1.3.6"\nname="a"\nkind="other"\n[[trap]]\noid="1.3.6"\nname="b"\nkind="other"\n',
        'maker="x"\n[columns]\na="1.3.6.1"\nb="1.3.6.1"\n',
    ],
)
def test_a_file_that_contradicts_itself_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.toml").write_text(text)
    with pytest.raises(ValueError):
        read_files([tmp_path / "x.toml"])


def test_names_of_objects_are_remembered_within_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("snmp.trap_events.MOST_SEEN", 10)
    small = read_files(sorted(FILES.glob("*.toml")))
    for n in range(100):
        small.event(TrapMessage(Version.V2C, False, 1, 1, "1.3.6", (Varbind(f"1.3.6.1.{n}", OID, "1.3"),)))
    assert len(small._seen) <= 10
