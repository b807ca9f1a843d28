"""A small certificate authority for tests: certificates of any name and age, and a list of those revoked."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = timedelta(days=1)


class Authority:
    """Signs what it is asked to; everything lies as PEM files in one folder."""

    def __init__(self, folder: Path, name: str = "Prova CA") -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.revoked: list[int] = []
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        self.certificate = (
            self._builder(self.name, self.key.public_key(), timedelta(days=-1), timedelta(days=30))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .sign(self.key, hashes.SHA256())
        )
        self.pem = self.write("ca.pem", self.certificate.public_bytes(serialization.Encoding.PEM))

    def write(self, name: str, octets: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(octets)
        return path

    def _builder(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey, since: timedelta, until: timedelta
    ) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(self.name).public_key(key)
        return (
            builder.serial_number(x509.random_serial_number())
            .not_valid_before(now + since)
            .not_valid_after(now + until)
        )

    def issue(
        self,
        name: str,
        *,
        dns: tuple[str, ...] = (),
        since: timedelta = -DAY,
        until: timedelta = DAY,
        as_file: str | None = None,
    ) -> tuple[Path, Path, x509.Certificate]:
        """Certificate and key of a subject CN: their files, and the certificate itself."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        usages = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
        builder = self._builder(subject, key.public_key(), since, until).add_extension(usages, critical=False)
        if dns:
            names = x509.SubjectAlternativeName([x509.DNSName(one) for one in dns])
            builder = builder.add_extension(names, critical=False)
        certificate = builder.sign(self.key, hashes.SHA256())
        file = as_file or name
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return (
            self.write(f"{file}.pem", certificate.public_bytes(serialization.Encoding.PEM)),
            self.write(f"{file}.key", private),
            certificate,
        )

    def revoke(self, *certificates: x509.Certificate) -> Path:
        """The list of all revoked so far, as crl.pem."""
        self.revoked += [one.serial_number for one in certificates]
        now = datetime.now(UTC)
        builder = x509.CertificateRevocationListBuilder().issuer_name(self.name)
        builder = builder.last_update(now - DAY).next_update(now + DAY)
        for serial in self.revoked:
            one = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now - DAY).build()
            builder = builder.add_revoked_certificate(one)
        listed = builder.sign(self.key, hashes.SHA256())
        return self.write("crl.pem", listed.public_bytes(serialization.Encoding.PEM))

    def context(self, name: str, *, server: bool = False, **issue: object) -> ssl.SSLContext:
        """A context with a fresh certificate of this name that trusts this authority."""
        certificate, key, _ = self.issue(name, **issue)  # type: ignore[arg-type]
        return context_of(certificate, key, self.pem, server=server)


def context_of(certificate: Path, key: Path, trusted: Path, *, server: bool = False) -> ssl.SSLContext:
    """A context of files; both sides want a certificate of the other."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(certificate, key)
    context.load_verify_locations(trusted)
    return context
