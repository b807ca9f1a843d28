"""The head of an answer, where a library says only "nothing more"."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snmp.answer_head import Head, head
from tests.snmp.scripted import END_OF_VIEW, GET_BULK, NO_SUCH_INSTANCE, NULL, Asked, integer, octets

COLUMN = "1.3.6.1.2.1.2.2.1.10"
ASKED = Asked(GET_BULK, 1, b"public", integer(12345), 0, 10, (COLUMN,))


@pytest.mark.parametrize(
    ("answer", "found", "ends"),
    [
        (ASKED.answer((f"{COLUMN}.4194304000", integer(1))), Head(0, f"{COLUMN}.4194304000", False), False),
        (ASKED.answer(("1.3.6.1.2.1.2.2.1.100.1", integer(1))), Head(0, "1.3.6.1.2.1.2.2.1.100.1", False), True),
        (ASKED.answer((COLUMN, END_OF_VIEW)), Head(0, COLUMN, True), True),
        (ASKED.answer((f"{COLUMN}.1", NO_SUCH_INSTANCE)), Head(0, f"{COLUMN}.1", True), True),
        (ASKED.answer((COLUMN, NULL), status=5), Head(5, COLUMN, False), False),
        (ASKED.answer((f"{COLUMN}.1", octets(b"x" * 300))), Head(0, f"{COLUMN}.1", False), False),
        (ASKED.answer(), Head(0, "", False), True),
        (ASKED.answer(("2.16.840.1", NULL)), Head(0, "2.16.840.1", False), True),
    ],
)
def test_it_is_read(answer: bytes, found: Head, ends: bool) -> None:
    assert head(answer) == found
    assert found.ends(COLUMN) == ends


@given(st.binary(max_size=100))
def test_garbage_harms_nobody(datagram: bytes) -> None:
    found = head(datagram)
    assert found is None or isinstance(found.oid, str)


@given(st.integers(0, 200), st.integers(0, 255))
def test_a_damaged_answer_harms_nobody(at: int, octet: int) -> None:
    whole = bytearray(ASKED.answer((f"{COLUMN}.1", octets(b"words")), (f"{COLUMN}.2", integer(7))))
    whole[at % len(whole)] = octet
    found = head(bytes(whole))
    assert found is None or isinstance(found.status, int)
    assert head(bytes(whole[: at % len(whole)])) is None or at % len(whole) > 20
