"""EAP-MSCHAPv2 (draft-kamath-pppext-eap-mschapv2): both sides prove that they know the password."""

from __future__ import annotations

import pytest

from oss.lab.supplicant import Device, Supplicant
from radius.eap import mschapv2, packet
from radius.eap.conversation import Challenge, Conversation, Ended, Offer
from radius.eap.method import FAILED, NOBODY, WRONG, Disproven, Proven
from radius.eap.mschapv2 import MsChapV2
from tests.radius.eap.talking import PASSWORD, Book, converse, identity, response

OFFER = Offer({packet.MSCHAPV2: MsChapV2})


def device(password: bytes = PASSWORD, login: bytes = b"User") -> Supplicant:
    return Supplicant(Device(login, password, packet.MSCHAPV2))


def opcodes(requests: list[bytes]) -> list[int]:
    return [message[5] for message in requests]


def test_kamath_2_challenge_then_success_and_both_have_the_same_keys() -> None:
    one = device()
    course = converse(OFFER, one)
    assert course.proven and opcodes(course.requests) == [mschapv2.CHALLENGE, mschapv2.SUCCESS]
    assert isinstance(course.step, Proven) and course.step.keys == one.msk and len(one.msk) == 64
    assert not one.refused and one.ended == packet.SUCCESS


def test_rfc2759_8_2_the_domain_before_the_name_does_not_count() -> None:
    course = converse(OFFER, device(login=b"ISP\\User"), Book({b"ISP\\User": PASSWORD}))
    assert course.proven


@pytest.mark.parametrize(("passwords", "reason"), [({b"User": b"other"}, WRONG), ({}, NOBODY)])
def test_kamath_2_4_a_failure_is_told_once_and_counts_before_the_peer_has_heard_it(
    passwords: dict[bytes, bytes], reason: str
) -> None:
    course = converse(OFFER, device(), Book(passwords))
    assert opcodes(course.requests) == [mschapv2.CHALLENGE, mschapv2.FAILURE]
    assert course.failed == [Disproven(b"User", reason)] and course.ended.told
    assert b"E=691 R=0 C=" in course.requests[-1]


def test_who_is_not_allowed_hears_a_failure_though_his_password_was_right() -> None:
    course = converse(OFFER, device(), Book(allowed=False))
    assert isinstance(course.step, Proven) and course.step.withheld and course.failed == []
    assert opcodes(course.requests) == [mschapv2.CHALLENGE, mschapv2.FAILURE]


def test_kamath_2_3_only_the_peers_success_ends_in_success() -> None:
    one, talk = device(), Conversation(OFFER, 1020)
    asked = talk.hear(identity(), Book())
    assert isinstance(asked, Challenge)
    told = talk.hear(one.answer(asked.message) or b"", Book())
    ended = talk.hear(response(told, packet.MSCHAPV2, bytes((mschapv2.FAILURE,))), Book())
    assert isinstance(ended, Ended) and ended.step == Disproven(b"User", FAILED)


@pytest.mark.parametrize(
    "data", [b"", b"\2", bytes((2, 1, 0, 59, 48)) + bytes(60), bytes((3, 1, 0, 4)), b"\2\1\0\5\x31"]
)
def test_kamath_2_2_a_response_of_another_shape_proves_nothing(data: bytes) -> None:
    talk = Conversation(OFFER, 1020)
    ended = talk.hear(response(talk.hear(identity(), Book()), packet.MSCHAPV2, data), Book())
    assert isinstance(ended, Ended) and ended.step == Disproven(b"User", FAILED)
