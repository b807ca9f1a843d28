"""A sealed copy of the index on disk: a node starts and answers while the database is away (invariant 5).

Passwords and secrets stay as sealed as in the database; each line is a sealed chunk, so that no single call is long.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from oss.access.index import UNBOUND, WIDTH
from oss.base.problems import Problem
from oss.base.secrets import Sealer

AAD = "index.sealed"
CHUNK = 500
SEALED_BY, LONGEST = re.compile(r"v1:([0-9a-f]{8}):[\w-]{16}:"), 40


@dataclass(frozen=True, slots=True)
class Restored:
    """Rows of NAS and of accounts as they were read last, the walled list's name and the settings of names then."""

    nas: list[tuple[Any, ...]]
    rows: list[tuple[Any, ...]]
    walled_list: str | None
    names: dict[str, str] = field(default_factory=dict)


def save_index(
    path: Path, sealer: Sealer, nas: Sequence[Any], rows: Sequence[Any], names: Sequence[Any] = ()
) -> tuple[str, ...]:
    """Write the copy beside the old one and put it in its place at once; returns the ids of the keys it needs."""
    beside, used = path.with_suffix(".new"), set[str]()
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        for kind, values in (("nas", nas), ("rows", rows), ("names", names)):
            for start in range(0, len(values), CHUNK):
                text = json.dumps([kind, [list(value) for value in values[start : start + CHUNK]]])
                line = sealer.seal(text, AAD)
                used.update(SEALED_BY.findall(line[:LONGEST]), SEALED_BY.findall(text))
                file.write(line + "\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)
    return tuple(sorted(used))


def load_index(path: Path, sealer: Sealer) -> Restored | None:
    """The copy, or None where there is none or it was sealed with another key."""
    found: dict[str, list[tuple[Any, ...]]] = {"nas": [], "rows": [], "names": []}
    try:
        with path.open() as file:
            for line in file:
                kind, values = json.loads(sealer.open(line.strip(), AAD))
                found[kind] += [tuple(value) for value in values]
    except (OSError, ValueError, KeyError, Problem):
        return None
    rows = found["rows"]
    if rows and len(rows[0]) == WIDTH + 1 - len(UNBOUND):  # of the version before lines were bound
        rows = [(*row[:-1], *UNBOUND, row[-1]) for row in rows]
    if any(len(row) != WIDTH + 1 for row in rows[:1]):  # of another version: the database tells anew
        return None
    # The last column of an account's row is the walled list's name, added by the index itself.
    walled = rows[0][WIDTH] if rows else None
    return Restored(found["nas"], [row[:WIDTH] for row in rows], walled, dict(found["names"]))
