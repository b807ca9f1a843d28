"""Names for screens and logs."""

from __future__ import annotations

import random
from ipaddress import IPv4Address

import radius.attributes
from radius import attributes as a
from radius.attributes import attr, vsa
from radius.auth import chap_response, pap_encrypt
from radius.dictionary import MASK, describe
from radius.dynamic_authorization import ErrorCause, error_cause_name
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
