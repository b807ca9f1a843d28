"""E-mail into a folder, one file a message: for the demo, where nobody has a mailbox."""

from __future__ import annotations

import asyncio
import secrets
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import unquote, urlsplit

from oss.notify.channels.smtp import MailNotTaken


async def send(url: str, message: EmailMessage) -> None:
    """Write one message into the folder of a ``file://`` address."""
    try:
        await asyncio.to_thread(_write, Path(unquote(urlsplit(url).path)), message)
    except OSError as error:
        raise MailNotTaken(why=f"{type(error).__name__}: {error}") from error


def _write(folder: Path, message: EmailMessage) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{message['X-Milha-Mail']}-{secrets.token_hex(3)}.eml"
    path.write_bytes(bytes(message))
    path.chmod(0o600)
