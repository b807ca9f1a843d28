"""Another system's hashes are read as FreeRADIUS keeps them, and verified as it verifies them."""

from __future__ import annotations

import base64
import hashlib

import pytest

from oss.access import old_hashes, unix_crypt
from oss.access.passwords import Kept
from radius import mschap

# As libxcrypt makes them.
VECTORS = [
    ("$1$deadbeef$0Huu6KHrKLVWfqa4WljDE0", "0.s0.l33t"),
    ("$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5", "Hello world!"),
    ("$5$rounds=10000$saltstringsaltst$3xv.VbSHBb41AL9AvLeujZkZRBAwqFMz2.opqey6IcA", "Hello world!"),
    (
        "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1",
        "Hello world!",
    ),
]


def b64(octets: bytes) -> str:
    return base64.b64encode(octets).decode()


@pytest.fixture(params=["libcrypt", "our own"])
def library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the system's libcrypt, and where there is none."""
    if request.param == "our own":
        monkeypatch.setattr(old_hashes, "libcrypt", lambda: None)


@pytest.mark.parametrize(("hashed", "password"), VECTORS)
def test_unix_crypt_is_verified(library: None, hashed: str, password: str) -> None:
    kept = old_hashes.taken("crypt-password", hashed)
    assert kept == Kept("imported", b"{crypt}" + hashed.encode())
    assert old_hashes.verify(kept.octets, password.encode())
    for wrong in (b"", b"x", password.encode() + b"x", password.encode() + b"\0"):
        assert not old_hashes.verify(kept.octets, wrong)


@pytest.mark.parametrize("password", [b"", b"a", "senha çã".encode(), b"x" * 128, b"\xff\x80"])
@pytest.mark.parametrize("setting", ["$1$abcdefgh$", "$5$s$", "$6$saltstring$", "$5$rounds=1400$anotherlongsaltst$"])
def test_our_own_crypt_agrees_with_the_systems(setting: str, password: bytes) -> None:
    system = old_hashes.libcrypt()
    if system is None:
        pytest.skip("this system has no libcrypt")
    ours = unix_crypt.md5_crypt if setting[1] == "1" else unix_crypt.sha_crypt
    assert ours(password, setting) == old_hashes._by_library(system, password, setting)


@pytest.mark.parametrize(
    ("attribute", "algorithm", "salt"),
    [
        ("md5-password", "md5", b""),
        ("smd5-password", "md5", b"salt"),
        ("sha-password", "sha1", b""),
        ("sha1-password", "sha1", b""),
        ("ssha-password", "sha1", b"saltsalt"),
        ("sha2-password", "sha256", b""),
        ("sha2-password", "sha512", b""),
        ("ssha512-password", "sha512", bytes(16)),
    ],
)
@pytest.mark.parametrize("spelt", [bytes.hex, b64, lambda octets: octets.hex().upper()], ids=["hex", "base64", "HEX"])
def test_digests_are_verified_with_their_salt(attribute: str, algorithm: str, salt: bytes, spelt: object) -> None:
    """Hexadecimal or base64, as rlm_pap takes either."""
    assert callable(spelt)
    octets = hashlib.new(algorithm, b"segredo" + salt).digest() + salt
    kept = old_hashes.taken(attribute, spelt(octets))
    assert kept is not None and kept.kind == "imported"
    assert old_hashes.verify(kept.octets, b"segredo")
    assert not old_hashes.verify(kept.octets, b"segredo" + salt if salt else b"Segredo")


def test_a_header_names_the_hash() -> None:
    digest = hashlib.sha1(b"segredosalt").digest() + b"salt"
    kept = old_hashes.taken("password-with-header", "{SSHA}" + b64(digest))
    assert kept is not None and old_hashes.verify(kept.octets, b"segredo")
    hashed = mschap.nt_hash(b"segredo")
    assert old_hashes.taken("password-with-header", "{nt}" + hashed.hex()) == Kept("nt", hashed)
    assert old_hashes.taken("nt-password", "0x" + hashed.hex()) == Kept("nt", hashed)


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("crypt-password", "$1$abc"),
        ("crypt-password", "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW"),
        ("crypt-password", "rl.3StKT.4T8M"),
        ("crypt-password", "$6$rounds=9999999$saltstring$" + "x" * 86),
        ("md5-password", "0cc175b9"),
        ("smd5-password", hashlib.md5(b"x").hexdigest()),
        ("ssha-password", "y"),
        ("nt-password", "x"),
        ("lm-password", "00" * 16),
        ("pbkdf2-password", "HMACSHA2+256:AAAC:salt:hash"),
        ("password-with-header", "segredo"),
        ("password-with-header", "{unknown}x"),
    ],
)
def test_what_cannot_be_verified_is_not_taken(attribute: str, value: str) -> None:
    assert old_hashes.taken(attribute, value) is None


def test_a_damaged_hash_proves_nothing() -> None:
    for hashed in (b"", b"x", b"{crypt}", b"{crypt}$9$x$y", b"{crypt}!"):
        assert not old_hashes.verify(hashed, b"")
