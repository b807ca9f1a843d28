"""The sealing key changes beside running processes: nothing is sealed with a key that somebody cannot open, and an old
key goes only when nobody needs it.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import pytest

from oss.access import accounts, nas, passwords
from oss.base import db, resealing, rotation, sealing, secrets
from oss.base.config import Config
from oss.base.rotation import Done, RotationByEnvironment, RotationRuns, RotationWaits, SecretsUnreadable
from oss.base.supervisor import Health
from tests.conftest import TESTER, Seed, small_provider
from tests.waiting import eventually

TELLS = """insert into node (name, roles, pid, version, started_at, seen_at, stats)
values ($1, '{web}', 1, '1', now(), now() - make_interval(secs => $3), $2::jsonb)
on conflict (name) do update set stats = excluded.stats, seen_at = now()"""


async def provider(settings: Config, dsn: str) -> Seed:
    """The small provider, sealed with the key of the data directory."""
    sealer = await sealing.open_sealer(settings, dsn)
    async with db.transaction() as connection:
        return await small_provider(connection, sealer, count=3)


async def rotate(settings: Config, dsn: str, said: list[str] | None = None, patience_s: float = 20) -> Done:
    return await rotation.rotate(settings, dsn, TESTER, (said if said is not None else []).append, patience_s)


async def tells(name: str, ring: secrets.Sealer | None, ago_s: float = 0.0, snapshot: tuple[str, ...] = ()) -> None:
    """A node's row, as if it had been written so long ago."""
    told = {"sealing": {**sealing.told(ring), "snapshot": snapshot}} if ring else {}
    await db.execute(TELLS, name, json.dumps(told), ago_s)


async def used() -> dict[str, int]:
    async with db.pool().acquire() as connection:
        return dict(await resealing.in_use(connection))


def changed(sealer: secrets.Sealer, said: dict[str, object]) -> bool:
    return sealing.told(sealer) != said


@asynccontextmanager
async def node(settings: Config, name: str) -> AsyncIterator[secrets.Sealer]:
    """A node that follows the file and tells what it has, as `oss.app` does."""
    sealer = sealing.load(settings)

    async def tell() -> None:
        while True:
            said = sealing.told(sealer)
            await tells(name, sealer)
            await eventually(partial(changed, sealer, said), 600)

    tasks = [asyncio.create_task(tell()), asyncio.create_task(sealing.follow(settings, sealer, Health("sealing")))]
    try:
        yield sealer
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_node_that_lives_has_the_new_key_before_anything_is_sealed_with_it(
    settings: Config, database: str
) -> None:
    await provider(settings, database)
    before = sealing.load(settings)
    async with node(settings, "one") as sealer:
        done = await rotate(settings, database)
        assert done.current != before.current and done.retired == (before.current,) and done.resealed == 4
        await eventually(lambda: list(sealer.keys) == [done.current])
        assert await used() == {done.current: 4}
        sealed = await db.fetchval("select password_sealed from access_account where login = 'cli1'")
        account = await db.fetchval("select id from access_account where login = 'cli1'")
        assert sealer.open(sealed, f"{accounts.TABLE}/{account}") == b"pw1"
    assert (await sealing.open_sealer(settings, database)).current == done.current
    (note,) = await db.fetch("select object_id, detail from audit where action = 'sealing.rotated'")
    assert note["object_id"] == done.current and json.loads(note["detail"])["retired"] == [before.current]


async def test_a_node_that_does_not_have_the_new_key_keeps_it_from_sealing_and_is_named(
    settings: Config, database: str
) -> None:
    await provider(settings, database)
    before = sealing.load(settings)
    await tells("elsewhere", before)
    said: list[str] = []
    with pytest.raises(RotationWaits, match="elsewhere"):
        await rotate(settings, database, said, patience_s=0.3)
    ring = sealing.load(settings)
    assert ring.current == before.current and len(ring.keys) == 2 and await used() == {before.current: 4}
    assert any("waiting for elsewhere" in one for one in said)
    # It gets the file, and the command is run again: the same new key.
    (new,) = ring.keys.keys() - {before.current}
    await tells("elsewhere", ring)
    with pytest.raises(RotationWaits, match="elsewhere"):
        await rotate(settings, database, patience_s=0.3)
    assert sealing.load(settings).current == new and await used() == {before.current: 4}
    await tells("elsewhere", ring.sealing_with(new))
    assert (await rotate(settings, database)).current == new
    assert await used() == {new: 4}


async def test_a_node_of_an_older_version_keeps_the_key_from_changing(settings: Config, database: str) -> None:
    await provider(settings, database)
    await tells("old", None)
    with pytest.raises(RotationWaits, match="old"):
        await rotate(settings, database, patience_s=0.3)


async def test_a_node_that_is_away_is_told_of_and_not_waited_for(settings: Config, database: str) -> None:
    await provider(settings, database)
    await tells("gone", sealing.load(settings), ago_s=60)
    assert (await rotate(settings, database)).away == ("gone",)


async def test_the_old_key_stays_while_a_snapshot_needs_it(settings: Config, database: str) -> None:
    await provider(settings, database)
    before = sealing.load(settings)
    made = before.with_new_key()
    secrets.save(settings.data_dir, made)
    value = json.dumps({"to": made.current})
    await db.execute("insert into setting (key, value, updated_at) values ($1, $2, now())", rotation.BEGUN, value)
    await tells("one", made, snapshot=(before.current,))
    with pytest.raises(RotationWaits, match="snapshot"):
        await rotate(settings, database, patience_s=0.3)
    assert set(sealing.load(settings).keys) == {before.current, made.current}
    await tells("one", made, snapshot=(made.current,))
    assert (await rotate(settings, database)).retired == (before.current,)


async def test_what_began_before_is_waited_for_and_sealed_again(settings: Config, database: str) -> None:
    """An import that holds the old key, and brings its rows in when all others are done."""
    seed = await provider(settings, database)
    sealer, said = sealing.load(settings), list[str]()
    importing = await db.connect(database, "milha-cli")
    transaction = importing.transaction()
    await transaction.start()
    await accounts.add(importing, sealer, TESTER, seed.contracts[0], "late", "pw")
    rotating = asyncio.create_task(rotate(settings, database, said))
    await eventually(lambda: any("milha-cli" in one for one in said))
    await transaction.commit()
    await importing.close()
    done = await rotating
    assert done.resealed == 5 and await used() == {done.current: 5}


async def test_two_at_once_are_refused(settings: Config, database: str) -> None:
    await provider(settings, database)
    await tells("elsewhere", sealing.load(settings))
    said: list[str] = []
    first = asyncio.create_task(rotate(settings, database, said))
    await eventually(lambda: any("waiting" in one for one in said))
    with pytest.raises(RotationRuns):
        await rotate(settings, database)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)


async def test_what_no_key_opens_is_named_and_keeps_the_old_key(settings: Config, database: str) -> None:
    seed = await provider(settings, database)
    before = sealing.load(settings)
    await db.execute("update nas set secret_sealed = $1", f"v1:{before.current}:AAAAAAAAAAAAAAAA:AAAA")
    with pytest.raises(SecretsUnreadable, match=f"nas/secret_sealed/{seed.nas}"):
        await rotate(settings, database)
    assert before.current in sealing.load(settings).keys
    assert (
        await db.fetchval("select count(*) from access_account where password_sealed like $1", f"v1:{before.current}:%")
        == 0
    )


async def test_a_value_changed_meanwhile_stays_as_it_was_made(
    settings: Config, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody sets a password between the reading of a part and its writing."""
    await provider(settings, database)
    ring = sealing.load(settings)
    account = await db.fetchval("select id from access_account where login = 'cli1'")
    fresh = ring.seal("changed", f"{accounts.TABLE}/{account}")
    part = resealing._part

    async def then_changed(connection: db.Connection, *arguments: object) -> object:
        rows = await part(connection, *arguments)  # type: ignore[arg-type]
        await db.execute("update access_account set password_sealed = $2 where id = $1", account, fresh)
        return rows

    monkeypatch.setattr(resealing, "_part", then_changed)
    new = ring.with_new_key()
    async with db.pool().acquire() as connection:
        await resealing.reseal(connection, new, lambda done: None)
    assert await db.fetchval("select password_sealed from access_account where id = $1", account) == fresh


async def test_every_kind_of_password_and_a_routers_second_secret_are_sealed_again(
    settings: Config, database: str
) -> None:
    seed = await provider(settings, database)
    sealer = sealing.load(settings)
    ids = [row[0] for row in await db.fetch("select id from access_account order by id")]
    async with db.transaction() as connection:
        for account, kind in zip(ids, ("nt", "hashed"), strict=False):
            await passwords.set_policy(connection, TESTER, kind)
            await accounts.set_password(connection, sealer, TESTER, account, "segredo")
        await nas.save(connection, sealer, TESTER, nas.NasValues("BNG-1", "127.0.0.1", secret="next"), seed.nas)
    done = await rotate(settings, database)
    after = sealing.load(settings)
    assert await used() == {done.current: 5} and list(after.keys) == [done.current]
    for row in await db.fetch("select id, password_kind, password_sealed from access_account order by id"):
        kept = passwords.unseal(after, *row)
        assert passwords.credential(kept).proves(b"segredo" if row["password_kind"] != "clear" else b"pw3")


# ------------------------------------------------------------ the key in the environment


async def test_with_the_key_in_the_environment_it_says_what_to_change_there(settings: Config, database: str) -> None:
    config = dataclasses.replace(settings, sealing_key=secrets.new_key())
    await provider(config, database)
    with pytest.raises(RotationByEnvironment, match="MILHA_SEALING_KEYS_OLD"):
        await rotate(config, database)


async def test_with_both_keys_in_the_environment_everything_is_sealed_again(settings: Config, database: str) -> None:
    old, new = secrets.new_key(), secrets.new_key()
    before = dataclasses.replace(settings, sealing_key=old)
    await provider(before, database)
    both = dataclasses.replace(settings, sealing_key=new, sealing_keys_old=old)
    await tells("one", sealing.load(before))
    with pytest.raises(RotationWaits, match="one"):
        await rotate(both, database, patience_s=0.3)
    assert await used() == {sealing.load(before).current: 4}
    await tells("one", sealing.load(both))
    done = await rotate(both, database)
    assert (done.resealed, done.spare) == (4, (sealing.load(before).current,))
    alone = dataclasses.replace(settings, sealing_key=new)
    assert (await sealing.open_sealer(alone, database)).current == done.current
    assert await used() == {done.current: 4}
    assert not (settings.data_dir / secrets.KEY_FILE).exists()


# ------------------------------------------------------------ a process follows


async def test_a_file_that_cannot_be_read_leaves_the_keys_there_are(
    settings: Config, database: str, caplog: pytest.LogCaptureFixture
) -> None:
    sealer = sealing.load(settings)
    sealed = sealer.seal("x", "a/b/1")
    following = asyncio.create_task(sealing.follow(settings, sealer, Health("sealing")))
    (settings.data_dir / secrets.KEY_FILE).write_text("{")
    await eventually(lambda: any("cannot be read" in one.message for one in caplog.records))
    assert sealer.open(sealed, "a/b/1") == b"x"
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
