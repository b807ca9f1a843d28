"""The certificates of this installation, as files in ``<data_dir>/certs``: what EAP, RadSec and ``milha cert`` share.

``server.pem`` our chain, leaf first; ``server.key`` its key; ``ca.pem`` whom we trust to sign clients; ``crl.pem`` what
is revoked. For ``milha cert`` alone: ``authority.pem`` and ``ca.key``, our own authority; ``issued.jsonl``,
what it signed. A file is complete and on disk when it appears under its name. Who serves with them holds a ``Watch``.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization

from oss.base.problems import Problem
from oss.base.secrets import sync_folder

CHAIN, KEY, TRUST, REVOKED = "server.pem", "server.key", "ca.pem", "crl.pem"
AUTHORITY, AUTHORITY_KEY, ISSUED = "authority.pem", "ca.key", "issued.jsonl"
PRIVATE = (KEY, AUTHORITY_KEY)
CRL_MARK = b"-----BEGIN X509 CRL-----"
# Days that are left -> how loud it is said.
SAYS = {
    "soon": "ends within 30 days",
    "pressing": "ends within 14 days",
    "last_days": "ENDS WITHIN 3 DAYS",
    "expired": "HAS ENDED",
}
ALARMS = ((timedelta(0), "expired"), (timedelta(3), "last_days"), (timedelta(14), "pressing"), (timedelta(30), "soon"))


class NoCertificates(Problem):
    """There is no server certificate yet: milha cert init makes one, milha cert use takes your own."""

    status = 404


class CertificatesDamaged(Problem):
    """The certificates cannot be used: {what}. milha cert renew makes a new one, milha cert use takes your own."""

    status = 500


@dataclass(frozen=True, slots=True)
class Material:
    """What a TLS server needs, checked to belong together; ``key`` is the private key that fits ``chain[0]``."""

    chain: tuple[x509.Certificate, ...]
    key: Any
    trusted: tuple[x509.Certificate, ...]
    revoked: tuple[x509.CertificateRevocationList, ...]

    def is_revoked(self, certificate: x509.Certificate) -> bool:
        """Whether a list that one of the trusted has signed names it (RFC 5280 section 5); asked after the chain."""
        lists = (crl for crl in self.revoked if crl.issuer == certificate.issuer)
        return any(crl.get_revoked_certificate_by_serial_number(certificate.serial_number) for crl in lists)


@dataclass(frozen=True, slots=True)
class Held:
    """One certificate an operator should know of. ``use``: server or clients (whom we trust to sign theirs)."""

    use: str
    subject: str
    fingerprint: str
    expires_at: datetime
    ours: bool

    @property
    def cure(self) -> str:
        """The command that helps when it ends."""
        if not self.ours:
            return "milha cert use"
        return "milha cert renew" if self.use == "server" else "milha cert init --force"

    def as_json(self) -> dict[str, Any]:
        """For the node's row, from which screens tell of it."""
        told = {"use": self.use, "subject": self.subject, "fingerprint": self.fingerprint, "cure": self.cure}
        return told | {"expires_at": self.expires_at.isoformat()}


def alarm(expires_at: datetime, now: datetime) -> str | None:
    """How loud an end is told: soon (30 days), pressing (14), last_days (3), expired; None while it is far."""
    return next((word for left, word in ALARMS if expires_at - now <= left), None)


# ------------------------------------------------------------ one certificate


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 as telephones and routers show it: pairs of hex digits with colons."""
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def subject_of(certificate: x509.Certificate) -> str:
    """The common name, or the whole subject where there is none."""
    names = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(names[0].value) if names else certificate.subject.rfc4514_string()


def fits(certificate: x509.Certificate, key: Any) -> bool:
    """Whether a private key belongs to a certificate."""
    return _public(certificate.public_key()) == _public(key.public_key())


def _public(key: Any) -> bytes:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return bytes(key.public_bytes(serialization.Encoding.DER, form))


def signed_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether ``issuer`` signed it: name and signature (RFC 5280 section 6.1.3)."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def certificates_in(octets: bytes) -> tuple[x509.Certificate, ...]:
    """All certificates of a PEM file, in order; empty where there are none. Raises ValueError."""
    return tuple(x509.load_pem_x509_certificates(octets)) if b"-----BEGIN CERT" in octets else ()


def lists_in(octets: bytes) -> tuple[x509.CertificateRevocationList, ...]:
    """All revocation lists of a PEM file. Raises ValueError."""
    return tuple(x509.load_pem_x509_crl(CRL_MARK + part) for part in octets.split(CRL_MARK)[1:])


def pem(*parts: x509.Certificate | x509.CertificateRevocationList) -> bytes:
    """As a PEM file."""
    return b"".join(part.public_bytes(serialization.Encoding.PEM) for part in parts)


def key_pem(key: Any) -> bytes:
    """A private key as a PEM file, in clear."""
    form, clear = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return bytes(key.private_bytes(serialization.Encoding.PEM, form, clear))


# ------------------------------------------------------------ the folder


def folder_of(data_dir: Path) -> Path:
    """Where the certificates lie."""
    return data_dir / "certs"


def read(folder: Path, name: str) -> bytes:
    """A file's octets; empty where it is not there."""
    with suppress(FileNotFoundError):
        return (folder / name).read_bytes()
    return b""


def load(folder: Path) -> Material:
    """Everything that a server needs; raises NoCertificates or CertificatesDamaged."""
    settle(folder)
    raw = [read(folder, name) for name in (CHAIN, KEY, TRUST, REVOKED)]
    if not raw[0]:
        raise NoCertificates
    try:
        chain, key = certificates_in(raw[0]), serialization.load_pem_private_key(raw[1], None)
        trusted, revoked = certificates_in(raw[2]), lists_in(raw[3])
    except (ValueError, TypeError) as error:
        raise CertificatesDamaged(what=error) from None
    if not chain or not fits(chain[0], key):
        raise CertificatesDamaged(what=f"{KEY} does not belong to {CHAIN}")
    signed = (crl for crl in revoked if any(_lists_for(crl, ca) for ca in trusted))
    return Material(chain, key, trusted, tuple(signed))


def revoked(folder: Path) -> frozenset[tuple[bytes, int]]:
    """Issuer (DER) and serial number of all that is revoked by a list that a trusted authority has signed.

    Raises CertificatesDamaged: whoever cannot read the list does not know whom to refuse.
    """
    try:
        trusted, lists = certificates_in(read(folder, TRUST)), lists_in(read(folder, REVOKED))
    except ValueError as error:
        raise CertificatesDamaged(what=f"{REVOKED} or {TRUST}: {error}") from None
    signed = [crl for crl in lists if any(_lists_for(crl, ca) for ca in trusted)]
    return frozenset((crl.issuer.public_bytes(), one.serial_number) for crl in signed for one in crl)


def _lists_for(crl: x509.CertificateRevocationList, authority: x509.Certificate) -> bool:
    key: Any = authority.public_key()
    return crl.issuer == authority.subject and crl.is_signature_valid(key)


def held(folder: Path) -> list[Held]:
    """The server's certificate and those we trust to sign clients; raises CertificatesDamaged."""
    try:
        chain, trusted = certificates_in(read(folder, CHAIN)), certificates_in(read(folder, TRUST))
        own = certificates_in(read(folder, AUTHORITY))
    except ValueError as error:
        raise CertificatesDamaged(what=error) from None
    found = [_held("server", one, any(signed_by(one, ca) for ca in own)) for one in chain[:1]]
    return found + [_held("clients", one, one in own) for one in trusted]


def _held(use: str, one: x509.Certificate, ours: bool) -> Held:
    return Held(use, subject_of(one), fingerprint(one), one.not_valid_after_utc, ours)


def soundness(folder: Path, now: datetime) -> tuple[str, bool]:
    """One line for ``milha check``, and whether nothing has ended; raises CertificatesDamaged."""
    if not read(folder, CHAIN):
        return "none; milha cert init makes them (EAP and RadSec need them)", True
    load(folder)
    first = min(held(folder), key=lambda one: one.expires_at)
    state = alarm(first.expires_at, now)
    if state is None:
        return f"sound; the first to end is {first.subject}, {first.expires_at:%Y-%m-%d}", True
    return f"{first.subject} {SAYS[state]} ({first.expires_at:%Y-%m-%d}): {first.cure}", state != "expired"


class Told:
    """What a node tells of its certificates in its row; read again only when a file has changed."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._watch = folder, Watch(folder)
        self._told = self._read()

    def now(self) -> dict[str, Any]:
        """``held``: each certificate as JSON; ``error``: why they cannot be used, None where they can or are none."""
        if self._watch.changed():
            self._told = self._read()
        return self._told

    def _read(self) -> dict[str, Any]:
        try:
            found = [one.as_json() for one in held(self._folder)]
            if found and found[0]["use"] == "server":
                load(self._folder)
        except (CertificatesDamaged, OSError) as problem:
            return {"held": [], "error": str(problem)}
        return {"held": found, "error": None}


# ------------------------------------------------------------ writing


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One command at a time; the folder is made on first use."""
    if not folder.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        give_to_owner(folder, folder.parent)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def write(folder: Path, name: str, octets: bytes) -> None:
    """Replace one file; the old one is whole until the new one is."""
    os.replace(_written(folder, name, octets), folder / name)
    sync_folder(folder)


def _written(folder: Path, name: str, octets: bytes) -> Path:
    fresh = folder / f"{name}.{secrets.token_hex(4)}"
    mode = 0o600 if name in PRIVATE else 0o644
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(octets)
        file.flush()
        os.fsync(file.fileno())
    give_to_owner(fresh, folder)
    return fresh


def give_to_owner(path: Path, like: Path) -> None:
    """What root makes beside a process of another user is that user's: it could not read it otherwise."""
    if os.geteuid() == 0:
        owner = like.stat()
        os.chown(path, owner.st_uid, owner.st_gid)


def write_pair(folder: Path, chain: bytes, key: bytes) -> None:
    """Replace certificate and key together: whoever is killed between the two names leaves what ``settle`` finishes."""
    waiting = folder / f"{CHAIN}.next"
    os.replace(_written(folder, CHAIN, chain), waiting)
    sync_folder(folder)
    write(folder, KEY, key)
    with suppress(FileNotFoundError):  # a server that looked meanwhile has finished it
        os.replace(waiting, folder / CHAIN)
    sync_folder(folder)


def settle(folder: Path) -> None:
    """Finish a ``write_pair`` that was cut short: the waiting chain takes its name if the key is already its own."""
    waiting = folder / f"{CHAIN}.next"
    with suppress(FileNotFoundError, ValueError):
        key = serialization.load_pem_private_key((folder / KEY).read_bytes(), None)
        if fits(certificates_in(waiting.read_bytes())[0], key):
            os.replace(waiting, folder / CHAIN)


class Watch:
    """Tells when the files a server uses have changed; asked as often as one likes, it costs four looks at names."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen = self._look()

    def changed(self) -> bool:
        """Whether something is new since the last time this said so."""
        now = self._look()
        before, self._seen = self._seen, now
        return now != before

    def _look(self) -> tuple[tuple[int, int] | None, ...]:
        return tuple(self._of(name) for name in (CHAIN, KEY, TRUST, REVOKED))

    def _of(self, name: str) -> tuple[int, int] | None:
        try:
            found = (self._folder / name).stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns
