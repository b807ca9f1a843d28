"""The lab's EAP peer: answers an authenticator's Requests as a subscriber's device does, without a socket.

MD5, MSCHAPv2, TLS, TTLS with PAP, CHAP, MS-CHAP, MS-CHAPv2, and PEAP with MSCHAPv2 (RFC 3748, 5216, 5281, and the
drafts that ``radius.eap`` names). For loads and tests; nobody should trust a network by it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Final

from OpenSSL import SSL

from radius import mschap
from radius.attributes import CHAP_CHALLENGE, CHAP_PASSWORD, USER_NAME, USER_PASSWORD
from radius.auth import chap_response
from radius.eap import keys, mschapv2, packet, ttls
from radius.eap.fragments import START, Fragments

ANONYMOUS: Final = b"anonymous"
_MOST: Final = 16_384


def context(
    authority: str | None = None, certificate: str | None = None, key: str | None = None, tls13: bool = False
) -> SSL.Context:
    """What a device brings along: whom it trusts (nobody asked when None), and a certificate for EAP-TLS."""
    made = SSL.Context(SSL.TLS_CLIENT_METHOD)
    made.set_min_proto_version(SSL.TLS1_3_VERSION if tls13 else SSL.TLS1_2_VERSION)
    made.set_max_proto_version(SSL.TLS1_3_VERSION if tls13 else SSL.TLS1_2_VERSION)
    made.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    if authority is not None:
        made.load_verify_locations(authority)
        made.set_verify(SSL.VERIFY_PEER)
    if certificate is not None and key is not None:
        made.use_certificate_chain_file(certificate)
        made.use_privatekey_file(key)
    return made


@dataclass(slots=True)
class Device:
    """Who logs in and how. ``inner``: pap, chap, mschap, mschapv2 for TTLS. ``session`` is of the last login."""

    login: bytes
    password: bytes
    method: int
    inner: str = "pap"
    context: SSL.Context | None = None
    session: SSL.Session | None = None
    outer: bytes = ANONYMOUS
    size: int = 1020
    nt: mschap.NtKeys | None = None

    def keys(self) -> mschap.NtKeys:
        """For MS-CHAP, made once."""
        self.nt = self.nt or mschap.NtKeys(self.password)
        return self.nt


class Supplicant:
    """One login of a device. ``ended`` is EAP-Success or -Failure, ``msk`` the keys as the device has them, ``result``
    PEAP's last TLV.
    """

    def __init__(self, device: Device) -> None:
        self.device = device
        self.ended = 0
        self.msk = self.result = b""
        self.resumed = False
        self.refused = False  # it did not like what the authenticator proved
        self._tunnel: _ClientTunnel | None = None
        self._chap = _Chap2(device)

    def identity(self, ident: int = 0) -> bytes:
        """The Response that a NAS begins with."""
        return packet.build(packet.RESPONSE, ident, packet.IDENTITY, self._outside())

    def _outside(self) -> bytes:
        return self.device.outer if self.device.method in (packet.TTLS, packet.PEAP) else self.device.login

    def answer(self, message: bytes) -> bytes | None:
        """The Response to a Request; None at the end."""
        heard = packet.parse(message)
        if heard.code in (packet.SUCCESS, packet.FAILURE):
            self._over(heard.code)
            return None
        if heard.kind == packet.IDENTITY:
            return self.identity(heard.ident)
        if heard.kind != self.device.method:
            return packet.build(packet.RESPONSE, heard.ident, packet.NAK, bytes((self.device.method,)))
        return packet.build(packet.RESPONSE, heard.ident, heard.kind, self._data(heard))

    def _data(self, heard: packet.Eap) -> bytes:
        device = self.device
        if heard.kind == packet.MD5:
            challenge = heard.data[1 : 1 + heard.data[0]]
            return bytes((16,)) + chap_response(bytes((heard.ident,)), device.password, challenge)[1:]
        if heard.kind == packet.MSCHAPV2:
            return self._chap.answer(heard.data)
        self._tunnel = self._tunnel or _ClientTunnel(device, self._chap)
        return self._tunnel.answer(heard.data)

    def _over(self, code: int) -> None:
        self.ended, self.refused = code, self._chap.refused
        if self._tunnel is not None:
            self._tunnel.close(keep=code == packet.SUCCESS)
            self.msk, self.resumed, self.result = self._tunnel.msk, self._tunnel.resumed, self._tunnel.result
        elif self.device.method == packet.MSCHAPV2:
            self.msk = self._chap.msk()


class _Chap2:
    """MS-CHAPv2 as EAP's packets have it, and in TTLS."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._ours = os.urandom(16)
        self._hashed = self._response = b""
        self.refused = False

    def answer(self, data: bytes) -> bytes:
        """To a Challenge, a Success, a Failure (draft-kamath section 2)."""
        if data[0] == mschapv2.CHALLENGE:
            value = self.value(data[5 : 5 + data[4]], b"")
            body = bytes((49,)) + value[2:] + b"\0" + self._device.login
            return bytes((mschapv2.RESPONSE, data[1])) + (4 + len(body)).to_bytes(2, "big") + body
        if data[0] == mschapv2.SUCCESS:
            self.verify(data[4:46])
        return data[:1]

    def value(self, challenge: bytes, ident: bytes) -> bytes:
        """An MS-CHAP2-Response: ident, flags, 16 octets of ours, eight zeros, 24 of proof."""
        self._hashed = mschap.challenge_hash(self._ours, challenge, self._device.login)
        self._response = mschap.nt_response(self._device.keys(), self._hashed)
        return (ident or b"\0") + b"\0" + self._ours + bytes(8) + self._response

    def verify(self, signed: bytes) -> None:
        """Whether the authenticator knows the password, too."""
        right = mschap.authenticator_response(self._device.keys().hash_hash, self._response, self._hashed)
        self.refused = signed != right

    def msk(self) -> bytes:
        """As ``radius.eap.proofs`` has it."""
        send, receive = mschap.start_keys(self._device.keys().hash_hash, self._response)
        return receive + send + bytes(32)


class _ClientTunnel:
    """The device's end of TLS, and what it says inside."""

    def __init__(self, device: Device, chap: _Chap2) -> None:
        assert device.context is not None
        self._device, self._chap = device, chap
        self._connection = SSL.Connection(device.context, None)
        self._connection.set_connect_state()
        if device.session is not None:
            self._connection.set_session(device.session)
        self._fragments = Fragments(device.size)
        self._done = self._said = False
        self.resumed = False
        self.msk = self.result = b""

    def answer(self, data: bytes) -> bytes:
        """One fragment's answer."""
        message = self._fragments.take(bytes((data[0] & ~START,)) + data[1:])
        if message is None:
            return b"\0"
        if self._fragments.sending:
            return self._fragments.next()
        if message:
            self._connection.bio_write(message)
        words = self._shake() or self._read()
        if self._done:
            self._inside(words)
        return self._fragments.send(self._drain())

    def close(self, keep: bool) -> None:
        """The session is kept for the next login if it was good for this one."""
        if keep:
            self._device.session = self._connection.get_session()
            self._connection.set_shutdown(SSL.SENT_SHUTDOWN | SSL.RECEIVED_SHUTDOWN)

    def _shake(self) -> bytes:
        if self._done:
            return b""
        try:
            self._connection.do_handshake()
        except SSL.WantReadError:
            return b""
        except SSL.Error:  # an alert goes out
            return b""
        self._done = True
        self.resumed = bool(SSL._lib.SSL_session_reused(self._connection._ssl))  # type: ignore[attr-defined]
        tls13 = self._connection.get_protocol_version_name() == "TLSv1.3"
        self.msk = keys.msk(self._connection.export_keying_material, self._device.method, tls13)
        return b""

    def _read(self) -> bytes:
        try:
            return self._connection.recv(_MOST) if self._done else b""
        except SSL.Error:
            return b""

    def _drain(self) -> bytes:
        found = b""
        try:
            while True:
                found += self._connection.bio_read(_MOST)
        except SSL.WantReadError:
            return found

    def _inside(self, words: bytes) -> None:
        if self._device.method == packet.TTLS:
            self._ttls(words)
        elif self._device.method == packet.PEAP and words:
            self._connection.send(self._peap(words))

    def _peap(self, words: bytes) -> bytes:
        """Requests come without their header, but for the result's; some authenticators send it always."""
        headed = len(words) > 4 and words[2:4] == len(words).to_bytes(2, "big")
        kind, data = (words[4], words[5:]) if headed else (words[0], words[1:])
        if kind == packet.IDENTITY:
            return bytes((packet.IDENTITY,)) + self._device.login
        if kind == packet.MSCHAPV2:
            return bytes((kind,)) + self._chap.answer(data)
        self.result = data
        return packet.build(packet.RESPONSE, words[1], packet.TLV, data)

    def _ttls(self, words: bytes) -> None:
        if words and self._said and self._device.inner == "mschapv2":
            success = ttls.parse(words).get((mschap.MICROSOFT, mschap.CHAP2_SUCCESS), b"")
            self._chap.verify(success[1:])
        elif not self._said and not self.resumed:
            self._said = True
            name = ttls.build(0, USER_NAME, self._device.login)
            self._connection.send(name + self._proof())

    def _proof(self) -> bytes:
        device, inner = self._device, self._device.inner
        if inner == "pap":
            return ttls.build(0, USER_PASSWORD, device.password + bytes(-len(device.password) % 16))
        size = 8 if inner == "mschap" else 16
        implied = self._connection.export_keying_material(b"ttls challenge", size + 1)
        challenge, ident = implied[:size], implied[size:]
        if inner == "chap":
            response = chap_response(ident, device.password, challenge)
            return ttls.build(0, CHAP_PASSWORD, response) + ttls.build(0, CHAP_CHALLENGE, challenge)
        head = ttls.build(mschap.MICROSOFT, mschap.CHAP_CHALLENGE, challenge)
        if inner == "mschap":
            value = ident + b"\1" + bytes(24) + mschap.nt_response(device.keys(), challenge)
            return head + ttls.build(mschap.MICROSOFT, mschap.CHAP_RESPONSE, value)
        return head + ttls.build(mschap.MICROSOFT, mschap.CHAP2_RESPONSE, self._chap.value(challenge, ident))
