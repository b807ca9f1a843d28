"""What was said to a device and what it answered, word for word, with every secret masked.

Known secrets (those of the login) are masked wherever they stand; values behind words that announce a secret are, too.
A read of an API is told by its size: five thousand sessions a minute are no transcript anybody reads.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

MASK: Final = "••••"
MOST_ANSWER: Final = 512 * 1024  # characters kept of one answer
ROWS_TOLD: Final = 3
NAMES: Final = (
    r"pass(?:word|wd|phrase)|\bpass\b|secret|cipher|community|psk|pre-?shared-?key|key-string"
    r"|(?:private|shared|auth\w*|wpa2?)-?key|(?<![\w.-])key(?![\w.-])"
)
BETWEEN: Final = r"simple|cipher|irreversible-cipher|encrypted|read|write|local|remote|level|ascii|hex|[0-9]{1,2}"
"""What makers say between such a word and its value."""
ANNOUNCED: Final = re.compile(
    rf"""(?ix)( \b[\w.-]*(?:{NAMES})[\w.-]* (?:\s*[=:]\s*|\s+)
      (?:(?:{BETWEEN})\s+)* )
    ( "(?:[^"\\]|\\.)*" | '[^']*' | [^\s"',;]+ )"""
)
HINTS: Final = ("pass", "secret", "cipher", "community", "psk", "key")
"""One of them is in each of NAMES."""
TOUCHES: Final = ("", "/system/identity/print")
"""Said only to hear whether somebody is there; not kept where it went well."""
SHORTEST: Final = 3
"""A login's password of one or two letters would mask half of every text."""


@dataclass(slots=True)
class Entry:
    """One command. ``at``: Unix time; ``via``: ssh, telnet, api, snmp; ``failure``: the problem's code, or empty."""

    via: str
    command: str
    at: float
    answer: str = ""
    seconds: float = 0.0
    failure: str = ""

    def rows(self, rows: Sequence[Mapping[str, str]]) -> None:
        """The answer of an API: how many rows, and the first of them."""
        told = [" ".join(f"{name}={_shown(name, value)}" for name, value in row.items()) for row in rows[:ROWS_TOLD]]
        more = [f"… {len(rows)} rows"] if len(rows) > ROWS_TOLD else []
        self.answer = "\n".join(told + more)


def _shown(name: str, value: str) -> str:
    return MASK if value and re.search(NAMES, name, re.IGNORECASE) else value


def masked(text: str, secrets: Sequence[str]) -> str:
    """A text without the secrets that are known, and without what stands behind words that announce one."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= SHORTEST:
            text = text.replace(secret, MASK)
    return "\n".join(_unannounced(line) for line in text.split("\n"))


def _unannounced(line: str) -> str:
    """Line by line, and only those with such a word: one call over a whole configuration would hold the process."""
    lowered = line.lower()
    if not any(hint in lowered for hint in HINTS):
        return line
    return ANNOUNCED.sub(lambda found: found[1] + MASK, line)


class Transcript:
    """Of one device; ``keep`` takes each entry when its answer is there. ``secrets``: those of its login."""

    def __init__(self, secrets: Sequence[str], keep: Callable[[Entry], None]) -> None:
        self._secrets, self._keep = tuple(secrets), keep

    @contextmanager
    def said(self, via: str, command: str, *, quiet: bool = False) -> Iterator[Entry]:
        """What is put into the entry's answer inside is kept at the end, also where it went wrong.

        ``quiet``: nothing but the command's first word is kept.
        """
        entry, began = Entry(via, command, time.time()), time.monotonic()
        try:
            yield entry
        except BaseException as problem:
            entry.failure = getattr(problem, "code", None) or "cancelled"
            raise
        finally:
            entry.seconds = time.monotonic() - began
            if entry.failure or command not in TOUCHES:
                self._clean(entry, quiet)
                self._keep(entry)

    def _clean(self, entry: Entry, quiet: bool) -> None:
        if quiet:
            entry.command = f"{entry.command.split(' ', 1)[0]} {MASK}"
            entry.answer = f"{MASK} {len(entry.answer)}" if entry.answer else ""
            return
        entry.command = masked(entry.command, self._secrets)
        entry.answer = masked(entry.answer[:MOST_ANSWER], self._secrets)
