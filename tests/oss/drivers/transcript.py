"""How a transcript is written: one file an act, ``transcripts/<driver key>/<what it shows>.txt``.

Marks begin a line with ``=== ``; the lines under a mark belong to it. What stands above the first is prose:

    === act router.session {"login": "ana"}     the method, and its arguments as JSON (dataclasses as objects)
    === prompt <BNG1>                           the prompt from here on; after a command that enters a view, again
    === say display access-user username ana    a command and under it the answer as `Shell.run` gives it
    === refuse display nothing                  a command that the device refuses: CommandRefused with the lines below
    === rows /ppp/active ?name=ana              RouterOS: a table (with query words, or none: (all)), a JSON a line
    === call /ppp/active/remove {".id": "*1"}   RouterOS: any other command and its words, its sentences below
    === trap /ppp/active/remove {".id": "*1"}   RouterOS: the same, refused with the line below
    === column 1.3.6.1.2.1.2.2.1.2              SNMP: ``index = JSON`` a line; {"hex": "48575443"} for octets
    === get 1.3.6.1.2.1.1.1.0 1.3...            SNMP: ``oid = JSON`` a line; what is left out is not there
    === put 1.3.6.1.4.1.1 1                     SNMP: SET and its value as JSON
    === open interface                          the answer's end cannot be told by the answer; the field (may be none)
                                                is the last thing in a row, and free text
    === lacks uptime_s mac                      fields that are None where the answer has no line for them
    === statements                              the answer is a configuration, and what comes out is what its lines
                                                say: a line less is another configuration; no other number comes of it
    === gives                                   what comes out, as JSON; a dataclass is an object, of which fields that
                                                have their default may be left out
    === fails AnswerUnreadable                  or the problem that is raised instead

Either ``gives`` or ``fails`` ends the file. Commands are played strictly in this order, and all of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

MARKS = {
    "act",
    "prompt",
    "say",
    "refuse",
    "rows",
    "call",
    "trap",
    "column",
    "get",
    "put",
    "open",
    "lacks",
    "statements",
}
MARKS |= {"gives", "fails"}
SAID = {"say", "refuse", "rows", "call", "trap", "column", "get", "put"}


@dataclass(frozen=True, slots=True)
class Exchange:
    """One thing said and what was answered. ``how``: its mark; ``prompt``: as it stands afterwards."""

    how: str
    said: str
    answer: str
    prompt: str = ""


@dataclass(frozen=True, slots=True)
class Transcript:
    """``part``, ``method``: ``router`` and ``sessions``. ``open_end``: the free field, "" for none; None: it ends."""

    name: str
    part: str
    method: str
    arguments: dict[str, Any]
    exchanges: tuple[Exchange, ...]
    prompt: str = ""
    gives: Any = None
    fails: str | None = None
    open_end: str | None = None
    lacks: tuple[str, ...] = ()
    statements: bool = False

    def answered(self, number: int, answer: str) -> Transcript:
        """The same conversation with another answer in one place."""
        changed = list(self.exchanges)
        changed[number] = replace(changed[number], answer=answer)
        return replace(self, exchanges=tuple(changed))


def read(path: Path) -> Transcript:
    """A file as a transcript. Raises ValueError where it is none."""
    marks = list(_marks(path.read_text("utf-8")))
    words = {mark: rest for mark, rest, _ in marks if mark not in SAID}
    bodies = {mark: body for mark, _, body in marks}
    if "act" not in words or ("gives" in words) == ("fails" in words):
        raise ValueError(f"{path}: one act, and either gives or fails")
    act, _, arguments = words["act"].partition(" ")
    part, _, method = act.partition(".")
    prompt, exchanges = _conversation(marks)
    return Transcript(
        f"{path.parent.name}/{path.stem}",
        part,
        method,
        json.loads(arguments or "{}"),
        exchanges,
        prompt,
        json.loads(bodies["gives"]) if "gives" in words else None,
        words.get("fails"),
        words.get("open"),
        tuple(words.get("lacks", "").split()),
        "statements" in words,
    )


def _marks(text: str) -> Iterator[tuple[str, str, str]]:
    """Mark, what stands behind it, and the lines below."""
    for piece in ("\n" + text).split("\n=== ")[1:]:
        head, _, body = piece.partition("\n")
        mark, _, rest = head.partition(" ")
        if mark not in MARKS:
            raise ValueError(f"no such mark: {mark}")
        yield mark, rest.removesuffix(" (all)"), body.rstrip("\n")


def _conversation(marks: list[tuple[str, str, str]]) -> tuple[str, tuple[Exchange, ...]]:
    """The first prompt, and the exchanges with the prompts that stand after them."""
    first, exchanges = "", list[Exchange]()
    for mark, rest, body in marks:
        if mark == "prompt" and not exchanges:
            first = rest
        elif mark == "prompt":
            exchanges[-1] = replace(exchanges[-1], prompt=rest)
        elif mark in SAID:
            exchanges.append(Exchange(mark, rest, body, exchanges[-1].prompt if exchanges else first))
    return first, tuple(exchanges)
