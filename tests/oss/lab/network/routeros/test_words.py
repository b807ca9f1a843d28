"""Words and sentences of the RouterOS API, and query words, without a socket."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oss.lab.network.routeros.queries import fits
from oss.lab.network.routeros.spelling import duration, rates, seconds
from oss.lab.network.routeros.trap import Trap
from oss.lab.network.routeros.words import Malformed, further, length, read_sentence, sentence

LENGTHS = [
    (0x00, "00"),
    (0x7F, "7f"),
    (0x80, "8080"),
    (0x3FFF, "bfff"),
    (0x4000, "c04000"),
    (0x1FFFFF, "dfffff"),
    (0x200000, "e0200000"),
    (0xFFFFFFF, "efffffff"),
    (0x10000000, "f010000000"),
]


@pytest.mark.parametrize(("count", "octets"), LENGTHS)
def test_each_form_of_a_length(count: int, octets: str) -> None:
    encoded = length(count)
    assert encoded.hex() == octets
    more, begun = further(encoded[0])
    assert more == len(encoded) - 1
    for octet in encoded[1:]:
        begun = begun << 8 | octet
    assert begun == count


def test_a_control_octet_is_no_length() -> None:
    with pytest.raises(Malformed):
        further(0xF8)


async def reading(octets: bytes) -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    reader.feed_data(octets)
    reader.feed_eof()
    return reader


@given(st.lists(st.text(st.characters(max_codepoint=255), min_size=1, max_size=300), min_size=1, max_size=8))
def test_a_sentence_is_read_as_it_was_written(words: list[str]) -> None:
    async def both() -> list[str]:
        return await read_sentence(await reading(sentence(words)))

    assert asyncio.run(both()) == words


async def test_empty_sentences_are_passed_over_and_a_word_too_long_is_refused() -> None:
    assert await read_sentence(await reading(b"\0\0" + sentence(["/login"]))) == ["/login"]
    with pytest.raises(Malformed):
        await read_sentence(await reading(b"\xef\xff\xff\xff"))


ROW = {"name": "ana", "size": "10", "disabled": "false"}


@pytest.mark.parametrize(
    ("queries", "found"),
    [
        ([], True),
        (["?name"], True),
        (["?comment"], False),
        (["?-comment"], True),
        (["?name=ana"], True),
        (["?=name=ana"], True),
        (["?>size=9"], True),
        (["?<size=9"], False),
        (["?name=bia", "?size=10"], False),
        (["?name=bia", "?size=10", "?#|"], True),
        (["?name=ana", "?size=11", "?#&"], False),
        (["?name=bia", "?#!"], True),
        (["?name=bia", "?name=ana", "?size=10", "?#&|"], True),
    ],
)
def test_queries_are_answered_as_routeros_does(queries: list[str], found: bool) -> None:
    assert fits(ROW, queries) is found


def test_an_operator_without_anything_to_join_is_a_trap() -> None:
    with pytest.raises(Trap):
        fits(ROW, ["?#|"])


@given(st.integers(0, 10**9))
def test_a_duration_is_read_as_it_was_written(value: int) -> None:
    assert seconds(duration(value)) == value


def test_rates_are_kept_as_digits() -> None:
    assert (rates("10M/20M"), rates("512k"), rates("0/0")) == ("10000000/20000000", "512000/512000", "0/0")
    for wrong in ("fast", "1/2/3", ""):
        with pytest.raises(Trap):
            rates(wrong)
