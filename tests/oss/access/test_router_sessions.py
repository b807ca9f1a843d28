"""Sessions of a router beside ours: who is on it and not with us, and the reverse; five thousand at once."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator

import pytest_asyncio

from oss.access import nas_devices, router_sessions
from oss.access.router_sessions import joined
from oss.base import db
from oss.base.secrets import Sealer
from oss.drivers.router import RouterSession
from oss.network import device_links
from oss.network.link_keeper import Keeper
from tests.conftest import TESTER, Seed
from tests.oss.network.routers import router

PUT = """insert into session_open
  (uid, nas_id, acct_session_id, login, contract_id, started_at, last_seen_at, framed_ip)
select gen_random_uuid(), $1, u.id, u.login, u.contract, now(), now(), u.ip
from unnest($2::text[], $3::text[], $4::bigint[], $5::inet[]) u(id, login, contract, ip)"""


@pytest_asyncio.fixture(loop_scope="session")
async def keeper(database: str, sealer: Sealer) -> AsyncIterator[Keeper]:
    async with device_links.holding(sealer, "n1") as found:
        yield found


def mine(login: str, session_id: str, ip: str | None = None) -> dict[str, object]:
    return {"uid": uuid.uuid4(), "login": login, "acct_session_id": session_id, "ip": ip}


def test_they_are_joined_by_what_is_surest() -> None:
    found = [
        RouterSession("*1", "ana", "100.64.0.1", session_id="8170000A"),
        RouterSession("*2", "bia", "100.64.0.2"),  # tells no id
        RouterSession("*3", "caio", "100.64.0.9"),  # another address than we know
        RouterSession("*4", "dora", "100.64.0.4", session_id="81700004"),
    ]
    ours = [mine("ana", "8170000a", "100.64.0.1"), mine("Bia", "x", "100.64.0.2"), mine("caio", "y", "100.64.0.3")]
    ours += [mine("eva", "z", "100.64.0.5")]
    both = joined(found, ours)
    assert {one.login for one in both.both} == {"ana", "bia", "caio"}
    assert [one.login for one in both.strange] == ["dora"] and [one.login for one in both.ghosts] == ["eva"]
    assert [one.login for one in both.all][:2] == ["dora", "eva"]


def test_two_sessions_of_one_login_are_not_taken_for_each_other() -> None:
    found = [RouterSession("*1", "ana", "100.64.0.1", session_id="A"), RouterSession("*2", "ana", "100.64.0.2")]
    both = joined(found, [mine("ana", "B", "100.64.0.2"), mine("ana", "A", "100.64.0.1")])
    assert not both.strange and not both.ghosts
    assert {(one.router and one.router.id, one.ours and one.ours["acct_session_id"]) for one in both.both} == {
        ("*1", "A"),
        ("*2", "B"),
    }


async def test_five_thousand_of_a_router_and_five_thousand_of_ours(keeper: Keeper, seed: Seed, sealer: Sealer) -> None:
    """All are found again; how long it takes is `python -m bench router_sessions`."""
    async with router(sealer) as one:
        for number in range(5_000):
            one.router.callers.come(f"cliente{number}", f"100.64.{number // 250}.{number % 250 + 1}", "10M/20M")
        here = list(one.router.callers.all())[10:]
        ids, logins, ips = ([x.session_id for x in here], [x.login for x in here], [x.address for x in here])
        async with db.transaction() as connection:
            await nas_devices.tie(connection, TESTER, seed.nas, one.device_id)
            await connection.execute(PUT, seed.nas, [*ids, "gone"], [*logins, "ghost"], [None] * 4_991, [*ips, None])
        found = await router_sessions.read(one.device_id, "ana")
        assert len(found.both) == 4_990
        assert {pair.login for pair in found.strange} == {f"cliente{n}" for n in range(10)}
        assert [pair.login for pair in found.ghosts] == ["ghost"]
        assert found.both[0].router is not None and found.both[0].router.mac is not None
