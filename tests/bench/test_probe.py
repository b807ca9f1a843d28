"""The probe's packets, read by our own side of the wire."""

from __future__ import annotations

import pytest

from bench.probe import Sign, access_request
from radius import auth
from radius.integrity import Secret
from radius.packet import Packet

SECRET = Secret(b"testing123")


@pytest.mark.parametrize(("sign", "right"), [("right", True), ("wrong", False), ("none", None)])
def test_a_login_is_signed_as_asked(sign: Sign, right: bool | None) -> None:
    packet = Packet.parse(access_request("user000001", "pw000001", b"testing123", sign))
    assert SECRET.verify_message_authenticator(packet) is right


def test_a_login_carries_its_password() -> None:
    packet = Packet.parse(access_request("user000001", "pw000001", b"testing123"))
    assert auth.check(packet, SECRET, auth.Credential(b"pw000001")) == auth.RIGHT
    assert auth.check(packet, SECRET, auth.Credential(b"pw000002")) == auth.WRONG
