"""Names for screens and logs."""

from __future__ import annotations

import random
from ipaddress import IPv4Address

import pytest

import radius.attributes
from radius import attributes as a
from radius.attributes import attr, vsa
from radius.auth import chap_response, pap_encrypt
from radius.dictionary import MASK, canonical, describe, encode
from radius.dynamic_authorization import ErrorCause, error_cause_name
from radius.errors import Unencodable
from radius.packet import Packet, build

from .oracle import DICTIONARY
from .wires import SECRET


def described(*attributes: bytes) -> list[tuple[str, str]]:
    return describe(Packet.parse(build(a.ACCESS_REQUEST, 0, bytes(16), b"".join(attributes))))


def test_a_packet_is_told_by_name_and_in_order() -> None:
    assert described(
        attr(a.USER_NAME, "São"),
        attr(a.NAS_IP_ADDRESS, IPv4Address("10.0.0.1")),
        attr(a.ACCT_STATUS_TYPE, 3),
        attr(a.ACCT_STATUS_TYPE, 77),
        attr(a.CLASS, b"\x00\x01"),
        vsa(14988, 8, "5M/10M"),
        vsa(14988, 200, "x"),
        attr(199, b"\xff"),
        attr(26, b"\x00"),
    ) == [
        ("User-Name", "São"),
        ("NAS-IP-Address", "10.0.0.1"),
        ("Acct-Status-Type", "Interim-Update"),
        ("Acct-Status-Type", "77"),
        ("Class", "0x0001"),
        ("Mikrotik-Rate-Limit", "5M/10M"),
        ("Attr-26.14988.200", "0x78"),
        ("Attr-199", "0xff"),
        ("Vendor-Specific", "0x00"),
    ]


def test_what_a_password_can_be_read_or_guessed_from_is_masked() -> None:
    shown = described(
        attr(a.USER_PASSWORD, pap_encrypt(b"hunter2", SECRET, bytes(16))),
        attr(a.CHAP_PASSWORD, chap_response(b"\1", b"hunter2", bytes(16))),
        attr(69, b"tunnel"),
        attr(a.EAP_MESSAGE, b"eap"),
        vsa(311, 25, bytes(50)),
        vsa(311, 16, b"key"),
    )
    assert len(shown) == 6
    assert {value for _, value in shown} == {MASK}


def test_control_characters_do_not_reach_a_terminal() -> None:
    assert described(attr(a.USER_NAME, "a\x1b[31m\n\u202e")) == [("User-Name", "a\\x1b[31m\\n\\u202e")]


def test_a_value_of_the_wrong_size_is_shown_as_octets() -> None:
    assert described(attr(a.NAS_PORT, b"\1"), attr(a.NAS_IP_ADDRESS, b""), attr(97, bytes(40))) == [
        ("NAS-Port", "0x01"),
        ("NAS-IP-Address", "0x"),
        ("Framed-IPv6-Prefix", "0x" + "00" * 40),
    ]


def test_any_octets_at_all_can_be_told() -> None:
    chance = random.Random(5)
    for _ in range(5000):
        values = [attr(chance.randrange(256), chance.randbytes(chance.randrange(30))) for _ in range(4)]
        assert len(described(*values)) >= 4


def test_the_dictionary_and_the_constants_say_the_same_numbers() -> None:
    by_code = {attribute.code: name for name, attribute in DICTIONARY.attributes.items() if not attribute.vendor}
    names = {name.upper().replace("-", "_"): code for code, name in by_code.items()}
    constants = {name: value for name, value in vars(radius.attributes).items() if isinstance(value, int)}
    shared = names.keys() & constants.keys()
    assert len(shared) > 50
    assert {name: names[name] for name in shared} == {name: constants[name] for name in shared}


def test_the_dictionary_and_the_causes_say_the_same_numbers() -> None:
    values = DICTIONARY.attributes["Error-Cause"].values
    for cause in ErrorCause:
        name = values.GetBackward(int(cause).to_bytes(4, "big"))
        assert name.replace("-", " ").lower() == error_cause_name(cause)


# ------------------------------------------------------------ from names to octets


@pytest.mark.parametrize(
    ("name", "value", "wire"),
    [
        ("Framed-Protocol", "PPP", "070600000001"),
        ("service-type", "Framed-User", "060600000002"),
        ("Session-Timeout", "0x10", "1b0600000010"),
        ("Framed-IP-Address", "10.0.0.1", "08060a000001"),
        ("Framed-Route", "10.1.0.0/24 10.0.0.1 1", "1618" + b"10.1.0.0/24 10.0.0.1 1".hex()),
        ("Framed-Pool", "São", "580653c3a36f"),
        ("Class", "0xff00", "1904ff00"),
        ("Event-Timestamp", "2026-01-01T00:00:00", "37066955b900"),
        ("Event-Timestamp", "1767225600", "37066955b900"),
        ("Framed-Interface-Id", "0:1:2:ffff", "600a000000010002ffff"),
        ("Framed-IPv6-Address", "2001:db8::1", "a81220010db8000000000000000000000001"),
        # RFC 3162 2.3: a reserved octet, the length, the prefix with its host bits zero
        ("Delegated-IPv6-Prefix", "2001:db8::1/56", "7b14003820010db8000000000000000000000000"),
        # RFC 2865 5.26: vendor 14988, type 8
        ("Mikrotik-Rate-Limit", "10M/20M", "1a0f00003a8c0809" + b"10M/20M".hex()),
        ("Cisco-AVPair", "ip:addr-pool=a", "1a16" + "00000009" + "0110" + b"ip:addr-pool=a".hex()),
        # RFC 2868 3: a tag takes a number's first octet, and stands before a text
        ("Tunnel-Type", "VLAN", "40060000000d"),
        ("Tunnel-Type:1", "VLAN", "40060100000d"),
        ("Tunnel-Private-Group-Id", "100", "5105313030"),
        ("Tunnel-Private-Group-Id:2", "100", "510602313030"),
        ("ERX-Service-Activate:1", "gold(1)", "1a10" + "0000130a" + "410a01" + b"gold(1)".hex()),
    ],
)
def test_an_attribute_is_written_by_its_name(name: str, value: str, wire: str) -> None:
    assert encode(name, value).hex() == wire


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Framed-Pol", "x"),
        ("", ""),
        ("Framed-Protocol", "PPPoE"),
        ("Session-Timeout", "-1"),
        ("Session-Timeout", "4294967296"),
        ("Session-Timeout", "1_000"),
        ("Session-Timeout", ""),
        ("Framed-IP-Address", "2001:db8::1"),
        ("Framed-IPv6-Prefix", "2001:db8::/129"),
        ("Framed-Interface-Id", "1:2:3"),
        ("Class", "0xf"),
        ("Event-Timestamp", "tomorrow"),
        ("Reply-Message", ""),
        ("Reply-Message", "x" * 254),
        ("Mikrotik-Address-List", "x" * 248),
        ("Reply-Message", "\ud800"),
        ("Framed-Pool:1", "x"),
        ("Tunnel-Type:32", "VLAN"),
        ("Tunnel-Type:x", "VLAN"),
        ("Tunnel-Type:1", "0x01000000"),
        ("User-Password", "x"),
        ("Tunnel-Password", "x"),
        ("Message-Authenticator", "0x00"),
        ("Vendor-Specific", "0x00"),
    ],
)
def test_what_cannot_be_written_is_refused(name: str, value: str) -> None:
    with pytest.raises(Unencodable):
        encode(name, value)


SAMPLES = {
    "integer": "7",
    "string": "text",
    "ipaddr": "192.0.2.7",
    "ipv6addr": "2001:db8::7",
    "ipv6prefix": "2001:db8::/48",
    "ifid": "0:0:0:7",
    "date": "86400",
    "octets": "0x0707",
}


def test_every_attribute_that_may_be_written_is_read_back_under_its_name() -> None:
    """pyrad reads what we wrote."""
    written = 0
    for name, attribute in DICTIONARY.attributes.items():
        try:
            wire = encode(name, SAMPLES[attribute.type])
        except Unencodable:
            assert attribute.type == "octets" or name == "Tunnel-Password", name
            continue
        [(told, value)] = described(wire)
        named = attribute.values.HasBackward((7).to_bytes(4, "big"))
        assert told == name and (named or value in (SAMPLES[attribute.type], "0x0707")), name
        written += 1
    assert written > 250


def test_a_name_has_one_spelling() -> None:
    assert canonical(" mikrotik-rate-limit ") == "Mikrotik-Rate-Limit"
    assert canonical("erx-service-activate:1") == "ERX-Service-Activate:1"
    assert canonical("Mikrotik-Rate") is None
