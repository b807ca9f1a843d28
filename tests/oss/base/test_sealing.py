"""The key that does not belong to this database is refused before anything is sealed with it."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from oss.base import db, sealing, secrets
from oss.base.config import Config
from oss.base.secrets import WrongSealingKey

OTHER = "b3RoZXIta2V5LW90aGVyLWtleS1vdGhlci1rZXktMTI="


async def canary(dsn: str) -> str:
    connection = await db.connect(dsn)
    try:
        return json.loads(await connection.fetchval("select value from setting where key = 'sealing_canary'"))
    finally:
        await connection.close()


async def test_the_first_start_makes_a_key_and_leaves_a_canary(settings: Config, dsn: str) -> None:
    sealer = await sealing.open_sealer(settings, dsn)
    secrets.check_canary(sealer, await canary(dsn))
    assert (settings.data_dir / "sealing.key").stat().st_mode & 0o777 == 0o600


async def test_the_second_start_finds_the_same_key(settings: Config, dsn: str) -> None:
    first, second = await sealing.open_sealer(settings, dsn), await sealing.open_sealer(settings, dsn)
    assert second.open(first.seal("x", "a/b/1"), "a/b/1") == b"x"


async def test_another_key_is_refused(settings: Config, dsn: str) -> None:
    await sealing.open_sealer(settings, dsn)
    (settings.data_dir / "sealing.key").unlink()
    with pytest.raises(WrongSealingKey):
        await sealing.open_sealer(dataclasses.replace(settings, sealing_key=OTHER), dsn)


async def test_of_two_first_starts_with_two_keys_only_one_wins(
    settings: Config, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The slower one sees no canary, and finds the other's when it has written its own."""
    make = secrets.make_canary

    def make_too_late(sealer: secrets.Sealer) -> str:
        write(dsn, make(secrets.from_text(OTHER)))
        return make(sealer)

    monkeypatch.setattr(secrets, "make_canary", make_too_late)
    with pytest.raises(WrongSealingKey):
        await sealing.open_sealer(settings, dsn)


def write(dsn: str, value: str) -> None:
    """From another process, as far as the loop of this one can tell."""

    async def run() -> None:
        connection = await db.connect(dsn)
        await connection.execute(sealing.WRITE, sealing.CANARY, json.dumps(value))
        await connection.close()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, run()).result()
