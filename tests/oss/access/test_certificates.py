"""The certificates on disk: always a pair that fits, noticed when they change, and their end is seen coming."""

from __future__ import annotations

import os
import stat
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import ExtendedKeyUsageOID

from oss.access import certificate_authority as authority
from oss.access import certificates as store
from oss.base import clock

NAME = "radius.example.net"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An installation's folder after ``milha cert init``."""
    authority.establish(tmp_path / "certs", NAME)
    return tmp_path / "certs"


# ------------------------------------------------------------ our authority


def test_what_init_makes_is_a_server_for_eap_and_both_ends_of_radsec(folder: Path) -> None:
    made = store.load(folder)
    leaf, root = made.chain
    usages = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert set(usages) == {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH}
    assert names.get_values_for_type(x509.DNSName) == [NAME]
    assert store.signed_by(leaf, root) and made.trusted == (root,)
    assert timedelta(days=824) < leaf.not_valid_after_utc - clock.now() <= timedelta(days=825)
    assert root.not_valid_after_utc - clock.now() > timedelta(days=3650)


def test_private_keys_are_for_their_owner_alone(folder: Path) -> None:
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert modes["server.key"] == modes["ca.key"] == 0o600 and stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_an_authority_whose_key_is_lost_or_anothers_signs_nothing(folder: Path) -> None:
    store.write(folder, store.AUTHORITY_KEY, store.key_pem(authority.make_authority(NAME).key))
    with pytest.raises(authority.AuthorityDamaged):
        authority.renew(folder)
    store.write(folder, store.AUTHORITY_KEY, b"v1:nonsense")
    with pytest.raises(authority.AuthorityDamaged):
        authority.renew(folder)
    (folder / store.AUTHORITY_KEY).unlink()
    with pytest.raises(authority.NoAuthority):
        authority.renew(folder)
    assert store.subject_of(store.load(folder).chain[0]) == NAME


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_what_root_renews_still_belongs_to_the_user_milha_runs_as(folder: Path) -> None:
    os.chown(folder, 12345, 12345)
    authority.renew(folder)
    assert (folder / "server.key").stat().st_uid == 12345


def test_a_second_init_is_refused_and_a_forced_one_trusts_the_old_authority_no_more(folder: Path) -> None:
    before = store.load(folder)
    with pytest.raises(authority.AuthorityThere):
        authority.establish(folder, NAME)
    assert store.load(folder).chain == before.chain
    authority.establish(folder, "aaa.example.net", force=True)
    after = store.load(folder)
    assert after.trusted != before.trusted and before.trusted[0] not in after.trusted
    assert store.subject_of(after.chain[0]) == "aaa.example.net"


def test_renewing_keeps_name_and_authority_and_changes_certificate_and_key(folder: Path) -> None:
    before = store.load(folder)
    assert authority.renew(folder) == NAME
    after = store.load(folder)
    assert after.trusted == before.trusted
    assert not store.fits(before.chain[0], after.key) and store.fits(after.chain[0], after.key)


@pytest.mark.parametrize("name", ["", "-a.example", "a b", "x" * 65, "ção.example"])
def test_a_server_is_called_by_a_host_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(authority.NotAName):
        authority.establish(tmp_path, name)
    assert list(tmp_path.iterdir()) == []


def test_a_clients_certificate_carries_its_login_and_is_for_clients_only(folder: Path) -> None:
    made = authority.issue(folder, authority.LOGIN, "josé@isp")
    usages = made.certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert store.subject_of(made.certificate) == "josé@isp"
    assert list(usages) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert store.signed_by(made.certificate, store.load(folder).trusted[0])
    assert made.server_ca == store.load(folder).chain[-1:]
    [listed] = authority.issued(folder)
    assert (listed.kind, listed.name, int(listed.serial, 16)) == ("login", "josé@isp", made.certificate.serial_number)


def test_a_routers_certificate_names_it_also_as_a_host(folder: Path) -> None:
    """RFC 6614 section 2.3: a RadSec peer may be known by its subjectAltName."""
    made = authority.issue(folder, authority.NAS, "bng-1.example.net").certificate
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["bng-1.example.net"]
    spaced = authority.issue(folder, authority.NAS, "BNG do Morro").certificate
    with pytest.raises(x509.ExtensionNotFound):
        spaced.extensions.get_extension_for_class(x509.SubjectAlternativeName)


def test_a_name_longer_than_a_certificate_holds_is_refused(folder: Path) -> None:
    with pytest.raises(authority.NotAName):
        authority.issue(folder, authority.LOGIN, "x" * 65)
    assert authority.issued(folder) == []


def test_nothing_outlives_the_authority(folder: Path) -> None:
    made = authority.issue(folder, authority.LOGIN, "cli1", days=9999)
    assert made.certificate.not_valid_after_utc == store.load(folder).trusted[0].not_valid_after_utc


# ------------------------------------------------------------ revoking


def test_a_revoked_certificate_is_on_the_signed_list_and_others_are_not(folder: Path) -> None:
    """RFC 5280 section 5: the list is the issuer's, signed, and names serial numbers."""
    gone, kept, more = [authority.issue(folder, "login", name).certificate for name in ("a", "b", "c")]
    for one in (gone, more):
        authority.revoke(folder, f"{one.serial_number:X}")
    found = store.load(folder)
    assert [found.is_revoked(one) for one in (gone, kept, more)] == [True, False, True]
    assert found.revoked[0].is_signature_valid(found.trusted[0].public_key())
    assert store.revoked(folder) == {(one.issuer.public_bytes(), one.serial_number) for one in (gone, more)}
    assert [one.revoked_at is not None for one in authority.issued(folder)] == [True, False, True]


def test_a_serial_number_is_taken_as_openssl_prints_it(folder: Path) -> None:
    made = authority.issue(folder, "login", "a").certificate
    pairs = made.serial_number.to_bytes(21, "big").hex(":").upper()
    assert authority.revoke(folder, pairs).name == "a"
    with pytest.raises(authority.AlreadyRevoked):
        authority.revoke(folder, pairs)
    with pytest.raises(authority.NotIssued):
        authority.revoke(folder, "beef")


def test_a_list_that_none_of_the_trusted_has_signed_revokes_nothing(folder: Path) -> None:
    made = authority.issue(folder, "login", "a").certificate
    forger = authority.make_authority(NAME)  # the same name, another key
    builder = x509.CertificateRevocationListBuilder().issuer_name(forger.certificate.subject)
    builder = builder.last_update(clock.now()).next_update(clock.now() + timedelta(days=1))
    ended = x509.RevokedCertificateBuilder().serial_number(made.serial_number).revocation_date(clock.now()).build()
    forged = builder.add_revoked_certificate(ended).sign(forger.key, made.signature_hash_algorithm)
    store.write(folder, store.REVOKED, store.pem(forged))
    assert (
        store.load(folder).revoked == ()
        and store.revoked(folder) == frozenset()
        and not store.load(folder).is_revoked(made)
    )


def test_a_list_that_cannot_be_read_is_told_and_not_taken_for_an_empty_one(folder: Path) -> None:
    store.write(folder, store.REVOKED, store.CRL_MARK + b"nonsense")
    with pytest.raises(store.CertificatesDamaged, match="crl"):
        store.revoked(folder)
    assert store.Told(folder).now()["error"]


def test_a_line_that_a_crash_cut_off_hides_no_other(folder: Path) -> None:
    authority.issue(folder, "login", "a")
    with (folder / store.ISSUED).open("ab") as file:
        file.write(b'{"serial": "12')
    authority.issue(folder, "login", "b")
    assert [one.name for one in authority.issued(folder)] == ["a", "b"]


# ------------------------------------------------------------ files that change while they are read


def test_whoever_is_killed_between_certificate_and_key_leaves_a_pair_that_fits(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority.establish(tmp_path / "other", "new.example.net")
    chain, key = [(tmp_path / "other" / name).read_bytes() for name in (store.CHAIN, store.KEY)]
    renamed, whole = [], os.replace

    def dies_at(step: int) -> None:
        def replace(source: str, target: str) -> None:
            if len(renamed) == step:
                raise KeyboardInterrupt
            renamed.append(target)
            whole(source, target)

        monkeypatch.setattr(os, "replace", replace)
        with pytest.raises(KeyboardInterrupt):
            store.write_pair(folder, chain, key)
        monkeypatch.undo()
        renamed.clear()

    served = []
    for step in (0, 1, 2):
        dies_at(step)
        served.append(store.subject_of(store.load(folder).chain[0]))
    assert served == [NAME, NAME, "new.example.net"]


def test_a_key_of_another_certificate_is_told_apart(folder: Path) -> None:
    other = authority.make_authority("x").key
    store.write(folder, store.KEY, store.key_pem(other))
    with pytest.raises(store.CertificatesDamaged, match="does not belong"):
        store.load(folder)
    with pytest.raises(store.CertificatesDamaged):
        store.soundness(folder, clock.now())
    told = store.Told(folder).now()
    assert told["held"] == [] and "does not belong" in told["error"]


def test_without_certificates_there_is_nothing_to_load_and_nothing_wrong(tmp_path: Path) -> None:
    with pytest.raises(store.NoCertificates):
        store.load(tmp_path)
    assert store.held(tmp_path) == [] and store.soundness(tmp_path, clock.now())[1]
    assert store.Told(tmp_path).now() == {"held": [], "error": None}


def test_a_watch_says_once_that_something_changed(folder: Path) -> None:
    watch, told = store.Watch(folder), store.Told(folder)
    before = told.now()
    assert not watch.changed()
    authority.renew(folder)
    assert [watch.changed(), watch.changed()] == [True, False]
    made = authority.issue(folder, "login", "a")
    assert not watch.changed()  # a client's certificate is nothing a server loads
    authority.revoke(folder, f"{made.certificate.serial_number:x}")
    assert watch.changed()
    marks = [one["held"][0]["fingerprint"] for one in (before, told.now())]
    assert marks == [before["held"][0]["fingerprint"], store.fingerprint(store.load(folder).chain[0])]
    assert marks[0] != marks[1]


# ------------------------------------------------------------ their end


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (timedelta(days=31), None),
        (timedelta(days=30), "soon"),
        (timedelta(days=14), "pressing"),
        (timedelta(days=3), "last_days"),
        (timedelta(seconds=1), "last_days"),
        (timedelta(0), "expired"),
        (timedelta(days=-400), "expired"),
    ],
)
def test_the_end_is_told_louder_as_it_comes_near(left: timedelta, said: str | None) -> None:
    now = clock.now()
    assert store.alarm(now + left, now) == said


def test_check_names_the_one_that_ends_first_and_the_command_that_helps(folder: Path) -> None:
    ends = store.held(folder)[0].expires_at
    line, sound = store.soundness(folder, ends - timedelta(days=2))
    assert sound and NAME in line and "ENDS WITHIN 3 DAYS" in line and line.endswith("milha cert renew")
    line, sound = store.soundness(folder, ends)
    assert not sound and "HAS ENDED" in line
    assert store.held(folder)[1].cure == "milha cert init --force"


def test_pem_holds_what_it_was_made_of(folder: Path) -> None:
    made = store.load(folder)
    assert store.certificates_in(store.pem(*made.chain)) == made.chain
    assert store.fits(made.chain[0], serialization.load_pem_private_key(store.key_pem(made.key), None))
    assert store.certificates_in(b"") == () and store.lists_in(b"") == ()
