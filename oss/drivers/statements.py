"""Configurations that are written by indentation (VRP, IOS): statements, each with those that stand below it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(slots=True)
class Statement:
    """A line and what is indented below it."""

    text: str
    below: list[Statement] = field(default_factory=list)

    def like(self, pattern: str) -> Iterator[re.Match[str]]:
        """The statements right below that match, whole."""
        return (found for one in self.below if (found := re.fullmatch(pattern, one.text)))

    def blocks(self, pattern: str) -> Iterator[Statement]:
        """The same, as statements."""
        return (one for one in self.below if re.fullmatch(pattern, one.text))

    def all(self) -> Iterator[Statement]:
        """Those below, at any depth."""
        for one in self.below:
            yield one
            yield from one.all()


def parsed(text: str, remark: str) -> Statement:
    """A text as a tree; lines that begin with ``remark`` (``#``, ``!``) say nothing."""
    root = Statement("")
    open_blocks = [(-1, root)]
    for line in text.split("\n"):
        bare = line.strip()
        if not bare or bare.startswith(remark):
            continue
        depth = len(line) - len(line.lstrip())
        while open_blocks[-1][0] >= depth:
            open_blocks.pop()
        statement = Statement(bare)
        open_blocks[-1][1].below.append(statement)
        open_blocks.append((depth, statement))
    return root
