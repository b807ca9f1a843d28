"""Runs pytest and keeps its closing line in the file CLOSING_LINE names, so that a caller can print it last.

``--sum FILE ...`` instead adds such lines up: the slow tests mostly wait, and run beside the others.

A pipe through tee would do the same, but hang as long as any process a test left behind holds it open.
"""

from __future__ import annotations

import os
import re
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


class ClosingLine:
    """A pytest plugin that writes what the summary counts, and the seconds it took."""

    started_at = 0.0

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        self.started_at = time.monotonic()

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        parts, _ = terminalreporter.build_summary_stats_line()
        counted = ", ".join(text for text, _ in parts)
        line = f"{counted} in {time.monotonic() - self.started_at:.2f}s"
        (ROOT / os.environ.get("CLOSING_LINE", "build/closing-line")).write_text(line + "\n")


def summed(lines: list[str]) -> str:
    """One closing line of several: counts added, the longest time; deselected tests are the other run's."""
    counts: Counter[str] = Counter()
    seconds = 0.0
    for line in lines:
        for number, what in re.findall(r"(\d+) ([a-z]+)", line):
            counts["error" if what == "errors" else what] += int(number)
        seconds = max(seconds, *(float(found) for found in re.findall(r"in ([\d.]+)s", line)))
    told = [f"{counts[what]} {what}" for what in ("failed", "passed", "skipped", "error") if counts[what]]
    return f"{', '.join(told)} in {seconds:.2f}s"


if __name__ == "__main__":
    if sys.argv[1:2] == ["--sum"]:
        print(summed([Path(name).read_text() for name in sys.argv[2:]]))
        sys.exit()
    sys.path[0] = str(ROOT)
    sys.exit(pytest.main(sys.argv[1:], plugins=[ClosingLine()]))
