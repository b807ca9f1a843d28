"""Who we are: keys by RFC 3414, and what a user must have."""

from __future__ import annotations

import pytest

from snmp.credentials import Auth, Community, Privacy, Target, User, master_key


@pytest.mark.parametrize(
    ("auth", "key"),
    [
        (Auth.MD5, "9faf3283884e92834ebc9847d8edd963"),  # RFC 3414 A.3.1
        (Auth.SHA1, "9fb5cc0381497b3793528939ff788d5d79145211"),  # RFC 3414 A.3.2
    ],
)
def test_keys_are_those_of_rfc_3414(auth: Auth, key: str) -> None:
    assert master_key(auth, "maplesyrup").hex() == key


def test_a_user_is_refused_what_agents_would_refuse() -> None:
    with pytest.raises(ValueError, match="privacy needs authentication"):
        User("a", privacy=Privacy.AES128, privacy_password="long enough")
    with pytest.raises(ValueError, match="at least 8"):
        User("a", Auth.SHA256, "short")


def test_secrets_are_not_in_what_is_printed() -> None:
    said = repr(User("a", Auth.SHA256, "a secret word", Privacy.AES128, "a secret word")) + repr(Community("a secret"))
    assert "secret" not in said


def test_addresses_of_both_families_are_written_as_usual() -> None:
    assert (str(Target("192.0.2.1")), str(Target("2001:db8::1", 1161))) == ("192.0.2.1:161", "[2001:db8::1]:1161")
