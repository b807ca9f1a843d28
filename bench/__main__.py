"""``python -m bench [NAME]``: run every measurement of this folder, or one: a file with ``main() -> int``."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

NAMES = sorted(
    p.stem
    for p in Path(__file__).parent.glob("*.py")
    if not p.stem.startswith("_") and "def main() -> int" in p.read_text()
)


def run() -> int:
    """Run what was named; the exit status is the worst of theirs."""
    wanted = sys.argv[1:] or NAMES
    unknown = [name for name in wanted if name not in NAMES]
    if unknown:
        print(f"no measurement {', '.join(unknown)}; there are {', '.join(NAMES)}", file=sys.stderr)
        return 2
    return max(int(importlib.import_module(f"bench.{name}").main() or 0) for name in wanted)


if __name__ == "__main__":
    sys.exit(run())
