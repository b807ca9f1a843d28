"""What a node learns about secrets and has to write: routers heard with their new secret, old hashes proven.

Seldom, so it connects only when there is something.
"""

from __future__ import annotations

import asyncio

from oss.access import nas_secrets
from oss.access.imported_logins import ImportedLogins
from oss.access.nas_table import NasTable
from oss.base import db
from oss.base.secrets import Sealer
from oss.base.supervisor import Health

ROUND_S = 1.0


class SecretKeeper:
    """Looks once a second."""

    def __init__(self, nas: NasTable, imported: ImportedLogins, sealer: Sealer) -> None:
        self.nas, self.imported, self.sealer = nas, imported, sealer

    async def keep_for_ever(self, dsn: str, health: Health) -> None:
        """Until cancelled; raises what the database raises."""
        while True:
            if self.nas.following or self.imported.proven:
                await self._round(dsn)
            health.beat()
            await asyncio.sleep(ROUND_S)

    async def _round(self, dsn: str) -> None:
        proven = dict(self.imported.proven)
        connection = await db.connect(dsn, "milha-secrets")
        try:
            async with connection.transaction():
                await nas_secrets.heard(connection, self.nas.turned())
                await nas_secrets.settle(connection, self.sealer)
                await self.imported.write(connection, self.sealer)
        finally:
            await connection.close()
        for account_id, one in proven.items():
            if self.imported.proven.get(account_id) is one:
                del self.imported.proven[account_id]
