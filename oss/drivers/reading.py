"""What all makers' answers have in common: addresses, numbers, tables. An odd answer is none (AnswerUnreadable).

The functions are pure. They raise ValueError with the odd piece as its text; `reading` makes the problem of it.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from oss.drivers.problems import AnswerUnreadable, CommandRefused
from oss.drivers.router import Hop

Row = TypeVar("Row")
EXCERPT = 120  # letters of an answer that stand in an error
_MAC = re.compile(r"[0-9A-F]{12}")
_MAC_AS_SAID = re.compile(r"[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}|[0-9A-Fa-f]{4}(?:[.-][0-9A-Fa-f]{4}){2}")
_FACT = re.compile(r"\s*([^:(<]+?)\s*(?:[(<][^)>]*[)>]\s*)?:\s*(.*)")
_TWO_IN_ONE = re.compile(r"\s\s.*:")
_PLACE = re.compile(r"!?[0-9A-Za-z.:/_*-]+")


@contextmanager
def reading(command: str, answer: str = "") -> Iterator[None]:
    """Whatever is odd in here makes the answer to this command unreadable."""
    try:
        yield
    except (ValueError, LookupError) as odd:
        raise AnswerUnreadable(command=command, excerpt=(str(odd) or answer)[:EXCERPT]) from None


def whole(text: str) -> int:
    """A number of digits alone."""
    if not re.fullmatch(r"[0-9]{1,19}", text):
        raise ValueError(text)
    return int(text)


def address(text: str) -> str:
    """An IP address, as ipaddress spells it."""
    return str(ipaddress.ip_address(text))


def place(text: str) -> str:
    """An address, a prefix, a range or a host's name: nothing else is in it."""
    if not _PLACE.fullmatch(text):
        raise ValueError(text)
    return text


def mac(text: str) -> str:
    """Any maker's spelling as ``AA:BB:CC:DD:EE:FF``."""
    bare = re.sub(r"[:.-]", "", text).upper()
    if not _MAC_AS_SAID.fullmatch(text) or not _MAC.fullmatch(bare):
        raise ValueError(text)
    return ":".join(bare[at : at + 2] for at in range(0, 12, 2))


def said(text: str) -> str:
    """A word that a person typed and a command line is told: nothing in it ends the word or the line."""
    if not text.isprintable() or re.search(r"[\s?|\"';]", text) or not text:
        raise CommandRefused(command=text, answer="this cannot be said in a command line")
    return text


def matched(pattern: re.Pattern[str], text: str) -> re.Match[str]:
    """The whole text by the pattern."""
    found = pattern.fullmatch(text)
    if found is None:
        raise ValueError(text)
    return found


def only(pattern: re.Pattern[str], lines: Iterable[str]) -> re.Match[str]:
    """The one line that is like this."""
    found = [one for one in map(pattern.fullmatch, lines) if one]
    if len(found) != 1:
        raise ValueError(f"{len(found)} lines like {pattern.pattern}")
    return found[0]


def lines(answer: str) -> list[str]:
    """The lines that say something, without blanks at their ends."""
    return [line.rstrip() for line in answer.split("\n") if line.strip()]


def facts(answer: str) -> dict[str, str]:
    """``key : value`` lines, the keys without what is in brackets behind them. A key that stands twice is odd."""
    found: dict[str, str] = {}
    for line in lines(answer):
        fact = _FACT.fullmatch(line)
        if fact is None:
            continue
        if fact[1] in found or _TWO_IN_ONE.search(fact[2]):
            raise ValueError(line)
        found[fact[1]] = fact[2].strip()
    return found


def table(answer: str, head: str, row: re.Pattern[str], noise: re.Pattern[str] | None = None) -> list[re.Match[str]]:
    """The rows under a head that is written so (blanks do not count), each of which is like ``row``.

    ``noise``: lines that may stand anywhere (rulers, legends).
    """
    said = [line for line in lines(answer) if not (noise and noise.fullmatch(line.strip()))]
    if not said or said[0].split() != head.split():
        raise ValueError(said[0] if said else "")
    return [matched(row, line) for line in said[1:]]


def counted(rows: list[Row], total: int) -> list[Row]:
    """As many as the device says there are."""
    if len(rows) != total:
        raise ValueError(f"{len(rows)} of {total}")
    return rows


def consecutive(hops: list[Hop], first: int, last: int) -> list[Hop]:
    """Those that were asked for, none left out; a router that begins at 1 all the same has told more."""
    numbers = [one.number for one in hops]
    if not numbers or numbers != list(range(numbers[0], numbers[0] + len(numbers))) or numbers[0] not in (1, first):
        raise ValueError(f"hops {numbers[:5]}")
    return [one for one in hops if first <= one.number <= last]
