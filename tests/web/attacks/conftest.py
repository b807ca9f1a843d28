"""A signed-in console, and every page of it with something on it."""

from __future__ import annotations

from tests.web.console.conftest import console
from tests.web.console.test_every_page import addresses

__all__ = ["addresses", "console"]
