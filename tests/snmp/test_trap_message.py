"""Messages of v1 and v2c: read and written as the RFCs have them, whatever octets come."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pyasn1.codec.ber import decoder, encoder
from pysnmp.proto.api import v1, v2c
from pysnmp.proto.proxy import rfc2576

from snmp import ber, v3_header
from snmp import trap_message as t
from snmp.ber import INTEGER, NULL, OCTETS, OID, TIME_TICKS, Malformed, Varbind

from .test_ber import varbinds
from .trap_wires import UNHURRIED

ENTERPRISE = "1.3.6.1.4.1.9.1.7"
bindings = st.lists(varbinds, max_size=4).map(tuple)
v2_messages = st.builds(
    t.encode_v2,
    st.binary(max_size=20),
    st.integers(-(2**31), 2**31 - 1),
    st.integers(0, 2**32 - 1),
    st.just("1.3.6.1.6.3.1.1.5.3"),
    bindings,
    inform=st.booleans(),
)
v1_messages = st.builds(
    t.encode_v1,
    st.binary(max_size=20),
    st.just(ENTERPRISE),
    st.ip_addresses(v=4).map(str),
    st.integers(0, 6),
    st.integers(0, 2**31 - 1),
    st.integers(0, 2**32 - 1),
    bindings,
)
messages = st.one_of(v1_messages, v2_messages)


def mutated(octets: bytes, changes: list[tuple[int, int]], cut: int, tail: bytes) -> bytes:
    """Some octets replaced, the end cut off, others put behind it."""
    changed = bytearray(octets)
    for at, value in changes:
        changed[at % len(changed)] = value
    return bytes(changed[: len(changed) - cut % len(changed)]) + tail


mutations = st.builds(
    mutated,
    messages,
    st.lists(st.tuples(st.integers(0, 999), st.integers(0, 255)), max_size=6),
    st.one_of(st.just(0), st.integers(0, 40)),
    st.one_of(st.just(b""), st.binary(max_size=6)),
)


@UNHURRIED
@given(st.one_of(mutations, st.binary(max_size=300)))
@example(b"")
@example(b"0")
@example(b"0\x80")
@example(b"\x30\x84\xff\xff\xff\xff" + bytes(20))
def test_whatever_octets_come_they_are_read_or_malformed(octets: bytes) -> None:
    for read in (t.decode, t.skim, t.version_of, t.skim_pdu, v3_header.claim):
        with contextlib.suppress(Malformed):
            assert read(octets) is not None


@UNHURRIED
@given(mutations)
def test_reading_takes_no_more_steps_than_octets(octets: bytes) -> None:
    assert calls_of(lambda: t.decode(octets)) <= 40 + 6 * len(octets)


def test_lists_of_empty_elements_end_at_a_bound() -> None:
    inside = b"\x30\x00" * 4000
    octets = b"\x30\x82\x1f\x5a" + b"\x02\x01\x01\x04\x06public\xa7\x82\x1f\x4b" + b"\x02\x01\x01" * 3
    assert calls_of(lambda: t.decode(octets + b"\x30\x82\x1f\x40" + inside)) < 200


def calls_of(work: Callable[[], object]) -> int:
    """How many functions were called, ours and built-in, until it was done or malformed."""
    count = 0

    def counted(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        work()
    except Malformed:
        pass
    finally:
        sys.setprofile(before)
    return count


@UNHURRIED
@given(v2_messages)
def test_v2c_reads_as_pysnmp_reads_it(octets: bytes) -> None:
    found = t.decode(octets)
    message, rest = decoder.decode(octets, asn1Spec=v2c.Message())
    pdu = v2c.apiMessage.get_pdu(message)
    theirs = v2c.apiPDU.get_varbinds(pdu)
    assert rest == b""
    assert found.confirmed == (pdu.tagSet == v2c.InformRequestPDU.tagSet)
    assert found.request_id == int(v2c.apiPDU.get_request_id(pdu))
    assert (found.uptime, found.trap) == (int(theirs[0][1]), str(theirs[1][1]))
    assert [one.oid for one in found.varbinds] == [str(name) for name, _ in theirs[2:]]
    for one, (_, value) in zip(found.varbinds, theirs[2:], strict=True):
        if one.tag == OCTETS:
            assert one.value == bytes(value)
        elif one.tag == INTEGER:
            assert one.value == int(value)


@UNHURRIED
@given(st.integers(0, 5), st.ip_addresses(v=4).map(str), st.integers(0, 2**32 - 1))
def test_a_v1_trap_maps_to_v2_as_pysnmp_maps_it(generic: int, agent: str, uptime: int) -> None:
    """RFC 3584 section 3.1, against pysnmp's own mapping."""
    inside = (Varbind("1.3.6.1.2.1.2.2.1.1.3", INTEGER, 3),)
    octets = t.encode_v1(b"public", ENTERPRISE, agent, generic, 0, uptime, inside)
    ours = t.bindings_of_v2(t.decode(octets), b"public")
    message, _ = decoder.decode(octets, asn1Spec=v1.Message())
    theirs = v2c.apiPDU.get_varbinds(rfc2576.v1_to_v2(v1.apiMessage.get_pdu(message), snmpTrapCommunity="public"))
    assert {one.oid for one in ours} == {str(name) for name, _ in theirs}
    assert (ours[0].oid, ours[0].value) == (str(theirs[0][0]), int(theirs[0][1]))
    assert (ours[1].oid, ours[1].value) == (str(theirs[1][0]), str(theirs[1][1]))


def test_rfc_3584_section_3_1_paragraph_2_names_the_generic_traps() -> None:
    found = [t.trap_oid_of_v1(ENTERPRISE, generic, 99) for generic in range(6)]
    assert found == [f"1.3.6.1.6.3.1.1.5.{n}" for n in range(1, 7)]


def test_rfc_3584_section_3_1_paragraph_3_puts_a_zero_before_the_specific_trap() -> None:
    assert t.trap_oid_of_v1(ENTERPRISE, 6, 12) == ENTERPRISE + ".0.12"
    for generic, specific in ((7, 0), (-1, 0), (6, -1)):
        with pytest.raises(Malformed):
            t.trap_oid_of_v1(ENTERPRISE, generic, specific)


def test_rfc_3584_section_3_1_paragraph_4_adds_where_a_trap_came_from_unless_it_says_so() -> None:
    there = Varbind(t.SNMP_TRAP_ENTERPRISE, OID, "1.3.6.1.4.1.1")
    message = t.decode(t.encode_v1(b"secret", ENTERPRISE, "192.0.2.1", 0, 0, 5, (there,)))
    found = {one.oid: one.value for one in t.bindings_of_v2(message)}
    assert found[t.SNMP_TRAP_ENTERPRISE] == "1.3.6.1.4.1.1"
    assert found[t.SNMP_TRAP_ADDRESS] == "192.0.2.1"
    assert t.SNMP_TRAP_COMMUNITY not in found, "a community is a secret"


@UNHURRIED
@given(v2_messages)
def test_an_inform_is_answered_with_its_own_bindings(octets: bytes) -> None:
    """RFC 3416 section 4.2.7."""
    known = t.skim(octets)
    reply, rest = decoder.decode(t.answer(octets, known), asn1Spec=v2c.Message())
    asked, _ = decoder.decode(octets, asn1Spec=v2c.Message())
    ours, theirs = v2c.apiMessage.get_pdu(reply), v2c.apiMessage.get_pdu(asked)
    assert (rest, ours.tagSet) == (b"", v2c.ResponsePDU.tagSet)
    assert bytes(v2c.apiMessage.get_community(reply)) == known.community
    assert v2c.apiPDU.get_request_id(ours) == v2c.apiPDU.get_request_id(theirs)
    assert (int(v2c.apiPDU.get_error_status(ours)), int(v2c.apiPDU.get_error_index(ours))) == (0, 0)
    assert [encoder.encode(v) for _, v in v2c.apiPDU.get_varbinds(ours)] == [
        encoder.encode(v) for _, v in v2c.apiPDU.get_varbinds(theirs)
    ]
    assert t.acknowledged(t.answer(octets, known), known.community, known.request_id)
    assert not t.acknowledged(t.answer(octets, known), known.community, known.request_id ^ 1)
    assert not t.acknowledged(t.answer(octets, known), known.community + b"x", known.request_id)


@UNHURRIED
@given(bindings, st.integers(0, 2**31 - 1), st.integers(0, 2**32 - 1))
def test_repetitions_have_the_same_content_and_other_traps_another(
    inside: tuple[Varbind, ...], request: int, uptime: int
) -> None:
    first = t.skim(t.encode_v2(b"public", 1, 1, "1.3.6.1", inside))
    again = t.skim(t.encode_v2(b"public", request, uptime, "1.3.6.1", inside))
    other = t.skim(t.encode_v2(b"public", 1, 1, "1.3.6.2", inside))
    assert first.content == again.content != other.content


def swapped(first: str, second: str) -> bytes:
    """A v2c message whose first two bindings are not what they should be."""
    listed = b"".join(map(ber.written, (Varbind(first, TIME_TICKS, 1), Varbind(second, OID, "1.3.6"))))
    body = ber.number(1) * 3 + ber.element(ber.SEQUENCE, listed)
    inside = ber.number(1) + ber.element(OCTETS, b"public") + ber.element(t.TRAP_V2, body)
    return ber.element(ber.SEQUENCE, inside)


def test_rfc_3416_section_4_2_6_a_trap_begins_with_time_and_name() -> None:
    assert t.decode(swapped(t.SYS_UPTIME, t.SNMP_TRAP_OID)).trap == "1.3.6"
    for first, second in ((t.SNMP_TRAP_OID, t.SYS_UPTIME), (t.SYS_UPTIME, t.SYS_UPTIME)):
        with pytest.raises(Malformed):
            t.decode(swapped(first, second))


def test_a_message_longer_than_any_trap_is_not_read() -> None:
    long = t.encode_v2(b"public", 1, 1, "1.3.6", (Varbind("1.3.6", OCTETS, bytes(t.MOST_OCTETS)),))
    with pytest.raises(Malformed):
        t.decode(long)


def test_other_pdus_are_malformed() -> None:
    octets = bytearray(t.encode_v2(b"public", 1, 1, "1.3.6", (Varbind("1.3.6", NULL, None),)))
    at = octets.index(t.TRAP_V2)
    for kind in (0xA0, 0xA1, 0xA2, 0xA3, 0xA4, 0xA5, 0xA8):
        octets[at] = kind
        with pytest.raises(Malformed):
            t.decode(bytes(octets))


def v3_message(flags: int, engine: bytes = b"\x80\0\x1f\x88\x04us", user: bytes = b"olt", model: int = 3) -> bytes:
    """RFC 3412 section 6, with nothing in it."""
    about = ber.number(77) + ber.number(65507) + ber.element(OCTETS, bytes((flags,))) + ber.number(model)
    usm = ber.element(OCTETS, engine) + ber.number(1) * 2 + ber.element(OCTETS, user) + ber.element(OCTETS, b"") * 2
    security = ber.element(OCTETS, ber.element(ber.SEQUENCE, usm))
    inside = ber.number(3) + ber.element(ber.SEQUENCE, about) + security + ber.element(OCTETS, b"sealed")
    return ber.element(ber.SEQUENCE, inside)


def test_the_header_of_v3_tells_who_claims_to_speak() -> None:
    engine = b"\x80\0\x1f\x88\x04us"
    assert t.version_of(v3_message(7)) == t.Version.V3
    assert v3_header.claim(v3_message(7)) == (engine, b"olt", 3, True)
    assert v3_header.claim(v3_message(1)) == (engine, b"olt", 2, False)
    assert v3_header.claim(v3_message(4, b"", b"")) == (b"", b"", 1, True)
    for wrong in (v3_message(2), v3_message(0, model=2), v3_message(0) + b"x", v3_message(0)[:-1]):
        with pytest.raises(Malformed):
            v3_header.claim(wrong)
