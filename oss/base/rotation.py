"""A new sealing key for a Milha that runs: no login is lost, and a kill at any moment loses nothing either.

1. The new key joins ``sealing.key`` and seals nothing yet. Each process looks at the file every second and tells in its
   ``node`` row which keys it has; only when all that live have the new one does the file make it the current one.
2. When all say that they seal with it, every row is sealed again, part by part; then once more, after the transactions
   and commands that began before have ended: what they sealed with the old key is in by then.
3. The canary changes, which also makes the AAA nodes write their snapshots anew.
4. When no row and no snapshot uses the old keys, they go, and an audit row tells it.

What waits is told with the names of those waited for; the command run again goes on where it stood. With
MILHA_SEALING_KEY the operator changes the environment, and this does steps 2 and 3.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from oss.base import audit, clock, db, resealing, sealing, secrets
from oss.base.config import Config
from oss.base.problems import Problem
from oss.base.secrets import Sealer

Say = Callable[[str], None]
LIVES_S = 10  # a node that was seen so lately lives
COMMAND = "milha-key"  # application_name of this command's connections
BEGUN = "sealing_rotation"
NODES = """select name, stats->'sealing' as sealing from node
where seen_at > now() - make_interval(secs => $1) order by name"""
AWAY = "select name from node where seen_at <= now() - make_interval(secs => $1) order by name"
# Whoever may still bring in what he sealed before $1: transactions, and commands (they load the key once).
BEFORE = """select coalesce(string_agg(application_name || ' (' || pid || ')', ', ' order by pid), '')
from pg_stat_activity where datname = current_database() and backend_type = 'client backend'
  and application_name like 'milha%' and application_name <> 'milha-key'
  and (xact_start < $1 or (application_name = 'milha-cli' and backend_start < $1))"""


class RotationWaits(Problem):
    """Not finished: {what}. Nothing is lost and every key still opens; run milha key rotate again to go on."""

    status = 409


class RotationRuns(Problem):
    """Another milha key rotate is at work."""

    status = 409


class RotationByEnvironment(Problem):
    """The key is in the environment (MILHA_SEALING_KEY), which only you can change. In two steps:
    1. Put a new key (milha key new prints one) into MILHA_SEALING_KEY and the present one into
    MILHA_SEALING_KEYS_OLD, and restart Milha. Where several nodes run, let each know the new key first: put it into
    MILHA_SEALING_KEYS_OLD and restart them one by one; then exchange the two, and restart them one by one again.
    2. milha key rotate seals everything again and says when MILHA_SEALING_KEYS_OLD may be emptied."""

    status = 409


class SecretsUnreadable(Problem):
    """{count} sealed values open with no key that is here, such as {places}. The old keys stay; put the missing key
    back or set these secrets anew, then run milha key rotate again."""

    status = 409


@dataclass(frozen=True, slots=True)
class Done:
    """What a rotation did. ``retired``: keys that are gone; ``spare``: keys of the environment that may go."""

    resealed: int
    current: str
    retired: tuple[str, ...] = ()
    spare: tuple[str, ...] = ()
    away: tuple[str, ...] = ()


@asynccontextmanager
async def _alone(dsn: str) -> AsyncIterator[db.Connection]:
    async with looking(dsn) as connection:
        if not await connection.fetchval("select pg_try_advisory_lock(hashtext('milha:key'))"):
            raise RotationRuns()
        yield connection


async def rotate(config: Config, dsn: str, actor: audit.Actor, say: Say, patience_s: float = 60.0) -> Done:
    """Change the key, or go on with a change that was cut short. ``patience_s``: how long each wait may take."""
    async with _alone(dsn) as connection:
        one = _Rotation(config, connection, actor, say, patience_s)
        return await (one.by_environment() if config.sealing_key else one.by_file())


@dataclass(slots=True)
class _Rotation:
    config: Config
    connection: db.Connection
    actor: audit.Actor
    say: Say
    patience_s: float

    async def by_file(self) -> Done:
        data_dir = self.config.data_dir
        ring = await asyncio.to_thread(sealing.load, self.config)
        to = await self._begun(ring)
        if to is None:
            made = ring.with_new_key()
            ring, to = made.sealing_with(ring.current), made.current
            await asyncio.to_thread(secrets.save, data_dir, ring)
            await self._note(to)
            self.say(f"key {to} added")
        await self._until(lambda: self._nodes_without(lambda told: to in told["keys"]), f"to know the key {to}")
        ring = ring.sealing_with(to)
        await asyncio.to_thread(secrets.save, data_dir, ring)
        done = await self._under(ring)
        old = tuple(name for name in ring.keys if name != to)
        await self._until(
            lambda: self._nodes_without(lambda told: told["snapshot"] in ([], [to])), "to write its snapshot"
        )
        await asyncio.to_thread(secrets.save, data_dir, Sealer({to: ring.keys[to]}, to))
        async with self.connection.transaction():
            await self.connection.execute("delete from setting where key = $1", BEGUN)
            await audit.note(
                self.connection, self.actor, "sealing.rotated", "key", to, retired=list(old), resealed=done
            )
        away = tuple(row[0] for row in await self.connection.fetch(AWAY, LIVES_S))
        return Done(done, to, retired=old, away=away)

    async def by_environment(self) -> Done:
        ring = await asyncio.to_thread(sealing.load, self.config)
        used = await resealing.in_use(self.connection)
        if len(ring.keys) == 1:
            raise RotationByEnvironment()
        done = await self._under(ring) if set(used) - {ring.current} else 0
        old = tuple(name for name in ring.keys if name != ring.current)
        async with self.connection.transaction():
            await audit.note(self.connection, self.actor, "sealing.rotated", "key", ring.current, resealed=done)
        return Done(done, ring.current, spare=old)

    async def _begun(self, ring: Sealer) -> str | None:
        """The key of a rotation that was cut short, if it is in the file."""
        value = await self.connection.fetchval(sealing.READ, BEGUN)
        to = json.loads(value)["to"] if value else None
        return to if to in ring.keys else None

    async def _note(self, to: str) -> None:
        value = json.dumps({"to": to, "began_at": clock.now().isoformat(timespec="seconds")})
        sql = """insert into setting (key, value, updated_at) values ($1, $2::jsonb, now())
        on conflict (key) do update set value = excluded.value, updated_at = now()"""
        async with self.connection.transaction():
            await self.connection.execute(sql, BEGUN, value)
            await audit.note(self.connection, self.actor, "sealing.rotation_began", "key", to)

    async def _under(self, ring: Sealer) -> int:
        """Every row and the canary under the ring's current key; returns how many rows were not."""
        current = ring.current
        await self._until(
            lambda: self._nodes_without(lambda told: told["current"] == current), f"to seal with {current}"
        )
        since = await self.connection.fetchval("select clock_timestamp()")
        done = await self._reseal(ring, 0)
        await self._until(lambda: self.connection.fetchval(BEFORE, since), "to end what it began before")
        done = await self._reseal(ring, done)
        await sealing.write_canary(self.connection, ring)
        return done

    async def _reseal(self, ring: Sealer, before: int) -> int:
        progress = await resealing.reseal(
            self.connection, ring, lambda done: self.say(f"{before + done:,} sealed again")
        )
        if progress.unreadable:
            raise SecretsUnreadable(count=len(progress.unreadable), places=", ".join(progress.unreadable[:3]))
        return before + progress.done

    async def _nodes_without(self, said: Callable[[dict[str, Any]], bool]) -> str:
        """The names of the nodes that live and have not said so."""
        names = []
        for row in await self.connection.fetch(NODES, LIVES_S):
            told = json.loads(row["sealing"]) if row["sealing"] else None
            if told is None or not said(told):
                names.append(row["name"])
        return ", ".join(names)

    async def _until(self, missing: Callable[[], Awaitable[str]], what: str) -> None:
        """Wait until nobody is missing; raises RotationWaits."""
        end, told = time.monotonic() + self.patience_s, ""
        while names := await missing():
            if time.monotonic() > end:
                raise RotationWaits(what=f"{names} had {self.patience_s:.0f} s {what}")
            if names != told:
                self.say(f"waiting for {names} {what}")
            told = names
            await asyncio.sleep(0.2)


@asynccontextmanager
async def looking(dsn: str) -> AsyncIterator[db.Connection]:
    """A connection for a look."""
    connection = await db.connect(dsn, COMMAND)
    try:
        yield connection
    finally:
        await connection.close()


async def told_by(connection: db.Connection) -> list[tuple[str, dict[str, Any] | None]]:
    """The nodes that live, and what each says about its keys."""
    rows = await connection.fetch(NODES, LIVES_S)
    return [(row["name"], json.loads(row["sealing"]) if row["sealing"] else None) for row in rows]
