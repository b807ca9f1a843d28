"""The frame of all command lines: words and abbreviations, echo and keys, telnet's options, meters."""

from __future__ import annotations

import asyncio
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oss.lab.network.cli.grammar import Found, Rule, Wrong, find
from oss.lab.network.cli.telnet import Options
from oss.lab.network.cli.terminal import Gone, Terminal
from oss.lab.network.whims import Deed, Meter, Whims


def rule(pattern: str, *views: str) -> Rule:
    return Rule(tuple(pattern.split()), frozenset(views), lambda: None)


RULES = [
    rule("display ont info <port:int> all", "gpon"),
    rule("display ont info <port:int> <number:int>", "gpon"),
    rule("display version"),
    rule("onu <number:int> desc <name...>"),
    rule("<first> <rest...>", "config"),
]


def said(line: str, view: str = "gpon") -> str:
    found = find(RULES, view, line)
    return " ".join(found.rule.pattern) if isinstance(found, Found) else repr(found)


def test_words_may_be_abbreviated_and_the_better_fit_wins() -> None:
    assert said("dis ont in 1 all") == "display ont info <port:int> all"
    assert said("display ont info 1 2") == "display ont info <port:int> <number:int>"
    assert said("display version", "config") == "display version"
    assert said("sysname x", "config") == "<first> <rest...>"


def test_holes_keep_what_was_typed() -> None:
    found = find(RULES, "gpon", 'onu 7 desc "João da  Silva" x')
    assert isinstance(found, Found) and found.given == {"number": 7, "name": '"João da  Silva" x'}


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("fly", Wrong(0, False, 0)),
        ("display ont foo", Wrong(12, False, 2)),
        ("display ont info 1", Wrong(18, True, 4)),
        ("display ont info x all", Wrong(17, False, 3)),
    ],
)
def test_where_a_line_stops_being_a_command(line: str, wrong: Wrong) -> None:
    assert find(RULES, "gpon", line) == wrong


def test_a_command_of_another_view_is_none_here() -> None:
    assert isinstance(find(RULES, "user", "display ont info 1 all"), Wrong)


async def typed(keys: str, lines: int, echo: str | None = "all") -> tuple[list[str], str]:
    """So many lines that are read of these keys, and what is shown meanwhile."""
    shown: list[str] = []
    terminal = Terminal(shown.append, lambda: None)
    terminal.feed(keys)
    return [await terminal.line(echo) for _ in range(lines)], "".join(shown)


async def test_lines_end_however_they_are_sent_and_mistakes_are_rubbed_out() -> None:
    lines, shown = await typed("ab\r\ncd\r\0e\x7ff\nx\x15y\r", 4)
    assert lines == ["ab", "cd", "f", "y"]
    assert shown == "ab\r\ncd\r\ne\b \bf\r\nx\b \by\r\n"


async def test_a_password_is_shown_as_stars_or_not_at_all() -> None:
    assert await typed("secret\r", 1, None) == (["secret"], "\r\n")
    assert await typed("abc\r", 1, "*") == (["abc"], "***\r\n")


@given(st.binary(max_size=40), st.integers(1, 7))
def test_data_comes_through_telnet_whatever_the_pieces(data: bytes, step: int) -> None:
    options, got = Options(), b""
    wire = b"\xff\xfd\x01" + options.quoted(data) + b"\xff\xfa\x1f\x00\x50\x00\x18\xff\xf0" + b"\xff\xfd\x18"
    answers = b""
    for at in range(0, len(wire), step):
        keys, answer = options.heard(wire[at : at + step])
        got, answers = got + keys, answers + answer
    assert got == data
    assert answers == b"\xff\xfc\x18", "what we offered is agreed in silence, all else is refused"


def test_failures_come_once_at_the_command_they_were_ordered_for() -> None:
    whims = Whims()
    whims.fail(2, Deed.CLOSE)
    assert [whims.next() for _ in range(3)] == [None, Deed.CLOSE, None]
    whims.fail(1, Deed.HANG)
    whims.forgive()
    assert whims.next() is None and whims.count == 4
    with pytest.raises(ValueError, match="1 or more"):
        whims.fail(0, Deed.HANG)


def test_the_busiest_second_is_found() -> None:
    meter = Meter()
    now = time.monotonic()
    meter.at = [now, now + 0.5, now + 0.9, now + 1.4, now + 5.0]
    assert (meter.most(1.0), meter.most(0.1), meter.most(10.0)) == (3, 1, 5)


async def test_somebody_who_types_without_end_is_cut_off() -> None:
    terminal = Terminal(lambda text: None, lambda: None)
    terminal.feed("x" * 70_000)
    with pytest.raises(Gone):
        await asyncio.wait_for(terminal.line(), 5)
