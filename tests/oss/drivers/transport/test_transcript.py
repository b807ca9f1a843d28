"""What is kept of what was said: all of it, but no secret."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oss.drivers.transport.transcript import HINTS, MASK, NAMES, Entry, Transcript, masked

SECRET = "Zx9$wq"


@pytest.mark.parametrize(
    "line",
    [
        f"local-user ana password irreversible-cipher {SECRET}",
        f"snmp-agent community read cipher {SECRET}",
        f"snmp-server community {SECRET} RO",
        f"enable secret 5 {SECRET}",
        f"username ana privilege 15 password 7 {SECRET}",
        f"/ppp secret add name=ana password={SECRET} service=pppoe",
        f'/radius add address=10.0.0.1 secret="{SECRET} two words"',
        f"set wpa2-pre-shared-key={SECRET} ssid=casa",
        f"ppp authentication-key : {SECRET}",
        f"key-string {SECRET}",
        f"=password={SECRET}",
        f"RADIUS Shared-Key cipher {SECRET}",
        f"radius-server host 192.0.2.10 auth-port 1812 shared-key {SECRET}",
        f"tacacs-server host 192.0.2.10 key {SECRET} timeout 5",
        f"snmp-agent community read {SECRET}",
        f"snmp-agent community write cipher {SECRET}",
        f"enable password level 7 7 {SECRET}",
        f"ike pre-shared-key local {SECRET}",
        f"wpa-psk ascii 0 {SECRET}",
    ],
)
def test_a_value_behind_a_word_that_announces_a_secret_is_masked(line: str) -> None:
    found = masked(f"before\n{line}\nafter", ())
    assert SECRET not in found and MASK in found
    assert found.startswith("before\n") and found.endswith("\nafter")


@pytest.mark.parametrize(
    "line", ["  0/ 1/0   485754431293  online", "keyboard is locked", "ip ssh host-key 1", "password", "Passed 3 of 3"]
)
def test_what_announces_nothing_stays(line: str) -> None:
    assert masked(line, ()) == line


@given(st.text(), st.text(st.characters(categories=("L", "N")), min_size=4, max_size=20), st.text())
def test_a_known_secret_never_stands_in_what_is_kept(before: str, secret: str, after: str) -> None:
    assert secret not in masked(before + secret + after, (secret,)).replace(MASK, "\0")


def test_every_announcing_word_has_a_hint() -> None:
    words = ("password", "passwd", "passphrase", "pass", "secret", "cipher", "community", "psk", "preshared-key")
    words += ("pre-shared-key", "key-string", "private-key", "auth-key", "authkey", "wpa2-key", "wpa-key")
    words += ("shared-key", "key")
    assert all(re.fullmatch(NAMES, one) and any(hint in one for hint in HINTS) for one in words)


def test_of_an_api_s_rows_the_first_are_told_and_how_many_there_were() -> None:
    kept: list[Entry] = []
    transcript = Transcript((), kept.append)
    with transcript.said("api", "/ppp/secret/print") as entry:
        entry.rows([{"name": f"cli{n}", "password": SECRET} for n in range(5000)])
    assert kept[0].answer.count("\n") == 3 and "5000 rows" in kept[0].answer and SECRET not in kept[0].answer


def test_a_quiet_command_leaves_its_first_word_and_a_failed_one_why() -> None:
    kept: list[Entry] = []
    transcript = Transcript((), kept.append)
    with transcript.said("ssh", f"wifi key {SECRET}", quiet=True) as entry:
        entry.answer = f"it is {SECRET}"
    with pytest.raises(KeyError), transcript.said("ssh", "display x"):
        raise KeyError
    assert [one.command for one in kept] == [f"wifi {MASK}", "display x"] and SECRET not in repr(kept)
    assert kept[1].failure == "cancelled"
