"""Whoever guesses passwords is slowed; the owner of the account is not kept out, and nothing grows without end."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oss.access import brake
from oss.access.brake import ACCOUNT_BURST, ACCOUNT_PER_S, NAS_BURST, NAS_PER_S, Brake

HOME, ELSEWHERE = b"AA:BB", b"66:66"


class Clock:
    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The monotonic clock; a test moves it."""
    one = Clock()
    monkeypatch.setattr(brake, "time", SimpleNamespace(monotonic=one.monotonic))
    return one


def guess(one: Brake, times: int, login: str = "cli1", nas: int = 1) -> int:
    """Wrong passwords from elsewhere; how many of them were looked at."""
    looked = 0
    for _ in range(times):
        if not one.holds(nas, login, ELSEWHERE, HOME):
            looked += 1
            one.wrong(nas, login)
    return looked


def test_who_did_nothing_wrong_is_not_held() -> None:
    one = Brake()
    assert not one.holds(1, "cli1", ELSEWHERE, b"") and one.held == 0


def test_ten_wrong_passwords_are_looked_at_and_then_one_in_ten_seconds(clock: Clock) -> None:
    one = Brake()
    assert guess(one, 500) == ACCOUNT_BURST == 10 and one.held == 490 and one.tries("cli1") == 10
    clock.now += 9.9
    assert guess(one, 50) == 0
    clock.now += 0.2
    assert guess(one, 50) == 1
    clock.now += 1000
    assert guess(one, 50) == ACCOUNT_BURST


def test_a_day_of_guessing_is_some_thousands_of_guesses(clock: Clock) -> None:
    one, looked = Brake(), 0
    for _ in range(8640):
        clock.now += 10
        looked += guess(one, 3)
    assert looked <= ACCOUNT_BURST + 86_400 * ACCOUNT_PER_S


def test_the_owners_line_is_always_looked_at(clock: Clock) -> None:
    one = Brake()
    guess(one, 100)
    assert one.holds(1, "cli1", ELSEWHERE, HOME)
    assert not one.holds(1, "cli1", HOME, HOME)
    assert one.holds(1, "cli1", b"", b"")  # who never logged in has no line that could be his


def test_a_right_password_ends_it(clock: Clock) -> None:
    one = Brake()
    guess(one, 100)
    one.right("cli1")
    assert not one.holds(1, "cli1", ELSEWHERE, HOME) and one.tries("cli1") == 0
    one.right("cli2")


def test_other_accounts_are_not_held_for_it(clock: Clock) -> None:
    one = Brake()
    guess(one, 100)
    assert not one.holds(1, "cli2", ELSEWHERE, HOME)


def test_one_guess_at_each_of_many_accounts_is_slowed_by_its_nas_and_no_other(clock: Clock) -> None:
    one = Brake()
    looked = sum(guess(one, 1, f"cli{number}") for number in range(5000))
    assert looked == NAS_BURST
    assert one.holds(1, "cli9999", ELSEWHERE, HOME) and not one.holds(1, "cli9999", HOME, HOME)
    assert not one.holds(2, "cli9999", ELSEWHERE, HOME)
    clock.now += 1
    assert sum(guess(one, 1, f"late{number}") for number in range(5000)) == NAS_PER_S


def test_what_is_remembered_is_bounded(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(brake, "MOST_ACCOUNTS", 100)
    one = Brake()
    for number in range(1000):
        one.wrong(1, f"invented{number}")
    assert len(one.accounts) == 100
    assert one.nas[1].tokens == NAS_BURST - 1000  # counted all the same
    clock.now += 1 / ACCOUNT_PER_S + 1
    one.wrong(1, "later")  # the old ones have filled up again
    assert list(one.accounts) == ["later"]


def test_buckets_that_are_full_again_are_forgotten(clock: Clock) -> None:
    one = Brake()
    guess(one, 3)
    one.forget(clock.now + 3 / ACCOUNT_PER_S - 1)
    assert list(one.accounts) == ["cli1"] and not one.nas
    one.forget(clock.now + 3 / ACCOUNT_PER_S + 1)
    assert not one.accounts


@given(st.lists(st.floats(0, 60), max_size=200))
def test_no_rhythm_gets_more_guesses_than_the_bucket_gives(pauses: list[float]) -> None:
    real, one = brake.time, Brake()
    clock = Clock()
    brake.time = SimpleNamespace(monotonic=clock.monotonic)  # type: ignore[assignment]
    try:
        looked = 0
        for pause in pauses:
            clock.now += pause
            looked += guess(one, 1)
    finally:
        brake.time = real
    assert looked <= ACCOUNT_BURST + sum(pauses) * ACCOUNT_PER_S + 1e-6
