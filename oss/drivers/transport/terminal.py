"""What a command line's output looks like on paper: lines as they stand after everything was moved and wiped.

Pagers are wiped by backspaces, by spaces over them, by cursor movements (Huawei: spaces and ``ESC[nD`` in pairs); a
long command's echo is redrawn. A line is therefore written as a terminal writes it, and read at its end.
"""

from __future__ import annotations

import re
from typing import Final

CSI: Final = re.compile(r"\x1b\[([0-9;?]*)([ -/]*[@-~])")
OTHER: Final = re.compile(r"\x1b(?:\][^\x07\x1b]*(?:\x07|\x1b\\)|[()][0-9A-Za-z]|[=>78A-Za-z])")
UNFINISHED: Final = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*|\][^\x07\x1b]*|[()])?\Z")
MOVES: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
FARTHEST: Final = 20_000
"""Columns; a line that asks for more is not believed."""


def unfinished(text: str) -> bool:
    """Whether it ends within a control sequence."""
    return UNFINISHED.search(text[-64:]) is not None


def lines(text: str) -> list[str]:
    """Its lines as they stand, without what is behind their last letter."""
    return [line(one) for one in text.split("\n")]


def line(text: str) -> str:
    """One line as it stands at its end."""
    text = text.rstrip("\r")
    if not MOVES.search(text):
        return text.rstrip().replace("\t", "    ")
    return _written(OTHER.sub("", text)).rstrip().replace("\t", "    ")


def _written(text: str) -> str:
    cells: list[str] = []
    column = at = 0
    while at < len(text):
        letter = text[at]
        if letter == "\x1b":
            found = CSI.match(text, at)
            if found is None:  # nothing we know; the letter behind it is not text either
                at += 2
                continue
            column = _moved(cells, column, found[1], found[2])
            at = found.end()
            continue
        at += 1
        if letter == "\r":
            column = 0
        elif letter in "\b\x7f":
            column = max(0, column - 1)
        elif letter == "\t" or letter >= " ":
            _put(cells, column, letter)
            column += 1
    return "".join(cells)


def _put(cells: list[str], column: int, letter: str) -> None:
    if column < len(cells):
        cells[column] = letter
        return
    cells.extend(" " * (column - len(cells)))
    cells.append(letter)


def _moved(cells: list[str], column: int, numbers: str, what: str) -> int:
    """Where the cursor stands after a control sequence (ECMA-48); K wipes to the line's end, or all of it."""
    first = numbers.split(";")[0]
    count = int(first) if first.isdigit() else 0
    if what == "D":
        return max(0, column - max(1, count))
    if what == "C":
        return min(FARTHEST, column + max(1, count))
    if what == "G":
        return min(FARTHEST, max(0, count - 1))
    if what == "K":
        del cells[0 if count == 2 else column :]
        if count == 2:
            cells.extend(" " * column)
    return column
