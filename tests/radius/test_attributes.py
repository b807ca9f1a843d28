"""One attribute on the wire: RFC 2865 section 5."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest

from radius.attributes import Value, attr, vsa
from radius.errors import RadiusError, Unencodable


@pytest.mark.parametrize(
    ("value", "octets"),
    [
        (b"nemo", "01066e656d6f"),
        ("nemo", "01066e656d6f"),
        ("São", "010653c3a36f"),
        (3, "010600000003"),
        (2**32 - 1, "0106ffffffff"),
        (IPv4Address("192.168.1.16"), "0106c0a80110"),
        (IPv6Address("2001:db8::1"), "011220010db8000000000000000000000001"),
        ("", "0102"),
    ],
)
def test_an_attribute_is_its_type_its_length_and_its_value(value: Value, octets: str) -> None:
    assert attr(1, value).hex() == octets


def test_a_vendor_attribute_stands_in_a_vendor_specific_of_its_own() -> None:
    assert vsa(14988, 8, "1M/2M").hex() == "1a0d00003a8c0807" + b"1M/2M".hex()
    assert vsa(14988, 19, "").hex() == "1a0800003a8c1302"


def test_what_does_not_fit_is_refused_by_name() -> None:
    assert len(attr(1, bytes(253))) == 255
    assert len(vsa(14988, 1, bytes(247))) == 255
    for encode in (
        lambda: attr(1, bytes(254)),
        lambda: vsa(14988, 1, bytes(248)),
        lambda: vsa(14988, 1, bytes(300)),
        lambda: attr(27, 2**32),
        lambda: attr(27, -1),
    ):
        with pytest.raises(Unencodable) as caught:
            encode()
        assert isinstance(caught.value, RadiusError)
