"""The fixtures of tests that leave nothing behind."""

from __future__ import annotations

from tests.undone import provider, shared, undone

__all__ = ["provider", "shared", "undone"]
