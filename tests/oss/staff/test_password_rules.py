"""Which passwords are refused, and which are not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oss.staff import password_rules as rules
from oss.staff.password_stems import STEMS

ANA = ["ana", "Ana Brandão", "ana.brandao@serraazul.example", "Serra Azul Telecom Ltda"]


@pytest.mark.parametrize(
    ("password", "wrong"),
    [
        ("short", rules.TOO_SHORT),
        ("x" * 201, rules.TOO_LONG),
        ("aaaaaaaaaaaa", rules.PATTERN),
        ("abcabcabcabc", rules.PATTERN),
        ("qwertyuiop12", rules.PATTERN),
        ("poiuytrewq99", rules.PATTERN),
        ("1q2w3e4r5t6y", rules.PATTERN),
        ("13/05/1990xx", rules.PATTERN),
        ("123456789012", rules.PATTERN),
        ("8302746195", rules.PATTERN),
        ("Brandao@1987", rules.PERSONAL),
        ("Br4nd40!1987", rules.PERSONAL),
        ("SerraAzul#26", rules.PERSONAL),
        ("serraazul.example", rules.PERSONAL),
        ("S3nh@-m1nh4!!", rules.COMMON),
        ("Senha Forte 1", rules.COMMON),
        ("p4ssw0rd!2024", rules.COMMON),
        ("flamengo2019!", rules.COMMON),
        ("mudar@123456", rules.PATTERN),
        ("Mikrotik@2024", rules.COMMON),
    ],
)
def test_what_is_guessed_first_is_refused_with_its_reason(password: str, wrong: str) -> None:
    assert rules.weakness(password, ANA) == wrong


@pytest.mark.parametrize(
    "password",
    ["uma frase comprida", "tx9-garfo-nuvem", "correct horse battery", "vK7#rTq2Lm", "girassol lento e torto"],
)
def test_what_takes_long_to_guess_is_taken(password: str) -> None:
    assert rules.weakness(password, ANA) is None
    assert rules.strength(password, ANA) >= 1


def test_the_same_password_is_weak_for_whom_it_names_and_for_nobody_else() -> None:
    assert rules.weakness("brandao-brandao", ANA) == rules.PERSONAL
    assert rules.weakness("pindamonha-ngaba", ANA) is None


def test_stems_are_plain_words_of_four_letters_and_more() -> None:
    assert len(STEMS) > 500
    assert all(stem.isascii() and stem.isalnum() and stem == stem.lower() and len(stem) > 3 for stem in STEMS)


@given(st.text(max_size=220), st.lists(st.text(max_size=20), max_size=4))
def test_every_text_gets_an_answer(password: str, known: list[str]) -> None:
    wrong = rules.weakness(password, known)
    assert (rules.strength(password, known) == 0) == (wrong is not None)
    assert wrong is not None or len(password) >= rules.LEAST


@given(st.sampled_from(sorted(STEMS)), st.integers(0, 99_999))
def test_a_word_and_a_number_are_never_enough(stem: str, number: int) -> None:
    assert rules.weakness(f"{stem.capitalize()}@{number}", ()) is not None
