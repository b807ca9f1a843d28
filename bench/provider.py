"""A real Milha process for measurements and long tests: the same roof, plus one bulk listener that takes its time.

``python -m bench.provider [--only ROLES]`` reads the same MILHA_ variables as ``milha serve``.
"""

from __future__ import annotations

import asyncio
import sys

import bench.letters  # noqa: F401 registers its listener
from oss import app
from oss.access.thread import new_loop
from oss.base import config, log


def main() -> None:
    """Serve until SIGTERM."""
    settings = config.load()
    roles = tuple(sys.argv[2].split(",")) if sys.argv[1:2] == ["--only"] else config.ROLES
    log.configure(settings.log_level, settings.log_format)

    async def ready(process: app.Process) -> None:
        print("ready", flush=True)

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(app.serve(settings, roles, ready))


if __name__ == "__main__":
    sys.exit(main())
