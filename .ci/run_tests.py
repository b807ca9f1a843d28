"""Runs pytest and keeps its closing line in build/closing-line, so that a caller can print it last.

A pipe through tee would do the same, but hang as long as any process a test left behind holds it open.
"""

from __future__ import annotations

import sys
import time
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
        (ROOT / "build" / "closing-line").write_text(line + "\n")


if __name__ == "__main__":
    sys.path[0] = str(ROOT)
    sys.exit(pytest.main(sys.argv[1:], plugins=[ClosingLine()]))
