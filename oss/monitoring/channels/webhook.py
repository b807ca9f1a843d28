"""A POST of JSON to an address, signed so that the receiver can tell that it is ours and new."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Mapping

from oss.base import db
from oss.monitoring.channels import Message
from oss.monitoring.posting import post

SETTINGS = ("url",)
SECRET = True


async def send(connection: db.Connection, message: Message, settings: Mapping[str, str], secret: str) -> None:
    """``X-Milha-Signature: t=<Unix seconds>,v1=<hex of HMAC-SHA256 of "t.body">``; any 2xx is an arrival."""
    body = json.dumps({"key": message.key, "turn": message.turn, **message.fields}, default=str).encode()
    await post(settings["url"], body, {"X-Milha-Signature": signature(secret, body, int(time.time()))})


def signature(secret: str, body: bytes, now: int) -> str:
    """What the header says."""
    signed = hmac.new(secret.encode(), f"{now}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={now},v1={signed}"
