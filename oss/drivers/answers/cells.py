"""What answers have in common: fields, tables, and the refusal to read what is not whole."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NoReturn

from oss.drivers.configuration import untold
from oss.drivers.problems import AnswerUnreadable
from oss.drivers.serials import spelled
from oss.drivers.transport.transcript import masked

RULE = re.compile(r"\s*[-=]{5,}[-=\s]*")
LOWEST_DBM, HIGHEST_DBM = -60.0, 20.0


def unreadable(command: str, answer: str) -> NoReturn:
    """Raises AnswerUnreadable with the beginning of what came, its secrets masked: an ONU's lines may have some."""
    raise AnswerUnreadable(name="OLT", command=command, excerpt=masked(" ".join(answer.split())[:160], ()))


def fields(answer: str) -> dict[str, str]:
    """``Run state   : online`` -> what stands behind each name; of a name that comes twice the first."""
    found: dict[str, str] = {}
    for line in answer.split("\n"):
        name, colon, value = line.partition(":")
        if colon and name.strip():
            found.setdefault(" ".join(name.split()).lower(), value.strip())
    return found


def lines(answer: str) -> Iterator[str]:
    """Lines with something on them, without rules and the blanks around them."""
    for line in answer.split("\n"):
        if line.strip() and not RULE.fullmatch(line):
            yield line.strip()


def whole(command: str, answer: str, pattern: re.Pattern[str], text: str) -> re.Match[str]:
    """The match of all of a text, or the answer cannot be read."""
    found = pattern.fullmatch(text)
    if found is None:
        unreadable(command, answer)
    return found


def ended(command: str, answer: str) -> None:
    """The last line is a rule, or the answer was cut."""
    if not RULE.fullmatch(answer.rstrip("\n").rpartition("\n")[2]):
        unreadable(command, answer)


def exported(command: str, answer: str, last: str) -> str:
    """A configuration, whole: its last line is the one that maker ends it with."""
    if answer.rstrip().rpartition("\n")[2].strip() != last:
        raise AnswerUnreadable(name="OLT", command=command, excerpt=untold(answer))
    return answer


def serial(command: str, answer: str, text: str) -> str:
    """A GPON serial (ITU-T G.984.3 9.2.4.2) in our spelling."""
    found = spelled(text)
    if not re.fullmatch(r"[0-9A-Z]{4}[0-9A-F]{8}|[0-9A-Z]{16}", found):
        unreadable(command, answer)
    return found


def dbm(command: str, answer: str, text: str) -> float | None:
    """``-21.19``; None for what makers print in the dark."""
    bare = text.strip().removesuffix("(dbm)").removesuffix("(dBm)").strip()
    if bare.lower() in ("-", "--", "n/a", "no signal", "invalid", "na", "-inf"):
        return None
    if not re.fullmatch(r"-?\d{1,2}(\.\d{1,4})?", bare) or not LOWEST_DBM <= float(bare) <= HIGHEST_DBM:
        unreadable(command, answer)
    return float(bare)


def number(command: str, answer: str, text: str, highest: int) -> int:
    """A whole number from 0."""
    if not re.fullmatch(r"\d{1,9}", text.strip()) or int(text) > highest:
        unreadable(command, answer)
    return int(text)


def each_once(command: str, answer: str, keys: Iterable[object]) -> None:
    """The same ONU twice is a broken answer."""
    found = list(keys)
    if len(found) != len(set(found)):
        unreadable(command, answer)
