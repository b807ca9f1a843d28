"""EAP packets, and how RADIUS carries them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radius import attributes as a
from radius.eap import packet
from radius.eap.packet import Eap
from radius.errors import Malformed
from radius.packet import Packet
from radius.packet import build as build_radius


def test_rfc3748_4_1_a_response_is_code_identifier_length_type_and_data() -> None:
    octets = bytes((2, 9, 0, 9, 1)) + b"user"
    assert packet.parse(octets) == Eap(packet.RESPONSE, 9, packet.IDENTITY, b"user")
    assert packet.build(packet.RESPONSE, 9, packet.IDENTITY, b"user") == octets


def test_rfc3748_4_2_success_and_failure_are_four_octets() -> None:
    assert packet.build(packet.SUCCESS, 5) == bytes((3, 5, 0, 4))
    assert packet.build(packet.FAILURE, 5) == bytes((4, 5, 0, 4))
    assert packet.parse(bytes((4, 5, 0, 4))) == Eap(packet.FAILURE, 5)


def test_rfc3748_4_1_octets_beyond_the_length_are_padding_of_the_link() -> None:
    assert packet.parse(bytes((2, 1, 0, 6, 1)) + b"a" + b"rest").data == b"a"


@pytest.mark.parametrize(
    "octets", [b"", b"\2\1\0", bytes((2, 1, 0, 9, 1)), bytes((2, 1, 0, 3, 1)), bytes((2, 1, 0, 4))]
)
def test_rfc3748_4_1_less_than_the_length_says_is_no_packet(octets: bytes) -> None:
    with pytest.raises(Malformed):
        packet.parse(octets)


def test_a_code_nobody_knows_is_no_packet() -> None:
    with pytest.raises(Malformed):
        packet.parse(bytes((5, 1, 0, 5, 1)))


@given(st.binary(max_size=3000))
def test_rfc3579_3_1_what_is_cut_to_253_octets_is_put_together_in_order(octets: bytes) -> None:
    attributes = a.attr(a.USER_NAME, "x") + packet.attributes(octets) + a.attr(a.NAS_PORT, 1)
    request = Packet.parse(build_radius(a.ACCESS_REQUEST, 1, bytes(16), attributes))
    assert packet.joined(request) == octets
    sizes = [len(part) for part in request.get_all(a.EAP_MESSAGE)]
    assert sizes[:-1] == [253] * (len(sizes) - 1)


@given(st.binary(max_size=64))
def test_whatever_comes_is_a_packet_or_malformed(octets: bytes) -> None:
    try:
        heard = packet.parse(octets)
    except Malformed:
        return
    again = packet.build(heard.code, heard.ident, heard.kind, heard.data)
    assert octets.startswith(again)
