"""The load generator ``radload.c``: built when it changed, run as a child, read as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bench import children

SOURCE = Path(__file__).with_name("radload.c")
BUILD = Path(__file__).resolve().parents[1] / "build" / "bench"

Figures = dict[str, Any]
"""What one run prints: counts, latencies in microseconds (None: infinite, a request was lost)."""


async def build() -> Path:
    """The program; compiled where it is missing or older than its source."""
    program = BUILD / "radload"
    BUILD.mkdir(parents=True, exist_ok=True)
    if not program.exists() or program.stat().st_mtime < SOURCE.stat().st_mtime:
        await children.output_of(["gcc", "-O2", "-Wall", "-Wextra", "-o", program, SOURCE, "-lcrypto"])
    return program


async def load(program: Path, port: int, mode: str, **options: object) -> Figures:
    """One run: ``seconds=2, require_ma=True`` becomes ``--seconds 2 --require-ma``."""
    command: list[str | Path] = [program, "--port", str(port), "--mode", mode]
    for name, value in options.items():
        flag = "--" + name.replace("_", "-")
        if value is True:
            command.append(flag)
        elif value is not None and value is not False:
            command += [flag, str(value)]
    found: Figures = json.loads(await children.output_of(command))
    return found
