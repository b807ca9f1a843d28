"""A command line's conversation without a socket: it is fed what was heard and tells what to say.

    talk = Conversation(dialect, user="milha", password="...")
    talk.feed(heard)             # as it comes, in any pieces
    talk.due()                   # None: hear more; else: so many seconds of silence mean that it waits for us
    talk.act()                   # then: what to say (a password, a pager's key, an answer), or None: it is done

Nothing is decided while a device still talks, so pieces do not matter: a line of an answer that looks like a prompt is
taken for one only if the device falls silent behind it, and the less it looks like the prompt that is known, the longer
the silence must be.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum, auto
from typing import Final

from oss.drivers.links import Dialect
from oss.drivers.transport import terminal

MOST: Final = 8 * 1024 * 1024
"""Letters of one answer; more is a device gone mad."""
MOST_QUESTIONS: Final = 64
TAIL: Final = 600  # letters in which a question may stand
AT_ONCE: Final = 0.03
SAME_DEVICE: Final = 0.1
ANOTHER: Final = 1.5
"""Seconds of silence that make a prompt: the one that stood before; one of the same device; one of another name."""
FIRST: Final = 0.4
"""Before the device was heard: a banner may end like a prompt."""
NO_ECHO: Final = 0.8
NAME: Final = re.compile(r"[A-Za-z0-9][\w.-]*")
REFUSED: Final = re.compile(r"(?i)\b(incorrect|fail(ed|ure)?|denied|invalid|bad|lock(ed)?|wrong|error|refused)\b")
LETTERS: Final = re.compile(r"(?i)\by\s*/\s*n\b[\])]?\s*(?:[\[(][yn][\])])?\s*[:?]*\s*\Z")
WORDS: Final = re.compile(r"(?i)\byes\s*/\s*no\b[\])]?\s*(?:[\[(](?:yes|no)[\])])?\s*[:?]*\s*\Z")
"""Questions for a yes or a no, as they are asked at the door."""


class NotLetIn(Exception):
    """Name or password were refused."""


class TooMuch(Exception):
    """More than `MOST` letters, or more questions than anybody asks."""


class Phase(Enum):
    """Where the conversation stands."""

    LOGIN = auto()
    READY = auto()
    ASKED = auto()


class Conversation:
    """With one device, from its login on. ``prompt``: the last one, ``answer``: to the last command."""

    def __init__(self, dialect: Dialect, *, user: str = "", password: str = "") -> None:
        self.dialect, self.prompt, self.answer = dialect, "", ""
        self.phase = Phase.LOGIN
        self._user, self._password = user, password
        self._names = self._passwords = self._questions = 0
        self._prompts = [re.compile(one) for one in dialect.prompts]
        self._pagers = [(re.compile(one), key) for one, key in dialect.pager.items()]
        self._confirms = _questions(dialect.confirms)
        self._asked: list[tuple[re.Pattern[str], str]] = []
        self._heard, self._from = "", 0
        self._command = ""
        self._echoes: bool | None = None  # whether the device repeats what it is told; None: not known yet

    # ------------------------------------------------------------ what is heard

    def feed(self, text: str) -> None:
        """What comes without a command is forgotten. Raises TooMuch."""
        if self.phase is Phase.READY:
            return
        self._heard += text
        if len(self._heard) > MOST:
            raise TooMuch

    def ask(self, command: str, answers: Mapping[str, str] | None = None) -> str:
        """A command begins; returns what to say. What was heard before belongs to nothing."""
        check(command)
        self.phase, self._command, self.answer = Phase.ASKED, command, ""
        self._heard, self._from, self._questions = "", 0, 0
        self._asked = _questions(answers or {})
        return command + self.dialect.newline

    def due(self) -> float | None:
        """Seconds of silence after which `act` is to be called; None: the device is still talking, or thinks."""
        if self.phase is Phase.READY or terminal.unfinished(self._heard):
            return None
        last = self._last()
        if self._question(last) is not None:
            return AT_ONCE
        if self.phase is Phase.LOGIN and self._credential(last) is not None:
            return AT_ONCE
        return self._prompt_due(last)

    def act(self) -> str | None:
        """What to say after the silence; None: it waits for a command, and `answer` is whole. Raises NotLetIn."""
        last = self._last()
        found = self._question(last)
        if found is None and self.phase is Phase.LOGIN:
            found = self._let_in(last)
        if found is not None:
            self._questions += 1
            if self._questions > MOST_QUESTIONS and self._is_no_pager(last):
                raise TooMuch
            self._drop_pager(last)
            self._from = len(self._heard)
            return found
        self._finish(last)
        return None

    # ------------------------------------------------------------ what it waits for

    def _last(self) -> str:
        """The last line as it stands."""
        return terminal.line(self._heard[self._heard.rfind("\n") + 1 :])

    def _fresh(self) -> str:
        """The end of what was heard since we said something."""
        return self._heard[max(self._from, len(self._heard) - TAIL) :]

    def _question(self, last: str) -> str | None:
        """The answer to what it asks now: a pager's key, or a confirmation's answer."""
        fresh = self._fresh()
        if not fresh.strip():
            return None  # answered already
        for pattern, key in self._pagers:
            if pattern.search(last):
                return key
        text = "\n".join(terminal.lines(fresh))
        if self.phase is Phase.LOGIN and (no := _declined(text)) is not None:
            return no + self.dialect.newline
        for pattern, answer in (*self._asked, *self._confirms):
            if _ends(text, pattern):
                return answer + self.dialect.newline
        return None

    def _is_no_pager(self, last: str) -> bool:
        return not any(pattern.search(last) for pattern, _ in self._pagers)

    def _drop_pager(self, last: str) -> None:
        """A pager's line is no part of the answer; what wipes it finds nothing there."""
        for pattern, _ in self._pagers:
            if found := pattern.search(last):
                begins = self._heard.rfind("\n") + 1
                self._heard = self._heard[:begins] + last[: found.start()].rstrip()
                return

    def _credential(self, last: str) -> str | None:
        """What a login asks for: ``login`` or ``password``."""
        if not self._fresh().strip():
            return None
        if re.search(self.dialect.password, last):
            return "password"
        return "login" if re.search(self.dialect.login, last) else None

    def _let_in(self, last: str) -> str | None:
        """Name and password, each once: the second question for one of them is a refusal."""
        asked = self._credential(last)
        if asked is None:
            return None
        refused = self._passwords and REFUSED.search(self._fresh())
        if refused or (asked == "login" and self._names) or (asked == "password" and self._passwords):
            raise NotLetIn
        if asked == "login":
            self._names += 1
            return self._user + self.dialect.newline
        self._passwords += 1
        return self._password + self.dialect.newline

    def _prompt_due(self, last: str) -> float | None:
        if not last or not any(pattern.fullmatch(last) for pattern in self._prompts):
            return None
        if self.phase is Phase.LOGIN:
            return FIRST
        if self._echoes is not False and not self._echoed():
            return NO_ECHO if self._echoes is None else ANOTHER * 2
        if last == self.prompt:
            return AT_ONCE
        return SAME_DEVICE if _name_of(last) == _name_of(self.prompt) else ANOTHER

    # ------------------------------------------------------------ the answer

    def _echoed(self) -> bool:
        """Whether the command has come back, however it was wrapped and redrawn."""
        wanted = _bare(self._command)
        return wanted in _bare("".join(terminal.lines(self._heard[: 4 * len(self._command) + TAIL])))

    def _finish(self, last: str) -> None:
        if self.phase is Phase.ASKED:
            self._echoes = self._echoes or self._echoed()
            found = terminal.lines(self._heard)[:-1]
            self.answer = "\n".join(_trimmed(found[_echo_lines(found, self._command) :]))
        self.prompt, self.phase, self._heard, self._from = last, Phase.READY, "", 0

    @property
    def refusal(self) -> str | None:
        """The line of the answer that says no."""
        for one in self.answer.split("\n"):
            if any(re.search(pattern, one) for pattern in self.dialect.errors):
                return one.strip()
        return None


def check(command: str) -> None:
    """Raises ValueError where it is more than one line, or has control characters."""
    if terminal.MOVES.search(command) or "\n" in command:
        raise ValueError("a command is one line without control characters")


def _questions(questions: Mapping[str, str]) -> list[tuple[re.Pattern[str], str]]:
    return [(re.compile(question), answer) for question, answer in questions.items()]


def _declined(text: str) -> str | None:
    """The no to what is asked before anybody was let in (another password? [Y/N]): nobody is there to choose one.

    A banner that wants its YES is answered by the dialect, unless it is about a password, too.
    """
    if LETTERS.search(text):
        return "n"
    found = WORDS.search(text)
    if found is None or "password" not in "\n".join(text.rstrip().split("\n")[-2:]).lower():
        return None
    return "NO" if "YES" in found[0] else "no"


def _ends(text: str, question: re.Pattern[str]) -> bool:
    """Whether it is the last that was said."""
    return any(not text[found.end() :].strip() for found in question.finditer(text))


def _bare(text: str) -> str:
    return "".join(text.split())


def _name_of(prompt: str) -> str:
    """Whose prompt it is: ``OLT-1`` of ``OLT-1(config-if)#``, ``[OLT-1-Ethernet0]`` is told by its beginning."""
    found = NAME.search(prompt)
    return found[0] if found else ""


def _echo_lines(found: list[str], command: str) -> int:
    """How many lines at the beginning are the command itself."""
    wanted, said = _bare(command), ""
    if not wanted:
        return 0
    for count, one in enumerate(found[:40], 1):
        said += _bare(one)
        if said.endswith(wanted):
            return count
        if len(said) > 3 * len(wanted) + TAIL:
            break
    return 0


def _trimmed(found: list[str]) -> list[str]:
    """Without empty lines at both ends."""
    first = next((n for n, one in enumerate(found) if one.strip()), len(found))
    last = next((n for n in range(len(found), first, -1) if found[n - 1].strip()), first)
    return found[first:last]
