"""BER: what X.690 allows and SNMP uses, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyasn1.codec.ber import decoder
from pysnmp.proto import rfc1902

from snmp import ber
from snmp.ber import Malformed, Varbind

from .trap_wires import UNHURRIED

oids = st.tuples(
    st.integers(0, 2), st.integers(0, 39), st.lists(st.integers(0, 2**32 - 1), max_size=ber.MOST_SUBIDS - 2)
).map(lambda parts: ".".join(map(str, (parts[0], parts[1], *parts[2]))))
values = st.one_of(
    st.tuples(st.just(ber.INTEGER), st.integers(-(2**31), 2**31 - 1)),
    st.tuples(st.sampled_from([ber.COUNTER32, ber.GAUGE32, ber.TIME_TICKS]), st.integers(0, 2**32 - 1)),
    st.tuples(st.just(ber.COUNTER64), st.integers(0, 2**64 - 1)),
    st.tuples(st.sampled_from([ber.OCTETS, ber.OPAQUE]), st.binary(max_size=300)),
    st.tuples(st.just(ber.OID), oids),
    st.tuples(st.just(ber.IP_ADDRESS), st.ip_addresses(v=4).map(str)),
    st.tuples(st.just(ber.NULL), st.none()),
)
varbinds = st.builds(lambda name, value: Varbind(name, *value), oids, values)


@UNHURRIED
@given(varbinds)
def test_what_is_written_is_read_as_it_was(one: Varbind) -> None:
    octets = ber.written(one)
    assert ber.varbind(octets, 0, len(octets)) == (one, len(octets))


@UNHURRIED
@given(oids)
def test_an_oid_is_written_as_pyasn1_reads_it(name: str) -> None:
    found, rest = decoder.decode(ber.oid(name), asn1Spec=rfc1902.ObjectIdentifier())
    assert (str(found), rest) == (name, b"")


@UNHURRIED
@given(st.integers(0, 2**64 - 1))
def test_a_counter64_is_written_as_pyasn1_reads_it(value: int) -> None:
    found, _ = decoder.decode(ber.number(value, ber.COUNTER64), asn1Spec=rfc1902.Counter64())
    assert int(found) == value


@pytest.mark.parametrize("octets", ["02017f", "0281017f", "028200017f", "02830000017f", "0284000000017f"])
def test_a_length_may_be_longer_than_it_needs_to_be(octets: str) -> None:
    raw = bytes.fromhex(octets)
    start, stop = ber.enter(raw, 0, len(raw), ber.INTEGER)
    assert ber.integer(raw, start, stop) == 127


@pytest.mark.parametrize(
    "octets",
    ["", "02", "0202", "020201", "0280017f0000", "0285000000000100", "04017f", "02ff", "0284ffffffff00"],
)
def test_a_length_that_lies_is_malformed(octets: str) -> None:
    raw = bytes.fromhex(octets)
    with pytest.raises(Malformed):
        ber.enter(raw, 0, len(raw), ber.INTEGER)


@pytest.mark.parametrize(
    "contents",
    ["", "80", "2b80", "2b8001", "2b8fffffff8f", "2b9080808000", "2b" + "01" * 127 + "0101", "2b06ff"],
    ids=lambda text: text[:12] or "empty",
)
def test_an_oid_that_is_none_is_malformed(contents: str) -> None:
    with pytest.raises(Malformed):
        ber.oid_text(bytes.fromhex(contents))


@pytest.mark.parametrize(("contents", "text"), [("2b", "1.3"), ("8837", "2.999"), ("2b8fffffff7f", "1.3.4294967295")])
def test_an_oid_reads_as_x690_has_it(contents: str, text: str) -> None:
    assert ber.oid_text(bytes.fromhex(contents)) == text


def test_an_unsigned_number_without_its_leading_zero_is_what_it_was_meant_to_be() -> None:
    assert ber.unsigned(b"\xff\xff\xff\xff", 0, 4) == 2**32 - 1
    with pytest.raises(Malformed):
        ber.unsigned(b"\x01\xff\xff\xff\xff", 0, 5)


@pytest.mark.parametrize(
    "one",
    [
        Varbind("1.3", ber.INTEGER, "1"),
        Varbind("1.3", ber.OCTETS, 1),
        Varbind("1.3", 0x80, None),
        Varbind("1", ber.NULL, None),
        Varbind("1.3.4294967296", ber.NULL, None),
        Varbind("3.1", ber.NULL, None),
    ],
)
def test_what_has_no_octets_is_not_written(one: Varbind) -> None:
    with pytest.raises(ValueError):
        ber.written(one)


def test_more_variable_bindings_than_anybody_needs_are_refused() -> None:
    one = ber.written(Varbind("1.3.6", ber.NULL, None))
    at_most = one * ber.MOST_VARBINDS
    assert len(ber.varbinds(at_most, 0, len(at_most))) == ber.MOST_VARBINDS
    with pytest.raises(Malformed):
        ber.varbinds(at_most + one, 0, len(at_most + one))
