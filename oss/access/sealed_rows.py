"""Rows on disk, sealed: what a node knew last, for a start while the database is away (invariant 5)."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from oss.base.problems import Problem
from oss.base.secrets import Sealer

Rows = dict[str, list[list[Any]]]
"""By the name of what they are; values as JSON knows them."""


def save(path: Path, sealer: Sealer, rows: Rows) -> None:
    """Write beside the old file and put it in its place at once."""
    beside = path.with_suffix(".new")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(sealer.seal(json.dumps(rows), path.name))
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)


def load(path: Path, sealer: Sealer) -> Rows:
    """The rows; empty where there are none or they were sealed with another key."""
    try:
        found: Rows = json.loads(sealer.open(path.read_text(), path.name))
    except (OSError, ValueError, Problem):
        return {}
    return found
