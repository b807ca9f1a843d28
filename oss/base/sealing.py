"""The sealing key of this installation, checked against the database's canary before anything is opened with it."""

from __future__ import annotations

import asyncio
import json

from oss.base import db, secrets
from oss.base.config import Config

CANARY = "sealing_canary"
READ = "select value from setting where key = $1"
WRITE = "insert into setting (key, value, updated_at) values ($1, $2::jsonb, now()) on conflict do nothing"


async def open_sealer(config: Config, dsn: str) -> secrets.Sealer:
    """Load (or create) the key; raises WrongSealingKey when the database was sealed with another."""
    sealer = await asyncio.to_thread(secrets.load, config.data_dir, config.sealing_key)
    connection = await db.connect(dsn)
    try:
        if await connection.fetchval(READ, CANARY) is None:
            await connection.execute(WRITE, CANARY, json.dumps(secrets.make_canary(sealer)))
        # Read again: another process with another key may have been quicker.
        secrets.check_canary(sealer, json.loads(await connection.fetchval(READ, CANARY)))
    finally:
        await connection.close()
    return sealer
