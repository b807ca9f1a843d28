"""Certificates of the tests: an authority, servers of it, clients of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from oss.base import clock
from radius.eap.certificate import UPN

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
SERVES = ExtendedKeyUsageOID.SERVER_AUTH
ASKS = ExtendedKeyUsageOID.CLIENT_AUTH


def new_key(rsa_bits: int = 0) -> Key:
    """P-256, or RSA where bits are told."""
    return rsa.generate_private_key(65537, rsa_bits) if rsa_bits else ec.generate_private_key(ec.SECP256R1())


def named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def upn(name: str) -> x509.OtherName:
    return x509.OtherName(UPN, bytes((0x0C, len(name))) + name.encode())


@dataclass(slots=True)
class Issued:
    """A certificate with its key; ``chain``: those above it that are sent along."""

    certificate: x509.Certificate
    key: Key = field(repr=False)
    chain: tuple[x509.Certificate, ...] = ()

    @property
    def pem(self) -> bytes:
        return b"".join(one.public_bytes(Encoding.PEM) for one in (self.certificate, *self.chain))

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def write(self, folder: Path, chain: str, key: str) -> None:
        (folder / chain).write_bytes(self.pem)
        (folder / key).write_bytes(self.key_pem)


class Authority:
    """Signs certificates; by itself, or by another."""

    def __init__(self, name: str = "Test CA", above: Authority | None = None, rsa_bits: int = 0) -> None:
        self.key, self.above = new_key(rsa_bits), above
        issuer, signer = (above.certificate.subject, above.key) if above is not None else (named(name), self.key)
        self.certificate = (
            _builder(named(name), issuer, self.key, 30)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(signer, hashes.SHA256())
        )

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    def issue(
        self,
        name: str,
        usage: x509.ObjectIdentifier = SERVES,
        also: tuple[x509.GeneralName, ...] = (),
        rsa_bits: int = 0,
        days: int = 30,
    ) -> Issued:
        """A certificate; one of negative days has expired."""
        key = new_key(rsa_bits)
        made = _builder(named(name), self.certificate.subject, key, days)
        made = made.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        if also:
            made = made.add_extension(x509.SubjectAlternativeName(also), critical=False)
        return Issued(made.sign(self.key, hashes.SHA256()), key, self._chain())

    def _chain(self) -> tuple[x509.Certificate, ...]:
        """Up to the root, which the peer has."""
        return () if self.above is None else (self.certificate, *self.above._chain())


def _builder(subject: x509.Name, issuer: x509.Name, key: Key, days: int) -> x509.CertificateBuilder:
    now = clock.now()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=60))
        .not_valid_after(now + timedelta(days=days))
    )
