"""Packets by offset: RFC 2865 sections 3 and 5."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest

from radius import attributes as a
from radius.attributes import attr, vsa
from radius.errors import Malformed, Unencodable
from radius.packet import MAX_PACKET, Packet, build, vendor_attributes

AUTHENTICATOR = bytes(range(16))


def packet(*attributes: bytes) -> Packet:
    return Packet.parse(build(a.ACCESS_REQUEST, 7, AUTHENTICATOR, b"".join(attributes)))


def test_a_packet_comes_back_as_it_was_built() -> None:
    parsed = packet(attr(a.USER_NAME, "nemo"))
    assert (parsed.code, parsed.id, parsed.authenticator) == (a.ACCESS_REQUEST, 7, AUTHENTICATOR)
    assert parsed.raw == build(a.ACCESS_REQUEST, 7, AUTHENTICATOR, attr(a.USER_NAME, "nemo"))
    assert "code=1 id=7" in repr(parsed)


def test_a_header_alone_is_a_packet() -> None:
    assert list(packet().attributes()) == []


def test_the_first_of_repeated_attributes_is_the_one_and_all_keep_their_order() -> None:
    parsed = packet(attr(33, b"a"), attr(1, "x"), attr(33, b"b"), attr(33, b"c"))
    assert parsed.get(33) == b"a"
    assert parsed.get_all(33) == [b"a", b"b", b"c"]
    assert parsed.get_all(1) == [b"x"]
    assert list(parsed.attributes()) == [(33, b"a"), (1, b"x"), (33, b"b"), (33, b"c")]


def test_an_absent_attribute_is_none_in_every_reading() -> None:
    parsed = packet()
    assert 1 not in parsed
    readings = (parsed.get(1), parsed.text(1), parsed.integer(1), parsed.address(1), parsed.vsa(14988, 8))
    assert readings == (None,) * 5
    assert (parsed.get_all(1), parsed.offsets(1)) == ([], [])


def test_values_are_read_as_text_number_and_address() -> None:
    parsed = packet(attr(1, "São"), attr(5, 20), attr(8, IPv4Address("100.64.0.9")), attr(11, b"\xff"))
    assert (parsed.text(1), parsed.integer(5), parsed.address(8)) == ("São", 20, IPv4Address("100.64.0.9"))
    assert parsed.text(11) == "\N{REPLACEMENT CHARACTER}"


def test_a_number_or_address_of_another_size_is_none() -> None:
    parsed = packet(attr(5, b"\0\0\0"), attr(8, bytes(16)), attr(6, b""))
    assert (parsed.integer(5), parsed.address(8), parsed.integer(6)) == (None, None, None)


def test_vendor_attributes_are_found_whether_packed_together_or_apart() -> None:
    together = attr(26, (14988).to_bytes(4, "big") + b"\x08\x04ab" + b"\x13\x03c")
    for parsed in (packet(together), packet(vsa(9, 8, "x"), vsa(14988, 8, "ab"), vsa(14988, 19, "c"))):
        assert (parsed.vsa(14988, 8), parsed.vsa(14988, 19), parsed.vsa(14988, 1)) == (b"ab", b"c", None)


@pytest.mark.parametrize("value", [b"", b"\0\0", b"\0\0\0\1", b"\0\0\0\1\1", b"\0\0\0\1\1\1", b"\0\0\0\1\1\4x"])
def test_a_vendor_specific_laid_out_otherwise_is_octets_and_not_an_error(value: bytes) -> None:
    parsed = packet(attr(26, value), vsa(1, 1, "found"))
    assert vendor_attributes(value) == []
    assert parsed.get(26) == value
    assert parsed.vsa(1, 1) == b"found"


def test_octets_beyond_the_length_field_are_padding() -> None:
    octets = build(1, 7, AUTHENTICATOR, attr(1, "nemo"))
    assert Packet.parse(octets + b"padding").raw == octets


@pytest.mark.parametrize(
    ("why", "octets"),
    [
        ("empty", b""),
        ("shorter than a header", bytes(19)),
        ("a Length below 20", b"\1\1\0\x13" + bytes(16)),
        ("a Length beyond the datagram", b"\1\1\0\x15" + bytes(16)),
        ("a Length above 4096", b"\1\1\x10\x01" + bytes(16) + attr(79, bytes(253)) * 17),
        ("an attribute without a length", b"\1\1\0\x15" + bytes(16) + b"\1"),
        ("an attribute of length 0", b"\1\1\0\x16" + bytes(16) + b"\1\0"),
        ("an attribute of length 1", b"\1\1\0\x17" + bytes(16) + b"\1\1\2"),
        ("an attribute past the end", b"\1\1\0\x17" + bytes(16) + b"\1\4x"),
    ],
)
def test_what_the_rfc_discards_is_malformed(why: str, octets: bytes) -> None:
    with pytest.raises(Malformed):
        Packet.parse(octets)


def test_a_packet_holds_4096_octets_and_no_more() -> None:
    most = attr(79, bytes(253)) * 15 + attr(79, bytes(249))
    octets = build(1, 7, AUTHENTICATOR, most)
    assert len(octets) == MAX_PACKET
    assert len(Packet.parse(octets).get_all(79)) == 16
    with pytest.raises(Unencodable):
        build(1, 7, AUTHENTICATOR, most + attr(1, ""))
