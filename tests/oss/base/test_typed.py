"""A typed text is read in every way it could be meant, and in no other."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oss.base.typed import LONGEST, WORDS, Typed, after, anywhere


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("  ÍRIS   Mourão ", ["iris", "mourao"]),
        ("Sant'Anna", ["sant", "anna"]),
        ("d'ávila & cia. ltda", ["d", "avila", "cia", "ltda"]),
        ("'; drop table customer; --", ["drop", "table", "customer"]),
        ("", []),
    ],
)
def test_a_name_is_its_words_without_accents(text: str, words: list[str]) -> None:
    assert Typed.of(text).words == words


@pytest.mark.parametrize(
    ("text", "document"),
    [
        ("123.482.917-09", "12348291709"),
        ("***.482.917-**", "482917"),
        ("482.917", "482917"),
        ("11.222.333/0001-81", "11222333000181"),
        ("12.abc.345/01de-35", "12ABC34501DE35"),
        ("12", ""),
        ("marlene", ""),
        ("123456789012345", ""),
    ],
)
def test_a_document_is_read_whole_masked_or_in_part(text: str, document: str) -> None:
    assert Typed.of(text).document == document


@pytest.mark.parametrize(
    ("text", "mac"),
    [
        ("4F:20:A8:91:0D:2E", "4F20A8910D2E"),
        ("4f-20-a8-91-0d-2e", "4F20A8910D2E"),
        ("4f20.a891.0d2e", "4F20A8910D2E"),
        ("4f20a8910d2e", "4F20A8910D2E"),
        ("4f 20 a8", "4F20A8"),
        ("4f20a8", "4F20A8"),
        ("91:0d:2e", "910D2E"),
        ("4f2", ""),
        ("10.64.0.1", ""),
        ("marlene", ""),
    ],
)
def test_a_mac_is_read_in_any_spelling_and_in_part(text: str, mac: str) -> None:
    assert Typed.of(text).mac == mac


def test_addresses_are_read_whole_in_part_and_as_prefixes() -> None:
    assert str(Typed.of("100.64.3.7").part_of_ipv4) == "100.64.3.7/32"
    assert str(Typed.of("100.64.").part_of_ipv4) == "100.64.0.0/16"
    assert Typed.of("100.640").part_of_ipv4 is None
    assert Typed.of("[2001:DB8::1]").address == ipaddress.ip_address("2001:db8::1")
    assert Typed.of("::ffff:100.64.0.1").address == ipaddress.ip_address("100.64.0.1")
    assert str(Typed.of("2001:db8:7::/56").network) == "2001:db8:7::/56"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("123", ("", 123)),
        ("1-123", ("1", 123)),
        ("#123", ("", 123)),
        ("fatura 123", ("", 123)),
        ("Nº 1-123", ("1", 123)),
        ("nfe", None),
        ("12a", None),
    ],
)
def test_an_invoice_is_its_number_with_or_without_its_series(text: str, number: tuple[str, int] | None) -> None:
    assert Typed.of(text).number == number


def test_a_telephone_number_is_known_by_its_end() -> None:
    for text in ("(35) 9 9999-0417", "+55 35 99999-0417", "99990417", "35999990417"):
        assert Typed.of(text).phone == "99990417"
    assert Typed.of("0417").phone == ""


@given(st.text(max_size=600))
def test_no_text_is_too_long_or_too_strange(text: str) -> None:
    typed = Typed.of(text)
    assert len(typed.text) <= LONGEST and typed.text.isprintable()
    assert len(typed.words) <= WORDS
    assert not any(c in word for word in typed.words for c in "'\\ ")
    assert (typed.login, typed.document, typed.mac, typed.phone, typed.number, typed.address, typed.network) is not None


@given(st.text(max_size=20), st.text(max_size=20))
def test_all_that_begins_with_a_prefix_lies_before_its_end(prefix: str, rest: str) -> None:
    assert prefix <= prefix + rest.replace("\U0010ffff", "") < after(prefix)


def test_wildcards_are_none() -> None:
    assert anywhere(r"50%_\x") == r"%50\%\_\\x%"
