"""Keys on their way to the NAS."""

from __future__ import annotations

import os

import pytest

from radius import mschap
from radius.eap import keys
from radius.integrity import Secret
from radius.packet import Packet, build

SECRET = Secret(b"testing123")
AUTHENTICATOR = bytes(range(16))


def test_rfc3579_3_16_rfc2548_2_4_the_halves_of_the_msk_are_receive_and_send_key() -> None:
    msk = os.urandom(64)
    accept = Packet.parse(build(2, 1, bytes(16), keys.attributes(msk, SECRET, AUTHENTICATOR)))
    values = [accept.vsa(mschap.MICROSOFT, kind) for kind in (mschap.MPPE_RECV_KEY, mschap.MPPE_SEND_KEY)]
    assert [keys.reveal(value or b"", SECRET, AUTHENTICATOR) for value in values] == [msk[:32], msk[32:]]
    salts = [value[:2] for value in values if value is not None]
    assert salts[0] != salts[1] and all(salt[0] & 0x80 for salt in salts)


@pytest.mark.parametrize("size", [0, 1, 15, 16, 32, 48])
def test_rfc2548_2_4_2_a_key_of_any_length_is_hidden_in_blocks(size: int) -> None:
    key = os.urandom(size)
    hidden = keys.hide(key, SECRET, AUTHENTICATOR, b"\x80\1")
    assert len(hidden) % 16 == 2 and keys.reveal(hidden, SECRET, AUTHENTICATOR) == key
    assert keys.reveal(hidden[:-1], SECRET, AUTHENTICATOR) is None


def test_sixteen_octets_are_hidden_as_for_mschap() -> None:
    key = os.urandom(16)
    assert keys.hide(key, SECRET, AUTHENTICATOR, b"\x80\1") == mschap.hide_key(key, SECRET, AUTHENTICATOR, b"\x80\1")


def test_rfc9190_2_3_with_tls13_the_label_is_one_and_the_type_its_context() -> None:
    asked: list[tuple[bytes, int, bytes | None]] = []

    def export(label: bytes, size: int, context: bytes | None) -> bytes:
        asked.append((label, size, context))
        return bytes(size)

    assert len(keys.msk(export, 21, tls13=True)) == len(keys.msk(export, 21, tls13=False)) == 64
    keys.msk(export, 25, tls13=False)
    assert asked == [
        (b"EXPORTER_EAP_TLS_Key_Material", 128, b"\x15"),
        (b"ttls keying material", 128, None),
        (b"client EAP encryption", 128, None),
    ]
