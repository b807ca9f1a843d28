"""What a maker's command line is made of. A maker's file makes a subclass, whose methods are commands:

    class Acme(CommandLine):
        @says("show clock", views=("exec",))
        def clock(self, talk: Talk) -> str:
            return "18:00:00 UTC"

A method may be a coroutine; it gives the answer's text, or None, or raises Refused with the maker's own words.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from oss.lab.network import clock
from oss.lab.network.cli.grammar import Rule, Wrong
from oss.lab.network.state import State
from oss.lab.network.whims import Whims

if TYPE_CHECKING:
    from oss.lab.network.cli.talk import Talk

_Act = TypeVar("_Act", bound=Callable[..., Any])
_MARK = "is_command"


class Refused(Exception):
    """The device does not do it; the text is what it says instead."""


@dataclass(frozen=True, slots=True)
class Pager:
    """``text`` stands after each page of ``lines``; ``wipe`` takes it away again when a key came."""

    text: str
    wipe: str
    lines: int = 23


def says(*patterns: str, views: tuple[str, ...] = (), more: str = "") -> Callable[[_Act], _Act]:
    """Marks a method as what these commands do (see `grammar`)."""

    def mark(act: _Act) -> _Act:
        kept = [*getattr(act, _MARK, ()), *((one, views, more) for one in patterns)]
        setattr(act, _MARK, kept)
        return act

    return mark


class CommandLine:
    """A device's command line, whoever is connected. ``users``: passwords by name; ``lift``: of the privileged mode."""

    pager = Pager("--More--", "\b" * 8 + " " * 8 + "\b" * 8)
    banner = ""
    ask_user, ask_password = "Username:", "Password:"
    password_echo: str | None = None
    wrong_login = "% Login invalid"
    first_view = "user"
    encoding = "utf-8"

    def __init__(self, state: State, users: dict[str, str] | None = None, lift: str = "") -> None:
        self.state, self.lift = state, lift
        self.users = {"milha": "lab-comando"} if users is None else users
        self.whims = Whims()
        self.rules = [
            Rule(tuple(pattern.split()), frozenset(views), act, more)
            for _, act in inspect.getmembers(self, inspect.ismethod)
            for pattern, views, more in getattr(act, _MARK, ())
        ]

    def allows(self, user: str, password: str) -> bool:
        """Whether somebody may come in."""
        return not self.whims.deaf and self.users.get(user) == password

    # What a maker's file says in its own words

    def greeting(self, talk: Talk) -> str:
        """Said after a login."""
        del talk
        return ""

    def prompt(self, talk: Talk) -> str:
        """It waits for a command."""
        return f"{self.name(talk)}>"

    def name(self, talk: Talk) -> str:
        """How it calls itself."""
        del talk
        return self.state.device.name

    def wrong(self, talk: Talk, line: str, wrong: Wrong) -> str:
        """What it says to a line that is no command."""
        del talk, line
        return "% Incomplete command." if wrong.incomplete else "% Unknown command."

    def busy(self) -> str:
        """What it says when it refuses on order."""
        return "% System is busy"

    def spam(self) -> str:
        """A line of its log, among everything else."""
        return "%LINK-3-UPDOWN: a line of the log"

    def again(self, line: str) -> str:
        """What it writes after further words were asked for (`Rule.more`)."""
        del line
        return ""

    async def enters(self, talk: Talk) -> None:
        """After the login, before the first prompt."""

    def stamp(self) -> str:
        """The device's date and time, seconds."""
        return clock.stamp()
