"""The duplicate cache: RFC 5080 section 2.2.2."""

from __future__ import annotations

from radius.replies import LIFETIME_S, PENDING_S, Key, ReplyCache


def key(number: int) -> Key:
    return ("127.0.0.1", number), b"header"


def test_a_request_is_pending_until_it_is_answered() -> None:
    cache = ReplyCache()
    assert cache.find(key(1), 0) is None
    entry = cache.begin(key(1), 0)
    assert cache.find(key(1), 1) is entry
    assert entry.reply is None
    entry.answer(b"octets", 1)
    found = cache.find(key(1), 2)
    assert found is entry
    assert found.reply == b"octets"


def test_an_answer_lives_its_time_from_the_moment_it_was_given() -> None:
    cache = ReplyCache()
    cache.begin(key(1), 0).answer(b"octets", 5)
    assert cache.find(key(1), 5 + LIFETIME_S - 0.1) is not None
    assert cache.find(key(1), 5 + LIFETIME_S) is None
    assert len(cache) == 0


def test_a_pending_request_outlives_the_life_of_an_answer_but_not_for_ever() -> None:
    cache = ReplyCache()
    cache.begin(key(1), 0)
    for number in range(2, 60):  # traffic that sweeps the old away
        cache.begin(key(number), LIFETIME_S + number / 2)
    assert cache.find(key(1), PENDING_S - 1) is not None
    assert cache.find(key(1), PENDING_S) is None


def test_requests_never_answered_are_swept_away_in_the_end() -> None:
    cache = ReplyCache()
    for number in range(100):
        cache.begin(key(number), 0)
    for round_, now in enumerate((LIFETIME_S + 1, PENDING_S + 1), 1):
        for number in range(200):
            cache.forget(cache.begin(key(1000 * round_ + number), now))
    assert len(cache) == 0


def test_a_forgotten_request_is_new_again() -> None:
    cache = ReplyCache()
    first = cache.begin(key(1), 0)
    cache.forget(first)
    assert cache.find(key(1), 0) is None
    second = cache.begin(key(1), 1)
    cache.forget(first)
    assert cache.find(key(1), 1) is second


def test_traffic_sweeps_the_old_away() -> None:
    cache = ReplyCache()
    for number in range(1000):
        cache.begin(key(number), 0).answer(b"octets", 0)
    for number in range(1000, 2000):
        cache.begin(key(number), LIFETIME_S + 1).answer(b"octets", LIFETIME_S + 1)
    assert len(cache) == 1000
    assert cache.find(key(0), LIFETIME_S + 1) is None


def test_a_herd_pushes_out_the_oldest_and_the_cache_keeps_its_bound() -> None:
    cache = ReplyCache(capacity=100)
    for number in range(1000):
        cache.begin(key(number), number / 1e6)
        assert len(cache) <= 100
    assert cache.find(key(999), 0.001) is not None
    assert cache.find(key(0), 0.001) is None


def test_entries_begun_and_forgotten_over_and_over_stay_within_the_bound() -> None:
    cache = ReplyCache(capacity=100)
    for number in range(1000):
        cache.forget(cache.begin(key(number % 3), number / 1e6))
    survivor = cache.begin(key(7), 0.001)
    for number in range(50):
        cache.forget(cache.begin(key(8), 0.001 + number / 1e6))
    assert cache.find(key(7), 0.002) is survivor
    assert len(cache._oldest) <= 100
