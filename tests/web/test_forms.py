"""Typed values out of what people type; what is wrong is told field by field, all at once."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import MultiDict

from oss.base.problems import InvalidInput
from web import formats
from web.forms import Form, plain

ZONE = ZoneInfo("America/Sao_Paulo")


def form(**values: str) -> Form:
    return Form(MultiDict(values))


@given(st.integers(0, 10**11), st.sampled_from(["pt-BR", "en"]))
def test_an_amount_as_it_is_shown_is_read_back(cents: int, language: str) -> None:
    read = form(amount=formats.money(cents, language))
    assert (read.cents("amount"), read.wrong) == (cents, {})


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("109,90", 10990),
        ("109.90", 10990),
        ("1.109,9", 110990),
        ("1,109.90", 110990),
        ("R$ 7", 700),
        ("1.000.000", 10**8),
    ],
)
def test_amounts_are_read_as_people_write_them(text: str, cents: int) -> None:
    assert form(amount=text).cents("amount") == cents


@pytest.mark.parametrize("text", ["", "abc", "1,999", "--5", "1.2.3,4,5", "9" * 20])
def test_what_is_no_amount_is_refused(text: str) -> None:
    read = form(amount=text)
    read.cents("amount")
    with pytest.raises(InvalidInput):
        read.check()


@given(st.text())
def test_no_text_raises_and_none_keeps_a_control_character(text: str) -> None:
    read = form(x=text)
    for reading in (read.text, read.cents, read.kbps, read.day, read.number, read.decimal):
        reading("x")
    assert "\x00" not in plain(text)


@pytest.mark.parametrize(
    ("text", "kbps"), [("300", 300_000), ("0,5", 500), ("0.5", 500), ("1.000", 1000), ("1,5", 1500)]
)
def test_rates_are_typed_in_mbps(text: str, kbps: int) -> None:
    assert form(down=text).kbps("down") == kbps


@pytest.mark.parametrize("text", ["2026-11-26", "26/11/2026"])
def test_a_day_is_read_as_sent_and_as_written(text: str) -> None:
    assert form(on=text).day("on") == date(2026, 11, 26)


def test_a_promise_ends_with_its_day_in_the_providers_zone() -> None:
    now = datetime(2026, 11, 23, 23, 0, tzinfo=UTC)
    assert form(until="2026-11-26").end_of_day("until", ZONE, now) == datetime(2026, 11, 27, 3, 0, tzinfo=UTC)
    for text in ("2026-11-22", "2027-11-26"):
        read = form(until=text)
        read.end_of_day("until", ZONE, now)
        assert list(read.wrong) == ["until"]
    today = form(until="2026-11-23")
    today.end_of_day("until", ZONE, now)
    assert today.wrong == {}


def test_everything_wrong_is_told_at_once() -> None:
    read = form(name=" ", port="many", kind="round", note="x" * 300)
    read.text("name", required=True)
    read.number("port")
    read.choice("kind", ("square",))
    read.text("note")
    with pytest.raises(InvalidInput) as problem:
        read.check()
    assert list(problem.value.fields) == ["name", "port", "kind", "note"]


def test_a_form_that_comes_back_holds_no_secret() -> None:
    assert form(name="x", password="p", secret="s", csrf_token="t", new_password="n", otp="1").values() == {"name": "x"}


def test_ticks_and_repeated_fields() -> None:
    read = Form(MultiDict([("chosen", "1"), ("chosen", "2"), ("active", "1")]))
    assert (read.many("chosen"), read.flag("active"), read.flag("other")) == (["1", "2"], True, False)
    assert read.number("missing", 7) == 7
