"""The operator's own certificate: taken when it is sound, refused with a sentence that helps when it is not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID as Usage
from cryptography.x509.oid import NameOID

from oss.access import certificate_authority as authority
from oss.access import certificate_checks as checks
from oss.access import certificates as store
from oss.base import clock
from oss.base.problems import Problem

NOW = clock.now()
Pair = tuple[x509.Certificate, Any]


def called(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def made(
    name: str,
    by: Pair | None = None,
    *,
    ca: bool = False,
    key: Any = None,
    usages: Sequence[x509.ObjectIdentifier] = (Usage.SERVER_AUTH, Usage.CLIENT_AUTH),
    since: datetime = NOW - timedelta(days=1),
    until: datetime = NOW + timedelta(days=100),
) -> Pair:
    """A certificate and its key; self-signed without ``by``."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    issuer, signer = (by[0].subject, by[1]) if by else (called(name), key)
    builder = x509.CertificateBuilder().subject_name(called(name)).issuer_name(issuer).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(since).not_valid_after(until)
    builder = builder.add_extension(x509.BasicConstraints(ca, None), True)
    if not ca:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), False)
        if usages:
            builder = builder.add_extension(x509.ExtendedKeyUsage(usages), False)
    return builder.sign(signer, hashes.SHA256()), key


ROOT = made("Root", ca=True)
MIDDLE = made("Middle", ROOT, ca=True)
LEAF = made("radius.isp.example", MIDDLE)


class Files:
    """Writes what a test gives, and has it looked at."""

    def __init__(self, folder: Path) -> None:
        self.cert, self.key = folder / "chain.pem", folder / "key.pem"
        self.ca, self.crl = folder / "ca.pem", folder / "crl.pem"

    def look(self, *chain: Pair, key: Any = None, ca: Pair | None = None, now: datetime = NOW) -> checks.Own:
        self.cert.write_bytes(store.pem(*(one for one, _ in chain)))
        self.key.write_bytes(store.key_pem(key or chain[0][1]))
        if ca:
            self.ca.write_bytes(store.pem(ca[0]))
        return checks.own(self.cert, self.key, self.ca if ca else None, None, now)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def test_a_sound_chain_is_taken_and_served(files: Files, tmp_path: Path) -> None:
    given = files.look(LEAF, MIDDLE, ca=ROOT)
    assert given.hints == ()
    checks.adopt(tmp_path / "certs", given)
    found = store.load(tmp_path / "certs")
    assert found.chain == (LEAF[0], MIDDLE[0]) and found.trusted == (ROOT[0],)
    [server, clients] = store.held(tmp_path / "certs")
    assert (server.ours, server.cure, clients.ours) == (False, "milha cert use", False)


def test_our_own_authority_stays_trusted_and_an_earlier_given_one_does_not(files: Files, tmp_path: Path) -> None:
    folder = tmp_path / "certs"
    authority.establish(folder, "radius.example.net")
    ours = store.load(folder).trusted[0]
    client = authority.issue(folder, "login", "a").certificate
    authority.revoke(folder, f"{client.serial_number:x}")
    checks.adopt(folder, files.look(LEAF, MIDDLE, ca=ROOT))
    other = made("Other", ca=True)
    checks.adopt(folder, files.look(LEAF, MIDDLE, ca=other))
    found = store.load(folder)
    assert found.trusted == (ours, other[0]) and found.is_revoked(client)
    assert authority.issue(folder, "login", "b").server_ca == (MIDDLE[0],)


def test_a_given_list_of_revoked_certificates_is_obeyed(files: Files, tmp_path: Path) -> None:
    client = made("cli1", ROOT, usages=[Usage.CLIENT_AUTH])[0]
    builder = x509.CertificateRevocationListBuilder().issuer_name(ROOT[0].subject).last_update(NOW)
    ended = x509.RevokedCertificateBuilder().serial_number(client.serial_number).revocation_date(NOW).build()
    signed = builder.next_update(NOW + timedelta(days=9)).add_revoked_certificate(ended).sign(ROOT[1], hashes.SHA256())
    files.look(LEAF, MIDDLE, ca=ROOT)
    files.crl.write_bytes(store.pem(signed))
    checks.adopt(tmp_path / "certs", checks.own(files.cert, files.key, files.ca, files.crl, NOW))
    assert store.load(tmp_path / "certs").is_revoked(client)


def refused(files: Files, kind: type[Problem], *chain: Pair, **more: Any) -> str:
    with pytest.raises(kind) as caught:
        files.look(*chain, **more)
    return str(caught.value)


def test_a_key_of_another_certificate_is_refused(files: Files) -> None:
    assert "radius.isp.example" in refused(files, checks.KeyOfAnother, LEAF, MIDDLE, key=MIDDLE[1])


def test_a_chain_that_is_out_of_order_or_has_a_hole_is_refused(files: Files) -> None:
    assert "upside down" in refused(files, checks.KeyOfAnother, MIDDLE, LEAF, key=LEAF[1])
    said = refused(files, checks.ChainBroken, LEAF, ROOT, MIDDLE)
    assert "signed by CN=Middle, and Root follows" in said
    impostor = made("Middle", ROOT, ca=True)  # the right name with another key
    refused(files, checks.ChainBroken, LEAF, impostor)


def test_one_that_has_ended_or_has_not_begun_is_refused(files: Files) -> None:
    old = made("radius.isp.example", until=NOW - timedelta(seconds=1))
    young = made("radius.isp.example", since=NOW + timedelta(hours=1))
    refused(files, checks.OutOfDate, old)
    assert "clock" in refused(files, checks.OutOfDate, young)
    stale = made("Stale", ROOT, ca=True, until=NOW - timedelta(days=1))
    refused(files, checks.OutOfDate, made("radius.isp.example", stale), stale)


def test_one_that_is_for_clients_only_is_refused(files: Files) -> None:
    """RFC 5216 section 5.3: clients look for serverAuth where extended key usages are named."""
    said = refused(files, checks.NotForServers, made("radius.isp.example", usages=[Usage.CLIENT_AUTH]))
    assert "Ask for a server certificate" in said


def test_a_short_key_is_refused(files: Files) -> None:
    short = rsa.generate_private_key(65537, 1024)
    assert "RSA with 1024 bits" in refused(files, checks.TooWeak, made("radius.isp.example", key=short))
    assert files.look(made("radius.isp.example", key=rsa.generate_private_key(65537, 2048))).chain


def test_who_signs_clients_must_be_an_authority(files: Files) -> None:
    assert "ca.pem" in refused(files, checks.NotAnAuthority, LEAF, MIDDLE, ca=LEAF)


def test_files_that_are_none_are_named(files: Files, tmp_path: Path) -> None:
    files.look(LEAF, MIDDLE)
    with pytest.raises(checks.NotACertificate, match=r"key\.pem"):
        checks.own(files.key, files.key, None, None, NOW)
    with pytest.raises(checks.NotACertificate, match="No such file"):
        checks.own(tmp_path / "nowhere", files.key, None, None, NOW)
    with pytest.raises(checks.NotAKey, match="it is none"):
        checks.own(files.cert, files.cert, None, None, NOW)
    with pytest.raises(checks.NotACertificate):
        checks.own(files.cert, files.key, None, files.cert, NOW)
    form, kind = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    files.key.write_bytes(LEAF[1].private_bytes(form, kind, serialization.BestAvailableEncryption(b"pw")))
    with pytest.raises(checks.NotAKey, match="it is encrypted"):
        checks.own(files.cert, files.key, None, None, NOW)


def test_what_may_trouble_some_client_is_said(files: Files) -> None:
    assert any("clientAuth" in hint for hint in files.look(made("a.example", usages=[Usage.SERVER_AUTH])).hints)
    assert any("Windows" in hint for hint in files.look(made("a.example", usages=[])).hints)
    assert any("alone" in hint for hint in files.look(LEAF).hints)
