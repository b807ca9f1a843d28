"""What a NAS says to a CoA or a Disconnect: RFC 5176 section 3."""

from __future__ import annotations

import pytest

from radius import attributes as a
from radius.attributes import attr
from radius.dynamic_authorization import ErrorCause, Outcome, error_cause_name, event_timestamp, parse
from radius.packet import Packet, build


def outcome(code: int, attributes: bytes = b"") -> Outcome:
    return parse(Packet.parse(build(code, 0, bytes(16), attributes)))


@pytest.mark.parametrize("code", [a.COA_ACK, a.DISCONNECT_ACK])
def test_an_ack_is_an_ack(code: int) -> None:
    assert outcome(code) == Outcome(True, None, "")
    assert not outcome(code).session_unknown


@pytest.mark.parametrize("code", [a.COA_NAK, a.DISCONNECT_NAK])
def test_a_nak_carries_its_cause_by_number_and_name(code: int) -> None:
    said = outcome(code, attr(a.ERROR_CAUSE, 503))
    assert said == Outcome(False, ErrorCause.SESSION_CONTEXT_NOT_FOUND, "session context not found")
    assert said.session_unknown


def test_a_nak_may_say_nothing_or_something_nobody_knows() -> None:
    assert outcome(a.COA_NAK) == Outcome(False, None, "")
    assert outcome(a.COA_NAK, attr(a.ERROR_CAUSE, 999)) == Outcome(False, 999, "error cause 999")
    assert outcome(a.COA_NAK, attr(a.ERROR_CAUSE, b"\1")) == Outcome(False, None, "")


def test_the_words_of_the_nas_itself_come_first() -> None:
    said = outcome(a.COA_NAK, attr(a.ERROR_CAUSE, 501) + attr(a.REPLY_MESSAGE, "not today"))
    assert (said.error_cause, said.text) == (501, "not today")


def test_every_cause_has_a_name() -> None:
    assert error_cause_name(402) == "missing attribute"
    assert error_cause_name(None) == ""
    assert len({error_cause_name(cause) for cause in ErrorCause}) == len(ErrorCause)


def test_an_event_timestamp_is_unix_seconds() -> None:
    assert event_timestamp(1_700_000_000.9) == attr(a.EVENT_TIMESTAMP, 1_700_000_000)
