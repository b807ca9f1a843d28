"""A profile in the words of each maker."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyrad.packet import AuthPacket

import radius.vendors
from radius import attributes as a
from radius.errors import UnknownVendor
from radius.packet import Packet, build
from radius.profile import Level, Profile
from radius.vendors import SessionKeys, vendor, vendors
from tests.radius import oracle

MIKROTIK, WISPR = 14988, 14122
FULL = Profile(100_000, 50_500, "overdue", "pppoe", 3600, 300)
SESSION = SessionKeys("demo001", "81200042", "100.64.0.7", "AA:BB:CC:DD:EE:FF", "ether1")


def packet(attributes: bytes) -> Packet:
    return Packet.parse(build(a.ACCESS_ACCEPT, 0, bytes(16), attributes))


def test_every_file_in_the_folder_is_a_vendor_of_that_name() -> None:
    files = {path.stem for path in Path(radius.vendors.__file__).parent.glob("*.py")} - {"__init__"}
    assert vendors() == sorted(files)
    for name in vendors():
        assert vendor(name).name == name
        for octets in (vendor(name).accept(FULL), vendor(name).change(FULL), vendor(name).keys(SESSION)):
            assert list(packet(octets).attributes())
        assert vendor(name).accept(Profile()) == b""


LEVELS: tuple[Level, ...] = ("read", "write", "full")
# What each maker's router is told of an administrator who may look, configure, or all: by name, as pyrad reads it.
ADMINISTRATORS = {
    "standard": [{"Service-Type": ["NAS-Prompt-User"]}] * 2 + [{"Service-Type": ["Administrative-User"]}],
    "mikrotik": [{"Mikrotik-Group": [level]} for level in LEVELS],
    "cisco": [
        {"Service-Type": ["NAS-Prompt-User"], "Cisco-AVPair": ["shell:priv-lvl=1"]},
        {"Service-Type": ["Administrative-User"], "Cisco-AVPair": ["shell:priv-lvl=15"]},
        {"Service-Type": ["Administrative-User"], "Cisco-AVPair": ["shell:priv-lvl=15"]},
    ],
    "huawei": [{"Service-Type": ["Administrative-User"], "Huawei-Exec-Privilege": [n]} for n in (1, 2, 15)],
    "juniper": [{"Juniper-Local-User-Name": [f"milha-{level}"]} for level in LEVELS],
    "nokia": [
        {"Timetra-Access": [2], "Timetra-Profile": [name]} for name in ("default", "milha-write", "administrative")
    ],
    "zte": [
        {"Service-Type": ["NAS-Prompt-User"], "ZTE-SW-Privilege": [1]},
        {"Service-Type": ["Administrative-User"], "ZTE-SW-Privilege": [15]},
        {"Service-Type": ["Administrative-User"], "ZTE-SW-Privilege": [15]},
    ],
}


@pytest.mark.parametrize("name", vendors())
def test_an_administrators_level_reads_in_pyrad_as_the_maker_calls_it(name: str) -> None:
    for level, wanted in zip(LEVELS, ADMINISTRATORS[name], strict=True):
        octets = build(a.ACCESS_ACCEPT, 0, bytes(16), vendor(name).administrator(level))
        read = AuthPacket(secret=b"s", dict=oracle.DICTIONARY, packet=octets)
        names = read.keys()  # a pyrad packet iterates over numbers
        assert {key: read[key] for key in names} == wanted, level


def test_the_octets_of_huaweis_level_and_mikrotiks_group() -> None:
    """Vendor-Specific of RFC 2865 section 5.26: type, length, vendor, then the maker's type, length and value."""
    assert vendor("huawei").administrator("full").hex() == "060600000006" + "1a0c000007db1d060000000f"
    assert vendor("mikrotik").administrator("full").hex() == "1a0c00003a8c0306" + b"full".hex()


def test_an_unknown_vendor_is_named_beside_those_there_are() -> None:
    with pytest.raises(UnknownVendor, match=r"'acme'.*mikrotik, nokia, standard"):
        vendor("acme")


def test_mikrotik_writes_upload_first_because_the_router_receives_it() -> None:
    accept = packet(vendor("mikrotik").accept(FULL))
    assert accept.vsa(MIKROTIK, 8) == b"50500k/100M"
    assert accept.vsa(MIKROTIK, 19) == b"overdue"
    assert (accept.text(a.FRAMED_POOL), accept.integer(27), accept.integer(85)) == ("pppoe", 3600, 300)


@pytest.mark.parametrize(
    ("profile", "rate"),
    [
        (Profile(10_000, 5_000), b"5M/10M"),
        (Profile(512, 128), b"128k/512k"),
        (Profile(2_000, None), b"0/2M"),
        (Profile(None, 2_000), b"2M/0"),
    ],
)
def test_mikrotik_rates_are_written_as_short_as_they_are_exact(profile: Profile, rate: bytes) -> None:
    assert packet(vendor("mikrotik").accept(profile)).vsa(MIKROTIK, 8) == rate


def test_a_mikrotik_change_clears_what_the_profile_no_longer_has() -> None:
    change = packet(vendor("mikrotik").change(Profile()))
    assert change.vsa(MIKROTIK, 8) == b"0/0"
    assert change.vsa(MIKROTIK, 19) == b""
    confined = packet(vendor("mikrotik").change(FULL))
    assert confined.vsa(MIKROTIK, 19) == b"overdue"
    assert a.FRAMED_POOL not in confined


def test_mikrotik_finds_a_session_by_all_that_is_known_of_it() -> None:
    keys = packet(vendor("mikrotik").keys(SESSION))
    assert [kind for kind, _ in keys.attributes()] == [1, 44, 8, 87]
    assert (keys.text(1), keys.text(44), str(keys.address(8)), keys.text(87)) == (
        "demo001",
        "81200042",
        "100.64.0.7",
        "ether1",
    )
    bare = packet(vendor("mikrotik").keys(SessionKeys("demo001", "81200042")))
    assert [kind for kind, _ in bare.attributes()] == [1, 44]


def test_a_standard_nas_gets_bits_per_second_and_a_filter() -> None:
    accept = packet(vendor("standard").accept(FULL))
    assert accept.vsa(WISPR, 7) == (50_500_000).to_bytes(4, "big")
    assert accept.vsa(WISPR, 8) == (100_000_000).to_bytes(4, "big")
    assert accept.text(a.FILTER_ID) == "overdue"
    assert [kind for kind, _ in packet(vendor("standard").keys(SESSION)).attributes()] == [1, 44, 8, 31, 87]


def test_a_speed_beyond_32_bits_is_said_as_the_highest_there_is() -> None:
    assert packet(vendor("standard").accept(Profile(10_000_000))).vsa(WISPR, 8) == b"\xff\xff\xff\xff"


def test_a_huawei_gets_bits_per_second_by_its_own_attributes_and_a_user_group() -> None:
    accept = packet(vendor("huawei").accept(FULL))
    up, down = (50_500_000).to_bytes(4, "big"), (100_000_000).to_bytes(4, "big")
    assert [accept.vsa(2011, kind) for kind in (2, 3, 5, 6)] == [up, up, down, down]
    assert accept.text(a.FILTER_ID) == "overdue" and accept.integer(a.ACCT_INTERIM_INTERVAL) == 300
    assert packet(vendor("huawei").change(Profile(9_000_000))).vsa(2011, 5) == b"\xff\xff\xff\xff"
    assert [kind for kind, _ in packet(vendor("huawei").keys(SESSION)).attributes()] == [1, 44]
