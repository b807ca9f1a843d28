"""Our own certificate authority: it signs the server's certificate, those of clients and RadSec routers, and revokes.

EC P-256 throughout (RFC 5480): every supplicant of the last ten years takes it, and a handshake with it is cheap.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID as Usage
from cryptography.x509.oid import NameOID

from oss.access import certificates as store
from oss.base import clock
from oss.base.problems import Problem

AUTHORITY_DAYS, SERVER_DAYS, CLIENT_DAYS = 3652, 825, 825
EARLIER = timedelta(hours=1)  # valid from a little before now: clocks of clients are late
LOGIN, NAS = "login", "nas"
LONGEST_NAME = 64  # X.520 ub-common-name
HOST = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*")


class AuthorityThere(Problem):
    """There is a certificate authority already, {subject} until {until}. milha cert renew makes a new server
    certificate. Say --force to make a new authority: what the old one signed is refused from then on."""

    status = 409


class NoAuthority(Problem):
    """We have no certificate authority of our own to sign with: milha cert init makes one."""

    status = 404


class AuthorityExpired(Problem):
    """Our certificate authority ended on {until}: milha cert init --force makes a new one."""

    status = 409


class AuthorityDamaged(Problem):
    """The key of our certificate authority is not the one of its certificate: milha cert init --force makes a new
    authority, a backup brings the old one back."""

    status = 500


class NotAName(Problem):
    """{name} cannot stand in a certificate: {wrong}."""

    status = 422


class NotIssued(Problem):
    """No certificate with the serial number {serial} was signed here; milha cert show --clients lists them."""

    status = 404


class AlreadyRevoked(Problem):
    """The certificate {serial} of {name} is revoked already."""

    status = 409


@dataclass(frozen=True, slots=True)
class Authority:
    """Our authority with its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True)
class Client:
    """A client's certificate with its key, which exists nowhere else; ``server_ca`` is what it should trust."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    server_ca: tuple[x509.Certificate, ...]


@dataclass(frozen=True, slots=True)
class Issued:
    """What we signed for a client. ``kind``: login or nas; ``serial`` in hex."""

    serial: str
    kind: str
    name: str
    expires_at: datetime
    revoked_at: datetime | None = None


# ------------------------------------------------------------ what a person asks for


def establish(folder: Path, name: str, days: int = SERVER_DAYS, force: bool = False) -> None:
    """A new authority and the server's certificate from it; raises AuthorityThere, NotAName."""
    _host(name)
    with store.locked(folder):
        own = store.certificates_in(store.read(folder, store.AUTHORITY))
        if own and not force:
            raise AuthorityThere(subject=store.subject_of(own[0]), until=own[0].not_valid_after_utc.date())
        made = make_authority(name)
        # Until authority.pem names it, the new key signs nothing.
        store.write(folder, store.AUTHORITY_KEY, store.key_pem(made.key))
        store.write(folder, store.AUTHORITY, store.pem(made.certificate))
        others = [one for one in store.certificates_in(store.read(folder, store.TRUST)) if one not in own]
        store.write(folder, store.TRUST, store.pem(made.certificate, *others))
        _write_list(folder, made, (), others)
        _write_server(folder, made, name, days)


def renew(folder: Path, name: str | None = None, days: int = SERVER_DAYS) -> str:
    """A new server certificate from our authority, for the old one's name if none is given; returns the name."""
    with store.locked(folder):
        authority = open_authority(folder)
        chain = store.certificates_in(store.read(folder, store.CHAIN))
        wanted = name or (store.subject_of(chain[0]) if chain else "")
        _host(wanted)
        _write_server(folder, authority, wanted, days)
    return wanted


def issue(folder: Path, kind: str, name: str, days: int = CLIENT_DAYS) -> Client:
    """A certificate for a login (EAP-TLS) or a NAS (RadSec); it is on the list before it is handed out."""
    if not name or len(name) > LONGEST_NAME:
        raise NotAName(name=name, wrong=f"at most {LONGEST_NAME} characters fit")
    with store.locked(folder):
        authority = open_authority(folder)
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(name, key, authority.certificate, days).add_extension(_usage(Usage.CLIENT_AUTH), False)
        if kind == NAS and HOST.fullmatch(name):
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), False)
        made = builder.sign(authority.key, hashes.SHA256())
        until = made.not_valid_after_utc.isoformat()
        _append(folder, {"serial": f"{made.serial_number:x}", "kind": kind, "name": name, "expires_at": until})
        chain = store.certificates_in(store.read(folder, store.CHAIN))
    return Client(made, key, roots_of(chain))


def revoke(folder: Path, serial: str) -> Issued:
    """End a client's certificate before its time; raises NotIssued, AlreadyRevoked."""
    wanted = serial.replace(":", "").lower().removeprefix("0x").lstrip("0")
    with store.locked(folder):
        authority = open_authority(folder)
        found = next((one for one in issued(folder) if one.serial == wanted), None)
        if found is None:
            raise NotIssued(serial=serial)
        if found.revoked_at is not None:
            raise AlreadyRevoked(serial=serial, name=found.name)
        own = [crl for crl in store.lists_in(store.read(folder, store.REVOKED)) if _is_of(crl, authority)]
        before = [entry for crl in own for entry in crl]
        ended = x509.RevokedCertificateBuilder().serial_number(int(wanted, 16)).revocation_date(clock.now()).build()
        _write_list(folder, authority, [*before, ended], store.certificates_in(store.read(folder, store.TRUST)))
        _append(folder, {"serial": wanted, "revoked_at": clock.now().isoformat()})
    return found


def issued(folder: Path) -> list[Issued]:
    """What was signed for clients, oldest first; a line that was cut off by a crash was never handed out."""
    found: dict[str, Issued] = {}
    for line in store.read(folder, store.ISSUED).splitlines():
        try:
            told = json.loads(line)
            if "kind" in told:
                until = datetime.fromisoformat(told["expires_at"])
                found[told["serial"]] = Issued(told["serial"], told["kind"], told["name"], until)
            elif (one := found.get(told["serial"])) is not None:
                ended = datetime.fromisoformat(told["revoked_at"])
                found[one.serial] = Issued(one.serial, one.kind, one.name, one.expires_at, ended)
        except (ValueError, KeyError):
            continue
    return list(found.values())


# ------------------------------------------------------------ the authority's key


def open_authority(folder: Path) -> Authority:
    """Our authority; raises NoAuthority, AuthorityExpired, AuthorityDamaged."""
    own, raw = store.certificates_in(store.read(folder, store.AUTHORITY)), store.read(folder, store.AUTHORITY_KEY)
    if not own or not raw:
        raise NoAuthority
    if own[0].not_valid_after_utc <= clock.now():
        raise AuthorityExpired(until=own[0].not_valid_after_utc.date())
    try:
        key: Any = serialization.load_pem_private_key(raw, None)
    except (ValueError, TypeError):
        raise AuthorityDamaged from None
    if not store.fits(own[0], key):
        raise AuthorityDamaged
    return Authority(own[0], key)


# ------------------------------------------------------------ making


def make_authority(name: str, days: int = AUTHORITY_DAYS) -> Authority:
    """A self-signed authority that signs leaves only (path length 0)."""
    key = ec.generate_private_key(ec.SECP256R1())
    called = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Milha CA {name}"[:LONGEST_NAME])])
    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    builder = _dated(called, called, key, days).add_extension(x509.BasicConstraints(True, 0), True)
    builder = builder.add_extension(usage, True).add_extension(_key_id(key), False)
    return Authority(builder.sign(key, hashes.SHA256()), key)


def _write_server(folder: Path, authority: Authority, name: str, days: int) -> None:
    """EAP clients ask for serverAuth; RadSec, where we are the client too, also for clientAuth."""
    key = ec.generate_private_key(ec.SECP256R1())
    usage = _usage(Usage.SERVER_AUTH, Usage.CLIENT_AUTH)
    builder = _builder(name, key, authority.certificate, days).add_extension(usage, False)
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), False)
    made = builder.sign(authority.key, hashes.SHA256())
    # The root goes along: telephones that trust on first use show and keep it.
    store.write_pair(folder, store.pem(made, authority.certificate), store.key_pem(key))


def _builder(
    name: str, key: ec.EllipticCurvePrivateKey, issuer: x509.Certificate, days: int
) -> x509.CertificateBuilder:
    """A leaf, not longer valid than who signs it."""
    called = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = _dated(called, issuer.subject, key, days, issuer.not_valid_after_utc)
    usage = x509.KeyUsage(True, False, False, False, True, False, False, False, False)
    known = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(
        issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    )
    builder = builder.add_extension(x509.BasicConstraints(False, None), True).add_extension(usage, True)
    return builder.add_extension(_key_id(key), False).add_extension(known, False)


def _dated(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, days: int, at_most: datetime | None = None
) -> x509.CertificateBuilder:
    now = clock.now().replace(microsecond=0)
    until = now + timedelta(days=days)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - EARLIER)
    return builder.not_valid_after(min(until, at_most) if at_most else until)


def _usage(*kinds: x509.ObjectIdentifier) -> x509.ExtendedKeyUsage:
    return x509.ExtendedKeyUsage(kinds)


def _key_id(key: ec.EllipticCurvePrivateKey) -> x509.SubjectKeyIdentifier:
    return x509.SubjectKeyIdentifier.from_public_key(key.public_key())


def _host(name: str) -> None:
    if not HOST.fullmatch(name) or len(name) > LONGEST_NAME:
        raise NotAName(name=name or '""', wrong="a host name such as radius.example.net is wanted")


def roots_of(chain: tuple[x509.Certificate, ...]) -> tuple[x509.Certificate, ...]:
    """What a client must trust to believe a chain: its last link."""
    return chain[-1:] if len(chain) > 1 else ()


def _is_of(crl: x509.CertificateRevocationList, authority: Authority) -> bool:
    return crl.issuer == authority.certificate.subject and crl.is_signature_valid(authority.key.public_key())


def _write_list(
    folder: Path,
    authority: Authority,
    ended: Iterable[x509.RevokedCertificate],
    trusted: Iterable[x509.Certificate],
) -> None:
    """Our list, good until the authority ends: it is replaced here, nobody keeps a copy that could grow old."""
    now = clock.now().replace(microsecond=0)
    builder = x509.CertificateRevocationListBuilder().issuer_name(authority.certificate.subject)
    builder = builder.last_update(now - EARLIER).next_update(authority.certificate.not_valid_after_utc)
    builder = builder.add_extension(x509.CRLNumber(int(now.timestamp())), False)
    for one in ended:
        builder = builder.add_revoked_certificate(one)
    made = builder.sign(authority.key, hashes.SHA256())
    subjects = {one.subject for one in trusted} - {authority.certificate.subject}
    others = [crl for crl in store.lists_in(store.read(folder, store.REVOKED)) if crl.issuer in subjects]
    store.write(folder, store.REVOKED, store.pem(made, *others))


def _append(folder: Path, told: dict[str, str]) -> None:
    """One line more, on disk before this returns."""
    before = store.read(folder, store.ISSUED)
    line = b"" if not before or before.endswith(b"\n") else b"\n"
    line += json.dumps(told, ensure_ascii=False).encode() + b"\n"
    with open(os.open(folder / store.ISSUED, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as file:
        file.write(line)
        file.flush()
        os.fsync(file.fileno())
    store.give_to_owner(folder / store.ISSUED, folder)
