"""What other processes sampled, for the one that watches: figures of our servers, sessions of the routers."""

from __future__ import annotations

import time
from typing import Final

from oss.base import db
from oss.monitoring.kinds import NAS, SERVER, Kind
from oss.monitoring.live import Poll, Watched

KINDS: Final = (SERVER, NAS)
OWNERS = "select distinct owner_id from sample_object where kind = $1 and seen_at > now() - interval '1 day'"


class Elsewhere:
    """Reads each poll of those kinds once, from the moment it was first looked for on."""

    def __init__(self, kinds: tuple[Kind, ...] = KINDS) -> None:
        self._kinds, self._watched = kinds, Watched()

    async def read(self, connection: db.Connection) -> list[Poll]:
        """What came since the last look, oldest first."""
        for kind in self._kinds:
            for row in await connection.fetch(OWNERS, kind.number):
                self._watched.since.setdefault((row["owner_id"], kind.number), time.time())
        return await self._watched.read(connection)
