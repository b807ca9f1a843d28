"""Keys that a device shows: the same at each start of the lab, as a device keeps its own; another when exchanged."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import asyncssh
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import NameOID

BEGINS, ENDS = datetime(2024, 1, 1, tzinfo=UTC), datetime(2044, 1, 1, tzinfo=UTC)


def _key(name: str, turn: int) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(f"lab/{name}/{turn}".encode()).digest())


def host_key(name: str, turn: int, legacy: bool = False) -> asyncssh.SSHKey:
    """Of SSH. ``turn``: how often it was exchanged; ``legacy``: RSA as old devices have it, new at each start."""
    if legacy:
        return asyncssh.generate_private_key("ssh-rsa", key_size=1024)
    octets = _key(name, turn).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )
    return asyncssh.import_private_key(octets)


def certificate(name: str, turn: int) -> tuple[bytes, bytes]:
    """One that a router made for itself, with its key, both PEM."""
    key = _key(name, turn)
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    number = int.from_bytes(hashlib.sha256(f"{name}/{turn}".encode()).digest()[:16]) >> 1
    made = x509.CertificateBuilder(who, who, key.public_key(), number, BEGINS, ENDS).sign(key, None)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return made.public_bytes(serialization.Encoding.PEM), private
