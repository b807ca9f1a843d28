"""The root of every error a person should read: one class a fact, its docstring the English sentence.

A feature names its own (``class AlreadyPaid(Conflict)``) by the fact. The docstring's first paragraph is the
message, formatted with the facts given when it is raised; ``code`` is what API answers and catalogues key on.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from typing import ClassVar

_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


class _Facts(dict[str, object]):
    """Leaves ``{name}`` standing where a fact is missing: an error must not fail while it is told."""

    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


def _first_paragraph(text: str) -> str:
    return " ".join(inspect.cleandoc(text).split("\n\n")[0].split())


class Problem(Exception):
    """Something went wrong."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "problem"
    template: ClassVar[str] = "Something went wrong."

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "code" not in cls.__dict__:
            cls.code = _WORD.sub("-", cls.__name__).lower()
        # Kept apart from __doc__, which -OO throws away; such a class then speaks its parent's sentence.
        if cls.__doc__ and "template" not in cls.__dict__:
            cls.template = _first_paragraph(cls.__doc__)

    def __init__(self, **facts: object) -> None:
        super().__init__(facts)
        self.facts = facts

    def __str__(self) -> str:
        return self.template.format_map(_Facts(self.facts))

    def __reduce__(self) -> tuple[object, ...]:
        # Problems travel home from child processes; Exception's own pickling would lose the facts.
        return _bare, (type(self),), self.__dict__


def _bare(kind: type[Problem]) -> Problem:
    return kind.__new__(kind)


class NotFound(Problem):
    """There is no such {thing}."""

    status = 404


class Conflict(Problem):
    """The {thing} {value} stands in the way."""

    status = 409


class Forbidden(Problem):
    """This is not yours to do."""

    status = 403


class InvalidInput(Problem):
    """Some of what was entered cannot be accepted: {fields}."""

    status = 422

    def __init__(self, fields: Mapping[str, str]) -> None:
        """``fields`` maps each refused field to what is wrong with it."""
        super().__init__(fields="; ".join(f"{name} {wrong}" for name, wrong in fields.items()))
        self.fields = dict(fields)
