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
REST = 6.0  # letters that must be left
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
    patterns, personal, common = _patterns(plain), _places(plain, _parts(known)), _places(plain, STEMS)
    if _left(plain, patterns) < REST:
        return PATTERN
    if _left(plain, personal) < REST:
        return PERSONAL
    return COMMON if _left(plain, patterns | personal | common) < REST else None


def strength(password: str, known: Iterable[str] = ()) -> int:
    """0 refused, 1 enough, 2 good, 3 very good: for a hint while it is typed."""
    if weakness(password, known) is not None:
        return 0
    plain = _plain(password)
    left = _left(plain, _patterns(plain) | _places(plain, _parts(known)) | _places(plain, STEMS))
    return 1 + (left >= 12) + (left >= 18)


def _plain(text: str) -> str:
    """Small letters without accents."""
    apart = unicodedata.normalize("NFKD", text.lower())
    return "".join(c for c in apart if not unicodedata.combining(c))


def _parts(known: Iterable[str]) -> set[str]:
    """The words somebody is known by, and each of the given texts as one word."""
    texts = [_plain(one) for one in known]
    words = {part for one in texts for part in re.findall(r"[a-z0-9]{3,}", one)}
    return words | {whole for one in texts if len(whole := re.sub(r"[^a-z0-9]", "", one)) >= 3}


def _places(plain: str, words: Iterable[str]) -> set[int]:
    """Where one of the words stands, also with figures and signs in the place of letters."""
    spellings = {plain, *(plain.translate(leet) for leet in LEETS)}
    found: set[int] = set()
    for word in words:
        for text in spellings:
            start = text.find(word)
            while start >= 0:
                found.update(range(start, start + len(word)))
                start = text.find(word, start + 1)
    return found


def _patterns(plain: str) -> set[int]:
    """Where years and dates, repeats (but for their first), and runs of keys, letters or figures stand."""
    found: set[int] = set()
    for pattern in (_YEAR, _DATE):
        for match in pattern.finditer(plain):
            found.update(range(*match.span()))
    for match in _REPEAT.finditer(plain):
        found.update(range(match.start() + len(match[1]), match.end()))
    for row in (*ROWS, *ORDERS):
        for way in (row, row[::-1]):
            found |= _runs(plain, way)
    return found


def _runs(plain: str, row: str) -> set[int]:
    """Where at least RUN characters follow each other as they do in a row of keys."""
    starts = (start for start in range(len(plain) - RUN + 1) if plain[start : start + RUN] in row)
    return {place for start in starts for place in range(start, start + RUN)}


def _left(plain: str, taken: set[int]) -> float:
    """What has to be guessed: letters count whole; figures and signs, of which people add one or two, count half."""
    rest = [c for place, c in enumerate(plain) if place not in taken and c not in SEPARATORS]
    return sum(1.0 if c.isalpha() else 0.5 for c in rest)
