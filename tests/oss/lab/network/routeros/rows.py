"""librouteros, another's code, as the client: its sentences as text, nothing cast."""

from __future__ import annotations

from typing import Any


async def rows(api: Any, command: str, *words: str) -> list[dict[str, str]]:
    """A command's !re sentences, values as text (booleans as RouterOS spells them)."""
    found = [row async for row in api.rawCmd(command, *words)]
    return [{name: _text(value) for name, value in row.items()} for row in found]


def _text(value: object) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)
