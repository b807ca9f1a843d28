"""Marks in place of secrets: a keyed digest, the same for the same secret of the same device.

The key is a row of its own and not the sealing key, which changes: a mark must mean the same next year.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Final

from oss.base import db
from oss.base.secrets import Sealer

PLACE: Final = "configuration_key/key_sealed/1"
READ: Final = "select key_sealed from configuration_key where id = 1"
MAKE: Final = "insert into configuration_key (id, key_sealed) values (1, $1) on conflict do nothing"


class Marks:
    """Those of one device."""

    def __init__(self, key: bytes, device_id: int) -> None:
        self._key, self._device = key, str(device_id).encode()

    def __repr__(self) -> str:
        return "Marks()"  # never the key

    def mark(self, secret: str) -> str:
        """``‹1a2b3c4d›``: what stands where the secret stood."""
        return f"‹{self.digest(secret)[:8]}›"

    def digest(self, text: str) -> str:
        """Tells whether two texts are the same, and nothing else of them."""
        return hmac.new(
            self._key, self._device + b"\0" + text.encode("utf-8", "surrogatepass"), hashlib.sha256
        ).hexdigest()


async def of_device(connection: db.Connection, sealer: Sealer, device_id: int) -> Marks:
    """The key is made when it is first wanted."""
    sealed = await connection.fetchval(READ)
    if sealed is None:
        await connection.execute(MAKE, sealer.seal(secrets.token_hex(32), PLACE))
        sealed = await connection.fetchval(READ)
    return Marks(sealer.open(sealed, PLACE), device_id)
