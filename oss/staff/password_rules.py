"""Whether a password is easily guessed: by rules, without a network and without a list of breached ones.

Those who guess begin with what they know of a person, and go on with words everybody uses, runs on the keyboard,
numbers in order, years and repeats. So these parts are taken away, in disguise too (``s3nh@`` is ``senha``), and what
remains has to be enough. An operator may add a real list of breached passwords (oss.staff.breached).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from oss.staff.password_stems import STEMS

LEAST, MOST = 10, 200
REST = 6  # characters that must be left, without separators
DISTINCT = 5
SEPARATORS = frozenset(" -_.,")

TOO_SHORT = f"at least {LEAST} characters"
TOO_LONG = f"at most {MOST} characters"
PERSONAL = "is made of your name, login, e-mail or company"
COMMON = "is made of words and numbers that are guessed first"
PATTERN = "is made of keys in a row, repeats or numbers in order"
BREACHED = "was found among breached passwords"

ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "1234567890", "qazwsxedcrfvtgbyhnujmikolp", "1q2w3e4r5t6y7u8i9o0p")
ORDERS = ("abcdefghijklmnopqrstuvwxyz", "01234567890")
RUN = 4  # keys or letters in a row
LEETS = (str.maketrans("013457@$!|", "oieastasii"), str.maketrans("013457@$!|", "oleastasll"))
_REPEAT = re.compile(r"(.{1,4}?)\1{2,}")
_YEAR = re.compile(r"(?:19[3-9]\d|20[0-4]\d)")
_DATE = re.compile(r"(?:[0-3]?\d[./-]?[01]?\d[./-]?)(?:19[3-9]\d|20[0-4]\d)")


def weakness(password: str, known: Iterable[str] = ()) -> str | None:
    """What is wrong with a password; ``known``: names, logins, addresses and companies of whoever chooses it."""
    if len(password) < LEAST:
        return TOO_SHORT
    if len(password) > MOST:
        return TOO_LONG
    plain = _plain(password)
    if len(set(plain)) < DISTINCT:
        return PATTERN
    personal, stems = _parts(known), _stems()
    for name, texts in (
        (PATTERN, [_without_patterns(plain)]),
        (PERSONAL, [_without(text, personal) for text in _spellings(plain)]),
        (COMMON, [_without_patterns(_without(_without(text, personal), stems)) for text in _spellings(plain)]),
    ):
        if min(_size(text) for text in texts) < REST:
            return name
    return None


def strength(password: str, known: Iterable[str] = ()) -> int:
    """0 refused, 1 enough, 2 good, 3 very good: for a hint while it is typed."""
    if weakness(password, known) is not None:
        return 0
    left = min(_size(_without_patterns(_without(text, _stems()))) for text in _spellings(_plain(password)))
    return 1 + (left >= 12) + (left >= 18)


def _stems() -> list[str]:
    return sorted(STEMS, key=len, reverse=True)


def _plain(text: str) -> str:
    """Small letters without accents."""
    apart = unicodedata.normalize("NFKD", text.lower())
    return "".join(c for c in apart if not unicodedata.combining(c))


def _spellings(text: str) -> tuple[str, ...]:
    """As it is, and with figures and signs read as the letters they stand for."""
    return (text, *(text.translate(leet) for leet in LEETS))


def _parts(known: Iterable[str]) -> list[str]:
    """The words somebody is known by, longest first; of an address also what stands before its @."""
    words = {part for one in known for part in re.findall(r"[a-z0-9]{3,}", _plain(one))}
    whole = {re.sub(r"[^a-z0-9]", "", _plain(one)) for one in known}
    return sorted(words | {one for one in whole if len(one) >= 3}, key=len, reverse=True)


def _without(text: str, words: Iterable[str]) -> str:
    for word in words:
        text = text.replace(word, " ")
    return text


def _without_patterns(text: str) -> str:
    text = _REPEAT.sub(r"\1", text)
    text = _YEAR.sub(" ", _DATE.sub(" ", text))
    for row in (*ROWS, *ORDERS):
        for way in (row, row[::-1]):
            text = _without_runs(text, way)
    return text


def _without_runs(text: str, row: str) -> str:
    """Without stretches of at least RUN characters that follow each other in a row of keys."""
    place = 0
    while place <= len(text) - RUN:
        end = place + RUN
        if text[place:end] not in row:
            place += 1
            continue
        while end < len(text) and text[place : end + 1] in row:
            end += 1
        text = f"{text[:place]} {text[end:]}"
    return text


def _size(text: str) -> int:
    return sum(1 for c in text if c not in SEPARATORS)
