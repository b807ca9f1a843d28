"""The operator's own certificate, looked at before it is served: each mistake has a sentence that says what to do.

What it must be: a key that fits; a chain in order, each signed by the next; valid now; for a server (EKU serverAuth,
which every supplicant asks for); strong enough for today's TLS libraries.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID as Usage

from oss.access import certificates as store
from oss.base.problems import Problem

RSA_BITS, EC_BITS = 2048, 224
USABLE = (rsa.RSAPublicKey, ec.EllipticCurvePublicKey)  # what EAP supplicants take


class NotACertificate(Problem):
    """{path} holds no certificate in PEM form. Of a .der or .p12 file, make one with openssl x509 or openssl pkcs12."""

    status = 422


class NotAKey(Problem):
    """{path} holds no private key that can be read: {wrong}. It must be PEM and without a passphrase (openssl pkey)."""

    status = 422


class KeyOfAnother(Problem):
    """The key in {key} does not belong to the first certificate in {cert} ({subject}). Give the key that its request
    was made with; if the chain is upside down, put the server's certificate first."""

    status = 422


class ChainBroken(Problem):
    """The chain in {cert} breaks after {subject}: it was signed by {issuer}, and {next} follows. Put the certificates
    in order, the server's first, then who signed it, up to the root."""

    status = 422


class OutOfDate(Problem):
    """{subject} is valid from {begins} until {ends}, and not now. Ask for a new one; if the dates are right, set this
    machine's clock."""

    status = 422


class NotForServers(Problem):
    """{subject} is not meant for servers (no TLS Web Server Authentication among its extended key usages), and clients
    would refuse it. Ask for a server certificate."""

    status = 422


class TooWeak(Problem):
    """{subject} is too weak: {what}. Clients of today refuse it; ask for one with RSA 2048 or EC P-256, and SHA-256."""

    status = 422


class NotAnAuthority(Problem):
    """{subject} in {path} is no certificate authority: it cannot sign clients. Give the CA's certificate."""

    status = 422


@dataclass(frozen=True, slots=True)
class Own:
    """The operator's certificate, sound; ``hints`` are what may still trouble some client."""

    chain: tuple[x509.Certificate, ...]
    key: Any
    clients: tuple[x509.Certificate, ...]
    lists: tuple[x509.CertificateRevocationList, ...]
    hints: tuple[str, ...]


def own(cert: Path, key: Path, ca: Path | None, crl: Path | None, now: datetime) -> Own:
    """Read and check; raises one of the problems above, the first that is found."""
    chain, private = _certificates(cert), _key(key)
    leaf = chain[0]
    if not store.fits(leaf, private):
        raise KeyOfAnother(key=key, cert=cert, subject=store.subject_of(leaf))
    _in_order(chain, cert)
    for one in chain:
        _in_date(one, now)
        _strong(one)
    if Usage.SERVER_AUTH not in (usages := _usages(leaf)) and usages:
        raise NotForServers(subject=store.subject_of(leaf))
    clients = _certificates(ca) if ca else ()
    for one in clients:
        _authority(one, ca, now)
    return Own(chain, private, clients, _lists(crl), tuple(_hints(chain, usages)))


def adopt(folder: Path, given: Own) -> None:
    """Serve with it from now on. Given authorities take the place of earlier given ones; our own stays trusted."""
    with store.locked(folder):
        ours = store.certificates_in(store.read(folder, store.AUTHORITY))
        trusted = store.certificates_in(store.read(folder, store.TRUST))
        if given.clients:
            trusted = (*ours, *(one for one in given.clients if one not in ours))
            store.write(folder, store.TRUST, store.pem(*trusted))
        if given.clients or given.lists:
            fresh, subjects = {crl.issuer for crl in given.lists}, {one.subject for one in trusted}
            kept = [crl for crl in store.lists_in(store.read(folder, store.REVOKED)) if crl.issuer in subjects - fresh]
            store.write(folder, store.REVOKED, store.pem(*kept, *given.lists))
        store.write_pair(folder, store.pem(*given.chain), store.key_pem(given.key))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise NotACertificate(path=f"{path} ({error.strerror})") from None


def _certificates(path: Path) -> tuple[x509.Certificate, ...]:
    try:
        found = store.certificates_in(_read(path))
    except ValueError:
        found = ()
    if not found:
        raise NotACertificate(path=path)
    return found


def _lists(path: Path | None) -> tuple[x509.CertificateRevocationList, ...]:
    if path is None:
        return ()
    try:
        found = store.lists_in(_read(path))
    except ValueError:
        found = ()
    if not found:
        raise NotACertificate(path=path)
    return found


def _key(path: Path) -> Any:
    try:
        return serialization.load_pem_private_key(_read(path), None)
    except TypeError:
        raise NotAKey(path=path, wrong="it is encrypted") from None
    except ValueError:
        raise NotAKey(path=path, wrong="it is none") from None


def _in_order(chain: tuple[x509.Certificate, ...], cert: Path) -> None:
    for one, after in pairwise(chain):
        if not store.signed_by(one, after):
            subjects = {"subject": store.subject_of(one), "next": store.subject_of(after)}
            raise ChainBroken(cert=cert, issuer=one.issuer.rfc4514_string(), **subjects)


def _in_date(one: x509.Certificate, now: datetime) -> None:
    begins, ends = one.not_valid_before_utc, one.not_valid_after_utc
    if not begins <= now < ends:
        raise OutOfDate(subject=store.subject_of(one), begins=begins.date(), ends=ends.date())


def _strong(one: x509.Certificate) -> None:
    if what := _weakness(one):
        raise TooWeak(subject=store.subject_of(one), what=what)


def _weakness(one: x509.Certificate) -> str:
    key, digest = one.public_key(), one.signature_hash_algorithm
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < RSA_BITS:
        return f"RSA with {key.key_size} bits"
    if isinstance(key, ec.EllipticCurvePublicKey) and key.key_size < EC_BITS:
        return f"EC with {key.key_size} bits"
    if not isinstance(key, USABLE):
        return "a kind of key that EAP clients do not know"
    # A root is believed for being there, not for its signature.
    if isinstance(digest, hashes.MD5 | hashes.SHA1) and one.subject != one.issuer:
        return f"signed with {digest.name}"
    return ""


def _usages(one: x509.Certificate) -> list[x509.ObjectIdentifier]:
    """Extended key usages; empty means any (RFC 5280 section 4.2.1.12)."""
    try:
        return list(one.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
    except x509.ExtensionNotFound:
        return []


def _authority(one: x509.Certificate, path: Path | None, now: datetime) -> None:
    try:
        may = one.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        may = False
    if not may:
        raise NotAnAuthority(subject=store.subject_of(one), path=path)
    _in_date(one, now)
    _strong(one)


def _hints(chain: tuple[x509.Certificate, ...], usages: list[x509.ObjectIdentifier]) -> Iterator[str]:
    """Not wrong, but somebody will meet it."""
    if not usages:
        yield "it names no extended key usage; Windows and Apple clients refuse such a certificate"
    elif Usage.CLIENT_AUTH not in usages:
        yield "it is not meant for clients (clientAuth): a RadSec peer may refuse us where we are the client"
    try:
        chain[0].extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        yield "it has no subject alternative name; clients that compare the server's name refuse it"
    if len(chain) == 1 and chain[0].issuer != chain[0].subject:
        yield "it comes alone; clients that do not know who signed it need the intermediate certificates in the file"
