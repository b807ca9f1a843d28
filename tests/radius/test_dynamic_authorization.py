"""CoA and Disconnect: who is believed (RFC 5176 sections 2.3, 3.4), and what a NAS says to it (section 3)."""

from __future__ import annotations

import hmac
from hashlib import md5

import pytest

from radius import attributes as a
from radius.attributes import attr
from radius.dynamic_authorization import ErrorCause, Outcome, error_cause_name, event_timestamp, parse
from radius.integrity import Secret, reply, request
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


# Who is believed: the sums of RFC 5176 written out with nothing of ours

SECRET = b"testing123"
SESSION = attr(a.USER_NAME, "demo001") + attr(a.ACCT_SESSION_ID, "81200042")
ANSWERS = {a.DISCONNECT_REQUEST: (a.DISCONNECT_ACK, a.DISCONNECT_NAK), a.COA_REQUEST: (a.COA_ACK, a.COA_NAK)}


def header(code: int, ident: int, attributes: bytes) -> bytes:
    return bytes((code, ident)) + (20 + len(attributes)).to_bytes(2, "big")


@pytest.mark.parametrize("code", [a.DISCONNECT_REQUEST, a.COA_REQUEST])
def test_rfc_5176_section_2_3_the_request_authenticator(code: int) -> None:
    """MD5 over code, identifier, length, 16 zeros, attributes and secret."""
    first = header(code, 7, SESSION)
    authenticator = md5(first + bytes(16) + SESSION + SECRET).digest()
    assert request(code, 7, SESSION, Secret(SECRET), message_authenticator=False) == first + authenticator + SESSION


@pytest.mark.parametrize("code", [a.DISCONNECT_REQUEST, a.COA_REQUEST])
def test_rfc_5176_section_3_4_the_message_authenticator_is_made_first_and_over_zeros(code: int) -> None:
    empty = attr(a.MESSAGE_AUTHENTICATOR, bytes(16))
    first = header(code, 7, empty + SESSION)
    signature = hmac.digest(SECRET, first + bytes(16) + empty + SESSION, "md5")
    attributes = attr(a.MESSAGE_AUTHENTICATOR, signature) + SESSION
    authenticator = md5(first + bytes(16) + attributes + SECRET).digest()
    assert request(code, 7, SESSION, Secret(SECRET)) == first + authenticator + attributes


@pytest.mark.parametrize(("code", "answer"), [(code, answer) for code, pair in ANSWERS.items() for answer in pair])
def test_rfc_5176_sections_2_3_and_3_4_the_answer_is_bound_to_its_request(code: int, answer: int) -> None:
    asked = Packet.parse(request(code, 7, SESSION, Secret(SECRET)))
    cause = attr(a.ERROR_CAUSE, 503)
    empty = attr(a.MESSAGE_AUTHENTICATOR, bytes(16))
    first = header(answer, 7, empty + cause)
    signature = hmac.digest(SECRET, first + asked.authenticator + empty + cause, "md5")
    attributes = attr(a.MESSAGE_AUTHENTICATOR, signature) + cause
    expected = first + md5(first + asked.authenticator + attributes + SECRET).digest() + attributes
    assert reply(answer, asked, cause, Secret(SECRET)) == expected
    believed = Packet.parse(expected)
    assert Secret(SECRET).verify_reply(believed, asked.authenticator)
    another = Packet.parse(request(code, 8, SESSION, Secret(SECRET)))
    assert not Secret(SECRET).verify_reply(believed, another.authenticator)
    assert not Secret(b"another").verify_reply(believed, asked.authenticator)


@pytest.mark.parametrize("code", [a.DISCONNECT_REQUEST, a.COA_REQUEST])
def test_rfc_5176_section_3_1_proxy_states_are_copied_in_order(code: int) -> None:
    states = [b"first", b"", b"first", b"\0\xff"]
    asked = Packet.parse(request(code, 7, b"".join(attr(a.PROXY_STATE, state) for state in states), Secret(SECRET)))
    for answer in ANSWERS[code]:
        assert Packet.parse(reply(answer, asked, b"", Secret(SECRET))).get_all(a.PROXY_STATE) == states


# RFC 5176 section 3.5, as its table names them
ERROR_CAUSES = {
    201: "Residual Session Context Removed",
    202: "Invalid EAP Packet (Ignored)",
    401: "Unsupported Attribute",
    402: "Missing Attribute",
    403: "NAS Identification Mismatch",
    404: "Invalid Request",
    405: "Unsupported Service",
    406: "Unsupported Extension",
    407: "Invalid Attribute Value",
    501: "Administratively Prohibited",
    502: "Request Not Routable (Proxy)",
    503: "Session Context Not Found",
    504: "Session Context Not Removable",
    505: "Other Proxy Processing Error",
    506: "Resources Unavailable",
    507: "Request Initiated",
    508: "Multiple Session Selection Unsupported",
}


def test_rfc_5176_section_3_5_every_error_cause_has_its_number_and_name() -> None:
    ours = {int(cause): error_cause_name(cause) for cause in ErrorCause}
    assert ours == {number: name.partition(" (")[0].lower() for number, name in ERROR_CAUSES.items()}


@pytest.mark.parametrize("number", ERROR_CAUSES)
def test_rfc_5176_section_3_5_only_503_says_that_there_is_no_such_session(number: int) -> None:
    for code in (a.COA_NAK, a.DISCONNECT_NAK):
        said = outcome(code, attr(a.ERROR_CAUSE, number))
        assert (said.ack, said.error_cause, said.session_unknown) == (False, number, number == 503)


def test_rfc_5176_section_3_5_a_disconnect_ack_may_say_what_was_left_behind() -> None:
    said = outcome(a.DISCONNECT_ACK, attr(a.ERROR_CAUSE, 201))
    assert said == Outcome(True, 201, "residual session context removed")
    assert not said.session_unknown


@pytest.mark.parametrize("value", [b"", b"\0\0\1", b"\0\0\1\xf7\0"])
def test_rfc_5176_section_3_5_an_error_cause_of_another_length_is_none(value: bytes) -> None:
    assert outcome(a.COA_NAK, attr(a.ERROR_CAUSE, value)) == Outcome(False, None, "")
