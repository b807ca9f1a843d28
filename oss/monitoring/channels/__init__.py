"""Ways to tell people of an incident, one file each: a new one is a new file here.

A channel's file has ``SETTINGS`` (names of what is no secret, in the order of the form), ``SECRET`` (whether it needs
one), and ``async def send(connection, message, settings, secret)``, which raises `NotTold`. It may have ``def
wrong(settings)``: what of the settings does not go together, by name.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from oss.base import db
from oss.base.problems import Problem


class NotTold(Problem):
    """The message did not arrive: {why}."""

    status = 502


class UnfitChannel(Problem):
    """The channel lacks {what}."""


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of one incident. ``facts`` are the letter's (`oss.notify.letters`); ``fields`` those of a program.

    ``turn``: began or ended; ``key`` is the same each time the same is told, so that a repeat can be seen as one.
    """

    key: str
    turn: str
    language: str
    facts: Mapping[str, str]
    fields: Mapping[str, object]

    @property
    def letter(self) -> str:
        """Which letter tells it."""
        return f"incident_{self.turn}"


class Channel(Protocol):
    """A module of this package."""

    SETTINGS: tuple[str, ...]
    SECRET: bool

    async def send(
        self, connection: db.Connection, message: Message, settings: Mapping[str, str], secret: str
    ) -> None: ...


@functools.cache
def channels() -> dict[str, Channel]:
    """All kinds, by the name of their file."""
    found = {}
    for info in pkgutil.iter_modules(__path__, __name__ + "."):
        module: Channel = importlib.import_module(info.name)
        found[info.name.rpartition(".")[2]] = module
    return found
