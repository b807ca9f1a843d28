"""Which command a line is: words, abbreviated as on the device, and what stands between them. Pure.

A pattern is words and holes: ``display ont info <frame:int> <slot:int> <port:int> all``. A hole takes one word,
``:int`` one that is a number, ``<name...>`` one or more words to the end of the line, as they were typed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

_WORD = re.compile(r'"([^"]*)"|\S+')
_HOLE = re.compile(r"<(\w+)(:int|\.\.\.)?>")


class Word(NamedTuple):
    """A word without its quotes, and where it begins in the line."""

    text: str
    at: int


class Wrong(NamedTuple):
    """A line that is no command: where it stops being one, and whether it merely ends too early."""

    at: int
    incomplete: bool
    known: int


@dataclass(frozen=True)
class Rule:
    """A command: where it may be said (no view: everywhere), and who does it.

    ``more``: what the device offers as further words where it asks for them instead of doing it at once.
    """

    pattern: tuple[str, ...]
    views: frozenset[str]
    act: Callable[..., Any]
    more: str = ""


class Found(NamedTuple):
    """A command and what filled its holes."""

    rule: Rule
    given: dict[str, Any]


def words(line: str) -> list[Word]:
    """As the device takes a line apart."""
    return [Word(one[0] if one[1] is None else one[1], one.start()) for one in _WORD.finditer(line)]


def find(rules: Iterable[Rule], view: str, line: str) -> Found | Wrong:
    """The command that fits best: most words of its own in the line, and written out."""
    said = words(line)
    best: tuple[int, Found] | None = None
    wrong = Wrong(said[0].at if said else 0, False, 0)
    for rule in rules:
        if rule.views and view not in rule.views:
            continue
        known, whole, given = _matched(rule.pattern, said, line)
        if given is not None:
            if best is None or whole > best[0]:
                best = whole, Found(rule, given)
        elif known >= wrong.known:
            wrong = _wrong(rule.pattern, said, line, known, wrong)
    return best[1] if best else wrong


def _wrong(pattern: Sequence[str], said: Sequence[Word], line: str, known: int, before: Wrong) -> Wrong:
    if known == len(said) and known > 0:
        return Wrong(len(line), True, known)
    return Wrong(said[known].at, False, known) if known > before.known and known < len(said) else before


def _matched(pattern: Sequence[str], said: Sequence[Word], line: str) -> tuple[int, int, dict[str, Any] | None]:
    """How many words fit, how well (a word counts one, written out two), and the holes where all fits."""
    given: dict[str, Any] = {}
    whole = 0
    for place, wanted in enumerate(pattern):
        if place >= len(said):
            return place, whole, None
        hole = _HOLE.fullmatch(wanted)
        if hole is None:
            if not any(one.startswith(said[place].text.lower()) for one in wanted.split("|")):
                return place, whole, None
            whole += 2 if said[place].text.lower() in wanted.split("|") else 1
            continue
        name, kind = hole.groups()
        if kind == "...":
            given[name] = line[said[place].at :].strip()
            return len(said), whole, given
        if kind == ":int" and not said[place].text.isdecimal():
            return place, whole, None
        given[name] = int(said[place].text) if kind == ":int" else said[place].text
    return len(pattern), whole, given if len(said) == len(pattern) else None
