"""A node starts and answers while the database is away, from its sealed snapshot."""

from __future__ import annotations

from pathlib import Path

from bench import stack as processes
from oss.base import db, migrations
from oss.base.postgres import EmbeddedPostgres
from radius import attributes as a
from radius.attributes import attr
from radius.auth import pap_encrypt
from radius.client import Client, NoReply
from radius.integrity import Secret
from tests.e2e.conftest import House
from tests.waiting import eventually

SECRET = Secret(b"testing123")


async def dial(house: House, login: str, password: bytes) -> int | None:
    """The code of the answer to one login."""
    authenticator = bytes(range(16))
    body = attr(a.USER_NAME, login) + attr(a.USER_PASSWORD, pap_encrypt(password, SECRET, authenticator))
    async with Client("127.0.0.1") as client:
        address = ("127.0.0.1", house.settings.radius_auth_port)
        try:
            packet = await client.exchange(
                address, a.ACCESS_REQUEST, body, SECRET, timeout_s=0.5, tries=2, authenticator=authenticator
            )
        except NoReply:
            return None
    return packet.code


async def test_a_node_starts_without_its_database_and_takes_up_work_when_it_comes(
    own_server: EmbeddedPostgres, open_tmp: Path
) -> None:
    dsn = await own_server.start()
    await migrations.migrate(dsn)
    async with db.database(dsn, pool=2), House.at(open_tmp, dsn) as house:
        await house.seed(3)
        first = await house.provide()
        await eventually(lambda: (house.folder / "data" / "index.sealed").exists())
        await eventually(lambda: _answers(house, "b00001"))
        first.terminate()
        await first.wait()
        await own_server.stop()
        async with processes.launched(processes.provider_command(), house.environment, house.log) as second:
            await eventually(lambda: _answers(house, "b00002"), 20)
            assert await dial(house, "b00001", b"wrong") == a.ACCESS_REJECT
            assert await dial(house, "stranger", b"x") is None, "unknown logins are dropped while the index loads"
            await own_server.start()
            await processes.started(second, "ready")
            await eventually(lambda: _is_refused(house, "stranger"), 20)
    assert second.returncode == 0


async def _answers(house: House, login: str) -> bool:
    return await dial(house, login, f"{login}pw".encode()) == a.ACCESS_ACCEPT


async def _is_refused(house: House, login: str) -> bool:
    return await dial(house, login, b"x") == a.ACCESS_REJECT
