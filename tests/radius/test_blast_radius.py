"""BlastRADIUS (CVE-2024-3596): what the forgery of an answer needs is not to be had from us by default."""

from __future__ import annotations

import pytest

from radius import attributes as a
from radius.attributes import attr
from radius.integrity import Secret, request
from radius.packet import MIN_PACKET, Packet
from radius.server import AccessReply, Peer

from .wires import NAS, SECRET, hears, peer, recorded

PREFIX = attr(a.PROXY_STATE, bytes(range(200)))  # where the colliding octets stand


def says(code: int) -> AccessReply:
    return AccessReply(code, attr(a.REPLY_MESSAGE, "as told") + attr(a.STATE, b"s"))


def asks(extra: bytes = b"", signed: bool = False, secret: Secret = SECRET) -> bytes:
    return request(a.ACCESS_REQUEST, 1, attr(a.USER_NAME, "nemo") + extra, secret, message_authenticator=signed)


def test_blast_radius_precondition_unsigned_with_proxy_state_from_a_nas_that_does_not_verify_gets_no_answer() -> None:
    """By default; and its repetitions, and whatever stands before or behind the Proxy-State."""
    one = Peer(1, "old router", SECRET)
    listener, wire = recorded("auth", lambda packet, peer: says(a.ACCESS_REJECT), one)
    for extra in (PREFIX, PREFIX + PREFIX, attr(a.NAS_IDENTIFIER, "x") + PREFIX, PREFIX + attr(a.NAS_PORT, 1)):
        for _ in range(2):
            hears(listener, asks(extra), NAS)
    assert (one.signs, wire.sent) == (False, [])
    assert one.counters["missing_message_authenticator"] == 8


def test_the_same_router_without_proxy_state_is_served_until_it_signs() -> None:
    one = Peer(1, "old router", SECRET)
    listener, wire = recorded("auth", lambda packet, peer: says(a.ACCESS_ACCEPT), one)
    hears(listener, asks(), NAS)
    assert (len(wire.sent), one.unsigned) == (1, 1)
    hears(listener, asks(signed=True), NAS)
    hears(listener, asks(attr(a.NAS_PORT, 1)), NAS)
    assert (len(wire.sent), one.unsigned, one.counters["missing_message_authenticator"]) == (2, 1, 1)


@pytest.mark.parametrize("policy", ["auto", "required", "off"])
@pytest.mark.parametrize("code", [a.ACCESS_ACCEPT, a.ACCESS_REJECT, a.ACCESS_CHALLENGE])
@pytest.mark.parametrize("extra", [b"", PREFIX])
def test_every_answer_to_a_login_carries_its_message_authenticator_first(policy: str, code: int, extra: bytes) -> None:
    """Also to a NAS that asks unsigned: first, so that no chosen prefix comes before it (RFC 3579 section 3.2)."""
    listener, wire = recorded("auth", lambda packet, peer: says(code), peer(ma_policy=policy))
    question = asks(extra, signed=policy != "off")
    hears(listener, question, NAS)
    [(octets, _)] = wire.sent
    answer = Packet.parse(octets)
    assert octets[MIN_PACKET] == a.MESSAGE_AUTHENTICATOR
    assert SECRET.verify_message_authenticator(answer, question[4:20]) is True
