"""The sealing key and a router's secret are changed while logins run: none is lost."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator

from oss.access import accounts, nas_secrets
from oss.access.snapshot import load_index
from oss.base import db, resealing, rotation, sealing, secrets, settings
from radius import attributes as a
from radius.attributes import attr
from radius.auth import pap_encrypt
from radius.client import Client, NoReply
from radius.integrity import Secret
from tests.conftest import TESTER
from tests.e2e.conftest import House
from tests.waiting import eventually

OLD, NEW = Secret(b"testing123"), Secret(b"um segredo novo")
SUBSCRIBERS = 2_000
PACE_S = 0.01


class Dialling:
    """One login after another through one router, without repetitions; ``lost``: those without an Accept."""

    def __init__(self, house: House, client: Client) -> None:
        self.house, self.client = house, client
        self.secret, self.count, self.lost = OLD, 0, list[str]()
        self.passwords: dict[str, bytes] = {}
        self.under_way: set[asyncio.Task[None]] = set()

    async def dial(self, login: str, secret: Secret, signed: bool) -> int | None:
        authenticator = os.urandom(16)
        password = self.passwords.get(login, f"{login}pw".encode())
        body = attr(a.USER_NAME, login) + attr(a.USER_PASSWORD, pap_encrypt(password, secret, authenticator))
        address = ("127.0.0.1", self.house.settings.radius_auth_port)
        try:
            packet = await self.client.exchange(
                address,
                a.ACCESS_REQUEST,
                body,
                secret,
                timeout_s=5,
                tries=1,
                authenticator=authenticator,
                message_authenticator=signed,
            )
        except NoReply:
            return None
        return packet.code

    async def _one(self, number: int, secret: Secret) -> None:
        login = f"b{number % SUBSCRIBERS + 1:05d}"
        code = await self.dial(login, secret, signed=True)
        if code != a.ACCESS_ACCEPT:
            self.lost.append(f"{login}: {code}")

    async def run(self) -> None:
        """At a steady pace, whatever comes back."""
        while True:
            task = asyncio.create_task(self._one(self.count, self.secret))
            self.under_way.add(task)
            task.add_done_callback(self.under_way.discard)
            self.count += 1
            await asyncio.sleep(PACE_S)


@contextlib.asynccontextmanager
async def dialling(house: House) -> AsyncIterator[Dialling]:
    """A provider that has read everything, and logins until the block ends; then all answers are in."""
    async with Client("127.0.0.1") as client:
        one = Dialling(house, client)
        await eventually(lambda: _answers(one), 30)
        running = asyncio.create_task(one.run())
        try:
            yield one
        finally:
            running.cancel()
            await asyncio.gather(running, *one.under_way, return_exceptions=True)


async def _answers(one: Dialling) -> bool:
    return await one.dial(f"b{SUBSCRIBERS:05d}", OLD, signed=True) == a.ACCESS_ACCEPT


async def rotate(house: House) -> asyncio.subprocess.Process:
    environment = {**{k: v for k, v in os.environ.items() if not k.startswith("MILHA_")}, **house.environment}
    command = (sys.executable, "-m", "oss", "key", "rotate")
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(*command, env=environment, stdout=pipe, stderr=pipe)


async def used() -> dict[str, int]:
    async with db.pool().acquire() as connection:
        return dict(await resealing.in_use(connection))


async def test_the_sealing_key_is_changed_under_load_though_the_command_is_killed_in_the_middle(house: House) -> None:
    await house.seed(SUBSCRIBERS)
    provider = await house.provide()
    before = sealing.load(house.settings)
    async with dialling(house) as one:
        killed = await rotate(house)
        assert killed.stderr is not None
        async with asyncio.timeout(60):
            while b"sealed again" not in await killed.stderr.readline():
                pass
        killed.kill()
        await killed.communicate()
        half = await used()
        assert half[before.current] and sum(half.values()) - half[before.current] >= resealing.AT_ONCE
        async with db.transaction() as connection:  # with the rings of now
            sealer = sealing.load(house.settings)
            account = await connection.fetchval("select id from access_account where login = 'b00001'")
            await accounts.set_password(connection, sealer, TESTER, account, "outra senha")
        one.passwords["b00001"] = b"outra senha"
        told = await (await rotate(house)).communicate()
        assert f"gone: {before.current}".encode() in told[0], told
        dialled = one.count
        await eventually(lambda: one.count > dialled + 50, 30)
    assert one.count > 200
    changed_at_the_moment = {f"b00001: {a.ACCESS_REJECT}"}  # the new password may be in use here before it is there
    assert set(one.lost) <= changed_at_the_moment
    after = sealing.load(house.settings)
    assert list(after.keys) == [after.current] != [before.current]
    assert await used() == {after.current: SUBSCRIBERS + 1}
    assert await db.fetchval("select count(*) from setting where key = $1", rotation.BEGUN) == 0
    assert load_index(house.settings.data_dir / "index.sealed", after) is not None
    provider.terminate()
    await provider.wait()
    await house.provide()
    async with Client("127.0.0.1") as client:
        again = Dialling(house, client)
        again.passwords["b00001"] = b"outra senha"
        await eventually(lambda: _answers(again), 30)
        assert await again.dial("b00001", OLD, signed=True) == a.ACCESS_ACCEPT


async def test_a_routers_secret_is_changed_under_load_here_first_and_there_later(house: House) -> None:
    await house.seed(SUBSCRIBERS)
    await house.provide()
    sealer: secrets.Sealer = sealing.load(house.settings)
    async with dialling(house) as one:
        nas_id = await db.fetchval("select id from nas")
        async with db.transaction() as connection:
            await settings.write(connection, TESTER, nas_secrets.GRACE, 0)
            await nas_secrets.follow(connection, sealer, nas_id, NEW.value.decode())
        here = one.count
        await eventually(lambda: one.count > here + 100, 30)
        # Now the router: what it sent before with the old secret is still on its way.
        await eventually(lambda: _accepts(one, NEW), 30)
        one.secret = NEW
        await eventually(lambda: _settled(nas_id), 30)
        await eventually(lambda: _refused(one, OLD), 30)
        there = one.count
        await eventually(lambda: one.count > there + 50, 30)
    assert one.lost == [] and one.count > 200
    sealed = await db.fetchval("select secret_sealed from nas where id = $1", nas_id)
    assert sealer.open(sealed, f"{nas_secrets.TABLE}/{nas_id}") == NEW.value


async def _accepts(one: Dialling, secret: Secret) -> bool:
    return await one.dial("b00003", secret, signed=True) == a.ACCESS_ACCEPT


async def _settled(nas_id: int) -> bool:
    return bool(await db.fetchval("select next_secret_sealed is null from nas where id = $1", nas_id))


async def _refused(one: Dialling, secret: Secret) -> bool:
    return await one.dial("b00003", secret, signed=True) is None
