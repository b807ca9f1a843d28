"""An e-mail to one address, by the outbox."""

from __future__ import annotations

from collections.abc import Mapping

from oss.base import db
from oss.monitoring.channels import Message, NotTold
from oss.notify import outbox

SETTINGS = ("address",)
SECRET = False


async def send(connection: db.Connection, message: Message, settings: Mapping[str, str], secret: str) -> None:
    """Queue it in the caller's transaction: from there on the outbox tries again by itself."""
    try:
        await outbox.send(
            connection, settings["address"], message.letter, message.language, bulk=False, **message.facts
        )
    except outbox.NoMailServer as problem:
        raise NotTold(why=str(problem)) from problem
