"""The client against a real agent: both libraries, all versions, every pair of v3."""

from __future__ import annotations

import pytest

from snmp import gufo_wire
from snmp.backends import PREFERRED, WHY_NOT_GUFO, Backend
from snmp.client import Client, Patience
from snmp.credentials import Auth, Community, Credentials, Expansion, Privacy, Target, User, Version
from snmp.errors import AgentError, AuthFailed, NoSuchObject, PortClosed, Refused, TimedOut, Unreachable
from snmp.wire import Assignment, Kind
from tests.snmp.agents import folder, free_port, needs_snmpd, snmpd
from tests.snmp.v3_users import USERS, create, user

pytestmark = needs_snmpd
SYS_DESCR, SYS_OBJECT_ID, SYS_UP_TIME = "1.3.6.1.2.1.1.1.0", "1.3.6.1.2.1.1.2.0", "1.3.6.1.2.1.1.3.0"
SYS_LOCATION, IF_DESCR, NOWHERE = "1.3.6.1.2.1.1.6.0", "1.3.6.1.2.1.2.2.1.2", "1.3.6.1.4.1.99999.1.1.0"
V1, V2C = Community("public", Version.V1), Community("public")
V3 = user(Auth.SHA256, Privacy.AES128)
SHORT = Patience((0.3, 0.3))
WHO = pytest.mark.parametrize("who", [V1, V2C, V3], ids=["v1", "v2c", "v3"])
BY = pytest.mark.parametrize("backend", list(Backend))


def test_gufo_is_preferred_where_it_is_installed() -> None:
    assert WHY_NOT_GUFO is None and PREFERRED is Backend.GUFO


@WHO
@BY
async def test_values_come_as_what_they_are_and_missing_ones_are_missing(
    agent: Target, who: Credentials, backend: Backend
) -> None:
    async with Client(agent, who, backend=backend) as client:
        found = await client.get_many([SYS_OBJECT_ID, SYS_UP_TIME, NOWHERE, SYS_DESCR])
        one = await client.get(SYS_OBJECT_ID)
    assert set(found) == {SYS_OBJECT_ID, SYS_UP_TIME, SYS_DESCR}
    assert one == found[SYS_OBJECT_ID] == "1.3.6.1.4.1.8072.3.2.10"
    assert isinstance(found[SYS_UP_TIME], int) and isinstance(found[SYS_DESCR], bytes)


@WHO
async def test_both_libraries_read_the_same_columns(agent: Target, who: Credentials) -> None:
    found = []
    for backend in Backend:
        async with Client(agent, who, backend=backend) as client:
            columns = [await client.column(f"1.3.6.1.2.1.1.9.1.{column}") for column in (2, 3)]
            found.append([await client.column(IF_DESCR), *columns, await client.column("1.3.6.1.2.1.1.2")])
    assert found[0] == found[1]
    assert b"lo" in found[0][0].values() and found[0][3] == {"0": "1.3.6.1.4.1.8072.3.2.10"}


@WHO
@BY
async def test_a_column_that_is_not_there_is_empty(agent: Target, who: Credentials, backend: Backend) -> None:
    async with Client(agent, who, backend=backend) as client:
        assert await client.column("1.3.6.1.2.1.99.1.1.1.4") == {}
        assert await client.column("1.3.6.1.4.1.99999") == {}
        with pytest.raises(NoSuchObject):
            await client.get(NOWHERE)


@BY
async def test_a_long_column_comes_whole_in_small_answers(agent: Target, backend: Backend) -> None:
    async with Client(agent, V2C, backend=backend) as client:
        whole = await client.column("1.3.6.1.2.1.1")
        client.sizing.largest = client.sizing.ceiling = 3
        client.sizing.rows.clear()
        before = client.requests
        assert (await client.column("1.3.6.1.2.1.1")).keys() == whole.keys()
    assert client.requests - before >= len(whole) // 3


@BY
async def test_a_value_is_set_where_it_may_be(agent: Target, backend: Backend) -> None:
    async with Client(agent, Community("private"), backend=backend) as client:
        words = f"rack {backend}".encode()
        await client.set(Assignment(SYS_LOCATION, Kind.OCTETS, words))
        assert await client.get(SYS_LOCATION) == words
    async with Client(agent, V2C, backend=backend) as client:
        with pytest.raises(Refused):
            await client.set(Assignment(SYS_LOCATION, Kind.OCTETS, b"elsewhere"))


@BY
async def test_a_wrong_community_is_a_silence(agent: Target, backend: Backend) -> None:
    async with Client(agent, Community("wrong"), backend=backend, patience=SHORT) as client:
        with pytest.raises(TimedOut):
            await client.get(SYS_DESCR)
    assert client.requests == len(SHORT.attempts_s)


@BY
async def test_a_wrong_password_and_an_unknown_user_are_not_let_in(agent: Target, backend: Backend) -> None:
    wrong = User(V3.name, V3.auth, "another-password", V3.privacy, V3.privacy_password)
    for who in (wrong, User("nobody", Auth.SHA1, "another-password"), User(V3.name, V3.auth, V3.auth_password)):
        async with Client(agent, who, backend=backend, patience=SHORT) as client:
            with pytest.raises(AuthFailed):
                await client.get(SYS_DESCR)


async def test_a_closed_port_is_told_from_a_silence() -> None:
    async with Client(Target("127.0.0.1", free_port()), V2C) as client:
        with pytest.raises(PortClosed):
            await client.get(SYS_DESCR)


async def test_an_address_that_is_none_cannot_be_reached() -> None:
    async with Client(Target("no-address"), V2C) as client:
        with pytest.raises(Unreachable):
            await client.get(SYS_DESCR)


async def test_a_closed_client_asks_nothing(agent: Target) -> None:
    client = Client(agent, V2C)
    await client.get(SYS_DESCR)
    client.close()
    client.close()
    with pytest.raises(Unreachable):
        await client.get(SYS_DESCR)


@pytest.mark.parametrize("who", USERS, ids=lambda who: who.name)
@BY
async def test_every_pair_of_v3_is_spoken(agent: Target, who: User, backend: Backend) -> None:
    async with Client(agent, who, backend=backend) as client:
        assert await client.get(SYS_OBJECT_ID) == "1.3.6.1.4.1.8072.3.2.10"
        assert b"lo" in (await client.column(IF_DESCR)).values()


async def test_keys_are_made_once_and_not_for_each_device(agent: Target) -> None:
    gufo_wire.master_key.cache_clear()
    for _ in range(3):
        async with Client(agent, V3) as client:
            await client.get(SYS_DESCR)
    assert gufo_wire.master_key.cache_info().misses == 2


async def test_in_v3_the_end_of_everything_is_made_sure_of_once(agent: Target) -> None:
    asked: list[str] = []

    async def make_sure(column: str, last: str, timeout_s: float) -> bool:
        asked.append(column)
        return column.endswith(".1")

    wire = gufo_wire.GufoWire(agent, V3, make_sure)
    try:
        for _ in range(3):
            assert await wire.page(wire.cursor("1.3.7.1", 10), 2.0) == ([], True)
        with pytest.raises(AgentError):
            await wire.page(wire.cursor("1.3.7.2", 10), 2.0)
    finally:
        wire.close()
    assert asked == ["1.3.7.1", "1.3.7.2"]


@BY
async def test_an_agent_that_restarted_is_found_again(backend: Backend) -> None:
    who, port = user(Auth.SHA1, Privacy.AES256, Expansion.REEDER), free_port()
    lines = ["rocommunity public", *create(who)]
    async with folder() as where:
        client = Client(Target("127.0.0.1", port), who, backend=backend, patience=Patience((1.0, 1.0, 1.0)))
        try:
            for _ in range(2):
                async with snmpd(lines, where, port):
                    assert await client.get(SYS_OBJECT_ID) == "1.3.6.1.4.1.8072.3.2.10"
        finally:
            client.close()
