"""A message of a Telegram bot to a chat (Bot API, method sendMessage)."""

from __future__ import annotations

import json
from collections.abc import Mapping

from oss.base import db
from oss.monitoring.channels import Message
from oss.monitoring.posting import post
from oss.notify import letters

SETTINGS = ("chat", "server")
SECRET = True
SERVER = "https://api.telegram.org"
LONGEST = 4_096  # characters that the API takes


async def send(connection: db.Connection, message: Message, settings: Mapping[str, str], secret: str) -> None:
    """``server`` may name a Bot API server of one's own; the secret is the bot's token."""
    letter = letters.write(message.letter, message.language, {"provider": "", **message.facts})
    said = {"chat_id": settings["chat"], "text": f"{letter.subject}\n\n{letter.text}"[:LONGEST]}
    server = (settings.get("server") or SERVER).rstrip("/")
    await post(f"{server}/bot{secret}/sendMessage", json.dumps(said).encode(), {})
