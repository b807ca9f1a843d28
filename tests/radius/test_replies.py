"""The duplicate cache: RFC 5080 section 2.2.2."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from radius.replies import LIFETIME_S, ReplyCache

NEW = object()


def key(number: int) -> tuple[tuple[str, int], bytes]:
    return ("127.0.0.1", number), b"header"


def answered(cache: ReplyCache, number: int, now: float) -> None:
    cache.begin(key(number), now)
    cache.answer(key(number), b"octets")


def test_a_request_is_pending_until_it_is_answered() -> None:
    cache = ReplyCache()
    assert cache.find(key(1), NEW) is NEW
    cache.begin(key(1), 0)
    assert cache.find(key(1), NEW) is None
    cache.answer(key(1), b"octets")
    assert cache.find(key(1), NEW) == b"octets"


def test_an_answer_lives_its_time_and_at_most_twice_as_long() -> None:
    cache = ReplyCache()
    cache.begin(key(0), 0)
    answered(cache, 1, LIFETIME_S - 0.1)
    answered(cache, 2, 2 * LIFETIME_S - 0.2)
    assert cache.find(key(1), NEW) == b"octets"
    answered(cache, 3, 3 * LIFETIME_S)
    assert cache.find(key(1), NEW) is NEW


def test_a_pending_request_that_grew_old_can_still_be_answered() -> None:
    cache = ReplyCache()
    cache.begin(key(1), 0)
    cache.begin(key(2), LIFETIME_S + 1)
    assert cache.find(key(1), NEW) is None
    cache.answer(key(1), b"octets")
    cache.begin(key(3), 2 * LIFETIME_S + 2)
    assert cache.find(key(1), NEW) == b"octets"


def test_after_a_silence_nothing_of_before_counts() -> None:
    cache = ReplyCache()
    answered(cache, 1, 0)
    answered(cache, 2, 100 * LIFETIME_S)
    assert cache.find(key(1), NEW) is NEW
    assert len(cache) == 1


def test_a_forgotten_request_is_new_again() -> None:
    cache = ReplyCache()
    cache.begin(key(1), 0)
    cache.begin(key(2), LIFETIME_S + 1)
    cache.forget(key(1))
    cache.forget(key(2))
    cache.forget(key(3))
    assert (cache.find(key(1), NEW), cache.find(key(2), NEW), len(cache)) == (NEW, NEW, 0)


def test_a_herd_pushes_out_the_oldest_and_the_cache_keeps_its_bound() -> None:
    cache = ReplyCache(capacity=100)
    for number in range(1000):
        answered(cache, number, number / 1e6)
        assert len(cache) <= 100
    assert cache.find(key(999), NEW) == b"octets"
    assert cache.find(key(951), NEW) == b"octets"
    assert cache.find(key(0), NEW) is NEW


@given(st.lists(st.tuples(st.integers(0, 5), st.floats(0, 4), st.booleans()), max_size=40))
def test_whatever_comes_a_request_younger_than_a_lifetime_is_known(
    steps: list[tuple[int, float, bool]],
) -> None:
    cache, now, begun = ReplyCache(), 0.0, dict[int, float]()
    for number, pause, answer in steps:
        now += pause
        if number in begun and now - begun[number] < LIFETIME_S:
            assert cache.find(key(number), NEW) is not NEW
        if cache.find(key(number), NEW) is NEW:
            cache.begin(key(number), now)
            begun[number] = now
        if answer:
            cache.answer(key(number), b"octets")


def test_what_is_too_old_is_freed_in_pieces() -> None:
    cache = ReplyCache(capacity=12_000, lifetime_s=10)
    for number in range(5_000):
        cache.begin(number, 0.0)
    for number, now in enumerate((10.0, 20.0, 20.0)):
        cache.begin(("later", number), now)
    pieces = 1
    while cache.sweep():
        pieces += 1
    assert pieces == 3 and len(cache) == 3 and cache.find(0, "new") == "new"
