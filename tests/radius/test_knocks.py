"""Who asked in vain is remembered with how it introduced itself; nothing of it can fill the memory or a screen."""

from __future__ import annotations

import pytest

from radius import attributes as a
from radius.attributes import attr, vsa
from radius.auth import garbled, pap_encrypt
from radius.integrity import Secret, request
from radius.knocks import LONGEST, MOST_CALLERS, Caller, Knocks, said
from radius.packet import Packet
from radius.server import AccessReply, Listener, Peer, PeerTable

from .wires import NAS, SECRET, Recorder, hears, peer, recorded

MIKROTIK, MICROSOFT = 14988, 311


def accept(packet: Packet, peer: Peer) -> AccessReply:
    return AccessReply(a.ACCESS_ACCEPT)


def taken(packet: Packet, peer: Peer, source: object, at: float, ack: object) -> None:
    """A record is swallowed."""


def nobodys() -> Listener:
    listener = Listener("auth", PeerTable([]), accept)
    listener.attach(Recorder())
    return listener


def test_a_stranger_is_remembered_with_its_identifier_its_maker_and_what_it_asked_for() -> None:
    listener = nobodys()
    body = attr(a.USER_NAME, "x") + vsa(MICROSOFT, 11, b"c" * 16) + vsa(MIKROTIK, 8, b"1M/1M")
    hears(listener, request(a.ACCESS_REQUEST, 1, body + attr(a.NAS_IDENTIFIER, "BNG-Néo"), SECRET), NAS)
    ((key, asked),) = listener.knocks.snapshot()["127.0.0.1"].callers.items()
    assert key == ("unknown", 0, "BNG-Néo")
    assert (asked.vendor, asked.ports, asked.count) == ("mikrotik", {"auth"}, 1)


def test_what_is_no_packet_knocks_too() -> None:
    listener = nobodys()
    for octets in (b"", b"GET / HTTP/1.1"):
        hears(listener, octets, NAS)
    assert set(listener.knocks.snapshot()["127.0.0.1"].callers) == {("unknown", 0, "")}


@pytest.mark.parametrize("kind", ["auth", "acct"])
def test_a_wrong_secret_of_a_known_nas_is_offered_as_one(kind: str) -> None:
    listener, wire = recorded("auth", accept) if kind == "auth" else recorded("acct", taken)
    code = a.ACCESS_REQUEST if kind == "auth" else a.ACCOUNTING_REQUEST
    question = request(code, 1, attr(a.USER_NAME, "x") + attr(a.NAS_IDENTIFIER, "bng"), Secret(b"another"))
    hears(listener, question, NAS)
    ((key, asked),) = listener.knocks.snapshot()["127.0.0.1"].callers.items()
    assert (key, asked.ports, wire.sent) == (("wrong_secret", 1, "bng"), {kind}, [])


def test_a_right_secret_knocks_nowhere() -> None:
    listener, _ = recorded("auth", accept)
    hears(listener, request(a.ACCESS_REQUEST, 1, attr(a.USER_NAME, "x"), SECRET), NAS)
    assert listener.knocks.snapshot() == {}


def test_of_many_identifiers_behind_one_address_the_last_heard_are_remembered() -> None:
    knocks = Knocks()
    for number in range(5 * MOST_CALLERS):
        knocks.note("192.0.2.1", 1.0, Caller(identifier=str(number)))
    known = knocks.snapshot()["192.0.2.1"]
    assert known.count == 5 * MOST_CALLERS
    assert [key[2] for key in known.callers] == [str(number) for number in range(4 * MOST_CALLERS, 5 * MOST_CALLERS)]


def test_a_flood_of_strangers_is_counted_but_not_looked_at_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("radius.server._INTRODUCED_PER_S", 5.0)
    listener = nobodys()
    for number in range(1000):
        hears(listener, request(a.ACCESS_REQUEST, number % 256, attr(a.NAS_IDENTIFIER, str(number)), SECRET), NAS)
    assert listener.counters["unknown_nas"] == 1000
    assert listener.knocks.snapshot()["127.0.0.1"].count < 500


def test_an_identifier_is_cut_and_cleaned() -> None:
    assert said(b"a\0b\x1b[31m\xff" + b"c" * 300) == ("ab[31m\ufffd" + "c" * 300)[:LONGEST]
    assert said(None) == ""


def test_after_the_table_of_nas_changed_who_knocks_knocks_anew() -> None:
    knocks = Knocks()
    knocks.note("192.0.2.1", 1.0)
    knocks.forget()
    assert knocks.snapshot() == {}


# A PAP password hidden with another secret: RFC 2865 section 5.2 knows no other sign of it


def pap(password: bytes, secret: Secret, signed: bool = False) -> Packet:
    vector = bytes(range(16))
    body = attr(a.USER_PASSWORD, pap_encrypt(password, secret, vector))
    octets = request(a.ACCESS_REQUEST, 1, body, secret, message_authenticator=signed, authenticator=vector)
    return Packet.parse(octets)


@pytest.mark.parametrize("password", [b"", b"senha", "coração".encode(), b"x" * 128])
def test_what_a_person_types_is_no_sign_of_a_wrong_secret(password: bytes) -> None:
    assert not garbled(pap(password, SECRET), SECRET)


@pytest.mark.parametrize("password", [b"senha", b"a password of more than one block"])
def test_a_password_hidden_with_another_secret_is_garbled(password: bytes) -> None:
    assert garbled(pap(password, Secret(b"another")), SECRET)


def test_a_signature_shows_that_the_secret_is_right_whatever_was_typed() -> None:
    assert not garbled(pap(b"\x01\x02", SECRET, signed=True), SECRET)
    assert not garbled(Packet.parse(request(a.ACCESS_REQUEST, 1, b"", SECRET, message_authenticator=False)), SECRET)


def test_a_peer_keeps_its_name_for_the_wrong_secret() -> None:
    one = peer(key=77)
    listener, _ = recorded("auth", accept, one)
    hears(listener, request(a.ACCESS_REQUEST, 1, b"", Secret(b"another")), NAS)
    assert [nas for _, nas, _ in listener.knocks.snapshot()["127.0.0.1"].callers] == [77]
