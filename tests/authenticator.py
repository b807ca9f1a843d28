"""A security key in software: ES256, user verification, a signature counter (WebAuthn Level 3, 6.1 and 6.5)."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def told(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class Key:
    """One passkey for one relying party. ``verifies`` False: touched, but without finger or PIN; ``counts`` False: its
    counter stays at 0, as that of synced ones does."""

    def __init__(self, rp_id: str, origin: str) -> None:
        self.rp_id, self.origin, self.verifies, self.counts = rp_id, origin, True, True
        self.id, self.count = os.urandom(32), 0
        self._private = ec.generate_private_key(ec.SECP256R1())

    def _flags(self) -> int:
        return PRESENT | (VERIFIED if self.verifies else 0)

    def _data(self, flags: int, more: bytes = b"") -> bytes:
        return hashlib.sha256(self.rp_id.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big") + more

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}).encode()

    def _answer(self, response: dict[str, str]) -> str:
        made: dict[str, Any] = {"id": told(self.id), "rawId": told(self.id), "type": "public-key"}
        return json.dumps(made | {"response": response, "clientExtensionResults": {}})

    def create(self, options: dict[str, Any]) -> str:
        """The answer to an offer."""
        numbers = self._private.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        attested = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cbor2.dumps(cose)
        data = self._data(self._flags() | ATTESTED, attested)
        sealed = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", options["challenge"])
        return self._answer({"attestationObject": told(sealed), "clientDataJSON": told(client)})

    def get(self, options: dict[str, Any]) -> str:
        """The answer to a challenge; the counter grows."""
        self.count += int(self.counts)
        data, client = self._data(self._flags()), self._client("webauthn.get", options["challenge"])
        signature = self._private.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        parts = {"authenticatorData": told(data), "clientDataJSON": told(client), "signature": told(signature)}
        return self._answer(parts)
