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


def test_what_just_fits_is_encoded() -> None:
    assert len(attr(1, bytes(253))) == 255
    assert len(vsa(14988, 1, bytes(247))) == 255


@pytest.mark.parametrize("value", [bytes(254), "x" * 254, 2**32, -1])
def test_what_does_not_fit_an_attribute_is_refused(value: Value) -> None:
    with pytest.raises(Unencodable) as caught:
        attr(27, value)
    assert isinstance(caught.value, RadiusError)


@pytest.mark.parametrize("size", [248, 253, 300])
def test_what_does_not_fit_a_vendor_attribute_is_refused(size: int) -> None:
    with pytest.raises(Unencodable):
        vsa(14988, 1, bytes(size))
