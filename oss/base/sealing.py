"""The sealing key of this installation, checked against the database's canary before anything is opened with it."""

from __future__ import annotations

import asyncio
import json

from oss.base import db, secrets
from oss.base.config import Config

CANARY = "sealing_canary"


async def open_sealer(config: Config, dsn: str) -> secrets.Sealer:
    """Load (or create) the key; raises WrongSealingKey when the database was sealed with another."""
    sealer = await asyncio.to_thread(secrets.load, config.data_dir, config.sealing_key)
    connection = await db.connect(dsn)
    try:
        known = await connection.fetchval("select value from setting where key = $1", CANARY)
        if known is None:
            value = json.dumps(secrets.make_canary(sealer))
            await connection.execute(
                "insert into setting (key, value, updated_at) values ($1, $2::jsonb, now()) on conflict do nothing",
                CANARY,
                value,
            )
        else:
            secrets.check_canary(sealer, json.loads(known))
    finally:
        await connection.close()
    return sealer
