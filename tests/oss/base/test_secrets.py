"""Sealed values open with the right key in the right place only; the key ring is made, kept and rotated safely."""

from __future__ import annotations

import base64
import json
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oss.base import secrets
from oss.base.secrets import SealedValueDamaged, Sealer, SealingKeyUnusable, WrongSealingKey

PLACE = "access_account/password_sealed/7"
KEY = bytes(range(32))
SEALER = Sealer({"one": KEY}, "one")


@given(st.binary(max_size=300), st.text(max_size=60))
def test_what_is_sealed_opens_again(secret: bytes, place: str) -> None:
    assert SEALER.open(SEALER.seal(secret, place), place) == secret


def test_text_is_sealed_as_utf8() -> None:
    assert SEALER.open(SEALER.seal("senha é ção", PLACE), PLACE).decode() == "senha é ção"


def test_the_format_is_version_key_nonce_ciphertext() -> None:
    version, name, nonce, ciphertext = SEALER.seal("pw", PLACE).split(":")
    assert (version, name, len(nonce), len(ciphertext)) == ("v1", "one", 16, 24)
    assert "=" not in nonce + ciphertext


def test_the_same_secret_never_looks_the_same() -> None:
    assert len({SEALER.seal("pw", PLACE) for _ in range(50)}) == 50


def test_a_value_moved_to_another_row_does_not_open() -> None:
    with pytest.raises(WrongSealingKey, match="access_account/password_sealed/8"):
        SEALER.open(SEALER.seal("pw", PLACE), "access_account/password_sealed/8")


def test_another_key_of_the_same_name_does_not_open() -> None:
    with pytest.raises(WrongSealingKey, match=r"sealing\.key"):
        Sealer({"one": bytes(32)}, "one").open(SEALER.seal("pw", PLACE), PLACE)


def test_an_unknown_key_is_named() -> None:
    with pytest.raises(WrongSealingKey) as caught:
        Sealer({"two": bytes(32)}, "two").open(SEALER.seal("pw", PLACE), PLACE)
    assert (caught.value.facts["key_id"], caught.value.facts["key_ids"]) == ("one", "two")


def test_every_changed_character_is_noticed() -> None:
    sealed = SEALER.seal("a secret", PLACE)
    for at in range(len(sealed)):
        changed = sealed[:at] + ("A" if sealed[at] != "A" else "B") + sealed[at + 1 :]
        with pytest.raises((WrongSealingKey, SealedValueDamaged)):
            SEALER.open(changed, PLACE)


@pytest.mark.parametrize(
    "text", ["", "plain", "v1:one:x", "v2:one:AAAAAAAAAAAAAAAA:AAAA", "v1:one:AAAA:AAAA", "v1:one:é:é"]
)
def test_what_was_never_sealed_is_called_damaged(text: str) -> None:
    with pytest.raises(SealedValueDamaged):
        SEALER.open(text, PLACE)


def test_nothing_tells_the_key_by_accident() -> None:
    told = repr(SEALER) + str(WrongSealingKey(place=PLACE, key_id="one", key_ids="one"))
    assert not {KEY.hex(), base64.b64encode(KEY).decode()} & {told}
    assert secrets.key_id(KEY) not in KEY.hex()


def test_a_key_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(SealingKeyUnusable):
        Sealer({"short": b"x" * 16}, "short")


# ------------------------------------------------------------ the file


def test_the_first_use_makes_a_key_only_its_owner_reads(tmp_path: Path) -> None:
    made = secrets.load(tmp_path / "data")
    assert stat.S_IMODE((tmp_path / "data" / "sealing.key").stat().st_mode) == 0o600
    assert os.listdir(tmp_path / "data") == ["sealing.key"]
    assert secrets.load(tmp_path / "data").open(made.seal("pw", PLACE), PLACE) == b"pw"


def test_processes_that_start_together_agree_on_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: secrets.load(tmp_path).current, range(16)))
    assert len(set(found)) == 1


def test_a_key_others_may_read_is_closed_to_them(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    secrets.load(tmp_path)
    (tmp_path / "sealing.key").chmod(0o644)
    secrets.load(tmp_path)
    assert stat.S_IMODE((tmp_path / "sealing.key").stat().st_mode) == 0o600
    assert "sealing key was open to others" in caplog.text


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"current": "a", "keys": {}}', '{"current": "a", "keys": {"a": "AA"}}']
)
def test_a_broken_key_file_is_named_and_left_alone(tmp_path: Path, text: str) -> None:
    (tmp_path / "sealing.key").write_text(text)
    with pytest.raises(SealingKeyUnusable):
        secrets.load(tmp_path)
    assert (tmp_path / "sealing.key").read_text() == text


def test_asking_for_a_ring_that_is_not_there_makes_none(tmp_path: Path) -> None:
    assert secrets.stored_ring(tmp_path) is None
    assert os.listdir(tmp_path) == []


# ------------------------------------------------------------ the environment


def test_a_key_from_the_environment_takes_the_files_place(tmp_path: Path) -> None:
    old = secrets.load(tmp_path).seal("pw", PLACE)
    given_key = secrets.load(tmp_path, base64.b64encode(KEY).decode())
    assert given_key.current == secrets.key_id(KEY)
    assert given_key.open(old, PLACE) == b"pw"


def test_a_key_from_the_environment_leaves_no_file(tmp_path: Path) -> None:
    secrets.load(tmp_path, base64.b64encode(KEY).decode())
    assert os.listdir(tmp_path) == []


def test_several_keys_from_the_environment_seal_with_the_first() -> None:
    text = ",".join(base64.urlsafe_b64encode(bytes([n]) * 32).decode().rstrip("=") for n in (251, 252))
    ring = secrets.from_text(text)
    assert ring.current == secrets.key_id(bytes([251]) * 32)
    assert set(ring.keys.values()) == {bytes([251]) * 32, bytes([252]) * 32}


def test_a_whole_ring_may_come_from_the_environment() -> None:
    assert secrets.from_text(SEALER.exported().decode()).open(SEALER.seal("pw", PLACE), PLACE) == b"pw"


@pytest.mark.parametrize("text", ["secret", "AAAA", "é", base64.b64encode(KEY).decode() + ",AAAA", '{"keys": 1}'])
def test_an_unusable_key_from_the_environment_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(SealingKeyUnusable) as caught:
        secrets.from_text(text)
    assert text not in str(caught.value) and "MILHA_SEALING_KEY" in str(caught.value)


# ------------------------------------------------------------ canary and rotation


def test_the_canary_sings_for_the_right_key_only() -> None:
    canary = secrets.make_canary(SEALER)
    assert secrets.check_canary(SEALER, canary) is None
    with pytest.raises(WrongSealingKey):
        secrets.check_canary(Sealer({"one": bytes(32)}, "one"), canary)


def test_a_sealed_value_put_in_the_canarys_place_does_not_pass() -> None:
    with pytest.raises(WrongSealingKey):
        secrets.check_canary(SEALER, SEALER.seal("milha", PLACE))


def test_rotation_adds_a_key_and_loses_none(tmp_path: Path) -> None:
    before = secrets.load(tmp_path)
    old = before.seal("pw", PLACE)
    after = before.with_new_key()
    secrets.save(tmp_path, after)
    assert after.current != before.current
    assert secrets.load(tmp_path).current == after.current
    fresh = after.reseal(old, PLACE)
    assert (after.is_current(old), after.is_current(fresh)) == (False, True)
    assert after.reseal(fresh, PLACE) is fresh
    assert after.without(before.current).open(fresh, PLACE) == b"pw"


def test_resealing_checks_the_place() -> None:
    with pytest.raises(WrongSealingKey):
        SEALER.with_new_key().reseal(SEALER.seal("pw", PLACE), "nas/secret_sealed/1")


def test_the_current_key_cannot_be_dropped() -> None:
    with pytest.raises(SealingKeyUnusable):
        SEALER.without("one")


def test_an_exported_ring_comes_back_whole() -> None:
    ring = SEALER.with_new_key()
    back = secrets.imported(ring.exported())
    assert (back.keys, back.current) == (ring.keys, ring.current)
    assert set(json.loads(ring.exported())) == {"current", "keys"}
