"""The sealing key of this installation, checked against the database's canary before anything is opened with it."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

from oss.base import db, secrets
from oss.base.config import Config
from oss.base.problems import Problem
from oss.base.supervisor import Health

log = logging.getLogger(__name__)
CANARY = "sealing_canary"
READ = "select value from setting where key = $1"
WRITE = "insert into setting (key, value, updated_at) values ($1, $2::jsonb, now()) on conflict do nothing"
RENEW = "update setting set value = $2::jsonb, updated_at = now() where key = $1"
LOOK_S = 1.0


def load(config: Config) -> secrets.Sealer:
    """The ring that the configuration names; made on first use."""
    return secrets.load(config.data_dir, config.sealing_key, config.sealing_keys_old)


async def open_sealer(config: Config, dsn: str) -> secrets.Sealer:
    """Load (or create) the key; raises WrongSealingKey when the database was sealed with another."""
    sealer = await asyncio.to_thread(load, config)
    connection = await db.connect(dsn)
    try:
        if await connection.fetchval(READ, CANARY) is None:
            await connection.execute(WRITE, CANARY, json.dumps(secrets.make_canary(sealer)))
        # Read again: another process with another key may have been quicker.
        secrets.check_canary(sealer, json.loads(await connection.fetchval(READ, CANARY)))
    finally:
        await connection.close()
    return sealer


async def write_canary(connection: db.Connection, sealer: secrets.Sealer) -> None:
    """The canary under the current key."""
    await connection.execute(RENEW, CANARY, json.dumps(secrets.make_canary(sealer)))


async def follow(config: Config, sealer: secrets.Sealer, health: Health) -> None:
    """Give the sealer what a rotation writes into the key file, within a second."""
    seen: object = None
    while True:
        stamp = await asyncio.to_thread(_stamp, config)
        if stamp != seen:
            await _look(config, sealer)
            seen = stamp
        health.beat()
        await asyncio.sleep(LOOK_S)


async def _look(config: Config, sealer: secrets.Sealer) -> None:
    try:
        found = await asyncio.to_thread(
            secrets.stored_ring, config.data_dir, config.sealing_key, config.sealing_keys_old
        )
    except Problem as problem:
        log.error("the sealing key's file cannot be read; the keys known go on", extra={"facts": {"why": str(problem)}})
        return
    if found is not None and sealer.take(found):
        log.info("sealing keys changed", extra={"facts": told(sealer)})


def _stamp(config: Config) -> tuple[int, int] | None:
    """What changes when the key file is replaced."""
    try:
        found = (config.data_dir / secrets.KEY_FILE).stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


def told(sealer: secrets.Sealer) -> dict[str, Any]:
    """The ids of the keys, which tell nothing about them."""
    return {"current": sealer.current, "keys": sorted(sealer.keys)}
